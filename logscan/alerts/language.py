"""The language of alerts: a small recursive-descent parser.

::

    alert      = all ("or" all)*           "and" binds closer than "or", "not" closer than both
    all        = term ("and" term)*
    term       = "not" term | "(" alert ")" | "any" "provider" ":" alert | measure operator value
    measure    = [PROVIDER "."] NAME ["." NAME]
    operator   = ">" | ">=" | "<" | "<=" | "=" | "==" | "!="
    value      = NUMBER ["%" | "s" | "min" | "m" | "h" | "d" | "w"]
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn

from logscan.alerts.conditions import Alert, AnyProvider, Comparison, Joined, Node, Not
from logscan.alerts.measures import FAMILIES, MEASURES, SHARE, TIME, Measure, Names
from logscan.errors import OptionError

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)(?P<unit>\s*%|\s*(?:s|min|m|h|d|w)\b|[A-Za-z]+)?"
    r"|(?P<name>[A-Za-z_][\w-]*(?:\.[\w-]+)*)|(?P<operator>>=|<=|==|!=|[<>=])|(?P<sign>[():]))",
    re.ASCII,
)
_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}
_WORDS = ("and", "or", "not", "any")
_TOO_DEEP = 50


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an expression and where it begins; the end of it is an empty one."""

    kind: str
    text: str
    place: int
    unit: str = ""


def parse(text: str, names: Names, option: str = "--fail-if") -> Alert:
    """An alert from its text; raises OptionError with the place in it, and close names for an unknown one."""
    text = "".join(char if char.isprintable() else "?" for char in " ".join(text.split()))
    parser = _Parser(text, names, option)
    node = parser.alert()
    if parser.here.kind != "end":
        parser.fail("here 'and' or 'or' should follow")
    return Alert(text, node)


