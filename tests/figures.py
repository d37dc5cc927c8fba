"""Reports made up for tests: one with figures that are easy to reckon with, and what makes it empty."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from logscan.findings import Coverage, Findings, Notice, Problem, Provider, Totals

LAST = datetime(2026, 11, 24, 12, tzinfo=UTC)


def problem(reason: str, count: int, event: str = "delivery", **more: Any) -> Problem:
    usual: dict[str, Any] = {
        "status": "transient", "title": reason, "reply_code": 421, "enhanced_code": None, "dsn": None, "rule": None,
        "party": "us", "outcomes": {"deferred": count}, "lost": 0, "waiting": 0, "recovered": 0, "mtas": [],
        "providers": [], "domains": [], "domain_count": 0, "first": LAST, "last": LAST, "example": "", "source": "-",
        "offset": 0, "templates": 1,
    }  # fmt: skip
    return Problem(event=event, reason=reason, count=count, **(usual | more))


def findings(**changes: Any) -> Findings:
    google = Provider("google", "Gmail", 50, 40, 6, 4, 0, 80, {"deferred": 36, "delivered": 40, "bounced": 4},
                      {"rate_limited": 36, "user_unknown": 4}, LAST - timedelta(hours=5))  # fmt: skip
    yahoo = Provider("yahoo", "Yahoo", 1, 0, 1, 0, 0, 2, {"deferred": 2}, {}, None)
    usual: dict[str, Any] = {
        "totals": Totals(messages=90, recipients=100, delivered=85, waiting=8, bounced=7, attempts=200, rejected=10,
                         attempts_by_outcome={"delivered": 85, "deferred": 100, "softbounced": 5, "bounced": 10}),
        "problems": [problem("rate_limited", 36, waiting=6, waits_since=LAST - timedelta(hours=5))],
        "refusals": [problem("ip_blocklisted", 9, "rejection")],
        "hours": [], "destinations": [], "conflicts": [],
        "notices": [Notice("exim", "error", "smtp lost", "", "", 3, None, None, "", "-", 0)],
        "coverage": Coverage(lines=1000, understood=790, foreign=200, unparsed=10, last=LAST),
        "sources": [], "skipped": [], "mtas": [], "zone": "UTC", "providers": [google, yahoo],
    }  # fmt: skip
    return Findings(**(usual | changes))


EMPTY = {
    "totals": Totals(), "problems": [], "refusals": [], "notices": [], "coverage": Coverage(), "providers": [],
}  # fmt: skip
