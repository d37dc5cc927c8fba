"""What happens in SMTP sessions of an Exchange server: each function plays one kind, and says what it means."""

from collections.abc import Callable
from dataclasses import replace

from smtp_talk import Session, Speaker, Told

OURS, THEIRS = "example.com", "example.net"
FRONT = "EX01\\Default Frontend EX01"
HUB = "EX01\\Default EX01"
HOP = "Intra-Organization SMTP Send Connector"
CONNECTORS = {"receive": FRONT, "send": "Internet"}
PARTIES = {"receive": ("mail.example.com", "mail.example.org"), "send": ("mx.example.net", "mail.example.com")}
SENDER_OK, RECIPIENT_OK = "250 2.1.0 Sender OK", "250 2.1.5 Recipient OK"
NO_CONNECTION = "smtp no connection"
XPROXY = "XPROXYFROM SID=08DF000000000009 IP=203.0.113.7 PORT=4711 DOMAIN=mail.example.org SEQNUM=1 PERMS=1077"
QUEUED = "2048 bytes in 0.102, 19,173 KB/sec Queued mail for delivery"
GO_ON = "354 Start mail input; end with <CRLF>.<CRLF>"
UNKNOWN = "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"
RELAY = "550 5.7.1 Unable to relay"
REFUSED_RECIPIENT = {
    "receive": (UNKNOWN, RELAY, "451 4.7.0 Temporary server error. Please try again later. PRX2"),
    "send": (
        "550 5.1.1 <{rcpt}>: Recipient address rejected: User unknown, see https://example.net/",
        "450 4.2.0 <{rcpt}>: Recipient address rejected: Greylisted",
        "452 4.2.2 <{rcpt}>, mailbox full",
        "550-5.7.26 Unauthenticated mail|550 5.7.26 see https://example.net/spf",
    ),
}
REFUSED_SENDER = {
    "receive": ("550 5.7.1 Sender denied", "452 4.3.1 Insufficient system resources"),
    "send": ("553 5.1.8 <{from}>: sender domain not found", "421 4.7.28 Our system has detected an unusual rate"),
}
REFUSED_DATA = {
    "receive": ("550 5.7.1 Message rejected as spam by Content Filtering.", "452 4.3.1 Insufficient system resources"),
    "send": ("554 5.7.1 Message rejected, spam", "451 4.3.0 try again later", "552 5.3.4 Message too big"),
}


def lines(text: str) -> list[str]:
    """The lines of a reply."""
    return text.split("|")


def joined(text: str) -> str:
    """A reply as it should be shown: on one line, the later codes taken off."""
    first, *others = lines(text)
    return " ".join(
        [first.replace("-", " ", 1) if others else first, *(other[4:].partition(" ")[2] for other in others)]
    )


