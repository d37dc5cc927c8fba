"""What can happen to mail, without any MTA's words: made by `traffic`, told by the writer of an MTA.

All moments are seconds since the start of the log.
"""

from dataclasses import dataclass, field

from population import Client, Peer
from replies import Reply


@dataclass(slots=True)
class Attempt:
    """One try to deliver to one recipient; `delays` are the seconds spent in each of the four stages."""

    at: float
    recipient: str
    transport: str
    peer: Peer | None
    outcome: str
    reply: Reply
    text: str
    delays: tuple[float, float, float, float]
    original: str | None = None
    suspended: bool = False
    first_peer: Peer | None = None


@dataclass(slots=True)
class Message:
    """One message in the queue of one server, with all its attempts in rounds.

    `origin` is smtpd, pickup, bounce (our own notice to a sender) or verify (a probe of an address).
    """

    server: int
    origin: str
    arrived: float
    sender: str
    message_id: str
    size: int
    recipients: int
    rounds: list[tuple[float, list[Attempt]]] = field(default_factory=list)
    expired: float | None = None
    removed: float = 0.0
    bounce: "Message | None" = None


@dataclass(slots=True)
class Refusal:
    """A client was told no; `action` is reject, or a milder word of the MTA."""

    at: float
    action: str
    stage: str
    reply: Reply
    text: str
    sender: str
    recipient: str


@dataclass(slots=True)
class Session:
    """One client connection: what it handed over, what it was refused, how it ended.

    `ending` is quit, timeout, or the command after which the connection was lost.
    """

    server: int
    service: str
    client: Client
    start: float
    end: float
    tls: bool = False
    user: str | None = None
    messages: list[Message] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    ending: str = "quit"


@dataclass(slots=True)
class Knock:
    """A client that did not come past the outer guard, with the refusal if it got so far."""

    client: Client
    start: float
    end: float
    refusal: Refusal | None


@dataclass(slots=True)
class Noise:
    """Something else that a server has to say."""

    server: int
    start: float
    client: Client
    user: str


Event = Session | Message | Knock | Noise


def start_of(event: Event) -> float:
    """Say when an event begins; none of its lines comes earlier."""
    return event.arrived if isinstance(event, Message) else event.start
