#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A security module decides on a machine made for it, and what buses do there is looked at.

run.py [--bus headwayd|dbus-daemon|all] [--module selinux|apparmor|all] [--kernel VMLINUZ]

The machine is QEMU, without KVM, with Debian's kernel for virtual machines (kept in out/lsm/), a
policy of ours, and nothing but Python and the buses on it. Needs the Debian packages of the group
"vm" in scripts/packages.txt, and a release build.
"""

import argparse
import os
import pathlib
import platform
import re
import selectors
import shutil
import subprocess
import sys
import tempfile
import time

REPO = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(REPO))

from tests.lsm.image import Image  # noqa: E402 pylint: disable=wrong-import-position

HERE = REPO / "tests/lsm"
OUT = REPO / "out/lsm"
RELEASE = REPO / "out/release/src"
KERNEL_PACKAGE = "linux-image-cloud-amd64"
# Debian's choice would be AppArmor for both, and without audit= only USER_AVC would be recorded.
KERNEL_OPTIONS = {"selinux": "security=selinux enforcing=0 audit=1",
                  "apparmor": "security=apparmor"}
MINUTES = 5
KINDS = ("headwayd", "dbus-daemon")
ABI = "/etc/apparmor.d/abi/3.0"  # of a kernel that mediates D-Bus
START = b"--- the tests begin\r\n"  # after what the firmware tells a terminal


def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, **options)


def kernel():
    """The kernel of Debian's package, which is not installed for it."""
    kept = sorted(OUT.glob("boot/vmlinuz-*"))
    if kept:
        return kept[-1]
    OUT.mkdir(parents=True, exist_ok=True)
    depends = run("apt-cache", "depends", KERNEL_PACKAGE, capture_output=True, text=True).stdout
    name = re.search(r"Depends: (linux-image-\S+)", depends).group(1)
    run("apt-get", "download", name, cwd=OUT)
    package = next(OUT.glob(f"{name}_*.deb"))
    run("dpkg-deb", "--extract", package, OUT)
    package.unlink()
    shutil.rmtree(OUT / "lib")
    return sorted(OUT.glob("boot/vmlinuz-*"))[-1]


def policies(directory):
    """What the tests load, compiled: (name, file)."""
    text = (HERE / "policy.conf").read_text(encoding="utf-8")
    without_acquire = re.sub(r" acquire_svc(?= })", "",
                             re.sub(r"^.*:dbus acquire_svc;\n", "", text, flags=re.MULTILINE))
    for name, source in (("first", text), ("later", text.replace("# LATER ", "")),
                         ("old", without_acquire)):
        (directory / f"{name}.conf").write_text(source, encoding="utf-8")
        run("checkpolicy", "-U", "allow", "-c", "33", "-o", directory / name,
            directory / f"{name}.conf", stdout=subprocess.DEVNULL)
        yield name, directory / name
    with open(directory / "profiles", "wb") as f:
        run("apparmor_parser", "--skip-kernel-load", "--skip-cache", "--stdout",
            f"--policy-features={ABI}", f"--kernel-features={ABI}", "--base=/etc/apparmor.d",
            HERE / "profiles.apparmor", stdout=f)
    yield "profiles", directory / "profiles"


def image(directory, module, kinds):
    """What the machine has instead of a disk."""
    built = Image()
    built.program("/usr/bin/python3")
    built.tree(os.path.dirname(os.__file__),
               without=("test", "idlelib", "lib2to3", "ensurepip", "pydoc_data", "dist-packages"))
    for path in ("daemon/headwayd", "daemon/daemon_test", "lsm/lsm_test"):
        name = os.path.basename(path)
        run("strip", "-o", directory / name, RELEASE / path)
        built.program(directory / name, f"/headway/{name}")
    if "dbus-daemon" in kinds:
        built.program("/usr/bin/dbus-daemon")
    for path in ("tests/lib", "tests/lsm"):
        built.tree(REPO / path, f"/headway/{path}", without=("__pycache__",))
    built.text("/etc/passwd", "root:x:0:0::/:/\nmessagebus:x:101:101::/:/\nuser:x:1000:1000::/:/\n")
    built.text("/etc/group", "root:x:0:\nmessagebus:x:101:\nuser:x:1000:\n")
    built.text("/etc/nsswitch.conf", "passwd: files\ngroup: files\n")
    built.text("/etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=test\n")
    for name, path in policies(directory):
        built.file(path, f"/policy/{name}")
    built.text("/init", "#!/usr/bin/python3\nimport os, sys\n"
               "os.environ.update(HEADWAYD='/headway/headwayd', PATH='/usr/bin')\n"
               "sys.path.insert(0, '/headway')\nfrom tests.lsm import guest\n"
               f"guest.main({module!r}, {kinds!r})\n", mode=0o755)
    return built.write(directory / "initrd.gz")


def boot(vmlinuz, initrd, module):
    """Shows the machine's console; all that it said."""
    command = ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-smp", "2", "-m", "768",
               "-nographic", "-no-reboot", "-nic", "none", "-kernel", vmlinuz, "-initrd", initrd,
               "-append", f"console=ttyS0 quiet loglevel=1 panic=-1 {KERNEL_OPTIONS[module]}"]
    with subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE) as process:
        try:
            return watch(process.stdout.fileno(), time.monotonic() + MINUTES * 60)
        finally:
            process.kill()


def watch(console, deadline):
    text = b""
    with selectors.DefaultSelector() as selector:
        selector.register(console, selectors.EVENT_READ)
        while selector.select(max(0, deadline - time.monotonic())):
            data = os.read(console, 65536)
            if not data:
                break
            before, text = text, text + data
            start = text.find(START)
            if start >= 0:
                new = text[max(len(before), start + len(START)):]
                sys.stdout.buffer.write(new.replace(b"\r", b""))
                sys.stdout.flush()
    return text.decode(errors="replace").replace("\r", "")


def test(module, kinds, vmlinuz):
    """(passed, failed)"""
    began = time.monotonic()
    print(f"\n=== {module}", flush=True)
    with tempfile.TemporaryDirectory(prefix="lsm-") as directory:
        text = boot(vmlinuz, image(pathlib.Path(directory), module, kinds), module)
    print(f"=== {module}: {time.monotonic() - began:.0f} s")
    counts = re.findall(r"^(\d+) passed, (\d+) failed", text, re.MULTILINE)
    if not counts or not re.search(r"^status \d+$", text, re.MULTILINE):
        print(f"{text}\nThe machine did not get through its tests in {MINUTES} minutes")
        return 0, 1
    return tuple(map(int, counts[-1]))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bus", choices=(*KINDS, "all"), default="all")
    parser.add_argument("--module", choices=(*KERNEL_OPTIONS, "all"), default="all")
    parser.add_argument("--kernel", type=pathlib.Path, help="instead of Debian's")
    options = parser.parse_args()
    if platform.machine() != "x86_64":
        print("NOT SHOWN: the machine is one of amd64\n\n0 passed, 0 failed, 1 skipped")
        return 0
    kinds = KINDS if options.bus == "all" else (options.bus,)
    modules = KERNEL_OPTIONS if options.module == "all" else (options.module,)
    vmlinuz = options.kernel or kernel()
    results = [test(module, kinds, vmlinuz) for module in modules]
    passed, failed = (sum(numbers) for numbers in zip(*results))
    print(f"\n{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