class _Parser:
    def __init__(self, text: str, names: Names, option: str) -> None:
        self.text, self.names, self.option = text, names, option
        self.at = 0
        self.scoped = False
        self.depth = 0
        self.here = Token("start", "", 0)
        self.step()

    def step(self) -> Token:
        """Go on to the next token; return the one left behind."""
        left = self.here
        rest = len(self.text) - len(self.text[self.at :].lstrip())
        found = _TOKEN.match(self.text, self.at)
        if rest == len(self.text):
            self.here = Token("end", "", rest)
        elif found is None:
            self.here = Token("", self.text[rest], rest)
            hint = {"&": "write 'and'", "|": "write 'or'", "!": "write 'not'"}.get(self.text[rest], "")
            self.fail(f"{self.text[rest]!a} is no part of an alert{f'; {hint}' if hint else ''}")
        else:
            kind = next(name for name in ("number", "name", "operator", "sign") if found[name])
            self.here = Token(kind, found[kind], found.start(kind), (found["unit"] or "").strip())
            self.at = found.end()
        return left

    def fail(self, why: str, token: Token | None = None) -> NoReturn:
        """Raise the error for a token, with a caret under it."""
        place = token or self.here
        width = max(1, len(place.text))
        raise OptionError(
            f"{self.option}: {why} (`logscan measures` lists all)\n  {self.text}\n  {' ' * place.place}{'^' * width}"
        )

    def word(self, word: str) -> bool:
        """Whether a word stands here; if so, go on behind it."""
        if self.here.kind == "name" and self.here.text.lower() == word:
            self.step()
            return True
        return False

    def alert(self) -> Node:
        self.depth += 1
        if self.depth > _TOO_DEEP:
            self.fail("too many parentheses, one in the other")
        nodes = [self.all_of()]
        while self.word("or"):
            nodes.append(self.all_of())
        self.depth -= 1
        return nodes[0] if len(nodes) == 1 else Joined(True, tuple(nodes))

    def all_of(self) -> Node:
        nodes = [self.term()]
        while self.word("and"):
            nodes.append(self.term())
        return nodes[0] if len(nodes) == 1 else Joined(False, tuple(nodes))

    def term(self) -> Node:
        turned = False
        while self.word("not"):
            turned = not turned
        return Not(self.plain()) if turned else self.plain()

    def plain(self) -> Node:
        if self.here.text == "(":
            self.step()
            node = self.alert()
            if self.here.text != ")":
                self.fail("here a closing parenthesis should be")
            self.step()
            return node
        if self.here.text.lower() == "any":
            return self.any_provider()
        return self.comparison()

    def any_provider(self) -> Node:
        token = self.step()
        if self.scoped:
            self.fail("one 'any provider' within another", token)
        if not self.word("provider") or self.here.text != ":":
            self.fail("'any' is followed by 'provider:', and that by a condition")
        self.step()
        self.scoped = True
        node = AnyProvider(self.alert())
        self.scoped = False
        return node

    def comparison(self) -> Node:
        token = self.here
        if token.kind != "name" or token.text.lower() in _WORDS:
            self.fail("here a measure should be, such as bounced" if token.kind != "number" else
                      "a number stands behind the operator: write bounced > 5, not 5 < bounced")  # fmt: skip
        self.step()
        measure, key, provider = self.named(token)
        if self.here.kind != "operator":
            self.fail(f"after {token.text} one of > >= < <= = != should follow")
        sign = self.step().text
        if self.here.kind != "number":
            self.fail(f"after {sign} a number should follow: 100, 5%, 4h")
        return self.value(measure, key, provider, sign)

    def named(self, token: Token) -> tuple[Measure, str, str]:
        """The measure, its key in the figures, and the provider that a name means."""
        parts = token.text.lower().split(".")
        provider = ""
        if len(parts) > 1 and parts[0] in self.names.providers:
            provider = parts.pop(0)
        elif len(parts) > 1 and parts[0] not in FAMILIES:
            self.unknown("provider", parts[0], [*self.names.providers, *FAMILIES], token)
        if provider and self.scoped:
            self.fail("within 'any provider:' measures stand without a provider", token)
        family, key = parts[0], ".".join(parts)
        if len(parts) == 1:
            measure = MEASURES.get(key) or self.unknown("measure", key, [*MEASURES, *self.elsewhere(key)], token)
        elif family in FAMILIES:
            measure = FAMILIES[family]
            known = self.names.of(family)
            if parts[1] not in known or len(parts) > 2:
                self.unknown("reason" if family != "notice" else "kind of notice", ".".join(parts[1:]), known, token)
        else:
            self.unknown("measure", key, MEASURES, token)
        if (provider or self.scoped) and not measure.at_provider:
            able = [name for name, one in MEASURES.items() if one.at_provider]
            self.fail(f"{key} is not counted by provider; these are: {', '.join(able)}, reason.NAME", token)
        return measure, key, provider

    def elsewhere(self, word: str) -> list[str]:
        """Names of reasons and notices that contain a word, or that it may be a misspelling of."""
        full = [f"{family}.{name}" for family in FAMILIES for name in self.names.of(family)]
        return [name for name in full if word in name.partition(".")[2].split("_") or word == name.partition(".")[2]]

    def unknown(self, what: str, word: str, known: Iterable[str], token: Token) -> NoReturn:
        known = list(known)
        near = difflib.get_close_matches(word, known, n=2, cutoff=0.6)
        near += [name for name in known if name not in near and word in re.split(r"[._]", name)]
        hint = f"; did you mean {' or '.join(near[:3])}?" if near else ""
        self.fail(f"there is no {what} {word!r}{hint}", token)

    def value(self, measure: Measure, key: str, provider: str, sign: str) -> Node:
        token = self.step()
        value, unit = float(token.text), token.unit
        percent = unit == "%"
        if measure.kind == TIME:
            if unit not in _UNITS:
                self.fail(f"{key} is a time: write 90s, 30min, 4h, 2d or 1w", token)
            return Comparison(measure, key, provider, sign, value * _UNITS[unit], False)
        if unit and not percent:
            self.fail(f"{token.text}{unit} is no number; {key} is compared with one, such as {_sample(measure)}", token)
        if measure.kind == SHARE and not percent:
            self.fail(f"{key} is a percentage: write {token.text}%", token)
        if percent and not (measure.of or measure.kind == SHARE):
            self.fail(f"of {key} there is no percentage: write a number", token)
        return Comparison(measure, key, provider, sign, value, percent)


def _sample(measure: Measure) -> str:
    return "99%" if measure.kind == SHARE else "100 or 5%" if measure.of else "100"
