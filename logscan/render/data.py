"""The report for programs: JSON and CSV, both safe to print on a terminal."""

from __future__ import annotations

import re

from logscan.findings import Findings, Problem
from logscan.render.escape import FORMULA, hidden, safe

CSV_COLUMNS = (
    "section", "rank", "event", "status", "reason", "title", "reply_code", "enhanced_code", "dsn", "rule",
    "party", "count", "lost", "waiting", "recovered", "providers", "domains", "domain_count", "first", "last",
    "example", "source", "offset", "remedy", "check",
)  # fmt: skip
_FORMULA = re.compile(FORMULA)


def to_json(findings: Findings, *, ascii: bool = False) -> str:
    r"""The findings as JSON, ending in a newline; reading it back gives ``findings.to_dict()``.

    Characters that would act on a terminal are written ``\u001b``, as JSON allows for any character; with
    ``ascii`` every character outside ASCII is.
    """
    import json

    text = json.dumps(findings.to_dict(), indent=2, ensure_ascii=ascii)
    acting = {ord(char): _json(char) for char in set(text) if char != "\n" and hidden(char)}
    return (text.translate(acting) if acting else text) + "\n"


def _json(char: str) -> str:
    code = ord(char)
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def to_csv(findings: Findings, *, ascii: bool = False) -> str:
    """One row for each problem and each refusal, under ``CSV_COLUMNS`` (RFC 4180: CRLF, quotes where needed).

    Text is made harmless as in the terminal report; a cell that a spreadsheet would take for a formula begins
    with an apostrophe. ``providers`` and ``domains`` hold several values, apart by blanks, domains as
    ``example.org:12``. Times are ISO 8601 in UTC.
    """
    import csv
    from io import StringIO

    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(CSV_COLUMNS)
    for section, ranked in (("problem", findings.problems), ("refusal", findings.refusals)):
        for rank, problem in enumerate(ranked, 1):
            row = _row(section, rank, problem)
            writer.writerow([_cell(row[name], ascii) for name in CSV_COLUMNS])
    return out.getvalue()


def _row(section: str, rank: int, problem: Problem) -> dict[str, object]:
    named = {name: getattr(problem, name) for name in CSV_COLUMNS if name not in ("section", "rank")}
    named["providers"] = " ".join(problem.providers)
    named["domains"] = " ".join(f"{entry.domain}:{entry.count}" for entry in problem.domains)
    named["first"] = problem.first.isoformat().replace("+00:00", "Z")
    named["last"] = problem.last.isoformat().replace("+00:00", "Z")
    return {"section": section, "rank": rank, **named}


def _cell(value: object, ascii: bool) -> object:
    if value is None or isinstance(value, int):
        return value
    raw = str(value)
    text = safe(raw, ascii=ascii)
    return f"'{text}" if _FORMULA.search(raw) else text
