#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# build.sh PRESET [TARGET...]: configure if needed and build, progress on stderr, silent when there
# is nothing to do. One build of a preset at a time, whoever asks.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
preset=$1
shift
targets=("${@:-all}")
tree=out/$preset

mkdir -p out
exec 9>"out/.$preset.lock"
flock 9

if [[ ! -f $tree/build.ninja || CMakePresets.json -nt $tree/build.ninja ]]; then
  printf 'dev: configuring %s\n' "$tree" >&2
  if ! cmake --preset "$preset" >"$tree.configure.log" 2>&1 9>&-; then
    cat "$tree.configure.log" >&2
    exit 1
  fi
fi
if [[ $(ninja -C "$tree" -n "${targets[@]}" 2>&1 | tail -n 1) == *'no work to do'* ]]; then
  exit 0
fi
printf 'dev: building %s in %s\n' "${targets[*]}" "$tree" >&2
cmake --build "$tree" --parallel "$(nproc)" --target "${targets[@]}" >&2 9>&-
