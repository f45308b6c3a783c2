#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tidy.sh [FILE...]: clang-tidy (.clang-tidy) on these sources, or on all of src/ but its tests.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
cmake --preset clang >/dev/null # tidy reads how files are compiled, not what came of it

files=("$@")
if ((${#files[@]} == 0)); then
  mapfile -t files < <(find src -name '*.cc' ! -name '*_test.cc' | sort)
fi
tidy=(clang-tidy-19 -p out/clang --quiet --extra-arg=-Wno-error)
printf '%s\0' "${files[@]}" |
  xargs -0 --max-procs="$(nproc)" --max-args=1 "${tidy[@]}" 2> >(
    grep -vE '^[0-9]+ warnings? (generated|treated)|^Suppressed|^Use -header-filter' >&2
  )
