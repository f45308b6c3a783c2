#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# packages.sh GROUP...: see that the Debian packages of these groups (packages.txt) are installed.
# Calls nothing but dpkg-query when they are.
set -euo pipefail
list=$(dirname -- "${BASH_SOURCE[0]}")/packages.txt

say() { printf 'dev: %s\n' "$*" >&2; }

wanted=()
while read -r group package _; do
  for asked in "$@"; do
    if [[ $group == "$asked" ]]; then wanted+=("$package"); fi
  done
done <"$list"
((${#wanted[@]})) || { say "no packages in the groups: $*"; exit 1; }

missing=()
find_missing() {
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null |
    sed -n 's/^installed //p') || true
  missing=()
  for package in "${wanted[@]}"; do
    grep -qxF -- "$package" <<<"$installed" || missing+=("$package")
  done
}

if ! command -v dpkg-query >/dev/null; then
  say "not a Debian system; these packages, or what they contain, must be there: ${wanted[*]}"
  exit 0
fi
find_missing
((${#missing[@]})) || exit 0

install=(apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=300
  -o Acquire::Retries=3)
as_root=()
if ((EUID != 0)); then
  if sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
  elif command -v sudo >/dev/null && [[ -t 0 && -t 2 ]]; then
    as_root=(sudo)
  else
    say "packages are missing, and only root can install them. As root:"
    say "  apt-get update && apt-get install --no-install-recommends ${missing[*]}"
    exit 1
  fi
fi

say "installing ${missing[*]}"
as_root+=(env DEBIAN_FRONTEND=noninteractive)
# Out-of-date lists from one source must not stop us while the packages can be had from another.
"${as_root[@]}" apt-get update -o Acquire::Retries=3 >&2 || say "apt-get update failed; trying on"
if ! "${as_root[@]}" "${install[@]}" "${missing[@]}" >&2 </dev/null; then
  say "could not install. As root: apt-get update && apt-get install ${missing[*]}"
  exit 1
fi
find_missing
((${#missing[@]} == 0)) || { say "still not installed: ${missing[*]}"; exit 1; }