class Player:
    """Plays sessions of one log."""

    def __init__(self, speaker: Speaker, kind: str, *, old: bool) -> None:
        self.speaker, self.kind, self.old = speaker, kind, old
        self.rng = speaker.rng

    def start(self, connector: str | None = None) -> Session:
        """Connected and greeted, sometimes with TLS."""
        names = PARTIES[self.kind]
        session = self.speaker.open(self.kind, old=self.old, connector=connector or CONNECTORS[self.kind])
        self.speaker.greet(session, *names)
        if not self.old and self.rng.random() < 0.4:
            self.speaker.tls(session, *names)
        session.preamble = len(session.rows)
        return session

    def refusal(self, text: str, command: str, base: Told, recipient: str | None = None) -> Told:
        """A refusal as this log tells it."""
        told = replace(base, command=command, reply=joined(text), recipient=recipient)
        if self.kind == "receive":
            return replace(told, event="rejection", outcome="rejected")
        return replace(told, event="delivery", outcome="deferred" if text[0] == "4" else "bounced")

    def message(self, session: Session, *, hop: bool = False, broken: bool = False) -> None:
        """One message to some recipients: in lockstep, or with all its commands at once."""
        rng, speak = self.rng, self.speaker
        sender = rng.choice(("", speak.address("example.org")))
        domain = OURS if self.kind == "receive" else THEIRS
        recipients = [speak.address(domain) for _ in range(rng.choice((1, 1, 1, 2, 3)))]
        number = speak.next_id()
        base = Told("", "", None, None, sender=sender)
        if self.kind == "send":
            message_id = f"{number}.a@example.com"
            if self.old:
                session.note(str(number), "sending message")
                base = replace(base, queue_id=str(number))
            else:
                session.note("", f"sending message with RecordId {number} and InternetMessageId <{message_id}>")
                base = replace(base, queue_id=str(number), message_id=message_id)
        mail = f"{rng.choice(('MAIL FROM', 'MAIL FROM', 'mail from'))}:<{sender}> SIZE={rng.randrange(500, 90000)}"
        bdat, together = rng.random() < 0.5, rng.random() < 0.5
        turned = lines(rng.choice(REFUSED_SENDER[self.kind]).replace("{from}", sender)) if rng.random() < 0.12 else None
        texts = REFUSED_RECIPIENT[self.kind]
        refused = [rng.choice(texts).replace("{rcpt}", to) if rng.random() < 0.3 else None for to in recipients]
        if turned and turned[0].startswith("421"):
            together = False
        said = Transaction(self, session, base, mail, recipients, hop=hop)
        if together and bdat:
            said.together(turned, refused, broken=broken)
        else:
            said.lockstep(turned, refused, bdat=bdat, pipelined=together, broken=broken)

    def receiving(self, session: Session) -> None:
        """What a server notes of a message that it begins to receive."""
        if self.kind == "receive":
            session.note("08DF000000000001;2026-01-05T03:04:05.123Z;1", "receiving message")


