"""Plays the deliveries of a message: attempts, retries, expiry and the bounce that follows."""

from bisect import bisect
from itertools import accumulate
from random import Random

from events import Attempt, Message
from population import OUR_ADDRESSES, OUR_DOMAINS, Domain, Peer, Population
from replies import Provider, Reply

BACKOFF = (300, 600, 1200, 2400, 4000)
LIFETIME = 86_400
# How a recipient's story may go, with its weight; then the deferrals, at least and at most, and the end.
# A story without an end is deferred until the message expires.
FATES = {"at once": 850.0, "soon": 55.0, "late": 14.0, "refused": 66.0, "given up": 6.0, "never": 1.7}
STORIES = {
    "at once": (0, 0, "sent"),
    "soon": (1, 2, "sent"),
    "late": (3, 8, "sent"),
    "refused": (0, 0, "bounced"),
    "given up": (1, 4, "bounced"),
    "never": (1, 1, ""),
}
# How often the reason is that nobody answered.
SILENT = {"at once": 0.0, "soon": 0.3, "late": 0.3, "refused": 0.1, "given up": 0.3, "never": 1.0}
LOCAL_FATES = {"at once": 962.0, "soon": 14.0, "refused": 24.0}
# How each of our domains is delivered, in the order of OUR_DOMAINS.
TRANSPORTS = ("mailbox", "virtual", "mailbox", "local", "relay", "pipe")
ANSWERING = ("mailbox", "relay")

Step = tuple[str, Reply]


class Fates:
    """Draws one of several names by weight."""

    def __init__(self, weights: dict[str, float]) -> None:
        """Keep the names and the running sum of the weights."""
        self._names = list(weights)
        self._sums = list(accumulate(weights.values()))

    def draw(self, rng: Random) -> str:
        """Draw one name."""
        return self._names[bisect(self._sums, rng.random() * self._sums[-1])]


