"""The pipeline, and the only module that knows the order of its stages.

paths → sources → blocks → parsed columns → classified events → summaries. ``read`` stops at the events,
``report`` goes to the end.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import polars as pl

from logscan import clocks, engines, nature, pieces, retold, schema, sources, stage, when
from logscan.errors import InputError, NoMailLogError, OptionError
from logscan.packs import Mta, mtas, site_folders, tables
from logscan.parse import join, lines
from logscan.state import Last
from logscan.summary import Summary, combine_all
from logscan.waiting import Waiting

Mapper = Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]
Progress = Callable[[int, int | None, int], None]  # stored bytes read, stored bytes in all, lines
Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
# What a report asks of the events; the rest need not be taken out of the lines.
_FOR_REPORT = frozenset(
    {
        "timestamp",
        "mta",
        "event",
        "reporting_mta",
        "agent",
        "queue_id",
        "network_message_id",
        "envelope_recipient",
        "recipient_domain",
        "remote_mta",
        "smtp_command",
        "reply_code",
        "enhanced_code",
        "dsn",
        "outcome",
        "status",
        "diagnostic",
        "delay",
    }
)
_MERGE_AT = 16


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked for: MTA, period, zone, year of the first line, own packs; how far the last run came."""

    mta: str | None = None
    since: str | None = None
    until: str | None = None
    tz: str | None = None
    year: int | None = None
    patterns: tuple[str, ...] = ()
    last: Last | None = None


@dataclass(slots=True)
class Result:
    """What a scan found: a summary, how much was understood, what was read and what was left out."""

    summary: Summary
    coverage: lines.Coverage
    read: list[str] = field(default_factory=list)
    skipped: list[sources.Skipped] = field(default_factory=list)
    zone: str = "UTC"
    since: datetime | None = None
    until: datetime | None = None
    natures: dict[str, str] = field(default_factory=dict)  # in which form each file is written, in words
    onward: sources.Onward | None = None  # what is new since the last run, if that was asked


class Scan:
    """One walk over a set of logs, set up from paths and options.

    Raises InputError for a path that cannot be read, OptionError for an option that makes no sense.
    """

    def __init__(self, paths: Paths, options: Options, *, messages: bool, columns: frozenset[str] | None) -> None:
        names = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
        zone = when.zone(options.tz)
        self.zone = getattr(zone, "key", "UTC")
        self.now = datetime.now(UTC)
        self.since, self.until = when.window(options.since, options.until, now=self.now, tz=zone)
        self.found, self.onward = self._find([os.fspath(name) for name in names], options.last)
        asked = {one.name for one in self.found.sources if one.path is None or (one.url and not one.portion)}
        self.named = asked | {os.fspath(name) for name in names}
        if not self.found.sources and self.onward is None:
            raise InputError(_nothing(names, self.found.skipped))
        folders = site_folders(options.patterns)
        files = [source for source in self.found.sources if source.size is not None]
        self.heads = {
            source.name: self.found.heads.get(source.name) or sources.beginning(source, pieces.HEAD) for source in files
        }
        self.aside = tables.told_elsewhere(self.heads.values(), mtas(folders))
        packs = stage.chosen(mtas(folders), options.mta)
        self.clocks = clocks.of(self.found.sources, self.heads, self.zone, options.year, self.now)
        tellers, told = retold.told_twice(self.found.sources, self.heads, self.clocks, packs)
        self.stage = stage.Stage(
            wanted=lines.Wanted(columns or lines.ALL.columns, messages, frozenset(self.aside), told),
            mta=options.mta,
            folders=folders,
            since=self.since,
            until=self.until,
            tellers=tellers,
        )
        self.options = options

    def _find(self, names: list[str], last: Last | None) -> tuple[sources.Found, sources.Onward | None]:
        if last is None:
            return sources.find(names, self.since, self.until), None
        if self.until is not None:
            raise OptionError("--until and --since-last: what is left out would not be in the next report either")
        if not last.before.first:
            self.since = None  # the place where the last run ended says more than a time
        new = sources.onward(names, last.before, self.since, None)
        return new.found, new

    def _read(self) -> None:
        """Everything was read: the next run can go on from here."""
        if self.onward is not None and self.options.last is not None:
            self.options.last.after = self.onward.after(self.now)

    def jobs(self) -> Iterator[stage.Job]:
        """Every piece with the clock for its stamps."""
        passed = self.onward.passed if self.onward is not None else None
        return pieces.Pieces(self.stage.packs, self.clocks, self.heads, self.options.year, self.now, passed).of(
            self.found.sources, self.zone
        )

    def summary(self, mapper: Mapper, progress: Progress | None) -> Result:
        """Walk everything, add it up."""
        total = _total(self.found.sources)
        parts: dict[str, list[Summary]] = {}
        covered: dict[str, lines.Coverage] = {}
        done = {source.name: 0 for source in self.found.sources}
        count = 0
        waiting = Waiting(self.stage, [source.name for source in self.found.sources])
        for name, part, coverage, stored, rows in mapper(self.stage.summed, self.jobs()):
            held = parts.setdefault(name, [])
            held.append(part)
            if len(held) > _MERGE_AT:
                parts[name] = [combine_all(held)]
            covered[name] = covered.get(name, lines.Coverage()) + coverage
            for other, parsed in waiting.add(name, rows):
                parts.setdefault(other, []).append(self.stage.summary(parsed))
                covered[other] = covered.get(other, lines.Coverage()) + parsed.coverage
            if progress is not None:
                done[name] = max(done[name], stored)
                count += coverage.lines
                progress(sum(done.values()), total, count)
        for name, parsed in waiting.rest():
            parts[name].append(self.stage.summary(parsed))
            covered[name] += parsed.coverage
        foreign = self._not_mail(covered)
        self._read()
        return Result(
            summary=combine_all(list(chain.from_iterable(p for name, p in parts.items() if name not in foreign))),
            coverage=sum((c for name, c in covered.items() if name not in foreign), lines.Coverage()),
            read=[source.name for source in self.found.sources if source.name not in foreign],
            skipped=[
                *self.found.skipped,
                *(sources.Skipped(name, "no line of a mail server") for name in foreign),
            ],
            zone=self.zone,
            since=self.since,
            until=self.until,
            natures={
                name: nature.nature_of(head, self.stage.packs, self.zone, self.aside)
                for name, head in self.heads.items()
                if name not in foreign
            },
            onward=self.onward,
        )

    def walk(self, mapper: Mapper) -> Iterator[tuple[int, lines.Parsed]]:
        """Walk everything; the classified events and facts of each piece, with the number of its file."""
        covered: dict[str, lines.Coverage] = {}
        order = {source.name: n for n, source in enumerate(self.found.sources)}
        waiting = Waiting(self.stage, list(order))

        def counted(name: str, parsed: lines.Parsed) -> tuple[int, lines.Parsed]:
            covered[name] = covered.get(name, lines.Coverage()) + parsed.coverage
            return order[name], parsed

        for name, blocks in mapper(self.stage.framed, self.jobs()):
            covered.setdefault(name, lines.Coverage())
            yield from (counted(name, parsed) for parsed in blocks)
            rows = [parsed.waiting for parsed in blocks if parsed.waiting.height]
            for other, more in waiting.add(name, rows):
                yield counted(other, self.stage.classified(more))
        for name, more in waiting.rest():
            yield counted(name, self.stage.classified(more))
        self._not_mail(covered)
        self._read()

    def frames(self, mapper: Mapper) -> tuple[list[pl.DataFrame], list[pl.DataFrame]]:
        """Walk everything, keep the events and the facts about messages."""
        events: list[pl.DataFrame] = []
        facts: list[pl.DataFrame] = []
        for number, parsed in self.walk(mapper):
            file = pl.lit(number, dtype=pl.Int32)
            events.extend([parsed.events.with_columns(_file=file)] if parsed.events.height else [])
            facts.extend([parsed.messages.with_columns(_file=file)] if parsed.messages.height else [])
        return events, facts

    def _not_mail(self, covered: dict[str, lines.Coverage]) -> list[str]:
        """The files without any line of a mail server; a file that was named itself must have one."""
        out: list[str] = []
        if self.onward is not None and not self.onward.before.first:
            return out  # what is new may well be of other programs
        for name, c in covered.items():
            # What only looks like a line of a mail server's own file, any program may have written.
            if c.lines and not (c.events or c.notices or c.facts or c.ignored or c.unparsed > c.untagged):
                if name in self.named:
                    raise NoMailLogError(_no_mail(name, self.stage.packs))
                out.append(name)
        return out