class Transaction:
    """One message on its way through a session."""

    def __init__(  # noqa: PLR0913  # everything that it is about
        self, player: Player, session: Session, base: Told, mail: str, recipients: list[str], *, hop: bool
    ) -> None:
        self.player, self.session, self.base, self.mail, self.recipients = player, session, base, mail, recipients
        self.hop = hop
        self.rng = player.rng

    def told(self, text: str, command: str, recipient: str | None = None) -> list[Told]:
        """What a refusal is."""
        if self.hop:
            return self.follows(joined(text), command, recipient)
        return [self.player.refusal(text, command, self.base, recipient)]

    def follows(self, text: str, command: str, recipient: str | None = None) -> list[Told]:
        """What a reply is that an earlier refusal had to bring."""
        return [replace(self.base, event="session", outcome="other", command=command, reply=text, recipient=recipient)]

    def lockstep(
        self, turned: list[str] | None, refused: list[str | None], *, bdat: bool, pipelined: bool, broken: bool
    ) -> None:
        """MAIL and RCPT, each with its reply or all replies after them, then the data."""
        session = self.session
        session.ask(self.mail)
        self.player.receiving(session)
        if pipelined:
            for to in self.recipients:
                session.ask(f"RCPT TO:<{to}>", after=0.0)
            if self.player.kind == "receive" and any(refused):
                session.note("Tarpit for '0.00:00:05'")
        if turned:
            session.say(*turned, told=self.told("|".join(turned), "MAIL"))
            for to in self.recipients if pipelined else ():
                session.say("503 5.5.2 Need mail command", told=self.follows("503 5.5.2 Need mail command", "RCPT", to))
            return
        session.say(SENDER_OK)
        for to, why in zip(self.recipients, refused, strict=True):
            if not pipelined:
                session.ask(f"{self.rng.choice(('RCPT TO', 'rcpt to'))}:<{to}>")
            session.say(*lines(why or RECIPIENT_OK), told=self.told(why, "RCPT", to) if why else ())
        taken = [to for to, why in zip(self.recipients, refused, strict=True) if not why]
        if not taken:
            if self.rng.random() < 0.5:
                session.ask("RSET")
                session.say("250 2.0.0 Resetting")
                return
            session.ask("DATA")
            session.say("503 5.5.2 Need rcpt command", told=self.follows("503 5.5.2 Need rcpt command", "DATA"))
            return
        self.data(taken, bdat=bdat, broken=broken)

    def data(self, taken: list[str], *, bdat: bool, broken: bool) -> None:
        """The data, and what is said to them: for each recipient that was taken."""
        session, rng = self.session, self.rng
        if bdat:
            if rng.random() < 0.4:
                session.ask("BDAT 1000")
                session.say("250 2.0.0 1000 octets received")
            session.ask("BDAT 2000 LAST")
        else:
            session.ask("DATA")
            session.say(GO_ON)
        if broken:
            self.breaks(taken)
            return
        self.end(taken)

    def breaks(self, taken: list[str]) -> None:
        """The connection is lost before anything is said to the data."""
        context = "Remote(SocketError)"
        if self.player.kind == "receive":
            self.session.close(context, notice="smtp lost")
            return
        told = [
            replace(self.base, event="delivery", outcome="deferred", command="END-OF-DATA", reply=context, recipient=to)
            for to in taken
        ]
        self.session.close(context, told=told)

    def end(self, taken: list[str]) -> None:
        """The reply to a whole message."""
        session, rng, kind = self.session, self.rng, self.player.kind
        if rng.random() < 0.15:
            text = rng.choice(REFUSED_DATA[kind])
            session.say(text, told=[one for to in taken for one in self.told(text, "END-OF-DATA", to)])
            return
        number = self.player.speaker.next_id()
        text = f"250 2.6.0 <{number}.b@example.org> [InternalId={number}, Hostname=EX01.example.com] {QUEUED}"
        done = replace(self.base, command="END-OF-DATA", reply=text)
        if kind == "receive":
            done = replace(done, event="session", outcome="other")
            done = replace(done, queue_id=str(number), message_id=f"{number}.b@example.org")
            session.note("Tarpit for '0.00:00:01.156' due to 'DelayedAck'", "Delivered")
        elif self.hop:
            done = replace(done, event="session", outcome="other")
        else:
            if rng.random() < 0.5:
                text = f"250 2.0.0 Ok: queued as {number:X}"
            done = replace(done, event="delivery", outcome="delivered", reply=text)
        session.say(text, told=[replace(done, recipient=to) for to in taken], after=0.4)

    def together(self, turned: list[str] | None, refused: list[str | None], *, broken: bool) -> None:
        """All commands at once, the data as well, then all replies in their order (RFC 2920, RFC 3030)."""
        session = self.session
        for text in (self.mail, *(f"RCPT TO:<{to}>" for to in self.recipients), "BDAT 2000 LAST"):
            session.ask(text, after=0.0)
        if turned:
            text = "503 5.5.2 Need mail command"
            session.say(*turned, told=self.told("|".join(turned), "MAIL"))
            for to in self.recipients:
                session.say(text, told=self.follows(text, "RCPT", to))
            session.say(text, told=self.follows(text, "END-OF-DATA"))
            return
        session.say(SENDER_OK)
        for to, why in zip(self.recipients, refused, strict=True):
            session.say(*lines(why or RECIPIENT_OK), told=self.told(why, "RCPT", to) if why else ())
        taken = [to for to, why in zip(self.recipients, refused, strict=True) if not why]
        if not taken:
            text = "503 5.5.2 Need rcpt command"
            session.say(text, told=self.follows(text, "END-OF-DATA"))
        elif broken:
            self.breaks(taken)
        else:
            self.end(taken)


def mail(player: Player) -> Session:
    """A session with some messages."""
    session = player.start()
    for _ in range(player.rng.choice((1, 1, 2, 3))):
        player.message(session)
    player.speaker.quit(session)
    return session


def broken(player: Player) -> Session:
    """A session that is lost in its last message, if that gets so far."""
    session = player.start()
    player.message(session, broken=True)
    if session.rows[-1].mark != "-":
        player.speaker.quit(session)
    return session


def scanner(player: Player) -> Session:
    """Connects, introduces itself, and goes."""
    session = player.start()
    if player.rng.random() < 0.5:
        session.ask("QUIT")
        session.say("221 2.0.0 Service closing transmission channel")
    session.close(player.rng.choice(("Local", "Remote", "Remote(ConnectionReset)")), notice="smtp without a message")
    return session


