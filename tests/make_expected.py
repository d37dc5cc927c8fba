"""Writes NAME.expected.csv beside every NAME.log of sample_logs/: the events that ``logscan.read`` finds in it.

Run it after a change that makes rows better, and read the difference before it is committed::

    python tests/make_expected.py && git diff sample_logs
"""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path

import pandas as pd

import logscan

SAMPLES = Path(__file__).parent.parent / "sample_logs"
COLUMNS = (
    "timestamp", "event", "agent", "queue_id", "envelope_sender", "envelope_recipient", "client", "remote_mta",
    "remote_ip", "smtp_command", "reply_code", "enhanced_code", "dsn", "outcome", "status", "reason", "conflict",
    "diagnostic", "offset",
)  # fmt: skip


def expected(path: Path) -> str:
    """The events of one sample as CSV; a missing value is an empty cell, an empty text (the null sender) is ``<>``."""
    rows = logscan.read(path, year=2026, tz="UTC", columns=COLUMNS)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([_cell(value) for value in row] for row in rows.itertuples(index=False))
    return out.getvalue()


def _cell(value: object) -> str:
    if value is pd.NaT or value is pd.NA or value is None or value != value:  # noqa: PLR0124  # NaN is not itself
        return ""
    if isinstance(value, pd.Timestamp):
        return value.isoformat().replace("+00:00", "Z")
    return str(value) or "<>"


def logs() -> list[Path]:
    """Every sample log."""
    return sorted(SAMPLES.glob("*/*.log"))


def main() -> None:
    """Write what is expected of every sample."""
    for path in logs():
        path.with_suffix(".expected.csv").write_text(expected(path), encoding="utf-8", newline="")
        sys.stdout.write(f"{path.with_suffix('.expected.csv')}\n")


if __name__ == "__main__":
    main()
