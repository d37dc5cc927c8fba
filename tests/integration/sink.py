"""A scripted SMTP and LMTP server that answers as told and remembers every reply it gave.

How it acts is looked up by host (the address that was called) and then by mailbox: the recipient itself,
or its local part up to the first dot, so that `full.7@example.net` finds the script `full`.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from .actions import Action, Drop, Host, Reply, Script, Silence, say, wire
from .records import Said, now

PHASES = {"HELO": "EHLO", "LHLO": "EHLO", "EHLO": "EHLO", "MAIL": "MAIL", "RCPT": "RCPT", "DATA": "DATA"}


class Sink:
    """All the servers of the sink, their scripts, and what they said."""

    def __init__(self, boxes: Mapping[str, Script], certificate: Path | None = None) -> None:
        self.boxes = boxes
        self.said: list[Said] = []
        self.turns: Counter[tuple[str, str]] = Counter()
        self.tokens = 0
        self.context = server_context(certificate)

    async def listen(self, host: Host) -> list[asyncio.Server]:
        """Start a host on its address and ports."""
        return [
            await asyncio.start_server(self._session(host, port), host.address, port, limit=2**20)
            for port in host.ports
        ]

    async def listen_unix(self, host: Host, path: Path) -> asyncio.Server:
        """Start a host on a socket that everyone may connect to."""
        server = await asyncio.start_unix_server(self._session(host, 0), path, limit=2**20)
        path.chmod(0o666)
        return server

    def _session(self, host: Host, port: int) -> Conversation:
        return Conversation(self, host, port)

    def script(self, address: str) -> Script:
        """Return the script of a mailbox."""
        return self.boxes.get(address) or self.boxes.get(address.partition("@")[0].partition(".")[0], {})

    def turn(self, phase: str, key: str, actions: tuple[Action, ...]) -> Action:
        """Return the next action of a list; the last one repeats."""
        number = self.turns[phase, key]
        self.turns[phase, key] += 1
        return actions[min(number, len(actions) - 1)]

    def token(self) -> str:
        """Return a token that was never said before."""
        self.tokens += 1
        return f"t{self.tokens:04d}"


def deafen(address: str, port: int = 25) -> list[socket.socket]:
    """Make connections to an address time out, by a queue of waiting connections that is full for good."""
    listener = socket.socket()
    listener.bind((address, port))
    listener.listen(0)
    callers = [socket.socket() for _ in range(4)]
    for caller in callers:
        caller.setblocking(False)
        caller.connect_ex((address, port))
    return [listener, *callers]


class Conversation:
    """Starts a session for each connection to a host."""

    def __init__(self, sink: Sink, host: Host, port: int) -> None:
        self.sink, self.host, self.port = sink, host, port

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hold one session."""
        session = Session(self, reader, writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await session.run()
            await session.part()
        writer.close()


class Session:
    """One session: reads commands, acts, records."""

    def __init__(self, place: Conversation, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sink, self.host, self.port = place.sink, place.host, place.port
        self.reader, self.writer = reader, writer
        self.secure = self.polite = False
        self.sender: str | None = None
        self.recipients: list[str] = []

    async def run(self) -> None:
        """Hold the session until one side hangs up."""
        greeting = say(220, None, f"{self.host.name} ESMTP")
        alive = await self.act("CONNECT", greeting)
        while alive and (line := await self.reader.readline()):
            alive = await self.command(line)

    async def part(self) -> None:
        """After a last reply, wait, so that commands that were not read do not make the reply vanish."""
        if self.polite and not self.secure:
            self.writer.write_eof()
            await self.wait(2)

    async def wait(self, seconds: float) -> None:
        """Take what comes, without a word, until the other side hangs up or the time is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while await self.reader.read(65536):
                    pass

    async def command(self, line: bytes) -> bool:
        """Answer one command; return False when the session is over."""
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        verb = text.partition(" ")[0].upper()
        if verb in PHASES:
            return bool(await getattr(self, f"on_{PHASES[verb].lower()}")(text))
        if verb == "STARTTLS":
            return await self.on_starttls()
        if verb == "AUTH":
            return await self.act("AUTH", say(235, "2.7.0", "Authentication successful"))
        if verb == "QUIT":
            await self.act("OTHER", say(221, "2.0.0", "Bye", close=True))
            return False
        if verb == "RSET":
            self.sender, self.recipients = None, []
        known = verb in {"RSET", "NOOP"}
        reply = say(250, "2.0.0", "Ok") if known else say(500, "5.5.2", "Command unrecognized")
        return await self.act("OTHER", reply)

    async def on_ehlo(self, text: str) -> bool:
        """Greet, and list what the host can do."""
        if text.upper().startswith("HELO"):
            return await self.act("HELO", say(250, None, self.host.name), phase="EHLO")
        offered = [name for name in self.host.capabilities if not (self.secure and name == "STARTTLS")]
        return await self.act("EHLO", Reply("250", None, (f"{self.host.name} {{t}}", *offered)))

    async def on_starttls(self) -> bool:
        """Start TLS, unless the script has other ideas."""
        if not await self.act("STARTTLS", say(220, "2.0.0", "Ready to start TLS")):
            return False
        if self.sink.said[-1].code == "220":
            assert self.sink.context is not None
            await self.writer.start_tls(self.sink.context)
            self.secure = True
        return True

    async def on_mail(self, text: str) -> bool:
        """Take a sender."""
        self.sender, self.recipients = path_of(text), []
        return await self.act("MAIL", say(250, "2.1.0", "Ok"))

    async def on_rcpt(self, text: str) -> bool:
        """Take a recipient, or not."""
        address = path_of(text)
        before = len(self.sink.said)
        alive = await self.act("RCPT", say(250, "2.1.5", "Ok"), (address,))
        if any(reply.phase == "RCPT" and reply.code.startswith("2") for reply in self.sink.said[before:]):
            self.recipients.append(address)
        return alive

    async def on_data(self, text: str) -> bool:
        """Take the message, and answer once (SMTP) or once for each recipient (LMTP)."""
        if not self.recipients:
            return await self.act("DATA", say(554, "5.5.1", "No valid recipients"))
        everyone = tuple(self.recipients)
        if not await self.act("DATA", say(354, None, "End data with <CR><LF>.<CR><LF>"), everyone):
            return False
        if self.sink.said[-1].code != "354":
            return True
        if not await self.act("BODY", None, everyone):
            return False
        await self.body()
        for group in [(name,) for name in everyone] if self.host.lmtp else [everyone]:
            if not await self.act("END-OF-DATA", say(250, "2.0.0", "Ok: queued as {t}"), group):
                return False
        self.sender, self.recipients = None, []
        return True

    async def body(self) -> None:
        """Read the message up to its final dot."""
        while await self.reader.readline() not in {b".\r\n", b""}:
            pass

    def chosen(self, script_phase: str, recipients: tuple[str, ...]) -> Action | None:
        """Return what the scripts want here: the host's first, then the first recipient's that has a say."""
        for key, script in self.scripts(recipients):
            if actions := script.get(script_phase):
                return self.sink.turn(script_phase, key, actions)
        return None

    def scripts(self, recipients: tuple[str, ...]) -> Iterator[tuple[str, Script]]:
        """Yield keys and scripts, the most telling one first."""
        yield self.host.name, self.host.script
        for address in recipients:
            yield address, self.sink.script(address)

    async def act(
        self, script_phase: str, default: Reply | None, recipients: tuple[str, ...] = (), phase: str = ""
    ) -> bool:
        """Do what the script says for a phase, or the default; return False when that ends the session."""
        action: Action | None = self.chosen(script_phase, recipients) or default
        if isinstance(action, Reply) and len(self.recipients) < action.keep:
            action = default
        if action is None:
            return True
        if isinstance(action, Silence):
            await self.wait(action.seconds)
            return False
        if isinstance(action, Drop):
            return False
        await self.reply(action, phase or script_phase, recipients)
        self.polite = action.close
        return not action.close

    async def reply(self, reply: Reply, phase: str, recipients: tuple[str, ...]) -> None:
        """Send a reply and remember it."""
        token = self.sink.token()
        named = recipients[0] if recipients else ""
        lines = [line.replace("{t}", token).replace("{rcpt}", named) for line in wire(reply)]
        has_token = any(token in line for line in lines)
        address, text = self.host.address, "\n".join(lines)
        said = Said(
            now(), address, self.port, phase, reply.code, reply.enhanced, text, recipients, self.sender,
            token if has_token else None,
        )  # fmt: skip
        self.sink.said.append(said)
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode("utf-8", "surrogateescape"))
        await self.writer.drain()


def path_of(command: str) -> str:
    """Return the address of a MAIL or RCPT command, reading quoted local parts as RFC 5321 does."""
    start = command.find("<") + 1
    if not start:
        return command.partition(":")[2]
    quoted = escaped = False
    for place in range(start, len(command)):
        char = command[place]
        if escaped:
            escaped = False
        elif quoted and char == "\\":
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif char == ">" and not quoted:
            return command[start:place]
    return command[start:]


def server_context(certificate: Path | None) -> ssl.SSLContext | None:
    """Return a TLS context for a file that holds a key and its certificate."""
    if certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
