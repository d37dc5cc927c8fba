"""Weighs the words of a reply that no rule knows: what they speak of, together with its codes, makes a reason likely.

A linear model over named features: every list of words in ``patterns/concepts.toml`` that a reply touches, its words
and pairs of words, its codes and the command it answered. ``patterns/weights.json`` says how much each speaks for each
reason.
"""

from __future__ import annotations

import math
from collections import defaultdict
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from logscan.codes import Reason
from logscan.literals import Literals
from logscan.packs.weights import Concept, Weights, plain, weights
from logscan.template import bare

_STRENGTH = 2.0  # of all words, and of all pairs of words, together in the sense of Euclid


class Evidence(NamedTuple):
    """What is weighed of a reply; a subset of ``rules.Reply``."""

    event: str | None
    reply_code: int | None
    enhanced_code: str | None
    smtp_command: str | None
    words: str  # as ``words_of`` gives them


class Opinion(NamedTuple):
    """One reason, and how likely the words make it (0 to 1)."""

    reason: Reason
    share: float


def words_of(diagnostic: str | None) -> str:
    """The words of a diagnostic, numbers left out; empty where it says no more than codes."""
    return " ".join(word for word in plain(bare(diagnostic or "")).split() if not word.isdigit())


@lru_cache(maxsize=256)
def spoken_of(words: str, concepts: tuple[Concept, ...]) -> tuple[Concept, ...]:
    """The things that some words speak of."""
    pieces, owners = _index(concepts)
    found = {number for word in pieces.held(f" {words} ") for number in owners[word]}
    return tuple(concepts[number] for number in sorted(found))


@lru_cache(maxsize=16)
def _index(concepts: tuple[Concept, ...]) -> tuple[Literals, dict[str, list[int]]]:
    owners: dict[str, list[int]] = defaultdict(list)
    for number, concept in enumerate(concepts):
        for word in concept.words:
            owners[word].append(number)
    return Literals(owners), owners


def features(evidence: Evidence, concepts: tuple[Concept, ...]) -> dict[str, float]:
    """The features of a reply by name, and how strongly each is there."""
    out = {f":{concept.id}": 1.0 for concept in spoken_of(evidence.words, concepts)}
    words = evidence.words.split()
    for kind in ({*words}, {f"{one} {two}" for one, two in pairwise(words)}):
        out |= dict.fromkeys(sorted(kind), _STRENGTH / math.sqrt(len(kind) or 1))
    code, own = str(evidence.reply_code or ""), evidence.enhanced_code or ""
    named = (
        "all",
        f"code {code}",
        f"digit {(code or own)[:1]}",
        f"after {evidence.smtp_command or ''}",
        f"event {evidence.event or ''}",
    )
    out |= dict.fromkeys(named, 1.0)
    if own:
        out |= dict.fromkeys((f"X{own[1:]}", f"X.{own.split('.')[1]}.*"), 1.0)
    return out


@lru_cache(maxsize=2048)
def weigh(evidence: Evidence) -> tuple[Opinion, ...]:
    """The reasons that the words make likely, likeliest first; nothing where none of the words is known."""
    table = weights()
    known = spoken_of(evidence.words, table.concepts) or any(word in table.of for word in evidence.words.split())
    return weighed(evidence, table) if known else ()


def weighed(evidence: Evidence, table: Weights) -> tuple[Opinion, ...]:
    """The same with weights of one's own."""
    score = [0.0] * len(table.reasons)
    for name, strength in features(evidence, table.concepts).items():
        for number, weight in table.of.get(name, ()):
            score[number] += strength * weight
    top = max(score)
    shares = [math.exp((value - top) / 100) for value in score]
    total = sum(shares)
    opinions = (Opinion(reason, share / total) for reason, share in zip(table.reasons, shares, strict=True))
    return tuple(sorted(opinions, key=lambda opinion: -opinion.share))


def speaking_for(reason: Reason, evidence: Evidence) -> list[str]:
    """What a reply speaks of that makes a reason likely, as words for people, strongest first; three at the most."""
    table = weights()
    number = table.reasons.index(reason)
    found = []
    for concept in spoken_of(evidence.words, table.concepts):
        weight = dict(table.of.get(f":{concept.id}", ())).get(number, 0)
        if weight > 0:
            found.append((-weight, concept.title))
    return [title for _, title in sorted(found)[:3]]
