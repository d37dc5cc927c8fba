"""SMTP sessions of an Exchange server, row by row, each with what it means: nothing here reads a log.

A row is what stands in the columns event, data and context. `told` says of a row which events it is, one for each
recipient concerned; rows of no event have none.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random


@dataclass(frozen=True, slots=True)
class Told:
    """One event, as an administrator would write it down."""

    event: str
    outcome: str
    command: str | None
    reply: str | None
    recipient: str | None = None
    sender: str | None = None
    queue_id: str | None = None
    message_id: str | None = None


@dataclass(slots=True)
class Row:
    """One row; `after` is the time since the row before, in seconds."""

    mark: str
    data: str = ""
    context: str = ""
    after: float = 0.05
    told: list[Told] = field(default_factory=list)
    notice: str | None = None


@dataclass(slots=True)
class Session:
    """One connection in the words of one log: `receive` or `send`."""

    kind: str
    old: bool
    connector: str
    local: str
    remote: str
    rows: list[Row] = field(default_factory=list)
    preamble: int = 0  # rows before the first message

    def ask(self, text: str, after: float = 0.05) -> Row:
        """The client's command."""
        return self._add("<" if self.kind == "receive" else ">", text, after=after)

    def say(self, *lines: str, told: Sequence[Told] = (), after: float = 0.05) -> Row:
        """The server's reply, of one line or of several; the event belongs to its first row."""
        mark = ">" if self.kind == "receive" else "<"
        rows = [self._add(mark, line, after=after if n == 0 else 0.0) for n, line in enumerate(lines)]
        rows[0].told.extend(told)
        return rows[0]

    def note(self, data: str = "", context: str = "", notice: str | None = None, after: float = 0.0) -> Row:
        """What the log says itself."""
        row = self._add("*", data, context, after)
        row.notice = notice
        return row

    def close(self, context: str = "Local", notice: str | None = None, told: Sequence[Told] = ()) -> Row:
        """The end of the connection."""
        row = self._add("-", "", context)
        row.notice = notice
        row.told.extend(told)
        return row

    def _add(self, mark: str, data: str = "", context: str = "", after: float = 0.05) -> Row:
        row = Row(mark, data, context, after)
        self.rows.append(row)
        return row


FEATURES = "SIZE 37748736,PIPELINING,DSN,ENHANCEDSTATUSCODES,STARTTLS,X-ANONYMOUSTLS,AUTH NTLM,8BITMIME,CHUNKING"
TLS = (
    "TLS protocol SP_PROT_TLS1_2_{} negotiation succeeded using bulk encryption algorithm CALG_AES_256 with strength "
    "256 bits, MAC hash algorithm CALG_SHA_384 with strength 0 bits and key exchange algorithm CALG_ECDHE"
)
CERTIFICATE = "CN=mail.example.com, O=Example CN=Example CA, C=XX 5A00 0123456789ABCDEF 2026-01-01 mail.example.com"
ADDRESSES = ("anna", "bob", "carl", "dora", "o'brien", "x.y+z", '"quoted, local"', "EVA")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Speaker:
    """Draws the parts of which sessions are made."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.ids = 1000

    def next_id(self) -> int:
        """A number that was not there before."""
        self.ids += 1
        return self.ids

    def ip(self) -> str:
        """An address with a port, now and then of IPv6."""
        rng = self.rng
        port = rng.randrange(1024, 65000)
        if rng.random() < 0.1:
            return f"[2001:db8::{rng.randrange(1, 0xFFFF):x}]:{port}"
        return f"203.0.113.{rng.randrange(1, 255)}:{port}"

    def address(self, domain: str) -> str:
        """An address of a domain."""
        name = self.rng.choice(ADDRESSES)
        number = self.next_id()
        return f'"{name[1:-1]} {number}"@{domain}' if name.startswith('"') else f"{name}{number}@{domain}"

    def open(self, kind: str, *, old: bool, connector: str) -> Session:
        """A session up to its connection."""
        out = self.ip()
        port = self.rng.randrange(1024, 65000)
        if kind == "receive":
            session = Session(kind, old, connector, "192.0.2.1:25", out)
        else:
            host = out.rpartition(":")[0]
            session = Session(kind, old, connector, f"192.0.2.1:{port}", f"{host}:25")
            session.note("SendRoutingHeaders", "Set Session Permissions")
            if not old:
                session.note("", "attempting to connect")
        session.rows.append(Row("+"))
        return session

    def greet(self, session: Session, server: str, client: str) -> None:
        """Greeting and EHLO."""
        rng = self.rng
        if session.kind == "receive":
            session.note("SMTPSubmit SMTPAcceptAnySender SMTPAcceptAuthoritativeDomainSender AcceptRoutingHeaders",
                         "Set Session Permissions")  # fmt: skip
            day = rng.choice(DAYS)
            session.say(f"220 {server} Microsoft ESMTP MAIL Service ready at {day}, 5 Jan 2026 04:04:05 +0100")
        elif rng.random() < 0.3:
            session.say(f"220-{server} ESMTP", "220-We do not authorize the use of this,", f"220 {server} for spam")
        else:
            session.say(f"220 {server} ESMTP")
        self.hello(session, server, client)

    def hello(self, session: Session, server: str, client: str) -> None:
        """EHLO and its reply: on a row for each line until 2010, on one row since."""
        session.ask(f"{self.rng.choice(('EHLO', 'EHLO', 'ehlo'))} {client}")
        lines = [f"{server} Hello [203.0.113.9]", *FEATURES.split(",")]
        if session.old:
            session.say(*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}")
        else:
            session.say("250  " + " ".join(lines))

    def tls(self, session: Session, server: str, client: str) -> None:
        """STARTTLS with success."""
        role = "SERVER" if session.kind == "receive" else "CLIENT"
        session.ask("STARTTLS")
        session.say("220 2.0.0 SMTP server ready")
        session.note(CERTIFICATE, "Sending certificate Subject Issuer name Serial number Thumbprint")
        session.note("", TLS.format(role))
        self.hello(session, server, client)

    def quit(self, session: Session) -> None:
        """QUIT and the end."""
        session.ask("QUIT")
        if session.kind == "receive" or self.rng.random() < 0.8:
            session.say("221 2.0.0 Service closing transmission channel")
        session.close("Local" if session.kind == "receive" else "Remote")
