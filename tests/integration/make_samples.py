"""Plays the scenarios and keeps the logs as samples: `python -m tests.integration.make_samples`.

The logs are kept as the servers wrote them. They hold only documentation names and addresses.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from . import harness, packages

SAMPLES = Path(__file__).resolve().parents[2] / "sample_logs" / "postfix"
EXIM_SAMPLES = SAMPLES.parent / "exim"
# Variant, its log, and what the sample is called.
EXIM = (
    ("default", "mainlog", "mainlog"),
    ("default", "rejectlog", "rejectlog"),
    ("all", "mainlog", "mainlog-all"),
    ("all", "rsyslog-iso", "rsyslog-all"),
    ("default", "rsyslog-repeated", "rsyslog-repeated"),
    ("bare", "rsyslog-5424", "rsyslog-bare"),
)
EXIM_EACH = 100_000
NAMES = {
    "mx1": "mixed",
    "out": "transports",
    "local": "local",
    "soft": "softbounce",
    "front": "refusals",
    "screen": "postscreen",
}
EACH, TOGETHER = 150_000, 500_000  # bytes


def main() -> None:
    """Make all samples anew."""
    if not packages.available():
        packages.fetch(packages.root())
    if not packages.exim_available():
        packages.fetch(packages.exim_root(), packages.EXIM_SERVERS)
    if obstacle := packages.obstacle():
        raise SystemExit(obstacle)
    with tempfile.TemporaryDirectory(prefix="logscan-") as folder:
        run = harness.play(Path(folder))
        SAMPLES.mkdir(parents=True, exist_ok=True)
        sizes = {}
        for server, log in run.logs.items():
            target = SAMPLES / f"{NAMES.get(server, server)}.log"
            shutil.copyfile(log, target)
            sizes[target.name] = target.stat().st_size
        exim = harness.play_exim(Path(folder, "exim"))
        EXIM_SAMPLES.mkdir(parents=True, exist_ok=True)
        for variant, file, sample in EXIM:
            text = exim[variant].logs[file].read_bytes()
            end = len(text) if len(text) <= EXIM_EACH else text.rfind(b"\n", 0, EXIM_EACH) + 1
            (EXIM_SAMPLES / f"{sample}.log").write_bytes(text[:end])
    for name, size in sizes.items():
        print(f"{size:8} {name}")
    if max(sizes.values()) > EACH or sum(sizes.values()) > TOGETHER:
        raise SystemExit(f"the samples have grown too large: {sum(sizes.values())} bytes")


if __name__ == "__main__":
    main()