def _nothing(names: list[str | os.PathLike[str]], skipped: tuple[sources.Skipped, ...]) -> str:
    whys = "; ".join(f"{item.name}: {item.why}" for item in skipped[:3])
    more = f" and {len(skipped) - 3} more" if len(skipped) > 3 else ""
    return (
        f"{', '.join(os.fspath(name) for name in names)}: nothing to read in it ({whys}{more}); name a mail log itself"
    )


def _no_mail(name: str, packs: tuple[Mta, ...]) -> str:
    known = ", ".join(sorted(mta.name for mta in packs))
    return (
        f"{'standard input' if name == '-' else name}: no line of a mail server in it. logscan looked for lines "
        f"of {known}; mail logs are usually /var/log/mail.log or /var/log/maillog "
        "(`logscan packs list` shows what is known)"
    )


def _total(found: tuple[sources.Source, ...]) -> int | None:
    sizes = [source.size for source in found]
    return None if None in sizes else sum(size for size in sizes if size is not None)


def summarise_paths(
    paths: Paths,
    options: Options,
    *,
    mapper: Mapper = engines.threads,
    progress: Progress | None = None,
) -> Result:
    """Scan logs into one summary, in bounded memory."""
    return Scan(paths, options, messages=False, columns=_FOR_REPORT).summary(mapper, progress)


def read_events(
    paths: Paths,
    options: Options,
    *,
    columns: Iterable[str] | None = None,
    mapper: Mapper = engines.threads,
) -> pl.DataFrame:
    """Scan logs into one classified events table (polars), in input order, senders and sizes joined."""
    wanted = known_columns(columns)
    events, facts = Scan(paths, options, messages=True, columns=None).frames(mapper)
    if not events:
        return schema.conform(pl.DataFrame()).select(wanted)
    whole = pl.concat(events, how="diagonal_relaxed").sort("_file", "offset", maintain_order=True)
    if facts:
        whole = join.with_messages(whole, pl.concat(facts, how="diagonal_relaxed"))
    return schema.conform(join.with_causes(whole)).select(wanted)


def known_columns(columns: Iterable[str] | None) -> list[str]:
    """The columns that are asked for, or all; raises OptionError for one that does not exist."""
    if columns is None:
        return list(schema.NAMES)
    names = list(columns)
    for name in names:
        if name not in schema.BY_NAME:
            raise OptionError(f"there is no column {name!r} in the events table; known are {', '.join(schema.NAMES)}")
    return names


def zone_name(name: str | None) -> str:
    """The name of a zone, or of this machine's; raises OptionError for one that does not exist."""
    return str(getattr(when.zone(name), "key", "UTC"))
