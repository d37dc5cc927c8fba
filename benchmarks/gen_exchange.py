"""Says what happens as Exchange's message tracking log does, in the columns of any version from 2007 on."""

import re
from datetime import datetime
from random import Random
from uuid import UUID

from events import Attempt, Event, Message, Refusal, Session, start_of
from exchange_words import NOISE, SUBJECTS, VERSIONS, led, local_failure, silence, wrapped
from truth import Fact, Line, Said

HOSTS = ("EX01", "EX02")
ADDRESSES = ("192.0.2.1", "192.0.2.2")
INTERNAL = "Intra-Organization SMTP Send Connector"
LOCAL = ("mailbox", "virtual", "local", "pipe")
ENHANCED = re.compile(r"[2-5][0-9]{2}[ -]#?([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:[^0-9.]|$)")
Row = dict[str, str]


class ExchangeWriter:
    """Gives the rows of events; several recipients with one fate share a row."""

    def __init__(self, rng: Random, start: datetime, version: str = "2019") -> None:
        """Write the columns of one version."""
        self._rng = rng
        self._columns = VERSIONS[version].columns
        self._nested = version not in ("2007", "2010")  # {LED=…} came with 2013
        self._lines: list[Line] = []
        self._message = 0
        software, number = "Microsoft Exchange Server", VERSIONS[version].number
        self.head = (
            f"#Software: {software}\r\n#Version: {number}\r\n#Log-type: Message Tracking Log\r\n"
            f"#Date: {start.isoformat()}\r\n#Fields: {','.join(self._columns)}\r\n"
        )

    def write(self, event: Event) -> list[Line]:
        """Give the rows of one event."""
        self._lines = []
        if isinstance(event, Session):
            for message in event.messages:
                self._queue(message, event)
            for refusal in event.refusals:
                self._refusal(event, refusal)
        elif isinstance(event, Message) and event.origin != "verify":
            self._queue(event, None)
        else:
            name, values = self._rng.choice(NOISE)
            self._row(start_of(event), 0, {"event-id": name, **values})
        return self._lines

    def _row(self, at: float, server: int, values: Row, says: list[Said] | None = None) -> None:
        """Add one row; what is not said is empty."""
        values.setdefault("server-hostname", HOSTS[server])
        if "schema-version" in self._columns:
            values |= {"transport-traffic-type": "Email", "schema-version": "15.02.1748.008"}
            values["log-id"] = str(UUID(int=self._rng.getrandbits(128)))
        text = ",".join(quoted(values.get(name, "")) for name in self._columns[1:])
        self._lines.append((int(at * 1_000_000), f",{text}\r\n", says))

    def _queue(self, message: Message, session: Session | None) -> None:
        """Tell the way of one message from its arrival to the end."""
        rng = self._rng
        self._message += 1
        number, server = self._message, message.server
        recipients = [attempt.recipient for attempt in message.rounds[0][1]] if message.rounds else []
        known = {
            "internal-message-id": str(1000 + number),
            "message-id": f"<{message.message_id or f'bounce{number}@example.com'}>",
            "network-message-id": str(UUID(int=rng.getrandbits(128))),
            "total-bytes": str(message.size),
            "message-subject": rng.choice(SUBJECTS),
            "sender-address": message.sender or "postmaster@example.com",
            "return-path": message.sender or "<>",
            "directionality": "Incoming" if session and session.service == "smtpd" else "Originating",
            "original-client-ip": session.client.ip if session else "",
            "custom-data": "S:DeliveryPriority=Normal;S:AccountForest=example.com",
        }
        self._arrive(message, session, known, recipients)
        for at, attempts in message.rounds:
            for group in grouped(attempts):
                self._attempts(at, server, known, group, number)
        if message.expired is not None:
            self._expire(message, known, number)
        if message.bounce is not None:
            reference = known["message-id"]
            report = {**known, "source": "DSN", "event-id": "DSN", "reference": reference, "return-path": "<>"}
            self._row(message.bounce.arrived, server, report | {"recipient-address": message.sender})
            self._queue(message.bounce, None)

    def _arrive(self, message: Message, session: Session | None, known: Row, recipients: list[str]) -> None:
        """Tell how a message came in, with its second copy; now and then it goes to the other server first."""
        rng, server, at = self._rng, message.server, message.arrived
        row = {**known, "recipient-address": ";".join(recipients), "recipient-count": str(len(recipients))}
        row |= {"source-context": f"08DF{self._message:012X};{at:.3f};0"}
        if session is not None:
            row |= {"client-ip": session.client.ip, "client-hostname": session.client.host, "source": "SMTP"}
            row |= {"connector-id": f"{HOSTS[server]}\\Default Frontend {HOSTS[server]}", "event-id": "RECEIVE"}
        else:
            row |= {"source": "STOREDRIVER", "event-id": "SUBMIT", "client-hostname": HOSTS[server]}
        self._row(at, server, row)
        if rng.random() < 0.5:
            copy = {"source": "SMTP", "event-id": "HARECEIVE", "client-hostname": HOSTS[server]}
            self._row(at + 0.001, 1 - server, {**row, **copy})
            self._row(at + 9, 1 - server, {**row, "source": "SMTP", "event-id": "HADISCARD"})
        if rng.random() < 0.3:
            hop = {**row, "source": "SMTP", "event-id": "SEND", "connector-id": INTERNAL}
            hop |= {"client-hostname": HOSTS[1 - server], "server-hostname": HOSTS[server]}
            hop["recipient-status"] = ";".join(["250 2.1.5 Recipient OK"] * len(recipients))
            self._row(at + 0.002, server, hop)
            self._row(at + 0.003, server, {**row, "source": "SMTP", "event-id": "RECEIVE"})

    def _attempts(self, at: float, server: int, known: Row, group: list[Attempt], number: int) -> None:
        """Tell one try for recipients with the same fate."""
        first = group[0]
        if first.suspended:
            return  # a queue that waits says nothing
        row = {**known, "recipient-address": ";".join(attempt.recipient for attempt in group)}
        row |= {"recipient-count": str(len(group)), "source": "SMTP", "connector-id": "Internet"}
        if first.peer is not None and first.outcome == "sent":
            row |= {"server-hostname": first.peer.host, "server-ip": first.peer.ip, "client-hostname": HOSTS[server]}
        said = [self._said(attempt, server, row) for attempt in group]
        row["recipient-status"] = ";".join(text for text, _ in said)
        self._row(at + sum(first.delays[1:]), server, row, [(fact, number) for _, fact in said])

    def _said(self, attempt: Attempt, server: int, row: Row) -> tuple[str, Fact]:
        """Give the status of one recipient and what it means; the row learns which event it is."""
        reply, local = attempt.reply, attempt.transport in LOCAL
        outcome = {"sent": "delivered"}.get(attempt.outcome, attempt.outcome)
        row["event-id"] = {"delivered": "SEND", "deferred": "DEFER", "bounced": "FAIL"}[outcome]
        if local:
            row |= {"source": "STOREDRIVER", "connector-id": ""}
            if outcome == "delivered":
                row |= {"event-id": "DELIVER", "client-hostname": HOSTS[server]}
                return "", Fact("delivery", outcome, None, None, None, suspended=False)
            row["source"], text, dsn = local_failure(outcome, attempt.text)
            return self._led(text, None), Fact("delivery", outcome, None, None, dsn, suspended=False)
        if reply.code is None:
            row["source"], text, dsn = silence(outcome, reply.template, attempt.peer)
            return self._led(text, attempt), Fact("delivery", outcome, None, None, dsn, suspended=False)
        if outcome == "delivered":
            return attempt.text, Fact("delivery", outcome, reply.code, enhanced(attempt.text), None, suspended=False)
        inside = self._rng.random() < 0.5
        text = wrapped(attempt.text, attempt.peer) if inside else attempt.text
        verdict = "4.4.0" if inside else None
        fact = Fact("delivery", outcome, reply.code, enhanced(attempt.text), verdict, suspended=False)
        return self._led(text, attempt), fact

    def _led(self, text: str, attempt: Attempt | None) -> str:
        """Wrap a status as 2013 and later do."""
        return led(text, attempt.peer if attempt else None) if self._nested else text

    def _expire(self, message: Message, known: Row, number: int) -> None:
        """Give up the recipients that still wait."""
        waiting = [attempt for attempt in message.rounds[-1][1] if attempt.outcome == "deferred"]
        status = self._led("550 4.4.7 QUEUE.Expired; message expired", None)
        for attempt in waiting:
            row = {**known, "recipient-address": attempt.recipient, "recipient-status": status, "recipient-count": "1"}
            fact = Fact("delivery", "expired", None, None, "4.4.7", suspended=False)
            row |= {"source": "QUEUE", "event-id": "FAIL", "connector-id": "Internet"}
            self._row(message.expired or 0.0, message.server, row, [(fact, number)])

    def _refusal(self, session: Session, refusal: Refusal) -> None:
        """Tell a client no, where the refusal has a code."""
        reply = refusal.reply
        if reply.code is None:
            return
        server = session.server
        row = {
            "client-ip": session.client.ip,
            "client-hostname": session.client.host,
            "connector-id": f"{HOSTS[server]}\\Default Frontend {HOSTS[server]}",
            "source": "SMTP",
            "event-id": "FAIL",
            "internal-message-id": "0",
            "recipient-address": refusal.recipient,
            "recipient-status": led(refusal.text, None, session.client.ip) if self._nested else refusal.text,
            "sender-address": refusal.sender,
            "return-path": refusal.sender,
            "directionality": "Incoming",
        }
        fact = Fact("rejection", "rejected", reply.code, enhanced(refusal.text), None, suspended=False)
        self._row(refusal.at, server, row, [(fact, 0)])


def grouped(attempts: list[Attempt]) -> list[list[Attempt]]:
    """Recipients that one row can tell of; a plain status with a semicolon stands alone."""
    groups: dict[object, list[Attempt]] = {}
    for n, attempt in enumerate(attempts):
        alone = ";" in attempt.text or attempt.outcome != "sent"
        key = n if alone else (attempt.transport, attempt.peer)
        groups.setdefault(key, []).append(attempt)
    return list(groups.values())


def enhanced(text: str) -> str | None:
    """The enhanced code right behind the reply code; some servers put a # before it."""
    found = ENHANCED.match(text)
    return found[1] if found else None


def quoted(text: str) -> str:
    """Quote a field where it has to be (RFC 4180)."""
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\r\n') else text
