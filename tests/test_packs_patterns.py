"""Patterns both readers read alike, in linear time; and layouts that never give what the patterns do not."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logscan.packs import mtas
from logscan.packs.clean import Bound, faults
from logscan.packs.examples import disagreement
from logscan.packs.strain import breaches

FIELD = 25_000


DIRTY = {
    r"^(?=a)": "lookaround", r"^(?!a)": "lookaround", r"^(?<=a)b": "lookaround", r"^(?<!a)b": "lookaround",
    r"^(?P<a>x)(?P=a)": "back-reference", r"^a\1": "back-reference", r"^(?>a)": "atomic", r"^(?(1)a)": "condition",
    r"^(?|a)": "branch reset", r"^(?R)": "recursion", r"^(?i)a": "flag", r"^(?i:a)": "flag", r"^(?#x)": "comment",
    r"^(?<a>x)": "(?P<name>", r"^(a)": "unnamed group", r"^a*+": "possessive", r"^a++": "possessive",
    r"^a{2}+": "possessive", r"^a**": "repeat", r"^a{2}{3}": "repeat", r"^\d": "[0-9]", r"^\w": "[0-9A-Za-z_]",
    r"^\s": "[ \\t]", r"^a\b": "not the same", r"^[\d]": "[0-9]", r"^a\Z": "write $", r"^a\z": "write $",
    r"\Aa": "write ^", r"^\pL": "not the same", r"^\n": "not the same", r"^[a[b]]": "write \\[",
    r"^[[:alpha:]]": "write \\[", r"^[a&&b]": "sets within sets", r"^[]a]": "empty set", r"^{": "brace",
    r"^a{,2}": "brace", r"^a{1001}": "1000", r"^a|b": "alternatives", r"a": "start with ^",
    r"^a$b": "$ in the middle", r"^a^b": "^ in the middle", r"^(?:(?P<a>x),)*": "last turn",
    r"^(?P<a>x)(?P<a>y)": "twice", r"^(?:a": "refuses it", r"^a)": "too many", "^a\\": "backslash",
    r"^[a": "never closed", r"^[z-a]": "refuses it",
}  # fmt: skip


@pytest.mark.parametrize("pattern", DIRTY)
def test_what_the_readers_do_not_share_is_refused(pattern: str) -> None:
    assert DIRTY[pattern] in " ".join(faults(pattern))


@pytest.mark.parametrize(
    "pattern",
    [
        r"^a$",
        r"^(?:a|b)+?",
        r"^(?P<a>[^\[\]]*)\[(?:x)?",
        r"^[0-9A-Fa-f:.]{1,39}",
        r"^a\{\}\.\t\x41",
        "^ä[^é]",
        r"^(?:(?P<a>x),)?",
    ],
)
def test_clean_patterns_pass(pattern: str) -> None:
    assert not faults(pattern)


def test_an_end_is_enough_for_some() -> None:
    assert not faults(r"(?:^|/)smtp$", Bound.EITHER)
    assert faults(r"smtp\$", Bound.EITHER)


def test_a_pattern_that_only_one_compiler_takes_is_refused() -> None:
    assert "the columnar reader refuses it" in " ".join(faults(r"^(?:(?:[a-z]{1000}){1000}){50}"))


def test_slow_patterns_are_found() -> None:
    pattern = r'^x (?P<a>.*);(?: from=<(?P<b>(?:"(?:[^"\\]|\\.)*"|[^">])*)>)? proto'
    assert list(breaches([pattern], ["x b; from=<c> proto"], [], 0))


def test_fast_patterns_are_let_pass() -> None:
    assert not list(breaches([r"^x (?P<a>[^;]*); from=<(?P<b>[^<>]*)> (?P<c>.*)$"], ["x b; from=<c> d"], [], FIELD))


# layouts against patterns, on lines that the packs do not hold

_PIECES = (
    ", status=", ">, ", ": to=<", " (", '"', "\\", "<", ">", "; from=<", "> to=<", "> proto=", ", ", "=", ": ", "@",
    "[", "]", ")", " ", "x", ";", " from ", "reject: ", "status=sent (250 ok)", "orig_to=<", "proto=SMTP",
    " helo=<a>", " sasl_x=y",
)  # fmt: skip
_WITH_LAYOUT = [(pack, shape) for pack in mtas() for shape in pack.shapes if shape.layout]


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_layouts_never_disagree_with_patterns(data: st.DataObject) -> None:
    pack, shape = data.draw(st.sampled_from(_WITH_LAYOUT))
    line = str(data.draw(st.sampled_from([example["line"] for example in shape.examples])))
    for _ in range(data.draw(st.integers(1, 4))):
        at, upto = sorted((data.draw(st.integers(0, len(line))), data.draw(st.integers(0, len(line)))))
        upto = upto if data.draw(st.booleans()) else at
        line = line[:at] + data.draw(st.sampled_from(_PIECES)) + line[upto:]
    assert not disagreement(pack, shape, line), line
