"""The replies of `replies.toml`, ready to draw from."""

import re
import tomllib
from bisect import bisect
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

REPLY_CODE = re.compile(r"([2-5][0-9]{2})(?:[ -]|$)")
ENHANCED_CODE = re.compile(r"(?:[0-9]{3}[ -])?([245]\.[0-9]{1,3}\.[0-9]{1,3})(?: |$)")
TOKEN = re.compile(r"\{(?:id|n|epoch)\}")
LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a peer answered, or what an MTA says when nobody answered (then `phase` is empty)."""

    phase: str
    template: str
    code: int | None
    enhanced: str | None
    dsn: str

    def render(self, rng: Random, values: dict[str, str]) -> str:
        """Fill the place holders; tokens and numbers are drawn anew each time."""
        text = TOKEN.sub(lambda match: _token(match[0], rng), self.template)
        return text.format_map(values) if "{" in text else text


@dataclass(slots=True)
class Deck:
    """Replies with weights."""

    replies: list[Reply] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)

    def add(self, reply: Reply, weight: float) -> None:
        """Put one reply into the deck; the weights are kept as a running sum."""
        self.replies.append(reply)
        self.weights.append(weight + (self.weights[-1] if self.weights else 0.0))

    def draw(self, rng: Random) -> Reply:
        """Draw one reply by weight."""
        return self.replies[bisect(self.weights, rng.random() * self.weights[-1])]


@dataclass(slots=True)
class Provider:
    """One receiver: its hosts and what it says."""

    name: str
    hosts: list[str]
    share: float
    sent: Deck
    deferred: Deck
    bounced: Deck


def load(path: Path | None = None) -> dict[str, Provider]:
    """Read the replies; the default is the file beside this module."""
    with (path or Path(__file__).with_name("replies.toml")).open("rb") as stream:
        tables = tomllib.load(stream)
    return {name: _provider(name, table) for name, table in tables.items()}


def shares(providers: dict[str, Provider]) -> tuple[list[Provider], list[float]]:
    """Give the providers that domains choose, with the running sum of their shares."""
    chosen = [provider for provider in providers.values() if provider.share > 0]
    return chosen, list(accumulate(provider.share for provider in chosen))


def parse(phase: str, text: str) -> Reply:
    """Make a reply of its text; what has no reply code at its start is an MTA's own word."""
    if phase[0].isdigit():
        return Reply("", text, None, None, phase)
    code_match, enhanced_match = REPLY_CODE.match(text), ENHANCED_CODE.match(text)
    if code_match is None and "/" not in phase:
        raise ValueError(f"replies.toml: no reply code at the start of {text!r}")
    enhanced = enhanced_match[1] if enhanced_match else None
    # Postfix takes the enhanced code only when its class is that of the reply code.
    fits = enhanced is not None and enhanced[0] == text[0]
    dsn = enhanced if enhanced is not None and fits else f"{text[0]}.0.0"
    if phase == "GREETING":
        # It tries again after any refusal in the greeting.
        dsn = "4" + dsn[1:]
    return Reply(phase, text, int(code_match[1]) if code_match else None, enhanced, dsn)


def _provider(name: str, table: dict[str, Any]) -> Provider:
    """Build one provider from its TOML table."""
    decks = {"deferred": Deck(), "bounced": Deck()}
    for kind, deck in decks.items():
        for entry in table.get(kind, []):
            phase, weight, text = entry.split(" ", 2)
            # Who is refused in the greeting is not bounced by Postfix, whatever the code.
            target = decks["deferred"] if phase == "GREETING" else deck
            target.add(parse(phase, text), float(weight))
    sent = Deck()
    for text in table.get("sent", []):
        sent.add(parse("EOD" if text[0].isdigit() else "2.0.0", text), 1.0)
    share = float(table.get("share", 0))
    return Provider(name, table.get("mx", []), share, sent, decks["deferred"], decks["bounced"])


def _token(placeholder: str, rng: Random) -> str:
    """Draw a session token, a number or a time, as servers put them into replies."""
    if placeholder == "{n}":
        return str(rng.randrange(100, 100_000))
    if placeholder == "{epoch}":
        return str(1_767_571_200 + rng.randrange(604_800))
    return token(rng, 10)


def token(rng: Random, length: int) -> str:
    """Draw an id of letters and digits."""
    return "".join(rng.choices(LETTERS, k=length))
