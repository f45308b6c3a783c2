#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# coverage.sh: which lines of src/ the unit tests execute, by file.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
tree=out/coverage

if [[ ! -f $tree/build.ninja ]]; then
  cmake --preset dev -B "$tree" -DHEADWAY_SANITIZE= \
    -DCMAKE_CXX_FLAGS='-g1 -O0 --coverage -fprofile-update=atomic' >&2
fi
cmake --build "$tree" --parallel "$(nproc)" >&2
find "$tree" -name '*.gcda' -delete
ctest --test-dir "$tree" --output-on-failure >&2
/usr/bin/python3 scripts/coverage.py "$tree"
