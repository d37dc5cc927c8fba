"""Writes large mail logs, always the same for the same seed, with a file of what they hold."""

import argparse
import json
import re
import sys
from bisect import bisect
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice
from operator import itemgetter
from pathlib import Path
from random import Random
from typing import Protocol

from events import Event, start_of
from exchange_words import VERSIONS
from gen_exchange import ExchangeWriter
from gen_exim import EximWriter
from gen_postfix import PostfixWriter
from population import Population
from replies import load
from traffic import Traffic
from truth import Line, Truth

BOM = b"\xef\xbb\xbf"
START = datetime(2026, 1, 5, tzinfo=timezone(timedelta(hours=1)))
BYTES_PER_EVENT = 1_055
BATCH = 4_000
UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9}


class Writer(Protocol):
    """One MTA's words."""

    def write(self, event: Event) -> list[Line]:
        """Give the lines of one event, in any order."""


WRITERS: dict[str, Callable[[Random, datetime, str], Writer]] = {
    "postfix": lambda rng, start, _: PostfixWriter(rng, start),
    "exchange": ExchangeWriter,
    "exim": EximWriter,
}


def size(text: str) -> int:
    """Read a size such as `100MB`; K, M and G are powers of ten."""
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([KMG]?)B?", text.strip(), re.IGNORECASE)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write it like 100MB or 1.5GB")
    return int(float(match[1]) * UNITS[match[2].upper()])


class Stamper:
    """Writes time stamps, each second once."""

    def __init__(self, style: str) -> None:
        """Choose between `traditional`, `iso`, `exim`, and `utc`, which has milliseconds."""
        self._style = style
        self._second = -1
        self._text = ""

    def __call__(self, microseconds: int) -> str:
        """Write a moment given in microseconds since the start."""
        second, fraction = divmod(microseconds, 1_000_000)
        if second != self._second:
            moment = START + timedelta(seconds=second)
            self._second = second
            if self._style == "traditional":
                self._text = f"{moment:%b} {moment.day:2d} {moment:%H:%M:%S}"
            elif self._style == "exim":
                self._text = f"{moment:%Y-%m-%d %H:%M:%S}"
            else:
                self._text = f"{moment.astimezone(UTC) if self._style == 'utc' else moment:%Y-%m-%dT%H:%M:%S}"
        if self._style == "utc":
            return f"{self._text}.{fraction // 1000:03d}Z"
        return f"{self._text}.{fraction:06d}+01:00" if self._style == "iso" else self._text


def ordered(events: Iterator[Event], writer: Writer) -> Iterator[Line]:
    """Give lines in the order of time; only those later than the newest event are held back."""
    waiting: list[Line] = []
    while batch := list(islice(events, BATCH)):
        for event in batch:
            waiting.extend(writer.write(event))
        waiting.sort(key=itemgetter(0))
        ready = bisect(waiting, int(start_of(batch[-1]) * 1_000_000), key=itemgetter(0))
        yield from waiting[:ready]
        waiting = waiting[ready:]


def generate(  # noqa: PLR0913, PLR0917  # one for each option
    mta: str, target: int, out: Path, seed: int, stamps: str, version: str = "2019"
) -> Truth:
    """Write a log of about `target` bytes, never more, and give its counts."""
    rng = Random(seed)
    providers = load()
    traffic = Traffic(rng, providers, Population(rng, providers))
    writer = WRITERS[mta](rng, START, version)
    lines = ordered(traffic.events(target / BYTES_PER_EVENT), writer)
    truth, stamp = Truth(), Stamper({"exchange": "utc", "exim": "exim"}.get(mta, stamps))
    head = getattr(writer, "head", "").encode("utf-8-sig")
    with out.open("wb", buffering=1 << 20) as stream:
        if len(head) > len(BOM):
            stream.write(head)
            truth.bytes, truth.lines = len(head), head.count(b"\n")
        for moment, text, says in lines:
            line = (stamp(moment) + text).encode()
            if truth.bytes + len(line) > target:
                break
            stream.write(line)
            truth.lines += 1
            truth.bytes += len(line)
            for said in says if isinstance(says, list) else [says] if says else []:
                truth.add(*said)
    return truth


def main() -> int:
    """Read the arguments, write the log and the truth."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mta", choices=sorted(WRITERS), default="postfix")
    parser.add_argument("--size", type=size, default=size("100MB"), help="about 100MB by default; never more than said")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stamps", choices=("traditional", "iso"), default="traditional")
    parser.add_argument("--version", choices=sorted(VERSIONS), default="2019", help="of Exchange")
    parser.add_argument("--truth", type=Path, help="where the counts go, as JSON")
    args = parser.parse_args()
    truth = generate(args.mta, args.size, args.out, args.seed, args.stamps, args.version).to_dict()
    if args.truth:
        args.truth.write_text(json.dumps(truth, indent=2) + "\n", encoding="utf-8")
    print(
        f"{args.out}: {truth['lines']} lines, {truth['bytes']} bytes, {truth['messages']} messages",
        file=sys.stderr,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