def login(player: Player) -> Session:
    """A login that fails, or one that does not and sends a message."""
    session = player.start()
    way = "Inbound" if player.kind == "receive" else "Outbound"
    session.ask("AUTH LOGIN")
    session.say("334 <authentication response>")
    if player.kind == "send":
        session.ask("<Binary Data>")
    session.say("334 <authentication response>")
    if player.rng.random() < 0.6:
        session.note("", f"{way} AUTH LOGIN failed because of LogonDenied", notice="smtp login failed")
        text = "535 5.7.3 Authentication unsuccessful"
        told = player.refusal(text, "AUTH", Told("", "", None, None), None)
        session.say(text, told=[replace(told, outcome="rejected" if player.kind == "receive" else "deferred")])
        session.close("Remote", notice="smtp without a message")
        return session
    session.say("235 <authentication response>")
    player.message(session)
    player.speaker.quit(session)
    return session


def no_tls(player: Player) -> Session:
    """TLS fails."""
    session = player.start()
    if player.kind == "send" and player.rng.random() < 0.5:
        session.ask("STARTTLS")
        text = "454 4.7.0 TLS not available due to local problem"
        session.say(text, told=[Told("session", "other", "STARTTLS", text)])
        player.message(session)
        player.speaker.quit(session)
        return session
    session.ask("STARTTLS")
    session.say("220 2.0.0 SMTP server ready")
    session.note("", "TLS negotiation failed with error SocketError", notice="smtp TLS failed")
    session.close("Local", notice="smtp without a message")
    return session


def idle(player: Player) -> Session:
    """Nobody says anything until the server gives up: a reply to nothing."""
    session = player.start()
    text = "421 4.4.1 Connection timed out"
    receive = player.kind == "receive"
    told = Told("rejection" if receive else "session", "rejected" if receive else "other", None, text)
    session.say(text, told=[told], after=60.0)
    session.close("Local" if player.kind == "receive" else "Remote", notice="smtp without a message")
    return session


def greeting(player: Player) -> Session:
    """Turned away at the door (or, when we are the server, too many connections)."""
    kind = player.kind
    session = player.speaker.open(kind, old=player.old, connector=FRONT if kind == "receive" else "Internet")
    text = player.rng.choice(
        ("421 4.3.2 Service not available", "554 5.7.1 mx.example.net: poor reputation, see https://example.net/")
    )
    told = player.refusal(text, "CONNECT", Told("", "", None, None), None)
    session.say(text, told=[told if kind == "receive" else replace(told, outcome="deferred")])
    session.close("Local", notice="smtp without a message")
    return session


def unreachable(player: Player) -> Session:
    """No connection; of the two logs only that of the client knows."""
    if player.kind == "receive":
        return scanner(player)
    session = Session("send", player.old, "Internet", "", "203.0.113.25:25")
    session.note("SendRoutingHeaders", "Set Session Permissions")
    session.note("", "attempting to connect")
    session.note("", "Failed to connect. Winsock error code: 10060, Win32 error code: 10060, no answer", NO_CONNECTION)
    return session


def closing(player: Player) -> Session:
    """421 in mid-session: nothing more is answered."""
    session = player.start()
    player.message(session)
    if session.rows[-1].mark == "-":
        return session
    sender = player.speaker.address("example.org")
    session.ask(f"MAIL FROM:<{sender}>")
    session.ask("RCPT TO:<late@example.com>", after=0.0)
    text = "421 4.7.0 Too many errors on this connection, closing transmission channel"
    base = Told("", "", None, None, sender=sender, queue_id="session" if player.kind == "send" else None)
    session.say(text, told=[player.refusal(text, "MAIL", base)])
    session.close("Local")
    return session


def internal(player: Player) -> Session:
    """Between our own servers."""
    if player.kind == "send":
        session = player.start(HOP)
        player.message(session, hop=True)
        player.speaker.quit(session)
        return session
    session = player.start(HUB)
    session.ask(XPROXY)
    session.say("250 XProxyFrom accepted")
    sender = player.speaker.address("example.org")
    session.ask(f"MAIL FROM:<{sender}>")
    text = "452 4.3.1 Insufficient system resources (UsedVersionBuckets)"
    session.say(text, told=[Told("session", "other", "MAIL", text, sender=sender)])
    player.speaker.quit(session)
    return session


KINDS: dict[Callable[[Player], Session], float] = {
    mail: 12, broken: 1, scanner: 2, login: 2, no_tls: 1, idle: 0.5, greeting: 1, unreachable: 0.5, closing: 0.5,
    internal: 1.5,
}  # fmt: skip
