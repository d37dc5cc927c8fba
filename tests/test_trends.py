"""Traffic over time, by provider and by reason, and how long mail was queued."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import logscan
from logscan.delays import step_of
from logscan.findings import Findings
from logscan.summary import Summary, combine_all, summary_of
from logscan.traffic import Hour, Traffic
from logscan.trends import MOST_STEPS, traffic_of

LINE = (
    "{at} mx1 postfix/smtp[7]: {id:010X}: to=<a@{domain}>, relay={host}[192.0.2.25]:25, delay={delay}, "
    "delays=0/0/0/1, dsn={dsn}, status={status} ({text})\n"
)
GMAIL, OTHER = ("gmail.com", "gmail-smtp-in.l.google.com"), ("example.net", "mx.example.net")
SAID = "host mx said: 452 4.2.2 The email account that you tried to reach is over quota (in reply to RCPT TO command)"


def line(at: str, id: int, to: tuple[str, str], *, sent: bool = True, delay: float | str = 1) -> str:
    how = ("2.0.0", "sent", "250 2.0.0 Ok") if sent else ("4.2.2", "deferred", SAID)
    dsn, status, text = how
    return LINE.format(at=at, id=id, domain=to[0], host=to[1], delay=delay, dsn=dsn, status=status, text=text)


def found(tmp_path: Path, *lines: str, tz: str = "UTC") -> Findings:
    path = tmp_path / "mail.log"
    path.write_text("".join(lines))
    return logscan.report(path, year=2026, tz=tz).findings


def test_providers_and_reasons_by_step(tmp_path: Path) -> None:
    traffic = found(
        tmp_path,
        line("2026-11-24T05:10:00Z", 1, OTHER, delay=2),
        line("2026-11-24T05:20:00Z", 2, GMAIL, delay=4),
        line("2026-11-24T06:20:00Z", 3, GMAIL, sent=False),
        line("2026-11-24T08:20:00Z", 3, GMAIL, delay=7200),
    ).traffic
    assert traffic.step_hours == 1
    assert [hour.hour.hour for hour in traffic.steps] == [5, 6, 7, 8]
    assert [(p.id, p.attempts, p.delivered, p.deferred) for p in traffic.peers] == [("google", 3, 2, 1), ("", 1, 1, 0)]
    gmail, others = traffic.peers
    assert (gmail.delivered_by_step, gmail.failed_by_step) == ([1, 0, 0, 1], [0, 1, 0, 0])
    assert (gmail.reason, others.reason) == ("mailbox_full", "")
    assert [(r.reason, r.count, r.failed_by_step) for r in traffic.reasons] == [("mailbox_full", 1, [0, 1, 0, 0])]
    assert traffic.delays is not None
    assert gmail.delays is not None
    assert (traffic.delays.count, gmail.delays.count) == (3, 2)
    assert 7200 / 1.2 < gmail.delays.p99 < 7200 * 1.2


def test_a_log_without_mail_has_no_trends() -> None:
    out = traffic_of([], Summary(), None, "UTC")  # type: ignore[arg-type]  # nothing is looked up
    assert out == Traffic()


@pytest.mark.parametrize("days", [1, 8, 60, 399, 4000])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kathmandu"])
def test_steps_are_few_and_lose_nothing(days: int, zone: str) -> None:
    start = datetime(2026, 3, 1, 7, tzinfo=UTC)
    hours = [Hour(start + timedelta(hours=n), n % 7, 1, n % 3, 0, 2) for n in range(24 * days)]
    out = traffic_of(hours, Summary(), None, zone)  # type: ignore[arg-type]  # nothing is looked up
    assert len(out.steps) <= MOST_STEPS
    for name in ("delivered", "deferred", "bounced", "expired", "rejected"):
        assert sum(getattr(hour, name) for hour in out.steps) == sum(getattr(hour, name) for hour in hours)
    assert [hour.hour for hour in out.steps] == sorted(hour.hour for hour in out.steps)


delays = st.lists(st.floats(0.011, 1e7), min_size=1, max_size=60)


def events(seconds: list[float]) -> pl.DataFrame:
    at = datetime(2026, 11, 24, tzinfo=UTC)
    texts = ("reason", "provider", "cause", "conflict", "rule", "basis", "party", "status", "mta", "dsn", "template",
             "enhanced_code", "smtp_command", "recipient_domain", "diagnostic", "reporting_mta", "queue_id",
             "envelope_recipient", "remote_mta")  # fmt: skip
    return pl.DataFrame({"delay": seconds}).with_columns(
        *(pl.lit(None, dtype=pl.String).alias(name) for name in texts),
        reply_code=pl.lit(250, dtype=pl.UInt16),
        timestamp=pl.lit(at), event=pl.lit("delivery"), outcome=pl.lit("delivered"), source=pl.lit("f"),
        offset=pl.int_range(pl.len()),
    )  # fmt: skip


@given(delays, delays)
def test_delays_of_parts_add_up_and_percentiles_are_near(one: list[float], other: list[float]) -> None:
    whole = summary_of(events(one + other), pl.DataFrame())
    parts = combine_all([summary_of(events(one), pl.DataFrame()), summary_of(events(other), pl.DataFrame())])
    assert whole.delays.sort(whole.delays.columns).equals(parts.delays.sort(parts.delays.columns))
    out = traffic_of([], parts, None, "UTC").delays  # type: ignore[arg-type]  # nothing is looked up
    assert out is not None
    ranked = sorted(one + other)
    for share, told in ((0.5, out.p50), (0.9, out.p90), (0.99, out.p99)):
        true = ranked[math.ceil(share * len(ranked)) - 1]
        assert true / 1.2 <= told <= true * 1.2


@pytest.mark.parametrize("seconds", [0.0, 1e-300, 1e300, math.inf, math.nan, -5.0, None])
def test_no_delay_is_too_odd(seconds: float | None) -> None:
    steps = pl.select(step_of(pl.lit(seconds, dtype=pl.Float64))).to_series().to_list()
    assert len(steps) == 1
