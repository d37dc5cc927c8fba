"""Finds the servers that the integration tests drive, or fetches them without installing anything.

Debian does not allow two mail servers on one system. The packages are therefore only unpacked into a
folder of their own, which `world` lays over `/usr` inside a private mount namespace. An installed
Postfix is used as it is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

SERVERS = ("postfix", "rsyslog", "libsasl2-modules")
EXIM_SERVERS = ("exim4-daemon-heavy",)
POSTFIX = Path("/usr/sbin/postfix")
EXIM = Path("/usr/sbin/exim4")
RSYSLOG = Path("/usr/sbin/rsyslogd")


def root() -> Path:
    """Return the folder that holds the unpacked packages (`LOGSCAN_SERVERS` overrides it)."""
    return Path(os.environ.get("LOGSCAN_SERVERS", Path(tempfile.gettempdir()) / "logscan-servers"))


def exim_root() -> Path:
    """Return the folder for Exim, which brings commands of the same names as Postfix."""
    return root() / "exim"


def available() -> bool:
    """Tell whether Postfix and rsyslog are installed, or unpacked below `root()`."""
    return all(place(program).exists() for program in (POSTFIX, RSYSLOG))


def exim_available() -> bool:
    """Tell whether Exim is unpacked below `exim_root()`."""
    return (exim_root() / EXIM.relative_to("/")).exists()


def place(program: Path) -> Path:
    """Return where a program is, or would be: on this system or below `root()`."""
    return program if program.exists() else root() / program.relative_to("/")


def obstacle() -> str:
    """Return why the servers cannot be run here, or an empty string when they can."""
    missing = [tool for tool in ("unshare", "ip", "mount", "openssl") if not shutil.which(tool)]
    if os.geteuid() != 0:
        return "only root can start Postfix"
    if missing:
        return f"missing commands: {', '.join(missing)}"
    if subprocess.run(["unshare", "--mount", "--net", "true"], capture_output=True, check=False).returncode:
        return "this system does not allow private namespaces"
    if not available():
        return "Postfix or rsyslog is neither installed nor unpacked: run `python tests/integration/packages.py`"
    return ""


def fetch(into: Path, names: tuple[str, ...] = SERVERS) -> None:
    """Download the Debian packages of the servers, and of what they need, and unpack them into a folder."""
    cache = into / "packages"
    (cache / "partial").mkdir(parents=True, exist_ok=True)
    options = ["-o", f"Dir::Cache::archives={cache}", "-o", "APT::Sandbox::User=root"]
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-qq", "-y", "--download-only", "--no-install-recommends", *options, *names],
    ):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    for package in sorted(cache.glob("*.deb")):
        subprocess.run(["dpkg", "-x", str(package), str(into)], check=True)
    shutil.rmtree(cache)


if __name__ == "__main__":
    if not available():
        fetch(root())
    if not exim_available():
        fetch(exim_root(), EXIM_SERVERS)
    print(place(POSTFIX), place(RSYSLOG), sep="\n")
