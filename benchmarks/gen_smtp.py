"""Writes SMTP protocol logs of an Exchange server, always the same for the same seed, with a file of what they hold.

Sessions interleave, go on from one hourly file to the next, and some lack their first or last rows.
"""

import argparse
import csv
import io
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random

from smtp_sessions import KINDS, Player
from smtp_talk import Row, Session, Speaker

START = datetime(2026, 1, 5, 3)
FIELDS = "date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context"
NAMES = {"receive": ("RECV", "SMTP Receive Protocol Log"), "send": ("SEND", "SMTP Send Protocol Log")}


@dataclass(slots=True)
class Truth:
    """What the files of one folder hold: events with their places, notices by kind, rows."""

    events: list[dict[str, object]] = field(default_factory=list)
    notices: Counter[str] = field(default_factory=Counter)
    rows: int = 0


@dataclass(slots=True)
class Timed:
    """A row with the time at which it is written, and its place in its session."""

    at: float
    id: str
    number: int
    session: Session
    row: Row


def sessions(rng: Random, kind: str, count: int, *, old: bool, busy: float) -> Iterator[Timed]:
    """Rows of sessions, each from its own beginning; ``busy`` sessions begin in a second."""
    speaker = Speaker(rng)
    player = Player(speaker, kind, old=old)
    weights = list(accumulate(KINDS.values()))
    at = 0.0
    for n in range(count):
        at += rng.expovariate(busy)
        session = rng.choices(list(KINDS), cum_weights=weights)[0](player)
        name = f"08DE{rng.getrandbits(8):02X}{n:010X}"
        cut = rng.random()
        numbered = list(enumerate(session.rows))
        if cut < 0.04 and 0 < session.preamble < len(numbered):
            _forget(session)
            numbered = numbered[rng.randrange(1, session.preamble + 1) :]
        elif cut < 0.08:
            numbered = numbered[: -rng.randrange(1, 3)]
        now = at
        for number, row in numbered:
            now += row.after * rng.uniform(0.5, 3.0)
            yield Timed(now, name, number, session, row)


def _forget(session: Session) -> None:
    """Without its beginning nobody can say that a session had no message."""
    if session.rows[-1].notice == "smtp without a message":
        session.rows[-1].notice = None


def write(  # noqa: PLR0913  # what to write, and how
    folder: Path, rng: Random, kind: str, count: int, *, old: bool = False, busy: float = 0.05, rotate: float = 3600
) -> Truth:
    """Write files, a new one every ``rotate`` seconds, and give their truth."""
    prefix, log_type = NAMES[kind]
    timed = sorted(sessions(rng, kind, count, old=old, busy=busy), key=lambda one: (one.at, one.id, one.number))
    truth, file, stream = Truth(), -1, None
    for one in timed:
        if int(one.at // rotate) != file:
            file = int(one.at // rotate)
            start = START + timedelta(seconds=file * rotate)
            path = folder / f"{prefix}{start:%Y%m%d%H}-{file + 1}.LOG"
            if stream is not None:
                stream.close()
            stream = path.open("wb")
            stream.write(_header(log_type, start, old=old))
        assert stream is not None
        offset = stream.tell()
        stream.write(_line(one))
        _count(truth, one, path.name, offset)
    if stream is not None:
        stream.close()
    return truth


def _header(log_type: str, start: datetime, *, old: bool) -> bytes:
    lines = [
        "#Software: Microsoft Exchange Server",
        f"#Version: {'14.0.0.0' if old else '15.0.0.0'}",
        f"#Log-type: {log_type}",
        f"#Date: {_stamp(start)}",
        f"#Fields: {FIELDS}",
    ]
    return b"\xef\xbb\xbf" + "".join(line + "\r\n" for line in lines).encode()


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def _line(one: Timed) -> bytes:
    session, row = one.session, one.row
    out = io.StringIO()
    stamp = _stamp(START + timedelta(seconds=one.at))
    ends = (session.local, session.remote)
    values = [stamp, session.connector, one.id, one.number, *ends, row.mark, row.data, row.context]
    csv.writer(out, lineterminator="\r\n").writerow(values)
    return out.getvalue().encode()


def _count(truth: Truth, one: Timed, name: str, offset: int) -> None:
    truth.rows += 1
    if one.row.notice is not None:
        truth.notices[one.row.notice] += 1
    for told in one.row.told:
        event = asdict(told) | {"file": name, "offset": offset, "session": one.id, "kind": one.session.kind}
        event["ip"] = one.session.remote.rpartition(":")[0].strip("[]")
        event["time"] = _stamp(START + timedelta(seconds=one.at))
        if event["queue_id"] == "session":
            event["queue_id"] = one.id
        truth.events.append(event)


def main() -> int:
    """Read the arguments, write the logs and the truth."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=sorted(NAMES), default="receive")
    parser.add_argument("--sessions", type=int, default=10_000)
    parser.add_argument("--out", type=Path, required=True, help="a folder")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--old", action="store_true", help="as Exchange 2010 writes them")
    parser.add_argument("--busy", type=float, default=1.0, help="sessions that begin in a second")
    parser.add_argument("--truth", type=Path, help="where the events go, as JSON")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    truth = write(args.out, Random(args.seed), args.kind, args.sessions, old=args.old, busy=args.busy)
    if args.truth:
        data = {"rows": truth.rows, "notices": truth.notices, "events": truth.events}
        args.truth.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    print(f"{args.out}: {truth.rows} rows, {len(truth.events)} events", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
