"""What is played on Exim: mail to every mailbox and host of the sink, and clients that are refused."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from .boxes import BOXES
from .client import Client, Expect, Feeder, letter, talk
from .exim import Exim
from .hosts import DOMAINS, PAIRS

Job = Coroutine[Any, Any, Any]
HELLO, SENDER = "EHLO client.example", "MAIL FROM:<a@sender.example>"
DNS = (
    "closed", "timeout", "unreach", "nullmx", "mxless", "noaddress", "servfail", "mxbroken", "literal", "pairdead",
    "relayed", "lmtp", "gone", "late", "v6",
)  # fmt: skip
LOCAL = (
    "anna", "bert", "dora", "postmaster", "hole", "failed", "waiting", "group", "pipe0", "pipe67", "pipe75", "pipe1",
    "pipesig", "file", "lmtpok", "lmtpfull", "lmtpbad", "fake",
)  # fmt: skip
FORGED = ('"a => b"', '"x> rejected RCPT <y"')
QUOTED = ('"a => b R=x T=y"', '"x: SMTP error"', '"two words"', '"a> R=c"', "o'neil+tag=x", '"q \\"uote\\""')


async def in_turn(jobs: list[Job], width: int) -> None:
    """Play some jobs at a time."""
    for start in range(0, len(jobs), width):
        await asyncio.gather(*jobs[start : start + width])


def mail(feeder: Feeder) -> list[Job]:
    """Send to every mailbox, host and domain."""
    names = [name for name in BOXES if "@" not in name]
    crowd: Expect = {f"{name}.9@example.net": ("", ()) for name in ("ok", "unknown", "full452", "grey", "ok2")}
    return [
        *(feeder.send({f"{name}@example.net": ("", ())}) for name in names),
        *(feeder.send({f"{name}.1@example.net": ("", ())}, sender="") for name in ("ok", "unknown")),
        *(feeder.send({f"b@{domain.name}": ("", ())}) for domain in DOMAINS),
        *(feeder.send({f"b@{name}": ("", ()), f"c@{name}": ("", ())}) for name in PAIRS),
        *(feeder.send({f"b@{name}.example": ("", ())}) for name in DNS),
        *(feeder.send({f"{name}@example.com": ("", ())}) for name in LOCAL),
        *(feeder.send({f"{local}@example.net": ("", ())}) for local in QUOTED),
        feeder.send(crowd),
        feeder.send({f"many.{n}@example.net": ("", ()) for n in range(1, 6)}),
        feeder.send({"ok.23@example.net": ("", ())}, sender='"x> R=y T=z"@sender.example'),
        feeder.send({"jörg@example.net": ("", ())}, utf8=True),
    ]


def clients(feeder: Feeder) -> list[Job]:
    """Clients that are refused at every stage, some of them again and again."""
    relay, anna, ghost = "RCPT TO:<b@elsewhere.example>", "RCPT TO:<anna@example.com>", "RCPT TO:<ghost@example.com>"

    def one(source: str, *steps: str | list[str]) -> Job:
        return talk(feeder, source, *steps, "QUIT")

    def rcpt(local: str, source: str = "198.18.2.1") -> Job:
        return one(source, HELLO, SENDER, f"RCPT TO:<{local}@example.com>")

    def content(subject: str, number: int) -> Job:
        lines = [line.replace("a test", subject) for line in letter(f"<c{number}@sender.example>")]
        return one(f"198.18.3.{number}", HELLO, SENDER, anna, lines)

    return [
        *(one(f"198.18.7.{n}", HELLO, SENDER, anna) for n in range(1, 5)),
        one("198.18.2.9", "EHLO spam.helo.example", SENDER, anna),
        one("198.18.2.10", "EHLO bad name!", SENDER, anna),
        one("198.18.2.11", "MAIL FROM:<spammer@sender.example>"),
        *(one("198.18.2.12", HELLO, f"MAIL FROM:<{name}@sender.example>", anna, letter("<x1@y.example>"))
          for name in ("spammer", "defer", "nodata", "discard")),
        *(rcpt(name) for name in ("discardme", "dropme", "coded", "grey", ".dot", "a%b", "ghost")),
        rcpt("listed", "198.18.66.1"),
        one("198.18.2.13", HELLO, SENDER, relay, ghost, relay, "RCPT TO:<b@verified.example>"),
        *(one("198.18.2.14", HELLO, f"MAIL FROM:<b@{domain}>", anna)
          for domain in ("nowhere.example", "servfail.example", "nullmx.example")),
        *(one("198.18.2.15", HELLO, f"MAIL FROM:<callout.{name}@example.net>", anna) for name in ("a", "b")),
        *(one("198.18.2.16", HELLO, SENDER, f"RCPT TO:<{name}@verified.example>")
          for name in ("ok", "unknown", "grey", "full452", "dropr", "utf8")),
        content("spam", 1), content("later", 2), content("throw", 3),
        one("198.18.2.17", HELLO, "MAIL FROM:<a@sender.example> SIZE=90000"),
        one("198.18.2.18", HELLO, SENDER, anna, [*letter("<big@sender.example>"), *["x" * 900] * 80]),
        one("198.18.2.19", HELLO, SENDER, "RCPT TO:<anna>", "RCPT TO:anna@example.com", "MAIL FROM:<broken"),
        one("198.18.2.20", HELLO, *[f"BLAH{n}" for n in range(5)]),
        one("198.18.2.21", "GET / HTTP/1.1", "Host: mx1.example.com"),
        one("198.18.2.22", HELLO, "ETRN example.net", "VRFY anna", "EXPN anna"),
        one("198.18.2.23", "HELO x", SENDER, *(f"RCPT TO:<{local}@example.com>" for local in FORGED)),
        one("198.18.2.24", HELLO, "MAIL FROM:<\"> rejected RCPT <v@w>: 250 \"@sender.example>", ghost),
        one("198.51.100.77", HELLO, SENDER, ghost),
        one("198.18.2.25", HELLO, "MAIL FROM:<>", ghost, relay),
        *(one("198.18.8.3", HELLO, SENDER, *[ghost] * 6) for _ in range(2)),
        vanish(feeder, HELLO), vanish(feeder, HELLO, SENDER, anna, "DATA"), login(feeder),
    ]  # fmt: skip


async def vanish(feeder: Feeder, *steps: str) -> None:
    """Hang up without a word."""
    async with Client(feeder.log, feeder.instance, feeder.address, "198.18.2.30") as client:
        await client.hear("CONNECT")
        for step in steps:
            await client.say(step)


async def login(feeder: Feeder) -> None:
    """Log in with a wrong password, then with the right one, and send."""
    for password in ("wrong", "right"):
        async with Client(feeder.log, feeder.instance, feeder.address, "198.18.9.1") as client:
            await client.hear("CONNECT")
            await client.say(HELLO)
            await client.login("anna", password)
            await client.say(SENDER)
            await client.say("RCPT TO:<ok.77@example.net>")
            if client.recipients:
                await client.message(letter("<login@sender.example>"))
            await client.say("QUIT")


async def by_hand(exim: Exim, feeder: Feeder) -> None:
    """What an administrator does: local mail, frozen messages, cancelled and removed ones."""
    text = "From: x\nSubject: local\n\nHello\n"
    for user, to in (("carl", "anna@example.com"), ("bert", "ok.90@example.net"), ("bert", "n@nowhere.example")):
        await asyncio.to_thread(exim.command, "-i", "-odi", to, text=text, user=user)
    await asyncio.to_thread(exim.command, "-N", "-i", "-odi", "-f", "bert@example.com", "ok.92@example.net", text=text)
    for recipient, words in (("frozen", ("-Mrm",)), ("frozen", ("-Mt",)), ("frozen", ("-Mg",)), ("waiting", ("-Mg",))):
        record = await feeder.send({f"{recipient}@example.com": ("", ())})
        await asyncio.sleep(0.5)
        await asyncio.to_thread(exim.command, *words, record.queue_id)


async def play(exim: Exim, feeder: Feeder) -> None:
    """Play everything."""
    await in_turn(mail(feeder), 12)
    await in_turn(clients(feeder), 6)
    await by_hand(exim, feeder)
