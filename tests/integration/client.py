"""An SMTP client that feeds Postfix, misbehaves on demand, and notes each refusal it hears."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import re
from dataclasses import dataclass, field

from .records import Refused, Sent, now, split_reply
from .sink import path_of

PHASES = {
    "HELO": "EHLO",
    "BDAT": "DATA",
    **{verb: verb for verb in ("EHLO", "MAIL", "RCPT", "DATA", "AUTH", "STARTTLS")},
}
Expect = dict[str, tuple[str, tuple[str, ...]]]


@dataclass
class Log:
    """Everything that clients did and heard."""

    sent: list[Sent] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))


@dataclass(frozen=True)
class Answer:
    """A reply that the client read; code is empty when the server hung up."""

    code: str
    enhanced: str | None
    text: str

    @property
    def ok(self) -> bool:
        """Tell whether the reply is positive."""
        return self.code[:1] in {"2", "3"}


class Client:
    """One connection to a Postfix instance."""

    def __init__(self, log: Log, instance: str, address: str, source: str, port: int = 25) -> None:
        self.log, self.instance, self.address, self.source, self.port = log, instance, address, source, port
        self.helo: str | None = None
        self.sender: str | None = None
        self.recipients: list[str] = []

    async def __aenter__(self) -> Client:
        """Connect; the greeting is not read yet."""
        self.reader, self.writer = await asyncio.open_connection(
            self.address, self.port, local_addr=(self.source, 0), limit=2**20
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Hang up."""
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()

    async def hear(self, phase: str, recipient: str | None = None) -> Answer:
        """Read one reply and note it when it is negative."""
        lines: list[str] = []
        with contextlib.suppress(ConnectionError):
            while line := await self.reader.readline():
                lines.append(line.decode("utf-8", "replace").rstrip("\r\n"))
                if lines[-1][3:4] != "-":
                    break
        if not lines:
            return Answer("", None, "")
        answer = Answer(*split_reply(lines))
        if not answer.ok:
            self.log.refused.append(
                Refused(
                    now(), self.instance, self.source, phase, answer.code, answer.enhanced, answer.text,
                    self.sender, recipient, self.helo,
                )
            )  # fmt: skip
        return answer

    def write(self, text: str) -> None:
        """Send one line."""
        self.writer.write(text.encode("utf-8", "surrogateescape") + b"\r\n")

    async def say(self, command: str) -> Answer:
        """Send one command and read its reply."""
        verb = command.partition(" ")[0].upper()
        recipient = None
        if verb in {"EHLO", "HELO"}:
            self.helo = command[5:]
        elif verb == "MAIL":
            self.sender, self.recipients = path_of(command), []
        elif verb == "RCPT":
            recipient = path_of(command)
        self.write(command)
        answer = await self.hear(PHASES.get(verb, "OTHER"), recipient)
        if verb == "RCPT" and answer.ok and recipient is not None:
            self.recipients.append(recipient)
        elif verb == "MAIL" and not answer.ok:
            self.sender = None
        return answer

    async def message(self, lines: list[str]) -> Answer:
        """Send a message after DATA; the reply concerns its only recipient, if there is just one."""
        only = self.recipients[0] if len(self.recipients) == 1 else None
        self.write("DATA")
        if not (answer := await self.hear("DATA", only)).ok:
            return answer
        self.write("\r\n".join(f".{line}" if line.startswith(".") else line for line in lines) + "\r\n.")
        return await self.hear("END-OF-DATA", only)

    async def login(self, user: str, password: str) -> Answer:
        """Authenticate with PLAIN."""
        word = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        return await self.say(f"AUTH PLAIN {word}")


def letter(message_id: str, *more: str) -> list[str]:
    """Return the lines of a small message."""
    headers = [f"Message-ID: {message_id}", "From: Anna <anna@sender.example>", "Subject: a test", *more]
    return [*headers, "", "Hello,", "this is a test.", ""]


@dataclass(frozen=True)
class Feeder:
    """Hands messages to one instance, each from a sender, with a Message-ID and from a client of its own."""

    log: Log
    instance: str
    address: str
    port: int = 25
    network: str = "198.18.1"
    address6: str = ""

    def source(self, number: int) -> str:
        """Return the address of the n-th client."""
        return f"{self.network}.{number % 250 + 1}"

    async def alias(self, address: str, expect: Expect) -> Sent:
        """Send one message to an alias that leads to the recipients of `expect`."""
        return await self.send(expect, to=(address,))

    async def send(
        self,
        expect: Expect,
        *more: str,
        sender: str | None = None,
        utf8: bool = False,
        to: tuple[str, ...] = (),
    ) -> Sent:
        """Send one message to the recipients of `expect`; return the record of it."""
        number = next(self.log.numbers)
        sender = f"s{number:04d}@sender.example" if sender is None else sender
        message_id = f"<m{number:04d}@sender.example>"
        option = " SMTPUTF8" if utf8 else ""
        source = self.source(number)
        async with Client(self.log, self.instance, self.address, source, self.port) as client:
            await client.hear("CONNECT")
            await client.say("EHLO feeder.client.example")
            await client.say(f"MAIL FROM:<{sender}>{option}")
            for recipient in to or expect:
                await client.say(f"RCPT TO:<{recipient}>")
            answer = await client.message(letter(message_id, *more))
            await client.say("QUIT")
        # Postfix says "queued as ID", Exim "OK id=ID".
        queue_id = re.split(r"queued as |OK id=", answer.text)[-1] if answer.ok else ""
        record = Sent(self.instance, sender, tuple(expect), message_id, queue_id, source, dict(expect))
        self.log.sent.append(record)
        return record


async def talk(feeder: Feeder, source: str, *steps: str | list[str], port: int = 25) -> list[Answer]:
    """Hold a session of commands; a list is a message that goes after DATA."""
    answers = []
    address = feeder.address6 if ":" in source else feeder.address
    async with Client(feeder.log, feeder.instance, address, source, port) as client:
        answers.append(await client.hear("CONNECT"))
        for step in steps:
            if isinstance(step, list) and not client.recipients:
                continue
            answers.append(await (client.say(step) if isinstance(step, str) else client.message(step)))
            if not answers[-1].code:
                break
    return answers
