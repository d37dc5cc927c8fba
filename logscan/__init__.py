"""logscan reads mail server logs and tells why mail is not getting through, and what to do about it.

::

    import logscan
    events = logscan.read("/var/log/mail.log")
    print(logscan.report(events))
    print(logscan.explain("421 4.7.28 …"))

The columns of the events table are described in ``logscan.schema``. pandas and polars are imported when the first
table is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from logscan.errors import (
    ChangedError,
    DeliveryError,
    InputError,
    LogscanError,
    MissingExtraError,
    NoMailLogError,
    OptionError,
    OutputError,
    PackError,
)

if TYPE_CHECKING:
    import pandas as pd

    from logscan.explaining import Comparison, Explanation
    from logscan.result import Report

__all__ = [
    "ChangedError",
    "DeliveryError",
    "InputError",
    "LogscanError",
    "MissingExtraError",
    "NoMailLogError",
    "OptionError",
    "OutputError",
    "PackError",
    "classify",
    "compare",
    "explain",
    "read",
    "redact",
    "report",
    "summarise",
]
__version__ = "0.1.0"

Path = str | os.PathLike[str]


def read(  # noqa: PLR0913  # the options of the command line
    paths: Path | Iterable[Path],
    *,
    mta: str | None = None,
    since: str | None = None,
    until: str | None = None,
    tz: str | None = None,
    year: int | None = None,
    columns: Sequence[str] | None = None,
    patterns: Sequence[str] = (),
) -> pd.DataFrame:
    """Read mail logs into one classified events table.

    ``paths`` are files, folders, globs or ``-``; compressed files are recognised by content. The rows are in input
    order with a RangeIndex, session rows included; every column of ``logscan.schema.EVENTS`` is present and typed,
    also for an empty log, and times are UTC. ``tz`` is the zone of stamps that name none (default: this machine's),
    ``year`` that of the first line where stamps have none, ``since`` and ``until`` bound the period, ``columns``
    selects columns, ``patterns`` names folders with packs of your own.

    Raises InputError for what cannot be read, NoMailLogError for a named file without a line of a mail server,
    OptionError for an option that makes no sense.
    """
    from logscan import scan, schema

    options = scan.Options(mta, since, until, tz, year, tuple(patterns))
    frame = scan.read_events(paths, options, columns=columns)
    return schema.to_pandas(frame, tuple(schema.BY_NAME[name] for name in frame.columns))


def classify(df: pd.DataFrame, *, patterns: Sequence[str] = ()) -> pd.DataFrame:
    """Add reply_class, status, reason, rule, basis, party, conflict, provider and template to a frame of replies.

    Gives a copy with the same index. Every input column is optional: reply_code (int, float or str), enhanced_code,
    diagnostic, remote_mta, smtp_command, mta, event, outcome, dsn, envelope_recipient; without reply_code the code is
    read from the start of diagnostic (RFC 5321 section 4.2).
    """
    from logscan.classifier import classify_frame
    from logscan.packs import knowledge, site_folders

    return classify_frame(df, knowledge(site_folders(patterns)))


def summarise(events: pd.DataFrame) -> pd.DataFrame:
    """Count events by mta, event, outcome, status, reason, rule, codes, provider, domain, hour (UTC) and template.

    One row for each distinct combination, with count, first, last (UTC), example, and the source and offset of the
    example. Summaries of parts of a log add up: concatenate them, group by the same columns, sum the counts.
    """
    from logscan.summary import public_frame

    return public_frame(events)


def redact(df: pd.DataFrame, *, key: str | bytes | None = None, all_: bool = False) -> pd.DataFrame:
    """Put pseudonyms into an events table or a summary: a copy with the same index, columns and types.

    Addresses, hosts, domains, IP addresses, Message-IDs and file names are hidden, also inside diagnostics and other
    texts; reasons, rules, codes and queue ids stay. Equal values stay equal, in every table with the same ``key``;
    without one they do in this table alone. ``all_`` hides the mail providers, too.
    """
    from logscan import redacting, result

    return redacting.pandas_frame(df, result.masker(key, all_=all_))


def report(  # noqa: PLR0913  # the options of the command line
    paths: Path | Iterable[Path] | pd.DataFrame,
    *,
    mta: str | None = None,
    since: str | None = None,
    until: str | None = None,
    tz: str | None = None,
    year: int | None = None,
    patterns: Sequence[str] = (),
) -> Report:
    """Report on logs in one pass and bounded memory, or on an events table that ``read`` gave.

    The result shows itself in a notebook and has ``to_text``, ``to_dict``, ``to_json``, ``to_csv``,
    ``to_markdown`` and ``to_html``.
    Raises what ``read`` raises.
    """
    from logscan import result, scan

    options = scan.Options(mta, since, until, tz, year, tuple(patterns))
    return result.of(paths, options)


def explain(text: str, *, patterns: Iterable[str | os.PathLike[str]] = ()) -> Explanation:
    """Explain a reply code, an enhanced status code, a reply, or a whole log line.

    ``patterns`` names folders with packs of your own.

    Raises OptionError for what is none of these.
    """
    from logscan import explaining as module

    return module.explain(text, patterns=patterns)


def compare(one: str, other: str, *more: str) -> Comparison:
    """Compare two or more reply codes or enhanced status codes.

    Raises OptionError for what is no code.
    """
    from logscan import explaining as module

    return module.compare(one, other, *more)
