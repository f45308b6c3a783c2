#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# nspawn.sh NAME ROOT ARGUMENT...: run the Debian tree ROOT as machine NAME with systemd-nspawn, to
# which the arguments go. To be run in a mount namespace of its own (unshare --mount); it leaves
# nothing behind outside, and needs nothing of the host's init system, which may be another one.
set -euo pipefail
name=$1 root=$2
shift 2

# A host may have the older control groups, or both kinds: the guest sees the new ones, and is below
# us.
umount --recursive /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 none /sys/fs/cgroup
group=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)/$name
mkdir "$group"
leave() {
  echo $$ >"$group/../cgroup.procs"
  find "$group" -depth -type d -exec rmdir {} +
}
trap leave EXIT
echo $$ >"$group/cgroup.procs"

# What nspawn would leave in the host's /run, and the host's services that it would ask.
mount -t tmpfs none /run

systemd-nspawn --machine="$name" --directory="$root" --register=no --keep-unit --private-network \
  --resolv-conf=off --timezone=off --link-journal=no --console=read-only "$@" </dev/null