class Courier:
    """Delivers messages, or fails to."""

    def __init__(self, rng: Random, providers: dict[str, Provider], population: Population) -> None:
        """Keep what is drawn from."""
        self._rng = rng
        self._providers = providers
        self._domains = {domain.name: domain for domain in population.domains}
        self._fates, self._local_fates = Fates(FATES), Fates(LOCAL_FATES)

    def deliver(self, message: Message, recipients: list[str]) -> None:
        """Fill in the rounds of a message, when it left the queue, and its bounce."""
        rng = self._rng
        pending = [(recipient, self._plan(recipient)) for recipient in recipients]
        at, failed, turn = message.arrived + 0.02 + rng.random() * 0.1, False, 0
        while pending and at - message.arrived < LIFETIME:
            attempts = [self._attempt(message, at, recipient, plan, turn) for recipient, plan in pending]
            message.rounds.append((at, attempts))
            failed = failed or any(attempt.outcome == "bounced" for attempt in attempts)
            tried = zip(pending, attempts, strict=True)
            pending = [entry for entry, attempt in tried if attempt.outcome == "deferred"]
            message.removed = max(attempt.at for attempt in attempts)
            at = message.removed + BACKOFF[min(turn, len(BACKOFF) - 1)] * (1 + rng.random() * 0.3)
            turn += 1
        if pending:
            message.expired = message.removed = at
        if (failed or pending) and message.sender:
            message.bounce = self._bounce(message)

    def verify(self, message: Message, recipient: str) -> None:
        """Probe an address instead of delivering to it."""
        rng = self._rng
        good = rng.random() < 0.7
        relay = self._providers["relay"]
        step = ("deliverable", relay.sent.draw(rng)) if good else ("undeliverable", relay.bounced.draw(rng))
        at = message.arrived + 0.05
        message.rounds.append((at, [self._attempt(message, at, recipient, [step], 0)]))
        message.removed = message.rounds[0][1][0].at

    def _bounce(self, message: Message) -> Message:
        """Send the sender the notice that his message failed."""
        bounce = Message(message.server, "bounce", message.removed + 0.01, "", "", message.size + 2_000, 1)
        self.deliver(bounce, [message.sender])
        return bounce

    def _plan(self, recipient: str) -> list[Step]:
        """Decide the whole story of one recipient: an outcome and a reply per attempt."""
        rng = self._rng
        domain = self._domains.get(recipient.rpartition("@")[2])
        if domain is None:
            return self._local_plan(recipient)
        provider, fate = domain.provider, self._fates.draw(rng)
        least, most, end = STORIES[fate]
        silent = rng.random() < SILENT[fate]
        source = self._providers["network"] if silent else provider
        steps: list[Step] = [("deferred", source.deferred.draw(rng))] * rng.randint(least, most) if most else []
        if end == "sent":
            steps.append((end, provider.sent.draw(rng)))
        elif end == "bounced":
            steps.append((end, (provider if steps else source).bounced.draw(rng)))
        return steps

    def _local_plan(self, recipient: str) -> list[Step]:
        """Decide the story of one of our own users."""
        provider = self._providers[transport_of(recipient)]
        fate = self._local_fates.draw(self._rng)
        if fate == "refused":
            return [("bounced", provider.bounced.draw(self._rng))]
        end = ("sent", provider.sent.draw(self._rng))
        return [end] if fate == "at once" else [("deferred", provider.deferred.draw(self._rng)), end]

    def _attempt(self, message: Message, at: float, recipient: str, plan: list[Step], turn: int) -> Attempt:
        """Make one attempt; the last step of a plan is repeated for ever."""
        rng = self._rng
        outcome, reply = plan[min(turn, len(plan) - 1)]
        domain = self._domains.get(recipient.rpartition("@")[2])
        transport = "smtp" if domain is not None else transport_of(recipient)
        peer = self._peer(domain, transport)
        text = reply.render(rng, self._values(message, recipient, peer))
        retried = outcome == "deferred" and turn > 0 and domain is not None
        suspended = retried and rng.random() < 0.25
        delays = self._delays(at - message.arrived, reply, peer is None or suspended)
        attempt = Attempt(at + sum(delays[1:]), recipient, transport, peer, outcome, reply, text, delays)
        attempt.suspended = suspended
        if transport == "local" and rng.random() < 0.4:
            attempt.original = f"{rng.choice(('postmaster', 'webmaster', 'root', 'abuse'))}@example.net"
        refused = outcome == "deferred" and reply.phase in ("MAIL", "RCPT", "EOD")
        if domain is not None and refused and not suspended and rng.random() < 0.2:
            attempt.first_peer = domain.peers[-1]
        return attempt

    def _values(self, message: Message, recipient: str, peer: Peer | None) -> dict[str, str]:
        """Give what the place holders of a reply stand for."""
        user, _, name = recipient.rpartition("@")
        return {
            "rcpt": recipient,
            "user": user,
            "domain": name,
            "sender": message.sender,
            "sender_domain": message.sender.partition("@")[2] or "mx1.example.com",
            "ip": OUR_ADDRESSES[message.server],
            "mx": peer.host if peer else name,
            "mxip": peer.ip if peer else "",
            "queueid": f"{self._rng.getrandbits(40) | 1 << 39:X}",
        }

    def _peer(self, domain: Domain | None, transport: str) -> Peer | None:
        """Choose the host to talk to; of our own transports only some talk to one."""
        if domain is not None:
            return domain.peers[0 if self._rng.random() < 0.85 else -1]
        if transport == "relay":
            return Peer("exchange.internal.example", "192.0.2.60")
        return Peer("mx1.example.com", "private/dovecot-lmtp", 0) if transport == "mailbox" else None

    def _delays(self, before: float, reply: Reply, near: bool) -> tuple[float, float, float, float]:
        """Draw the seconds in the queue manager, for the connection and for the transmission."""
        rng = self._rng
        queued = rng.random() ** 6 * 2
        if near:
            return before, queued, 0.0, rng.random() ** 3 * 0.2
        if not reply.phase and "timed out" in reply.template:
            return before, queued, 30.0, 0.0
        return before, queued, rng.random() ** 3 * 1.5, rng.random() ** 2 * 3 if reply.phase else 0.0


def transport_of(recipient: str) -> str:
    """Say how one of our domains is delivered."""
    name = recipient.rpartition("@")[2]
    return TRANSPORTS[OUR_DOMAINS.index(name)] if name in OUR_DOMAINS else "local"
