"""Mail to hosts and domains that misbehave, and through every kind of delivery agent; long queue ids."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine
from typing import Any

from .boxes import BOUNCED, BOXES, DEFERRED, LATER, SENT
from .client import Feeder
from .hosts import DOMAINS, PAIRS
from .postfix import Instance

Job = Coroutine[Any, Any, Any]
SMTP = "postfix/smtp"

TRANSPORTS = """
relayed.example relay:[192.0.2.25]
second.example out:[192.0.2.26]
fallback.example smtp:[192.0.2.250], [192.0.2.25]
port.example smtp:[192.0.2.27]:2525
lmtp.example lmtp:inet:192.0.2.28:24
socket.example lmtp:unix:private/sink
script.example script:
gone.example error:5.1.6 The domain has moved away
late.example retry:4.3.2 Closed for today
bin.example discard:silently
nobody.example nosuchtransport:
closed.example dead:
closedoor.example dead:
tlsneed.example needtls:
tlsneed454.example needtls:
tlsverify.example verifytls:
auth.example login:
auth535.example login:
auth454.example login:
authmech.example login:
"""

SERVICES = (
    "out unix - - n - - smtp -o syslog_name=postfix-out",
    "dead unix - - n - - smtp",
    "needtls unix - - n - - smtp -o smtp_tls_security_level=encrypt",
    "verifytls unix - - n - - smtp -o smtp_tls_security_level=verify",
    "login unix - - n - - smtp -o smtp_sasl_auth_enable=yes -o smtp_sasl_security_options=noanonymous",
    "script unix - n n - - pipe flags=Rq user=vmail null_sender= argv={etc}/deliver ${user}",
)

SCRIPT = """#!/bin/sh
cat >/dev/null
case "$1" in
  exit67*) echo "script says: no such person"; exit 67 ;;
  exit75*) echo "script says: come back"; exit 75 ;;
  exit69*) exit 69 ;;
  exit1*) echo "5.7.1 (x), status=sent (250 2.0.0 forged)"; exit 1 ;;
  signal*) kill -9 $$ ;;
esac
exit 0
"""

# The front door refuses what an error transport would bounce; aliases get it in.
ALIASES = """
gone@example.com ann@gone.example
late@example.com ann@late.example
"""

LOGINS = "".join(f"mx.{kind}.example user:secret\n" for kind in ("auth", "auth535", "auth454", "authmech"))

INSTANCE = Instance(
    "out",
    "192.0.2.2",
    {
        "inet_interfaces": "192.0.2.2, 2001:db8::1",
        "inet_protocols": "all",
        "enable_long_queue_ids": "yes",
        "transport_maps": "hash:{etc}/transport.hash",
        "virtual_alias_domains": "example.com",
        "virtual_alias_maps": "hash:{etc}/aliases.hash",
        "smtp_sasl_password_maps": "hash:{etc}/passwords.hash",
        "smtp_tls_loglevel": "1",
        "dead_initial_destination_concurrency": "1",  # one failure is enough to suspend
    },
    SERVICES,
    {"transport.hash": TRANSPORTS, "passwords.hash": LOGINS, "aliases.hash": ALIASES, "deliver": SCRIPT},
)


def domains(feeder: Feeder) -> list[Job]:
    """Send to every domain whose host misbehaves, and to domains that have no working host."""
    dead = {
        "closed.example": DEFERRED, "pairdead.example": SENT, "timeout.example": DEFERRED,
        "unreach.example": DEFERRED, "nullmx.example": BOUNCED, "mxless.example": BOUNCED,
        "noaddress.example": BOUNCED, "loop.example": BOUNCED,
        "nowhere.example": BOUNCED, "servfail.example": DEFERRED, "mxbroken.example": DEFERRED,
        "literal.example": SENT,
    }  # fmt: skip
    wanted = {domain.name: domain.outcomes for domain in DOMAINS if domain.name != "noutf8.example"}
    wanted |= {name: outcomes for name, (_, _, outcomes) in PAIRS.items()} | dead
    senders = itertools.cycle((None, ""))  # every second message is a bounce itself, and begets none
    return [
        feeder.send({f"ann@{name}": (SMTP, outcomes)}, sender=sender)
        for (name, outcomes), sender in zip(wanted.items(), senders, strict=False)
    ]


def transports(feeder: Feeder) -> list[Job]:
    """Send through every kind of delivery agent."""
    relay, out, lmtp, pipe = "postfix/relay/smtp", "postfix-out/smtp", "postfix/lmtp", "postfix/pipe"
    wanted = {
        "ok@relayed.example": (relay, SENT), "unknown@relayed.example": (relay, BOUNCED),
        "grey@relayed.example": (relay, LATER), "ok@second.example": (out, SENT),
        "spam@second.example": (out, BOUNCED), "busy451@second.example": (out, LATER),
        "ok@fallback.example": (SMTP, SENT), "unknown@port.example": (SMTP, BOUNCED),
        "ok@socket.example": (lmtp, SENT), "unknown@socket.example": (lmtp, BOUNCED),
        "full452@socket.example": (lmtp, DEFERRED), "dropd@lmtp.example": (lmtp, LATER),
        "ok@script.example": (pipe, SENT), "exit67@script.example": (pipe, BOUNCED),
        "exit75@script.example": (pipe, DEFERRED), "exit69@script.example": (pipe, BOUNCED),
        "exit1@script.example": (pipe, BOUNCED), "signal@script.example": (pipe, DEFERRED),
        "ann@bin.example": ("postfix/discard", SENT), "ann@nobody.example": ("postfix/error", DEFERRED),
        "ok@[192.0.2.25]": (SMTP, SENT), "ok@v6.example": (SMTP, SENT), "unknown@v6.example": (SMTP, BOUNCED),
    }  # fmt: skip
    crowd = {f"{name}@lmtp.example": (lmtp, BOXES[name].outcomes)
             for name in ("ok", "spam", "later451", "full552", "google", "size552")}  # fmt: skip
    return [
        *(feeder.send({address: wish}) for address, wish in wanted.items()),
        feeder.send(crowd),
        feeder.alias("gone@example.com", {"ann@gone.example": ("postfix/error", BOUNCED)}),
        feeder.alias("late@example.com", {"ann@late.example": ("postfix/error", DEFERRED)}),
    ]


async def in_a_row(feeder: Feeder) -> None:
    """Send several messages one after the other to dead destinations, so that Postfix suspends them."""
    for number in range(2):
        await feeder.send({f"ann{number}@closed.example": ("", DEFERRED)})
        await feeder.send({f"ann{number}@closedoor.example": ("", DEFERRED)})
        await asyncio.sleep(0.4)  # a destination is suspended only once a delivery has failed


async def play(feeder: Feeder) -> None:
    """Send everything, a few messages at a time."""
    jobs = [*domains(feeder), *transports(feeder)]
    for start in range(0, len(jobs), 20):
        await asyncio.gather(*jobs[start : start + 20])
    await in_a_row(feeder)
