"""Puts codes side by side: what differs, what agrees, and which of them applies when.

Everything is derived from the pages, that is from ``patterns/codes.toml``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations

from logscan.codes import SmtpCommand, Status
from logscan.explaining import words
from logscan.reference import Compared, Difference, Page


def compared(pages: Sequence[Page]) -> Compared:
    """The comparison of two or more pages."""
    out = Compared(codes=list(pages))
    for aspect, tell in _ASPECTS:
        values = [tell(page) for page in pages]
        if not any(values):
            continue
        same = len(set(values)) == 1
        (out.common if same else out.differences).append(Difference(aspect, values[:1] if same else values))
    if _alike(pages, "kind"):
        own = _commands_aspect(pages) if pages[0].kind == "reply_code" else []
        out.differences[3:3] = own
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


def _group(page: Page) -> str:
    return f"{page.group.name} ({page.group.code})"


def _delivery(page: Page) -> str:
    if page.delivers:
        return "yes, after the end of the data"
    if page.delivers is None:
        return "only beside the 250 after the end of the data" if page.status else "the first number tells"
    if page.session:
        return "never: a step of the session"
    return "no: a step on the way" if page.status == Status.POSITIVE else "no"


def _reasons(page: Page) -> str:
    if page.status == Status.POSITIVE:
        return ""
    titles = list(dict.fromkeys(sense.title for sense in page.senses))
    if not titles:
        return "the text tells"
    phrase = words.listed(titles, "or")
    return phrase if page.alone else f"{phrase}; the text tells"


def _standing(page: Page) -> str:
    if page.standard:
        return "yes"
    return "no, though servers send it or lists name it" if page.listed else "no"


_ASPECTS: tuple[tuple[str, Callable[[Page], str]], ...] = (
    ("Class", _class),
    ("Sender does", lambda page: page.sender_does),
    ("Retry", _retry),
    ("About", _group),
    ("Delivery", _delivery),
    ("Usual reason", _reasons),
    ("Who acts", lambda page: page.party),
    ("Standard", _standing),
)


def _commands_aspect(pages: Sequence[Page]) -> list[Difference]:
    values = [every(page.commands) for page in pages]
    return [Difference("In reply to", values)] if len(set(values)) > 1 and all(values) else []


def every(commands: Sequence[str]) -> str:
    """The commands a reply code answers, in words."""
    return "anything at all" if len(set(commands)) == len(SmtpCommand) else words.commands(commands)


def _codes(pages: Iterable[Page], last: str = "and") -> str:
    return words.listed([page.code for page in pages], last)


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
            out.append(f"They are no alternatives: one reply often carries both, as {both}.")
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
        when = words.after(commands)
        if len(owners) < len(pages):
            out.append(f"{when[0].upper()}{when[1:]}, of these, only {words.listed(owners, 'or')} is usual.")
        elif _alike(pages, "status"):
            tells = "the enhanced status code and the text tell which it is"
            out.append(f"{when[0].upper()}{when[1:]}, {'both' if len(pages) == 2 else 'all'} occur: {tells}.")
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
            verb = "Together with" if page.kind == "reply_code" else "Behind"
            out.append(f"{verb} {words.listed(own, 'or')} it is {page.code}.")
    return out


def _by_reason(pages: Sequence[Page]) -> list[str]:
    out = []
    for page in pages:
        titles = list(dict.fromkeys(sense.title for sense in page.senses))
        if page.status == Status.POSITIVE or not titles:
            continue
        means = "means" if page.alone else "mostly means"
        out.append(f"{page.code} {means} {words.listed(titles, 'or')}.")
    return out
