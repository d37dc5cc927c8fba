"""Rows of Exchange's tables, pasted into explain: what they say is what the events table says of them."""

from __future__ import annotations

from pathlib import Path

import pytest

import logscan
from logscan import scan
from logscan.errors import OptionError

FOLDER = Path(__file__).parent.parent / "sample_logs" / "exchange"
TRACKING = sorted(FOLDER.glob("tracking-*.log"))


@pytest.mark.parametrize("path", TRACKING, ids=lambda path: path.stem)
def test_a_row_says_what_its_event_says(path: Path) -> None:
    data = path.read_bytes()
    rows = scan.read_events([str(path)], scan.Options(tz="UTC")).unique("offset", keep="first", maintain_order=True)
    seen = 0
    for event in rows.iter_rows(named=True):
        text = data[event["offset"] :].split(b"\n", 1)[0].decode().strip()
        if text.count('"') % 2 or event["outcome"] in ("delivered", "expanded"):
            continue  # a row over several lines, or one without a failure
        told = logscan.explain(text)
        assert told.line is not None and told.reply is not None, text
        assert told.line.mta == "exchange" and told.line.kind == "event"
        assert told.reply.reply_code == event["reply_code"], text
        assert told.reply.status == event["status"], text
        assert told.reply.reason == event["reason"], text
        seen += 1
    assert seen > 5


def test_a_row_that_is_left_alone_says_so() -> None:
    row = next(line for line in TRACKING[-1].read_text().splitlines() if ",HARECEIVE," in line)
    told = logscan.explain(row)
    assert told.line is not None and told.line.kind == "ignore" and told.reply is None


def test_a_line_of_a_session_is_taken_for_the_reply_in_it() -> None:
    row = next(line for line in (FOLDER / "smtp-send.log").read_text().splitlines() if ",<,550 5.7.26" in line)
    told = logscan.explain(row)
    assert told.reply is not None and (told.reply.reply_code, told.reply.reason) == (550, "sender_auth")


def test_no_row_of_the_samples_is_too_much() -> None:
    for path in sorted(FOLDER.glob("*.log")):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines()[:60]:
            try:
                logscan.explain(line).to_text(width=80)
            except OptionError as error:
                assert str(error)
