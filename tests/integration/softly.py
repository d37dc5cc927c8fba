"""The same refusals under `soft_bounce = yes`: Postfix keeps what it would have bounced."""

from __future__ import annotations

import asyncio

from .client import Feeder, talk
from .postfix import Instance

SOFT, LATER, DEFERRED = ("softbounced",), ("deferred", "delivered"), ("deferred",)
SMTP = "postfix/smtp"

INSTANCE = Instance(
    "soft",
    "192.0.2.4",
    {
        "soft_bounce": "yes",
        "mydestination": "example.com",
        "local_recipient_maps": "inline:{anna=x, ghost=x}",
        "maximal_queue_lifetime": "3s",
        "bounce_queue_lifetime": "2s",
    },
)

WANTED = {
    "unknown.70@example.net": (SMTP, SOFT),
    "gmail.70@example.net": (SMTP, SOFT),
    "forged.70@example.net": (SMTP, SOFT),
    "full452.70@example.net": (SMTP, DEFERRED),
    "grey.70@example.net": (SMTP, LATER),
    "mis550.70@example.net": (SMTP, SOFT),
    "bare550.70@example.net": (SMTP, SOFT),
    "ok.70@example.net": (SMTP, ("delivered",)),
    "soft@mail550.example": (SMTP, SOFT),
    "soft@nowhere.example": (SMTP, SOFT),
    "ghost@example.com": ("postfix/local", SOFT),
}


async def play(feeder: Feeder) -> None:
    """Send to mailboxes that refuse, and ask the instance's own smtpd for what it refuses."""
    await asyncio.gather(*(feeder.send({address: wish}) for address, wish in WANTED.items()))
    stranger = "198.18.4.1"
    await talk(
        feeder, stranger, "EHLO soft.client.example", "MAIL FROM:<a@sender.example>",
        "RCPT TO:<nosuch@example.com>", "RCPT TO:<b@elsewhere.example>", "QUIT",
    )  # fmt: skip
