#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# reference.sh: the library's reference as web pages in out/reference/html/, from the comments of
# its public headers. A comment that doxygen cannot make sense of is a failure.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
mkdir -p out
rm -rf out/reference
doxygen docs/Doxyfile
for class in connection event__loop message server error; do
  page=out/reference/html/classheadway_1_1$class.html
  [[ -s $page ]] || { echo "reference.sh: there is no $page" >&2; exit 1; }
done
echo "out/reference/html/index.html"
