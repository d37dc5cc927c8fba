"""Puts codes side by side: what differs, what agrees, and which of them applies when.

Everything is derived from the pages, that is from ``patterns/codes.toml``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations

from logscan.codes import SmtpCommand, Status
from logscan.explaining import words
from logscan.reference import Compared, Difference, Page
from logscan.render.reference import phrases

_PLAIN_IF_SAME = ("Kind", "Standard")  # not worth a line unless they differ


def compared(pages: Sequence[Page]) -> Compared:
    """The comparison of two or more pages."""
    out = Compared(codes=list(pages))
    for aspect, tell in _ASPECTS:
        values = [tell(page) for page in pages]
        same = len(set(values)) == 1
        if aspect == "Class" and _alike(pages, "status") and not same:
            values, same = [" or ".join(dict.fromkeys(values))], True  # one class, told in two ways
        if not any(values) or (same and aspect in _PLAIN_IF_SAME):
            continue
        (out.common if same else out.differences).append(Difference(aspect, values[:1] if same else values))
    out.guide = [
        *_together(pages),
        *_by_class(pages),
        *_by_command(pages),
        *_by_companion(pages),
        *_by_reason(pages),
    ]
    return out


def _alike(pages: Sequence[Page], name: str) -> bool:
    return len({getattr(page, name) for page in pages}) == 1


def _digit(page: Page) -> str:
    return page.code[0]


def _class(page: Page) -> str:
    # A reply code and an enhanced code of one class are alike, so the words are those of the reply code's digit.
    return f"{page.klass.code} {page.klass.name}" if page.status else page.klass.name


def _retry(page: Page) -> str:
    return words.RETRIES[Status(page.status)] if page.status else "the first number tells"


def _answers(page: Page) -> str:
    # No list says which commands an enhanced status code answers; its sentence does.
    return phrases.answered(page.commands) or page.when


def _group(page: Page) -> str:
    return f"{page.group.name} ({page.group.code}): {page.group.meaning[:1].lower()}{page.group.meaning[1:]}"


def _delivery(page: Page) -> str:
    if page.delivers:
        return "yes, after the end of the data"
    if page.delivers is None:
        return "only beside a 250 after the end of the data" if page.status else "the first number tells"
    if page.session:
        return "never: a step of the session"
    if page.status == Status.POSITIVE:
        return "no: a step on the way" if page.listed else "not known"
    return "no"


def _reasons(page: Page) -> str:
    if page.status == Status.POSITIVE:
        return "none: nothing was refused"
    titles = _titles(page)
    if not titles:
        return "the text tells"
    phrase = phrases.listed(titles, "or")
    return phrase if page.alone else f"{phrase}; the text tells"


def _titles(page: Page) -> list[str]:
    """The reasons a code stands for, those that hold after any command first."""
    return list(dict.fromkeys(sense.title for sense in sorted(page.senses, key=lambda sense: bool(sense.commands))))


def _standing(page: Page) -> str:
    if page.standard:
        return "yes"
    return "no, though servers send it or lists name it" if page.listed else "no"


def _kind(page: Page) -> str:
    return "reply code: what the sender does" if page.kind == "reply_code" else "enhanced status code: why"


_ASPECTS: tuple[tuple[str, Callable[[Page], str]], ...] = (
    ("Kind", _kind),
    ("Class", _class),
    ("Sender does", lambda page: page.sender_does),
    ("Retry", _retry),
    ("In reply to", _answers),
    ("About", _group),
    ("A delivery", _delivery),
    ("Usual reason", _reasons),
    ("Who acts", lambda page: page.party),
    ("Standard", _standing),
)


def _codes(pages: Iterable[Page], last: str = "and") -> str:
    return phrases.listed([page.code for page in pages], last)


def _together(pages: Sequence[Page]) -> list[str]:
    """A reply code and an enhanced code are often no alternatives but two parts of one reply."""
    out = []
    for one, other in combinations(pages, 2):
        if one.kind == other.kind:
            continue
        reply, enhanced = (one, other) if one.kind == "reply_code" else (other, one)
        both = f"{reply.code} {enhanced.code}"
        if enhanced.status and _digit(reply) != _digit(enhanced):
            out.append(
                f"{reply.code} and {enhanced.code} do not belong into one reply: their classes differ. "
                f"Where a server sends {both}, the {_digit(reply)} of the reply code counts."
            )
        elif _goes_with(reply, enhanced):
            out.append(
                f"They are no alternatives: one reply often carries both, and `logscan explain {both}` explains it."
            )
        else:
            out.append(f"One reply may carry both, as {both}, though that is not usual.")
    return out


def _goes_with(reply: Page, enhanced: Page) -> bool:
    generic = enhanced.code[1:]
    return any(c.code[1:] == generic for c in reply.companions) or any(
        c.code == reply.code for c in enhanced.companions
    )


def _by_class(pages: Sequence[Page]) -> list[str]:
    if not all(page.status for page in pages):
        return []
    by_digit: dict[str, list[Page]] = {}
    for page in pages:
        by_digit.setdefault(_digit(page), []).append(page)
    out = [
        f"{words.first_sentence(group[0].klass.meaning)}: {_codes(group)}."
        for group in by_digit.values()
        if len(by_digit) > 1
    ]
    for group in by_digit.values():
        if len(group) > 1:
            if not _alike(group, "kind"):
                continue
            who = "Both" if len(pages) == 2 else _codes(group)
            out.append(f"{who} {words.SAME_CLASS[Status(group[0].status)]}.")
    return out


def _by_command(pages: Sequence[Page]) -> list[str]:
    """Commands that only some of the reply codes answer."""
    if not all(page.commands for page in pages):
        return []
    by_owner: dict[tuple[str, ...], list[str]] = {}
    for command in SmtpCommand:
        owners = tuple(page.code for page in pages if command in page.commands)
        if owners:
            by_owner.setdefault(owners, []).append(command)
    out = []
    for owners, commands in by_owner.items():
        when = phrases.after(commands)
        if len(owners) < len(pages):
            out.append(f"Only {phrases.listed(owners, 'or')} is usual {when}.")
        elif _alike(pages, "status"):
            both = "Both" if len(pages) == 2 else "All"
            out.append(f"{both} are usual {when}: there the enhanced status code and the text tell them apart.")
    return out


def _by_companion(pages: Sequence[Page]) -> list[str]:
    """Codes that stand beside only one of them."""
    if not _alike(pages, "kind"):
        return []
    out = []
    for page in pages:
        others = {c.code for other in pages if other is not page for c in other.companions}
        own = [c.code for c in page.companions if c.code not in others]
        if own and _alike(pages, "status"):
            verb = "carries" if page.kind == "reply_code" else "stands behind"
            out.append(f"Only {page.code} usually {verb} {phrases.listed(own, 'or')}.")
    return out


def _by_reason(pages: Sequence[Page]) -> list[str]:
    out = []
    for page in pages:
        titles = _titles(page)
        if page.status == Status.POSITIVE or not titles:
            continue
        means = "means" if page.alone else "mostly means"
        out.append(f"{page.code} {means} {phrases.listed(titles, 'or')}.")
    return out
