"""A private little internet: own mounts, own network, own host name, own names and addresses.

Everything runs inside Linux namespaces, so the servers see port 25, documentation addresses and a name
server of their own, the system's files stay untouched, and nothing survives the process that started it.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from . import packages

HOST = "mx1"
SPOOL = Path("/var/spool")  # queues, homes and all other files that last as long as the world
HOMES = SPOOL / "home"
USERS = {"anna": 1501, "bert": 1502, "carl": 1503, "dora": 1504, "vmail": 1510}
SYSTEM = {"postfix": 890, "postdrop": 891, "Debian-exim": 892}

# Local as a whole: any address of these networks can be listened on and called from.
# Postfix wants its own addresses to be listed one by one.
NETWORKS = (*(f"192.0.2.{number}/24" for number in range(1, 10)), "198.51.100.1/24", "198.18.0.1/15")
IPV6 = ("2001:db8::1", "2001:db8::5", "2001:db8::25", "2001:db8::26")


def command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module of this package inside a new world."""
    flags = ["--mount", "--net", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc"]
    package = __package__ or "integration"
    return ["unshare", *flags, sys.executable, "-m", f"{package}.{module}", *arguments]


def import_root() -> Path:
    """Return the folder from which this package is imported."""
    return Path(__file__).resolve().parents[len((__package__ or "integration").split("."))]


def run(*words: str) -> None:
    """Run a command that must succeed."""
    subprocess.run(words, check=True)


def prepare(*first: Path) -> None:
    """Turn the current namespaces into the little internet, with a new file system at `SPOOL`.

    The folders `first` are laid over `/usr` above the other packages.
    """
    if os.getpid() != 1:
        raise RuntimeError("prepare() changes mounts and addresses: call it only inside command()")
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", str(SPOOL))
    scratch = SPOOL / "scratch"
    scratch.mkdir()
    lay_over(scratch, "usr", *first, packages.root() / "usr")
    lay_over(scratch, "etc")
    private_dev(scratch)
    write_names()
    write_users()
    set_up_postfix()
    socket.sethostname(HOST)
    set_up_network()


def lay_over(scratch: Path, name: str, *lower: Path) -> None:
    """Mount a writable layer over a system folder, and any unpacked packages between the two."""
    upper, work = scratch / f"{name}.new", scratch / f"{name}.work"
    upper.mkdir()
    work.mkdir()
    layers = ":".join([*(str(path) for path in lower if path.is_dir()), f"/{name}"])
    options = f"lowerdir={layers},upperdir={upper},workdir={work}"
    run("mount", "-t", "overlay", "overlay", "-o", options, f"/{name}")


def private_dev(scratch: Path) -> None:
    """Give the world a `/dev` whose `/dev/log` is its own."""
    dev = scratch / "dev"
    dev.mkdir()
    for name in ("null", "zero", "full", "random", "urandom", "tty"):
        status = Path("/dev", name).stat()
        os.mknod(dev / name, status.st_mode, status.st_rdev)
        (dev / name).chmod(0o666)
    (dev / "shm").mkdir(mode=0o1777)
    (dev / "fd").symlink_to("/proc/self/fd")
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        (dev / name).symlink_to(f"/proc/self/fd/{number}")
    run("mount", "--bind", str(dev), "/dev")


def write_names() -> None:
    """Point the resolver at the world's own name server."""
    for name, text in {
        "resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
        "hosts": f"127.0.0.1 localhost\n192.0.2.1 {HOST}.example.com {HOST}\n",
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n",
        "localtime": "",
    }.items():
        path = Path("/etc", name)
        path.unlink(missing_ok=True)
        if text:
            path.write_text(text)
    os.environ["TZ"] = "UTC"


def write_users() -> None:
    """Add the system accounts of Postfix where they are missing, and people who receive mail."""
    passwd, group = Path("/etc/passwd"), Path("/etc/group")
    known = {line.split(":")[0] for line in group.read_text().splitlines()}
    for name, number in {**SYSTEM, **USERS}.items():
        home = HOMES / name
        if name not in known:
            with group.open("a") as lines:
                lines.write(f"{name}:x:{number}:\n")
        if name != "postdrop" and f"\n{name}:" not in passwd.read_text():
            with passwd.open("a") as lines:
                lines.write(f"{name}:x:{number}:{number}::{home}:/bin/sh\n")
        home.mkdir(parents=True)
        shutil.chown(home, number, number) if name in USERS else None


def set_up_postfix() -> None:
    """Do what the package's own installation script would have done."""
    folder = Path("/etc/postfix")
    folder.mkdir(exist_ok=True)
    for name in ("postfix-files", "postfix-script", "post-install"):
        source = packages.root() / "etc/postfix" / name
        if not (folder / name).exists() and source.exists():
            shutil.copy2(source, folder / name)
    for name in ("postdrop", "postqueue"):
        shutil.chown(f"/usr/sbin/{name}", "root", "postdrop")
        Path("/usr/sbin", name).chmod(0o2755)


def set_up_network() -> None:
    """Bring the loopback up with the documentation addresses; 203.0.113.0/24 stays without a route."""
    run("ip", "link", "set", "lo", "up")
    for network in NETWORKS:
        run("ip", "address", "add", network, "dev", "lo")
    for address in IPV6:
        run("ip", "-6", "address", "add", f"{address}/128", "dev", "lo", "nodad")
