"""Tells events in Exim's words, as its main log has them."""

import re
from datetime import datetime
from random import Random

from events import Attempt, Event, Knock, Message, Noise, Refusal, Session
from population import Client, Peer
from replies import LETTERS
from truth import Fact, Line, Said

CIPHERS = (
    "TLS1.3:TLS_AES_256_GCM_SHA384:256",
    "TLS1.3:ECDHE_X25519__RSA_PSS_RSAE_SHA256__AES_256_GCM:256",
    "TLS1.2:ECDHE_SECP256R1__RSA_SHA256__AES_256_GCM:256",
)
OUTCOMES = {"sent": "delivered", "deferred": "deferred", "bounced": "bounced"}
TRANSPORTS = {
    "smtp": ("dnslookup", "remote_smtp"), "relay": ("hubbed", "remote_smtp"), "mailbox": ("lmtp", "remote_lmtp"),
    "virtual": ("virtual_user", "virtual_delivery"), "local": ("local_user", "maildir_home"),
    "pipe": ("userforward", "address_pipe"),
}  # fmt: skip
AFTER = {
    "GREETING": "initial connection", "HELO": "EHLO mx1.example.com", "EHLO": "EHLO mx1.example.com",
    "STARTTLS": "STARTTLS", "AUTH": "AUTH PLAIN ****", "DATA": "pipelined DATA", "EOD": "end of data",
}  # fmt: skip
STAGES = {
    "CONNECT": 'connection in "connect" ACL', "HELO": "EHLO or HELO {helo}", "MAIL": "MAIL <{sender}>",
    "RCPT": "RCPT <{recipient}>", "DATA": "DATA", "END-OF-MESSAGE": "after DATA",
}  # fmt: skip
# Where the host is tried, and said again behind the flag; of a recipient it is only said there.
ON_A_LINE_OF_ITS_OWN = ("GREETING", "MAIL", "DATA", "EOD", "HELO", "EHLO", "STARTTLS")


