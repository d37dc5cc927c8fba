"""Packs of evidence: what one cause, message, domain or provider is about, to send to whoever can help.

For a provider's form the pack keeps our sending hosts, IP addresses, times and replies, and hides people; for a report
of a bug it hides every name.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from logscan import redacting, result, scan
from logscan.errors import OptionError
from logscan.evidence.about import About, For, Line
from logscan.evidence.choosing import lines_of, problem_of, selected
from logscan.evidence.telling import readme, text_of
from logscan.findings import Findings, Problem

if TYPE_CHECKING:
    import polars as pl

    from logscan.masking import Masker

__all__ = ["About", "For", "Pack", "pack"]
_COLUMNS = (
    "timestamp", "reporting_mta", "queue_id", "message_id", "envelope_sender", "envelope_recipient", "client",
    "remote_mta", "remote_ip", "provider", "smtp_command", "reply_code", "enhanced_code", "dsn", "outcome", "reason",
    "rule", "diagnostic", "tls", "source", "offset",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pack:
    """What goes into the archive: texts by file name."""

    files: dict[str, str]

    def listing(self) -> str:
        """The names of the files with their lines and bytes."""
        rows = [(name, text.count("\n"), len(text.encode())) for name, text in self.files.items()]
        wide = max(len(name) for name in self.files)
        return "\n".join(f"  {name:{wide}}  {lines:>6,} lines  {size:>9,} bytes" for name, lines, size in rows)

    def archive(self) -> bytes:
        """The files as a zip archive."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in self.files.items():
                archive.writestr(name, text)
        return out.getvalue()


def pack(  # noqa: PLR0913  # what the command is told
    paths: list[str],
    options: scan.Options,
    about: About,
    *,
    reader: For,
    masker: Masker | None,
    most: int,
    version: str,
) -> Pack:
    """Gather the evidence; at most so many lines, half of them the first, half the last.

    Raises OptionError for what is not in the log, InputError for what cannot be read.
    """
    words = about.words()
    if "-" in paths:
        raise OptionError("evidence reads the logs twice, which standard input does not allow; name files")
    report = result.of(paths, options).findings
    found = None
    problems: list[Problem] = []
    if about.problem is not None:
        problems = [problem_of(report, about.problem)]
    events = scan.read_events(paths, options)
    if words != About(unparsed=True).words():
        found = selected(events, about, problems, options)
    lines = lines_of(paths, options, found, about.queue_id, most) if found is not None else []
    if masker is not None:
        masker.learn(events.get_column("reporting_mta").unique().to_list())
        report, words = redacting.findings(report, masker), masker.text(words, least=len(words))
        problems = [report.problems[about.problem - 1]] if about.problem else []
        found = redacting.frame(found, masker) if found is not None else None
        lines = [Line(masker.path(line.source), line.offset, masker.line(line.text)) for line in lines]
    files = _files(report, problems, found, lines, most)
    if reader is For.PROVIDER and not about.unparsed:
        files.pop("unparsed.log", None)
    return Pack({"README.txt": readme(words, reader, masker, report, found, version, files), **files})


def _files(
    report: Findings, problems: list[Problem], found: pl.DataFrame | None, lines: list[Line], most: int
) -> dict[str, str]:
    from logscan.render import events as tables
    from logscan.render.coverage import coverage
    from logscan.render.page import Page
    from logscan.render.problems import problems as told

    page = Page(width=100, top=None)
    out = {}
    if problems:
        out["problem.txt"] = text_of(told(replace(report, problems=problems), page))
    if found is not None:
        table = io.BytesIO()
        tables.write(found.select(_COLUMNS).head(most), "csv", table)
        out["events.csv"] = table.getvalue().decode()
    if lines:
        out["lines.log"] = text_of(line.text for line in lines)
        out["places.txt"] = text_of(f"{n}\t{line.source}:{line.offset}" for n, line in enumerate(lines, 1))
    if report.coverage.samples:
        samples = report.coverage.samples
        out["unparsed.log"] = text_of(sample.line for sample in samples)
    out["coverage.txt"] = text_of(coverage(report, page))
    return out
