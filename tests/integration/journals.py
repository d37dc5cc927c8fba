"""Makes real journals of plain log lines, with systemd-journal-remote(8)."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

import wraps

from . import packages

WRITER = Path("/lib/systemd/systemd-journal-remote")
_BOOT = "5d1c2f3e4a5b46c788d9e0f1a2b3c4d5"


def obstacle() -> str:
    """Why there can be no journals here; empty when there can."""
    if not shutil.which("journalctl"):
        return "there is no journalctl"
    if not _writer().exists() and os.environ.get("LOGSCAN_REQUIRE_SERVERS") == "1":
        packages.fetch(packages.root(), ("systemd-journal-remote",))
    return "" if _writer().exists() else "systemd-journal-remote is not there: `apt-get install systemd-journal-remote`"


def _writer() -> Path:
    return packages.place(WRITER)


def exported(entries: Iterable[dict[str, object]]) -> bytes:
    """Entries in the Journal Export Format; texts that are no plain line go in with their length."""
    out = []
    for fields in entries:
        whole = {"__MONOTONIC_TIMESTAMP": fields["__REALTIME_TIMESTAMP"], "_BOOT_ID": _BOOT, **fields}
        for name, value in whole.items():
            data = value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
            if name == "__CURSOR":
                continue
            if b"\n" in data or not isinstance(value, str):
                out.append(name.encode() + b"\n" + len(data).to_bytes(8, "little") + data + b"\n")
            else:
                out.append(name.encode() + b"=" + data + b"\n")
        out.append(b"\n")
    return b"".join(out)


def write(path: Path, entries: Iterable[dict[str, object]]) -> None:
    """A journal file with these entries."""
    writer = _writer()
    env = {**os.environ, "SYSTEMD_LOG_LEVEL": "err"}
    if not WRITER.exists():
        libraries = [str(folder) for folder in writer.parents[2].glob("**/lib/**/") if any(folder.glob("*.so*"))]
        env["LD_LIBRARY_PATH"] = ":".join([str(writer.parent), *libraries])
    with tempfile.TemporaryFile() as source:
        source.write(exported(entries))
        source.seek(0)
        subprocess.run([writer, "--output", path, "-"], stdin=source, env=env, check=True, capture_output=True)


def lines(text: str, first: int = 0) -> list[dict[str, object]]:
    """The lines of a log as entries, each a microsecond later than its stamp says, so that they stay in order."""
    whole = [wraps.entry(line) for line in text.split("\n") if line]
    for n, fields in enumerate(whole, first):
        fields["__REALTIME_TIMESTAMP"] = str(int(str(fields["__REALTIME_TIMESTAMP"])) + n)
    return whole
