"""What happens on two mail servers during some days, told without any MTA's words."""

from bisect import bisect
from collections.abc import Callable, Iterator
from itertools import accumulate
from random import Random

from courier import Courier, Fates
from events import Event, Knock, Message, Noise, Refusal, Session
from population import Client, Population
from replies import Provider

DAYS = 7
HOURS = (3, 2, 2, 2, 3, 5, 9, 18, 30, 38, 40, 37, 30, 34, 39, 38, 33, 26, 19, 15, 13, 11, 8, 5)
WEEKEND = 0.45
FIRST_SERVER = 0.6
KINDS = {
    "inbound": 30.0,
    "submission": 18.0,
    "app": 13.0,
    "refused": 16.0,
    "probe": 6.0,
    "pickup": 3.0,
    "verify": 1.0,
    "knock": 18.0,
    "noise": 34.0,
}


def daily_rhythm(total: float, rng: Random) -> Iterator[float]:
    """Give arrival times in seconds, about `total` of them a week, most of them in office hours."""
    days = [1.0 if day < 5 else WEEKEND for day in range(DAYS)]
    minutes = [HOURS[minute // 60] * day for day in days for minute in range(1440)]
    sums = list(accumulate(minutes))
    position = 0.0
    while True:
        position += rng.expovariate(1.0) * sums[-1] / total
        week, rest = divmod(position, sums[-1])
        index = bisect(sums, rest)
        share = 1.0 - (sums[index] - rest) / minutes[index]
        yield (week * DAYS * 1440 + index + share) * 60.0


class Traffic:
    """Draws events in the order in which they begin."""

    def __init__(self, rng: Random, providers: dict[str, Provider], population: Population) -> None:
        """Keep the decks of replies and the population to draw from."""
        self._rng = rng
        self._providers = providers
        self._people = population
        self._courier = Courier(rng, providers, population)

    def events(self, total: float) -> Iterator[Event]:
        """Give about `total` events a week, without an end."""
        makers: dict[str, Callable[[float], Event]] = {
            "inbound": self._inbound,
            "submission": self._submission,
            "app": self._app,
            "refused": self._refused,
            "probe": self._probe,
            "pickup": self._pickup,
            "verify": self._verify,
            "knock": self._knock,
            "noise": self._noise,
        }
        kinds = Fates(KINDS)
        for start in daily_rhythm(total, self._rng):
            yield makers[kinds.draw(self._rng)](start)

    def _server(self) -> int:
        """Choose one of the two servers."""
        return 0 if self._rng.random() < FIRST_SERVER else 1

    def _session(self, service: str, client: Client, start: float, seconds: float) -> Session:
        """Open a session on one of the servers."""
        return Session(self._server(), service, client, start, start + seconds)

    def _inbound(self, start: float) -> Session:
        """Let somebody's server bring mail for our users; now and then one recipient of it is refused."""
        rng, people = self._rng, self._people
        session = self._session("smtpd", rng.choice(people.senders), start, 0.5 + rng.expovariate(0.8))
        session.tls = rng.random() < 0.55
        domain = session.client.helo.split(".", 1)[1]
        sender = "" if rng.random() < 0.04 else f"{people.user()}@{domain}"
        recipients = [people.our_user() for _ in range(1 + (rng.random() < 0.1))]
        session.messages.append(self._message(session.server, "smtpd", start + 0.3, sender, recipients))
        if rng.random() < 0.04:
            session.refusals.append(self._refusal(start + 0.2, session.client, "ours"))
        return session

    def _submission(self, start: float) -> Session:
        """Let one of our users send from his own machine."""
        rng, people = self._rng, self._people
        session = self._session("submission", people.road_warrior(), start, 1 + rng.expovariate(0.5))
        session.tls, session.user = rng.random() < 0.98, people.our_user()
        recipients = self._recipients(1 if rng.random() < 0.75 else rng.randrange(2, 7))
        session.messages.append(self._message(session.server, "smtpd", start + 0.6, session.user, recipients))
        return session

    def _app(self, start: float) -> Session:
        """Let an application send several messages over one connection."""
        rng, people = self._rng, self._people
        count = rng.randrange(1, 9)
        session = self._session("smtpd", rng.choice(people.apps), start, count * 0.3 + 0.2)
        for index in range(count):
            sender = rng.choice(("shop@shop.example", "no-reply@example.com", "bounces+{}@hosting.example"))
            message = self._message(
                session.server,
                "smtpd",
                start + 0.1 + 0.3 * index,
                sender.format(rng.randrange(100_000)),
                self._recipients(1),
            )
            session.messages.append(message)
        return session

    def _refused(self, start: float) -> Session:
        """Tell a client no, once or several times."""
        rng, people = self._rng, self._people
        session = self._session("smtpd", rng.choice(people.spammers), start, 0.5 + rng.expovariate(0.4))
        for index in range(1 if rng.random() < 0.8 else rng.randrange(2, 5)):
            session.refusals.append(self._refusal(start + 0.2 + 0.05 * index, session.client, "ours"))
        session.ending = "quit" if rng.random() < 0.6 else "RCPT"
        return session

    def _probe(self, start: float) -> Session:
        """Let a client try passwords, or only connect."""
        rng, people = self._rng, self._people
        service = "submission" if rng.random() < 0.6 else "smtpd"
        session = self._session(service, rng.choice(people.spammers), start, 0.3 + rng.expovariate(0.2))
        others = ("CONNECT", "EHLO", "STARTTLS", "DATA", "UNKNOWN", "timeout")
        session.ending = "AUTH" if rng.random() < 0.7 else rng.choice(others)
        return session

    def _pickup(self, start: float) -> Message:
        """Let a program on the server itself send a message."""
        sender = self._rng.choice(("root@example.com", "www-data@hosting.example", "backup@example.net"))
        recipients = ["root@hosting.example"] if self._rng.random() < 0.6 else self._recipients(1)
        return self._message(self._server(), "pickup", start, sender, recipients)

    def _verify(self, start: float) -> Message:
        """Let the server ask the next one whether an address exists."""
        server = self._server()
        sender = f"double-bounce@mx{server + 1}.example.com"
        message = Message(server, "verify", start, sender, "", 227, 1)
        self._courier.verify(message, f"{self._people.user()}@shop.example")
        return message

    def _knock(self, start: float) -> Knock:
        """Let the guard in front of the server turn a client away."""
        rng = self._rng
        client = rng.choice(self._people.spammers)
        refusal = self._refusal(start + 6.1, client, "postscreen") if rng.random() < 0.6 else None
        return Knock(client, start, start + 6.2 + rng.random(), refusal)

    def _noise(self, start: float) -> Noise:
        """Let something else happen."""
        return Noise(self._server(), start, self._rng.choice(self._people.spammers), self._people.our_user())

    def _recipients(self, count: int) -> list[str]:
        """Draw addresses; those of one message often share a domain."""
        people = self._people
        domain = people.domain()
        result = []
        for _ in range(count):
            if self._rng.random() < 0.5:
                domain = people.domain()
            result.append(f"{people.user()}@{domain.name}")
        return result

    def _refusal(self, at: float, client: Client, table: str) -> Refusal:
        """Draw what we say to an unwanted client."""
        rng, people = self._rng, self._people
        ours = self._providers[table]
        reply = (ours.deferred if rng.random() < 0.3 else ours.bounced).draw(rng)
        sender, foreign = f"{people.user()}@{people.domain().name}", f"{people.user()}@{people.domain().name}"
        recipient = foreign if "Relay access" in reply.template else people.our_user()
        text = reply.render(
            rng,
            {
                "rcpt": recipient,
                "sender": sender,
                "helo": client.helo,
                "client": client.host,
                "clientip": client.ip,
                "domain": recipient.partition("@")[2],
                "sender_domain": sender.partition("@")[2],
            },
        )
        action, _, stage = reply.phase.partition("/")
        return Refusal(at, action, stage, reply, text, sender, recipient)

    def _message(self, server: int, origin: str, at: float, sender: str, recipients: list[str]) -> Message:
        """Queue a message and play its deliveries to the end."""
        rng = self._rng
        host = sender.partition("@")[2] or "mail.example"
        message_id = f"{rng.getrandbits(48):x}.{rng.randrange(10_000)}@{host}"
        message = Message(
            server, origin, at, sender, message_id, int(400 + rng.lognormvariate(8.6, 1.5)), len(recipients)
        )
        self._courier.deliver(message, recipients)
        return message
