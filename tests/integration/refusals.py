"""Clients that meet the front door, and what each of them says."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Iterator

from .client import Client, Feeder, letter, talk
from .front import (
    BROKEN,
    DATA,
    EARLY,
    FILTER,
    HEADERS,
    MILTER,
    RATE,
    RECIPIENTS,
    SENDERS,
    SUBMISSION,
)
from .milter import AT_END, AT_RCPT

HELO = "EHLO a.client.example"
FROM = "MAIL FROM:<a@sender.example>"
TO = "RCPT TO:<anna@example.com>"
QUIT = "QUIT"
Job = Awaitable[object]


class Visitors:
    """Sends visitors, each from an address of its own."""

    def __init__(self, feeder: Feeder) -> None:
        self.feeder = feeder
        self.addresses: Iterator[str] = (f"198.18.{10 + n // 250}.{n % 250 + 1}" for n in itertools.count())

    def come(self, *steps: str | list[str], port: int = 25, source: str = "") -> Job:
        """Hold one session, from a new address when none is given."""
        return talk(self.feeder, source or next(self.addresses), *steps, port=port)

    def ask(self, recipient: str, sender: str = "a@sender.example", **place: object) -> Job:
        """Ask to send to one recipient; send the message when that is granted."""
        number = next(self.feeder.log.numbers)
        message = letter(f"<v{number:04d}@sender.example>")
        return self.come(HELO, f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>", message, QUIT, **place)  # type: ignore[arg-type]

    def bring(self, *lines: str, recipient: str = "anna@example.com", port: int = 25) -> Job:
        """Bring a message with certain header lines."""
        number = next(self.feeder.log.numbers)
        message = letter(f"<v{number:04d}@sender.example>", *lines)
        return self.come(HELO, FROM, f"RCPT TO:<{recipient}>", message, QUIT, port=port)


def keys(table: str) -> list[str]:
    """Return the keys of a lookup table."""
    return [line.split(" ", maxsplit=1)[0] for line in table.strip().splitlines()]


def lists(visitors: Visitors) -> list[Job]:
    """Ask for everything that the access lists know."""
    recipients = [key for key in keys(RECIPIENTS) if "@" in key and not key.startswith(("nameless", "listed"))]
    senders = [key if "@" in key else f"x@{key}" for key in keys(SENDERS)]
    return [
        *(visitors.ask(recipient) for recipient in recipients),
        *(visitors.ask("anna@example.com", sender) for sender in senders),
        *(visitors.ask("anna@example.com", source=f"198.18.5.{number}") for number in range(1, 6)),
        *(visitors.ask(f"nameless{n}@example.com", source=f"198.19.1.{n or 1}") for n in ("", 2, 3)),
        *(visitors.ask(f"nameless{n}@example.com", source=f"198.51.100.{n or 1}") for n in ("", 2, 3)),
        *(visitors.ask(f"listed{n}@example.com", source=f"198.18.66.{len(n) + 1}") for n in ("", "text")),
    ]


def addresses(visitors: Visitors) -> list[Job]:
    """Ask for recipients and senders that do not exist, or that are hard to read."""
    recipients = (
        "b@elsewhere.example", "ghost@example.com", "ghost@valias.example", "ghost@vbox.example",
        "ghost@relayed.example", "ghost",
        '"x; from=<a@b> to=<c@d"@example.com', '"a>; proto=ESMTP"@example.com',
        "ok@verify.example", "unknown@verify.example", "full452@verify.example", "mute@verify.example",
    )  # fmt: skip
    senders = (
        "short", "a@nowhere.example", "a@servfail.example", "a@nullmx.example",
        '"x; to=<y> helo=<z>"@nowhere.example',
    )  # fmt: skip
    return [
        *(visitors.ask(recipient) for recipient in recipients),
        *(visitors.ask("anna@example.com", sender) for sender in senders),
        visitors.ask("ghost@example.com", ""),
        visitors.ask("ghost@example.com", source="2001:db8::26"),
        visitors.come(HELO, FROM, *["RCPT TO:<ghost@example.com>"] * 4, TO, letter("<same@sender.example>"), QUIT),
        visitors.come(HELO, FROM, *(f"RCPT TO:<anna{n}@example.com>" for n in range(7)), QUIT),
    ]


def manners(visitors: Visitors) -> list[Job]:
    """Greet badly, break the protocol, send too much, hang up."""
    big = letter("<big@sender.example>", *(f"X-{n}: {'x' * 90}" for n in range(60)))
    return [
        visitors.come("EHLO short", FROM, TO, QUIT),
        visitors.come("EHLO -bad-.", FROM, TO, QUIT),
        visitors.come("HELO bad.client.example", FROM, TO, QUIT),
        visitors.come("EHLO x>; from=<a@b> to=<c", FROM, "RCPT TO:<ghost@example.com>", QUIT),
        visitors.come("EHLO [198.18.10.1]", FROM, "RCPT TO:<ghost@example.com>", QUIT),
        visitors.come(FROM, QUIT),
        visitors.come(HELO, f"{FROM} SIZE=99999999", QUIT),
        visitors.come(HELO, FROM, TO, big, QUIT),
        visitors.come(HELO, "RCPT TO:<early@example.com>", "DATA", "MAIL FROM:bad address", "FOO", "VRFY ghost", QUIT),
        visitors.come(HELO, *["FOO bar"] * 8),
        visitors.come(HELO, "ETRN example.com", "AUTH PLAIN AAAA", "STARTTLS", "NOOP", "EXPN staff", "HELP", QUIT),
        visitors.come("GET / HTTP/1.1", QUIT),
        visitors.come(HELO, FROM, "RCPT TO:<anna@example.com", 'RCPT TO:<"open@example.com>', "RCPT TO:<>", QUIT),
        visitors.come(HELO, FROM, TO, "DATA"),
        visitors.come(HELO, FROM, "RCPT TO:<ghost@example.com>", "DATA", QUIT),
        visitors.come(HELO, FROM),
        *(visitors.come(*steps, port=EARLY) for steps in (("EHLO short", QUIT), (HELO, "MAIL FROM:<short>", QUIT))),
        visitors.come(HELO, source="198.18.5.1", port=EARLY),
        visitors.come(HELO, source="198.18.5.2", port=EARLY),
        *(visitors.ask("anna@example.com", f"{name}@sender.example", port=DATA) for name in ("data", "end")),
        visitors.come(HELO, "MAIL FROM:<data@sender.example>", TO, "BDAT 5 LAST\r\nabc", QUIT, port=DATA),
        visitors.ask("anna@example.com", port=BROKEN),
        visitors.ask("anna@example.com", port=2531),
        silent(visitors),
    ]


async def silent(visitors: Visitors) -> None:
    """Stop talking in the middle, until smtpd gives up."""
    feeder = visitors.feeder
    async with Client(feeder.log, feeder.instance, feeder.address, next(visitors.addresses)) as client:
        await client.hear("CONNECT")
        await client.say(HELO)
        await client.say(FROM)
        await client.hear("OTHER")


def contents(visitors: Visitors) -> list[Job]:
    """Bring messages that the header and body checks, the milter and the filter know."""
    headers = [line.split("$")[0].removeprefix("/^") for line in HEADERS.strip().splitlines() if "X-Check" in line]
    bodies = ("evil body", "drop body", "hold body", "warn body")
    forged = "Subject: evil from mx[192.0.2.9]; from=<f@x.example> to=<t@x.example> proto=ESMTP helo=<h>: 5.7.9 no"
    filtered = ("ok", "spam", "unknown", "later451", "gmail")
    return [
        *(visitors.bring(header) for header in headers),
        *(visitors.bring("", body) for body in bodies),
        visitors.bring(forged),
        *(visitors.bring(recipient=f"{name}@example.com", port=MILTER) for name in (*AT_RCPT, *AT_END)),
        visitors.bring("X-Milter-Header: yes", port=MILTER),
        visitors.ask("anna@example.com", "mmail@sender.example", port=MILTER),
        visitors.come("EHLO mhelo.client.example", FROM, TO, QUIT, port=MILTER),
        *(visitors.ask("anna@example.com", source=f"198.18.7.{number}", port=MILTER) for number in (1, 2, 3)),
        *(visitors.bring(recipient=f"{name}@example.com", port=FILTER) for name in filtered),
    ]


async def login(visitors: Visitors, password: str, sender: str, recipient: str) -> None:
    """Submit with a password."""
    feeder = visitors.feeder
    source = next(visitors.addresses)
    async with Client(feeder.log, feeder.instance, feeder.address, source, SUBMISSION) as client:
        await client.hear("CONNECT")
        await client.say(HELO)
        await client.login("anna@example.com", password)
        await client.say(f"MAIL FROM:<{sender}>")
        if (await client.say(f"RCPT TO:<{recipient}>")).ok:
            await client.message(letter(f"<login{next(feeder.log.numbers)}@example.com>"))
        await client.say(QUIT)


async def hurry(visitors: Visitors) -> None:
    """Connect and send more often than the rate limits allow."""
    for _ in range(4):
        await visitors.ask("anna@example.com", source="198.18.40.1", port=RATE)


async def play(feeder: Feeder) -> None:
    """Let all visitors come, a few at a time."""
    visitors = Visitors(feeder)
    jobs = [
        *lists(visitors), *addresses(visitors), *manners(visitors), *contents(visitors),
        login(visitors, "right", "anna@example.com", "b@elsewhere.example"),
        login(visitors, "wrong", "anna@example.com", "b@elsewhere.example"),
        login(visitors, "right", "bert@example.com", "b@elsewhere.example"),
        hurry(visitors),
    ]  # fmt: skip
    for start in range(0, len(jobs), 10):
        await asyncio.gather(*jobs[start : start + 10])
