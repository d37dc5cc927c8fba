"""Tells events in Postfix's words, as two servers write them into one file."""

from collections import deque
from datetime import datetime
from heapq import heappush, heapreplace
from random import Random

from events import Attempt, Event, Knock, Message, Noise, Refusal, Session
from postfix_words import CIPHERS, base52, clock, commands, noise, outcome_text, relay, said, seconds
from truth import Fact, Line, Said

HOSTS = ("mx1", "mx2")
SERVICES = {"mailbox": "lmtp", "relay": "relay/smtp"}
SESSION_TAGS = {"smtpd": "postfix/smtpd", "submission": "postfix/submission/smtpd"}
REFUSED = {"reject": "rejected", "milter-reject": "rejected", "hold": "held", "discard": "discarded"}
LOGINS = ("admin", "info@example.com", "test", "postmaster@example.net", "scanner")
REUSED = 0.002
ANVIL = 0.03
CLIENT_TLS = 0.2


class PostfixWriter:
    """Gives the log lines of events; lines of one event come in any order."""

    def __init__(self, rng: Random, start: datetime) -> None:
        """Start with fresh queues on both servers."""
        self._rng = rng
        self._start = start
        self._message = 0
        self._lines: list[Line] = []
        self._busy: dict[tuple[int, str], list[tuple[float, int]]] = {}
        self._freed: deque[tuple[float, str]] = deque()

    def write(self, event: Event) -> list[Line]:
        """Give the lines of one event."""
        self._lines = []
        if isinstance(event, Session):
            self._session(event)
        elif isinstance(event, Message):
            queue_id = self._queue_id(event)
            if event.origin == "pickup":
                uid = self._rng.choice((0, 33, 1000))
                self._add(
                    event.arrived,
                    event.server,
                    "postfix/pickup[1201]",
                    f"{queue_id}: uid={uid} from=<{event.sender}>",
                )
            self._queue(event, queue_id)
        elif isinstance(event, Knock):
            self._knock(event)
        else:
            self._noise(event)
        return self._lines

    def _add(self, at: float, server: int, tag: str, text: str, says: Said | None = None) -> None:
        """Add one line."""
        self._lines.append((int(at * 1_000_000), f" {HOSTS[server]} {tag}: {text}\n", says))

    def _process(self, server: int, tag: str, start: float, end: float) -> str:
        """Give a tag the id of a process that is free at that time."""
        pool = self._busy.setdefault((server, tag), [])
        if pool and pool[0][0] <= start:
            # A process is used for a while, then replaced.
            pid = pool[0][1] if self._rng.random() < 0.98 else self._rng.randrange(2_000, 60_000)
            heapreplace(pool, (end, pid))
        else:
            pid = self._rng.randrange(2_000, 60_000)
            heappush(pool, (end, pid))
        return f"{tag}[{pid}]"

    def _noise(self, event: Noise) -> None:
        """Tell what has to do with no message."""
        tag, text = noise(event, self._rng)
        self._add(event.start, event.server, tag, text)

    def _session(self, session: Session) -> None:
        """Tell one connection from connect to disconnect."""
        rng, server, client = self._rng, session.server, session.client
        tag = self._process(server, SESSION_TAGS[session.service], session.start, session.end)
        name = f"{client.host}[{client.ip}]"
        if client.host == "unknown" and rng.random() < 0.5:
            forged, why = (
                f"host-{rng.randrange(9999)}.pool.example",
                rng.choice(("", ": Name or service not known")),
            )
            text = f"warning: hostname {forged} does not resolve to address {client.ip}{why}"
            self._add(session.start, server, tag, text)
        self._add(session.start, server, tag, f"connect from {name}")
        if session.tls:
            text = f"Anonymous TLS connection established from {name}: {rng.choice(CIPHERS)}"
            self._add(session.start + 0.05, server, tag, text)
        login = f", sasl_method={rng.choice(('PLAIN', 'LOGIN'))}, sasl_username={session.user}" if session.user else ""
        for message in session.messages:
            queue_id = self._queue_id(message)
            self._add(message.arrived, server, tag, f"{queue_id}: client={name}{login}")
            if session.user:
                self._add(
                    message.arrived + 0.012,
                    server,
                    "opendkim[799]",
                    f"{queue_id}: DKIM-Signature field added (s=mail, d={session.user.partition('@')[2]})",
                )
            self._queue(message, queue_id)
        for refusal in session.refusals:
            self._refusal(session, refusal, tag)
        self._ending(session, tag, name)

    def _refusal(self, session: Session, refusal: Refusal, tag: str) -> None:
        """Tell what we refused; a milter speaks when the message is in a queue file."""
        name, stage, server = f"{session.client.host}[{session.client.ip}]", refusal.stage, session.server
        queue_id = "NOQUEUE"
        if stage == "END-OF-MESSAGE" or refusal.action in ("hold", "discard"):
            queue_id = self._new_queue_id(server, refusal.at)
            self._add(refusal.at, server, tag, f"{queue_id}: client={name}")
        if stage == "END-OF-MESSAGE":
            tag = self._process(server, "postfix/cleanup", refusal.at, refusal.at + 1)
            message_id = f"{self._rng.getrandbits(40):x}@{refusal.sender.partition('@')[2]}"
            self._add(refusal.at + 0.01, server, tag, f"{queue_id}: message-id=<{message_id}>")
        parts = "" if stage in ("CONNECT", "HELO") else f"from=<{refusal.sender}> "
        parts += "" if stage in ("CONNECT", "HELO", "MAIL") else f"to=<{refusal.recipient}> "
        helo = "" if stage == "CONNECT" else f" helo=<{session.client.helo}>"
        text = f"{queue_id}: {refusal.action}: {stage} from {name}: {refusal.text}; {parts}proto=ESMTP{helo}"
        self._add(refusal.at + 0.02, server, tag, text, (refusal_fact(refusal), 0))

    def _ending(self, session: Session, tag: str, name: str) -> None:
        """Tell how the connection ended, and what anvil counted."""
        ending, end, server = session.ending, session.end, session.server
        if ending == "AUTH":
            method, user = self._rng.choice(("LOGIN", "PLAIN")), self._rng.choice(LOGINS)
            failed = f"warning: {name}: SASL {method} authentication failed: UGFzc3dvcmQ6, sasl_username={user}"
            self._add(end, server, tag, failed)
            if self._rng.random() < 0.05:
                self._add(end, server, tag, f"message repeated {self._rng.randrange(2, 6)} times: [ {failed}]")
        if ending == "timeout":
            self._add(end, server, tag, f"timeout after END-OF-MESSAGE from {name}")
        elif ending != "quit":
            self._add(end, server, tag, f"lost connection after {ending} from {name}")
        self._add(end, server, tag, f"disconnect from {name} {commands(session)}")
        if self._rng.random() < ANVIL:
            what, when = f"for (smtp:{session.client.ip}) at {clock(self._start, session.start)}", end + 200
            anvil = self._process(server, "postfix/anvil", when, when)
            self._add(when, server, anvil, f"statistics: max connection rate {self._rng.randrange(1, 9)}/60s {what}")
            self._add(when, server, anvil, f"statistics: max connection count {self._rng.randrange(1, 4)} {what}")
            self._add(
                when,
                server,
                anvil,
                f"statistics: max cache size {self._rng.randrange(1, 9)} at {clock(self._start, end)}",
            )

    def _knock(self, knock: Knock) -> None:
        """Tell how postscreen, which only the second server runs, turned a client away."""
        rng, start = self._rng, knock.start
        peer = f"[{knock.client.ip}]:{rng.randrange(20_000, 60_000)}"
        tag = "postfix/postscreen[4900]"
        self._add(start, 1, tag, f"CONNECT from {peer} to [192.0.2.2]:25")
        if rng.random() < 0.4:
            self._add(
                start + 0.1,
                1,
                tag,
                f"PREGREET 14 after 0.08 from {peer}: EHLO {rng.choice(('User', 'ylmf-pc'))}\\r\\n",
            )
        if knock.refusal is None:
            self._add(
                knock.end,
                1,
                tag,
                f"HANGUP after {rng.random() * 6:.2g} from {peer} in tests before SMTP handshake",
            )
        else:
            refusal = knock.refusal
            self._add(start + 6, 1, tag, f"DNSBL rank {rng.randrange(3, 9)} for {peer}")
            text = (
                f"NOQUEUE: reject: {refusal.stage} from {peer}: {refusal.text}; from=<{refusal.sender}>, "
                f"to=<{refusal.recipient}>, proto=ESMTP, helo=<{knock.client.helo}>"
            )
            self._add(refusal.at, 1, tag, text, (refusal_fact(refusal), 0))
        self._add(knock.end, 1, tag, f"DISCONNECT {peer}")

    def _queue(self, message: Message, queue_id: str) -> None:
        """Tell the life of a message in the queue."""
        self._message += 1
        number, server, qmgr = self._message, message.server, f"postfix/qmgr[{1202 + message.server}]"
        message_id = message.message_id or f"{queue_id}@{HOSTS[server]}.example.com"
        cleanup = self._process(server, "postfix/cleanup", message.arrived, message.arrived + 1)
        self._add(message.arrived + 0.01, server, cleanup, f"{queue_id}: message-id=<{message_id}>")
        active = f"from=<{message.sender}>, size={message.size}, nrcpt={message.recipients} (queue active)"
        for start, attempts in message.rounds:
            self._add(start, server, qmgr, f"{queue_id}: {active}")
            for attempt in attempts:
                self._attempt(attempt, queue_id, number, server)
        if message.expired is not None:
            text = f"{queue_id}: from=<{message.sender}>, status=expired, returned to sender"
            fact = Fact("expiry", "expired", None, None, None, False)
            self._add(message.expired, server, qmgr, text, (fact, number))
        if message.bounce is not None:
            bounce_id = self._queue_id(message.bounce)
            self._queue(message.bounce, bounce_id)
            tag = self._process(server, "postfix/bounce", message.removed, message.removed + 1)
            self._add(
                message.removed + 0.03,
                server,
                tag,
                f"{queue_id}: sender non-delivery notification: {bounce_id}",
            )
        self._add(message.removed + 0.04, server, qmgr, f"{queue_id}: removed")
        if server == 0:
            self._freed.append((message.removed, queue_id))

    def _attempt(self, attempt: Attempt, queue_id: str, number: int, server: int) -> None:
        """Tell one delivery attempt: TLS, the first host's answer, and the record."""
        rng, reply, peer, d = self._rng, attempt.reply, attempt.peer, attempt.delays
        service = "error" if attempt.suspended else SERVICES.get(attempt.transport, attempt.transport)
        tag = self._process(server, f"postfix/{service}", attempt.at - sum(d[1:]), attempt.at)
        reached = service == "smtp" and reply.phase not in ("", "GREETING")
        reused = f"conn_use={rng.randrange(2, 9)}, " if reached and rng.random() < 0.08 else ""
        if peer is not None and reached and not reused and rng.random() < CLIENT_TLS:
            trust = rng.choice(("Trusted", "Untrusted", "Verified"))
            text = f"{trust} TLS connection established to {peer.host}[{peer.ip}]:25: {rng.choice(CIPHERS)}"
            self._add(attempt.at - d[3], server, tag, text)
        if attempt.first_peer is not None:
            answer = said(attempt, attempt.first_peer.host, attempt.first_peer.ip)
            self._add(attempt.at - d[3] / 2, server, tag, f"{queue_id}: {answer}")
        original = f"orig_to=<{attempt.original}>, " if attempt.original else ""
        spent = f"delay={seconds(sum(d))}, delays={seconds(d[0])}/{seconds(d[1])}/{seconds(d[2])}/{seconds(d[3])}"
        record = (
            f"{queue_id}: to=<{attempt.recipient}>, {original}relay={relay(attempt)}, {reused}{spent}, "
            f"dsn={reply.dsn}, status={attempt.outcome} ({outcome_text(attempt)})"
        )
        kind = "probe" if attempt.outcome.endswith("deliverable") else "delivery"
        fact = Fact(kind, attempt.outcome, reply.code, reply.enhanced, reply.dsn, attempt.suspended)
        self._add(attempt.at, server, tag, record, (fact, number))

    def _queue_id(self, message: Message) -> str:
        """Make a queue id; some of the first server's were used before."""
        freed = self._freed
        if message.server == 0 and freed and freed[0][0] < message.arrived - 3600:
            if self._rng.random() < REUSED:
                return freed.popleft()[1]
            if len(freed) > 1000:
                freed.popleft()
        return self._new_queue_id(message.server, message.arrived)

    def _new_queue_id(self, server: int, at: float) -> str:
        """Make a short id on the first server and a long one on the second."""
        if server == 0:
            return f"{self._rng.randrange(0x10000, 0xFFFFF):05X}{0xC0000 + self._rng.randrange(4096):X}"
        second, micro = divmod(int(at * 1_000_000), 1_000_000)
        inode = base52(self._rng.randrange(100_000, 140_000), 3)
        return f"{base52(second + int(self._start.timestamp()), 6)}{base52(micro, 4)}z{inode}"


def refusal_fact(refusal: Refusal) -> Fact:
    """Say what a refusal counts as; a warning refused nothing."""
    kind = "warning" if refusal.action == "reject_warning" else "rejection"
    outcome = REFUSED.get(refusal.action, "other")
    return Fact(kind, outcome, refusal.reply.code, refusal.reply.enhanced, None, False)
