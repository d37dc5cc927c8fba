"""How mail fares at each provider that is known."""

from __future__ import annotations

from collections import defaultdict

from logscan import findings as report
from logscan.causes import BAD, Row
from logscan.fates import Fates, together
from logscan.packs.knowledge import Knowledge


def providers(causes: list[Row], ledger: Fates, known: Knowledge) -> list[report.Provider]:
    """One row for each provider that deliveries were tried at, by its id.

    Of recipients that did not get the mail at once, the cause of the last failure says where they belong.
    """
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in causes:
        if row["event"] == "delivery" and row["provider"] and row["outcome"] != "other":
            rows[row["provider"]].append(row)
    return [_provider(name, rows[name], ledger, str(known.providers[name]["name"])) for name in sorted(rows)]


def _provider(id: str, rows: list[Row], ledger: Fates, name: str) -> report.Provider:
    outcomes: dict[str, int] = defaultdict(int)
    reasons: dict[str, int] = defaultdict(int)
    for row in rows:
        outcomes[row["outcome"]] += row["count"]
        if row["outcome"] in BAD and row["outcome"] != "expired":
            reasons[row["reason"] or "undefined"] += row["count"]
    fate = together(ledger.by_cause[cause] for cause in {row["cause"] for row in rows} if cause in ledger.by_cause)
    delivered = outcomes.get("delivered", 0) + outcomes.get("expanded", 0)
    bounced, expired = fate.outcomes["bounced"], fate.outcomes["expired"]
    return report.Provider(
        id=id,
        name=name,
        recipients=delivered + fate.waiting + bounced + expired,
        delivered=delivered,
        waiting=fate.waiting,
        bounced=bounced,
        expired=expired,
        attempts=sum(count for outcome, count in outcomes.items() if outcome != "expired"),
        attempts_by_outcome=dict(sorted((word, count) for word, count in outcomes.items() if word != "expired")),
        reasons=dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
        waits_since=fate.waits if fate.waiting else None,
    )
