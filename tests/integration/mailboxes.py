"""Mail to the sink's mailboxes, crowds and odd addresses, from an instance with short queue ids."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from .boxes import BOUNCED, BOXES, HOSTILE, LATER, SENT
from .client import Expect, Feeder
from .postfix import Instance

Job = Coroutine[Any, Any, Any]
SMTP = "postfix/smtp"

# Local parts that look like log fields, and how mail to them ends.
QUOTED = {
    '"a, status=sent (x"': BOUNCED,
    '"x; from=<a@b> to=<c@d"': BOUNCED,
    '"two words"': SENT,
    '"a>, relay=none, delay=0"': BOUNCED,
    '"back\\\\slash \\"quote\\""': SENT,
    "o'neil+tag=x": SENT,
}

ALIASES = """
alias@example.com unknown.24@example.net
pair@example.com ok.25@example.net, full552.25@example.net
"""

INSTANCE = Instance(
    "mx1",
    "192.0.2.1",
    {
        "virtual_alias_domains": "example.com",
        "virtual_alias_maps": "hash:{etc}/aliases.hash",
        "smtp_connection_cache_destinations": "example.org",
        "delay_warning_time": "3s",
    },
    files={"aliases.hash": ALIASES},
)


def boxes(feeder: Feeder) -> list[Job]:
    """Send to every mailbox of the sink, and some mixed crowds."""
    crowd: Expect = {
        f"{name}.9@example.net": (SMTP, BOXES[name].outcomes) for name in ("ok", "unknown", "full452", "grey")
    }
    many: Expect = {f"many.{n}@example.net": (SMTP, SENT if n <= 2 else LATER) for n in range(1, 6)}
    many552: Expect = {f"many552.{n}@example.net": (SMTP, SENT if n <= 2 else BOUNCED) for n in range(1, 5)}
    after: Expect = {f"{name}.8@example.net": (SMTP, BOXES["dote"].outcomes) for name in ("dote", "ok")}
    single = [name for name in BOXES if "@" not in name and name not in {"many", "many552"}]
    return [
        *(
            feeder.send({f"{name}@example.net": (SMTP, BOXES[name].outcomes)}, sender=sender_for(name))
            for name in single
        ),
        *(feeder.send(group) for group in (crowd, many, many552, after)),
    ]


def sender_for(box: str) -> str | None:
    """Return the null sender for the hostile mailboxes, whose replies need not be carried on in bounces."""
    return "" if box in HOSTILE else None


def addresses(feeder: Feeder) -> list[Job]:
    """Send to and from addresses that are hard to read, and through aliases."""
    quoted = {f"{local}@example.net": (SMTP, outcomes) for local, outcomes in QUOTED.items()}
    return [
        *(feeder.send({address: wish}) for address, wish in quoted.items()),
        feeder.send({"jörg@example.net": (SMTP, SENT)}, utf8=True),
        feeder.send({"jörg@noutf8.example": (SMTP, BOUNCED)}, utf8=True),
        feeder.send({"unknown.20@example.net": (SMTP, BOUNCED)}, sender=""),
        feeder.send({"ok.20@example.net": (SMTP, SENT)}, sender=""),
        feeder.send({"unknown.21@example.net": (SMTP, BOUNCED)}, sender="unknown.22@example.net"),
        feeder.send({"ok.23@example.net": (SMTP, SENT)}, sender='"x> to=<y"@sender.example'),
        feeder.alias("alias@example.com", {"unknown.24@example.net": (SMTP, BOUNCED)}),
        feeder.alias(
            "pair@example.com", {"ok.25@example.net": (SMTP, SENT), "full552.25@example.net": (SMTP, BOUNCED)}
        ),
    ]


async def play(feeder: Feeder) -> None:
    """Send everything, a few messages at a time, and at last some in a row, over the same connection."""
    jobs = [*boxes(feeder), *addresses(feeder)]
    for start in range(0, len(jobs), 10):
        await asyncio.gather(*jobs[start : start + 10])
    for number in range(5):
        await feeder.send({f"ok.{40 + number}@example.org": (SMTP, SENT)})
