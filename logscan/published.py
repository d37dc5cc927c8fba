"""The JSON Schemas of what logscan writes, as files that programs may rely on; shipped with the package."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from logscan.errors import LogscanError

# What each is for, and the file that holds it. The number is the version: additions keep it, anything else makes a new
# file with the next one (docs/schema/README.md).
FILES = {"report": "logscan.report.1.json", "events": "logscan.events.1.json"}


@cache
def root() -> Path:
    """The folder of the schemas: inside the package, or beside it in a source checkout."""
    here = Path(__file__).resolve().parent
    for folder in (here / "_schema", here.parent / "docs" / "schema"):
        if (folder / FILES["report"]).is_file():
            return folder
    raise LogscanError(f"{here}: the JSON Schemas are missing from this installation; install logscan again")


def text(name: str) -> str:
    """One of ``FILES`` as JSON text (JSON Schema 2020-12)."""
    return (root() / FILES[name]).read_text(encoding="utf-8")
