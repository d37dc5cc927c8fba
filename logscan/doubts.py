"""How far the reason of a reply can be trusted: what else the same reply speaks for.

The words of a provider or of an MTA are its own, and a rule for them is sure, unless all its words together speak quite
another language. Words that any server may write are sure as long as nothing in the same reply contradicts them, and
all its words together (``logscan.weighing``) speak for the same reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from logscan.codes import Basis, Reason, Status
from logscan.packs.knowledge import Knowledge, Rule
from logscan.rules import Guess, Reply, evidence, guesses, heard, said
from logscan.template import bare
from logscan.weighing import weigh

_UNREAD = "its text was not recognised"
_BACKED = {True: 0.9, False: 0.3}  # by whether a rule is general: how likely its reason is for all the words together
_LIKELY = 0.6


def ranked(reply: Reply, known: Knowledge, status: Status) -> list[Guess]:
    """Every reason that the evidence speaks for, strongest first; the first one with what makes it doubtful."""
    found = list(guesses(reply, known, status))
    first = found[0]
    if first.rule is not None:
        doubt = _doubt(first.rule, found[1:], heard(reply.diagnostic)) or _unbacked(first.rule, reply)
    elif first.basis is Basis.WORDS:
        doubt = "no rule knows this text" if first.share >= _LIKELY and first.reason != Reason.UNDEFINED else ""
    else:
        doubt = _UNREAD if first.sure and first.reason != Reason.DELIVERED and _has_words(reply.diagnostic) else ""
    if doubt:
        found[0] = replace(first, sure=False, doubt=doubt)
    return found


def _has_words(diagnostic: str | None) -> bool:
    """Tell whether a reply says more than its codes."""
    return any(len(word) > 1 and word.isalpha() for word in bare(diagnostic or "").split())


def _doubt(rule: Rule, others: Iterable[Guess], text: str) -> str:
    if rule.weak:
        return "its words are used for other reasons, too"
    if not rule.general:
        return ""
    own = _spoken(rule, text)
    for other in others:
        if other.reason == rule.reason or not other.sure:
            continue
        if other.rule is None:
            return f"its {'verdict' if other.basis is Basis.DSN else 'code'} says otherwise"
        if not other.rule.weak and not all(any(part in mine for mine in own) for part in _spoken(other.rule, text)):
            return "other words in it speak for another reason"
    return ""


def _unbacked(rule: Rule, reply: Reply) -> str:
    """What is to be said where all the words of a reply do not speak for the reason that a rule found in some."""
    if not rule.shipped or (not rule.general and _coded(rule, reply)):  # the site knows, and a provider its codes
        return ""
    share = next((opinion.share for opinion in weigh(evidence(reply)) if opinion.reason == rule.reason), 1.0)
    return "" if share >= _BACKED[rule.general] else "the rest of its words leaves doubt"


def _coded(rule: Rule, reply: Reply) -> bool:
    """Whether a rule went by a code, or by a tag with digits in it."""
    parts = _spoken(rule, heard(reply.diagnostic))
    return bool(rule.codes) or any(char.isdigit() for part in parts for char in part)


def _spoken(rule: Rule, text: str) -> list[str]:
    """The fragments of a rule that stand in a text; a rule without any has been taken for its codes."""
    return [part for part in rule.text if said(part, text)] or [text]
