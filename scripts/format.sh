#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# format.sh [--check]: bring every C++ source into form, or say which is not.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
mode=(-i)
if [[ ${1-} == --check ]]; then mode=(--dry-run -Werror); fi

# safe.directory: in CI the checkout may belong to another user than the one who runs this.
git -c safe.directory='*' ls-files -z --cached --others --exclude-standard -- '*.cc' '*.h' |
  while IFS= read -rd '' file; do if [[ -f $file ]]; then printf '%s\0' "$file"; fi; done |
  xargs -0 --no-run-if-empty --max-procs="$(nproc)" --max-args=16 clang-format-19 "${mode[@]}"
