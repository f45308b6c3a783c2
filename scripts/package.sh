#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# package.sh: build the Debian packages of this tree, as it is, in out/package/.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
out=$PWD/out/package
git=(git -c safe.directory='*')

mkdir -p "$out"
exec 9>"$out/.lock"
flock 9

# A copy, because the tools want debian/ at the top and write into it. Times are kept: what the last
# build compiled is used again.
rm -rf "$out/source" "$out"/headway*
mkdir "$out/source"
"${git[@]}" ls-files -z --cached --others --exclude-standard |
  tar --null --files-from=- --ignore-failed-read -cf - | tar -C "$out/source" -xf -
mv "$out/source/packaging/debian" "$out/source/debian"
cd "$out/source"

# A build of what is not released sorts before the release and after earlier such builds.
release=$(dpkg-parsechangelog --show-field Version)
epoch=$("${git[@]}" -C "$out" log -1 --format=%ct)
if [[ $("${git[@]}" -C "$out" tag --points-at HEAD) != "v$release" ]]; then
  version=$release~git$(date --utc --date="@$epoch" +%Y%m%d.%H%M%S).$(
    "${git[@]}" -C "$out" rev-parse --short=8 HEAD)
  {
    printf 'headway (%s) UNRELEASED; urgency=medium\n\n  * Built from a checkout.\n\n' "$version"
    printf ' -- %s  %s\n\n' "$(dpkg-parsechangelog --show-field Maintainer)" \
      "$(date --utc --rfc-email --date="@$epoch")"
    cat debian/changelog
  } >"$out/changelog"
  mv "$out/changelog" debian/changelog
fi

log=$out/build.log
printf 'dev: building packages; the log is %s\n' "$log" >&2
if ! HEADWAY_BUILD_DIRECTORY=$out/build dpkg-buildpackage --build=binary --no-pre-clean \
  --no-sign >"$log" 2>&1 9>&-; then
  tail -n 50 "$log" >&2
  exit 1
fi
cd "$out"
rm -rf source
lintian --fail-on error,warning --tag-display-limit 0 ./*.changes >&2
for package in "$out"/*.deb; do printf 'dev: %s\n' "$package" >&2; done
