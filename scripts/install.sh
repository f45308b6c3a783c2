#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# install.sh: put the programs of the release build, which are those of src/ but tests, in out/bin/.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

mapfile -t programs < <(find out/release/src -type d -name CMakeFiles -prune -o \
  -type f -executable ! -name '*_test' ! -name '*.so*' -print)
((${#programs[@]})) || { echo 'dev: the build made no program' >&2; exit 1; }

mkdir -p out/bin
# install(1) replaces a file, where cp would fail on a program that is running.
install -m 755 "${programs[@]}" out/bin/
for program in "${programs[@]##*/}"; do printf 'dev: out/bin/%s\n' "$program" >&2; done