class EximWriter:
    """Gives the log lines of events; lines of one event come in any order."""

    def __init__(self, rng: Random, start: datetime, _: str) -> None:
        """Start with a fresh queue."""
        self._rng = rng
        self._start = int(start.timestamp())
        self._message = 0
        self._lines: list[Line] = []

    def write(self, event: Event) -> list[Line]:
        """Give the lines of one event."""
        self._lines = []
        if isinstance(event, Session):
            self._session(event)
        elif isinstance(event, Message):
            if event.origin != "verify":
                self._queue(event, f"U={self._rng.choice(('www-data', 'root'))} P=local")
        elif isinstance(event, Knock):
            if event.refusal is not None:
                self._refusal(event.client, event.refusal)
        else:
            self._noise(event)
        return self._lines

    def _add(self, at: float, text: str, says: Said | None = None) -> None:
        self._lines.append((int(at * 1_000_000), f" {text}\n", says))

    def _id(self, at: float) -> str:
        """An id of 16 characters."""
        process, fraction = self._rng.randrange(62**4), self._rng.randrange(62**2)
        return f"{base62(int(at) + self._start, 6)}-{base62(process, 6)}-{base62(fraction, 2)}"

    def _noise(self, event: Noise) -> None:
        pid = self._rng.randrange(2_000, 60_000)
        self._add(event.start, f"Start queue run: pid={pid}")
        self._add(event.start + 1, f"End queue run: pid={pid}")

    def _session(self, session: Session) -> None:
        client = session.client
        host = known_as(client)
        tls = f" X={self._rng.choice(CIPHERS)} CV=no" if session.tls else ""
        login = f" A=plain_server:{session.user}" if session.user else ""
        proto = "esmtp" + ("s" if session.tls else "") + ("a" if session.user else "")
        if client.host == "unknown":
            self._add(session.start, f"no host name found for IP address {client.ip}")
        for message in session.messages:
            self._queue(message, f"H={host} P={proto}{tls}{login}")
        for refusal in session.refusals:
            self._refusal(client, refusal, tls)
        if session.ending == "AUTH":
            text = f"LOGIN authenticator failed for {host}: 535 Incorrect authentication data (set_id=info)"
            self._add(session.end, text)
        elif session.ending != "quit":
            self._add(session.end, f"unexpected disconnection while reading SMTP command from {host} D=3s")

    def _refusal(self, client: Client, refusal: Refusal, tls: str = "") -> None:
        """What we refused; holds and warnings are no refusals."""
        host, stage = known_as(client), refusal.stage
        known = "" if stage in ("CONNECT", "HELO", "MAIL") else f" F=<{refusal.sender}>"
        what = STAGES[stage].format(helo=client.helo, sender=refusal.sender, recipient=refusal.recipient)
        if not refusal.action.endswith("reject"):
            self._add(refusal.at, f"H={host}{tls}{known} Warning: {refusal.text}")
            return
        soft = "temporarily " if refusal.reply.code is not None and refusal.reply.code < 500 else ""
        number = f"{self._id(refusal.at)} " if stage == "END-OF-MESSAGE" else ""
        fact = Fact("rejection", "rejected", refusal.reply.code, refusal.reply.enhanced, None, False)
        self._add(refusal.at, f"{number}H={host}{tls}{known} {soft}rejected {what}: {refusal.text}", (fact, 0))

    def _queue(self, message: Message, source: str) -> None:
        """Tell the life of a message in the queue."""
        self._message += 1
        queue_id, number = self._id(message.arrived), self._message
        message_id = f" id={message.message_id}" if message.message_id else ""
        self._add(message.arrived, f"{queue_id} <= {message.sender or '<>'} {source} S={message.size}{message_id}")
        waiting: list[str] = []
        for _, attempts in message.rounds:
            waiting = [attempt.recipient for attempt in attempts if attempt.outcome == "deferred"]
            for attempt in attempts:
                self._attempt(message, attempt, queue_id, number)
        if message.expired is not None:
            for recipient in waiting:
                fact = Fact("delivery", "expired", None, None, None, False)
                self._add(message.expired, f"{queue_id} ** {recipient}: retry timeout exceeded", (fact, number))
        if message.bounce is not None:
            self._queue(message.bounce, f"R={queue_id} U=Debian-exim P=local")
        self._add(message.removed + 0.04, f"{queue_id} Completed")

    def _attempt(self, message: Message, attempt: Attempt, queue_id: str, number: int) -> None:
        """Tell one delivery attempt, with a line for the host before it where there was one."""
        reply, peer = attempt.reply, attempt.peer
        router, transport = TRANSPORTS[attempt.transport]
        head = f"{attempt.recipient} R={router} T={transport}"
        replied = peer is not None and bool(reply.phase) and not attempt.suspended
        host = f" H={peer.host} [{address(peer)}]" if peer is not None and replied else ""
        text, code, enhanced = self._text(message, attempt), reply.code, reply.enhanced
        if not replied:
            code = enhanced = None
        if attempt.outcome == "sent":
            tls = f" X={self._rng.choice(CIPHERS)} CV=yes K" if self._rng.random() < 0.6 else ""
            said = f'{tls} C="{escaped(attempt.text)}"' if replied else ""
            line = f"=> {head}{host}{said}"
        elif attempt.outcome == "bounced":
            line = f"** {head}{host}: {text}"
        else:
            line = f"== {head} defer ({'-44' if replied else '110' if text.startswith('Conn') else '-1'}){host}: {text}"
        if replied and attempt.outcome != "sent" and reply.phase in ON_A_LINE_OF_ITS_OWN:
            self._add(attempt.at - 0.01, f"{queue_id}{host}: {text}")
        elif replied and attempt.first_peer is not None and reply.phase == "RCPT":
            first = attempt.first_peer
            self._add(attempt.at - 0.01, f"{queue_id} H={first.host} [{first.ip}] {text}")
        fact = Fact("delivery", OUTCOMES[attempt.outcome], code, enhanced, None, False)
        self._add(attempt.at, f"{queue_id} {line}", (fact, number))

    def _text(self, message: Message, attempt: Attempt) -> str:
        """What stands behind the colon of a failure."""
        reply = attempt.reply
        if attempt.suspended:
            return "retry time not reached for any host"
        if attempt.peer is None or not reply.phase:
            timed_out = "timed out" in attempt.text
            return "Connection timed out" if timed_out else "host lookup did not complete"
        after = AFTER.get(reply.phase)
        if reply.phase == "MAIL":
            after = f"pipelined MAIL FROM:<{message.sender}> SIZE={message.size + 1024}"
        after = after or f"RCPT TO:<{attempt.recipient}>"
        return f"SMTP error from remote mail server after {after}: {lines_of(attempt.text)}"


def known_as(client: Client) -> str:
    """A client as H= names it: its verified name, the name it gives itself, its address."""
    name = "" if client.host == "unknown" else f"{client.host} "
    return f"{name}({client.helo}) [{client.ip}]" if client.helo != client.host else f"{name}[{client.ip}]"


def address(peer: Peer) -> str:
    """The address of a peer; a socket stands for our own."""
    return "127.0.0.1" if "/" in peer.ip else peer.ip


def lines_of(reply: str) -> str:
    """A reply with its lines parted as Exim parts them."""
    return re.sub(rf" (?={reply[:3]}[- ])", r"\\n", reply) if reply[3:4] == "-" else reply


def escaped(reply: str) -> str:
    """A confirmation as it stands between quotes."""
    return lines_of(reply).replace("\\", "\\\\").replace('"', '\\"')


def base62(number: int, width: int) -> str:
    """A number in Exim's digits."""
    digits = LETTERS[:10] + LETTERS[36:] + LETTERS[10:36]
    out = ""
    for _ in range(width):
        number, digit = divmod(number, 62)
        out = digits[digit] + out
    return out
