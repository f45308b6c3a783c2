# SPDX-License-Identifier: MIT
"""The tree that boots: Debian 12 from Debian's packages, kept as a tar file between runs, with what
the checks need in it."""

import hashlib
import os
import pathlib
import shutil
import subprocess

from tests.boot.machine import USER

HERE = pathlib.Path(__file__).resolve().parent
PEER = "usr/local/lib/headway-boot"

# A small machine: an init system, a bus and what uses it; Python, for the services of the checks;
# what headway's packages depend on, because they are installed without a network.
PACKAGES = ("systemd-sysv", "dbus", "dbus-user-session", "libpam-systemd", "libnss-systemd",
            "polkitd", "pkexec", "systemd-container", "systemd-timesyncd", "login", "passwd",
            "iproute2", "procps", "python3",
            "libexpat1", "libfmt9", "libseccomp2", "libcap-ng0", "libsystemd0", "libselinux1",
            "libapparmor1", "libaudit1")


def base(directory):
    """The tar file of the bare system; built if it is not there."""
    digest = hashlib.sha256(" ".join(PACKAGES).encode()).hexdigest()[:12]
    tar = pathlib.Path(directory, f"debian-12-{digest}.tar")
    if not tar.exists():
        print(f"building {tar.name} from Debian's packages", flush=True)
        unfinished = tar.with_suffix(".unfinished.tar")
        _run("mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(PACKAGES)}",
             "bookworm", unfinished)
        unfinished.rename(tar)
    return tar


def unpack(tar, root):
    """A new tree with the user and the services of the checks."""
    os.makedirs(root)
    _run("tar", "--extract", "--numeric-owner", "--preserve-permissions", "--xattrs",
         f"--directory={root}", f"--file={tar}")
    shutil.copytree(HERE / "files", root, symlinks=True, dirs_exist_ok=True)
    shutil.copytree(HERE.parent / "lib", pathlib.Path(root, PEER, "tests/lib"))
    shutil.copy(HERE / "peer.py", pathlib.Path(root, PEER))
    _run("chmod", "--recursive", "a+rX", pathlib.Path(root, PEER))
    _run("chroot", root, "useradd", "--create-home", "--shell=/bin/bash", USER)
    pathlib.Path(root, "etc/hostname").write_text("headway-boot\n")


def install(root, packages):
    """Installs .deb files as a user would, maintainer scripts and all."""
    inside = pathlib.Path(root, "var/tmp/packages")
    inside.mkdir()
    for package in packages:
        shutil.copy(package, inside)
    _run("chroot", root, "apt-get", "install", "--yes", "--quiet", "--no-install-recommends",
         *(f"/var/tmp/packages/{package.name}" for package in packages))
    shutil.rmtree(inside)


def _run(*command):
    done = subprocess.run(list(map(str, command)), check=False, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env={**os.environ, "DEBIAN_FRONTEND": "noninteractive",
                               "LC_ALL": "C.UTF-8", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit status {done.returncode}\n"
                           + done.stdout[-4000:])
