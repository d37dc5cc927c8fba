"""Packs that break a law: each breach is named in words, with file and line, and none ends in a traceback."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logscan.errors import PackError
from logscan.packs import root
from logscan.packs import trouble as troubles
from logscan.packs.check import Trouble, check_file, check_mta

README = (root() / "README.md").read_text(encoding="utf-8")
# The good pack that is broken below: the example of the specification.
ACME = re.findall(r"^```toml\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)[0]


def write(folder: Path, place: str, text: str) -> Path:
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def texts(found: list[Trouble]) -> str:
    return "\n".join(str(trouble) for trouble in found)


# packs that break a law

PATTERN = "patterns = ['''^(?P<queue_id>{ID}) (?P<outcome>"  # of the event "delivery"
OTHER_EVENT = """[[event]]
id = "all"
anchors = ["refused "]
patterns = ['''^refused (?P<diagnostic>.*)$''']
fixed = { event = "session", outcome = "other" }
[[event.example]]
line = "refused all"
agent = "acmemail"
expect = { event = "session" }

[[event]]
id = "refusal"
"""
FRAME = """[[frame]]
id = "own"
pattern = '''^(?P<_stamp>[^ ]+) (?P<reporting_mta>[^ ]+) '''
stamp = "iso"
example = "yesterday mx1 7F3A21 sent"

[define]
"""
FORGED = "'''7F3A21 sent <a@b.example> via x[192.0.2.1] in 0s: 250 ok''', "

# Name of the breach: a text of the good pack, what to put there instead, what has to be said.
BROKEN: dict[str, tuple[str, str, str]] = {
    "top level": ("[missing]", "[mising]", "top level: unknown key 'mising'; did you mean 'missing'?"),
    "mta key": ("reader =", "raeder =", "[mta]: unknown key 'raeder'; did you mean 'reader'?"),
    "mta lacks": ('name = "Acme Mail"\n', "", "[mta]: needs 'name'"),
    "no frames": ('frames = "syslog"\n', "", "no frame"),
    "frames": ('"syslog"', '"sislog"', "one of syslog, not 'sislog'; did you mean 'syslog'?"),
    "words column": ("[words.outcome]", "[words.outcom]", "'outcom' is no column; did you mean 'outcome'?"),
    "words value": ('sent = "delivered"', 'sent = "deliverd"', "'deliverd' is no outcome: delivered"),
    "words chain": ('sent = "delivered"', 'sent = "delivered"\ndelivered = "other"', "itself becomes 'other'"),
    "words gone": ("[words.smtp_command]", "[words.tls]", "takes smtp_command out of the line: [words."),
    "missing": ("remote_mta = [", "remote_mat = [", "'remote_mat' is no column; did you mean 'remote_mta'?"),
    "macro": ("{PEER} in", "{PEERS} in", "{PEERS} is not in [define]"),
    "event key": ("anchors =", "ancors =", "event 'delivery': unknown key 'ancors'; did you mean 'anchors'?"),
    "column": ("(?P<delay>", "(?P<dealy>", "unknown key 'dealy'; did you mean 'delay'?"),
    "own name": ("(?P<delay>", "(?P<_at>", "the readers use '_at' themselves"),
    "twice": ('id = "refusal"', 'id = "delivery"', "event 'delivery': there is another one of this id"),
    "no example": ("[[notice.example]]\n", "[[notice]]\n", "notice 'warning': needs 'example'"),
    "anchor": ('anchors = [" via "]', 'anchors = ["via: "]', "it holds none of the anchors"),
    "dead anchor": ('anchors = [" via "]', 'anchors = [" via ", " by "]', "no example holds the anchor ' by '"),
    "pattern": ("(?P<outcome>[a-z]+)", "(?P<outcome>[A-Z]+)", "no pattern matches it"),
    "dead pattern": ("patterns = ['''^started", "patterns = ['''^stop''', '''^started", "pattern 1 takes no example"),
    "expect": ("delay = 1.4, reply", "delay = 1.5, reply", "expects delay = 1.5, but gives 1.4"),
    "expect column": ("delay = 1.4, reply", "dalay = 1.4, reply", "expect names 'dalay', which is no column"),
    "lacks": ('lacks = ["remote_mta"', 'lacks = ["remote_ip"', "should lack remote_ip, but gives '192.0.2.77'"),
    "agent": ('agent = "acmemail"', 'agent = "acme"', "the agent 'acme' is none that tag knows"),
    "no outcome": ("(?P<outcome>refused)", "refused", "gives no outcome: every event has one"),
    "fixed word": ('direction = "inbound"', 'direction = "in"', "fixed direction = 'in', which is none of"),
    "fixed and taken": ('"outbound" }', '"outbound", delay = "1" }', "delay is fixed and taken out of the line"),
    "forged": ("'''warning: bad", FORGED + "'''warning: bad", "is forged, but event 'delivery' takes it"),
    "no forged": (ACME[ACME.index("[[forged]]") :], "", "no forged lines: add [[forged]]"),
    "forged key": ("[[forged]]\nagent", "[[forged]]\nagnet", "unknown key 'agnet'; did you mean 'agent'?"),
    "kind": ('["refused "]', '"refused "', "anchors has to be a list of texts, not 'refused '"),
    "severity": ('severity = "warning"', 'severity = "warn"', "did you mean 'warning'?"),
    "unanchored": ("'''^warning", "'''warning", "has to start with ^"),
    "shadowed": ('[[event]]\nid = "refusal"\n', OTHER_EVENT, "event 'all' takes it first"),
    "layout": (PATTERN, f'layout = [["queue_id", " ", ""], ["diagnostic", "", ""]]\n{PATTERN}', "the layout gives"),
    "layout step": (PATTERN, f'layout = [["queue_id", " "]]\n{PATTERN}', "a list of steps of three texts each"),
    "layout end": (PATTERN, f'layout = [["queue_id", " ", ""]]\n{PATTERN}', "the last field goes on to the end"),
    "layout middle": (PATTERN, f'layout = [["client", "", ""], ["tls", "", ""]]\n{PATTERN}', "only the last field"),
    "part": ('"outbound" }', '"outbound" }\nparts = ["relay"]', "there is no part 'relay'"),
    "frame": ("[define]", FRAME, "'yesterday' is no stamp of the kind iso"),
    "frame key": ("[define]", FRAME.replace("pattern", "patern"), "frame 'own': unknown key 'patern'"),
    "frame group": ("[define]", FRAME.replace("reporting_mta", "host"), "unknown group 'host'"),
    "frame example": ("[define]", FRAME.replace(" mx1 7F3A21 sent", ""), "does not take its example"),
    "number": ("size 2048'''", "size 2048k'''", "no pattern matches it"),
    "no toml": ("[define]", "[define", "not valid TOML"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_broken_packs_are_refused_in_words(name: str, tmp_path: Path) -> None:
    old, new, message = BROKEN[name]
    assert ACME.count(old) >= 1, "the example of the README has changed"
    path = write(tmp_path, "mta/acmemail.toml", ACME.replace(old, new, 1))
    found = check_mta(path, 0)
    assert message in texts(found)
    assert all(str(trouble).startswith(f"{path}:{trouble.line}: ") for trouble in found)


def test_troubles_name_the_line(tmp_path: Path) -> None:
    path = write(tmp_path, "mta/acmemail.toml", ACME.replace("delay = 1.4, reply", "delay = 1.5, reply"))
    line = next(
        n for n, text in enumerate(path.read_text().split("\n"), 1) if text.startswith("line = '''7F3A21 failed")
    )
    assert [trouble.line for trouble in check_mta(path, 0)] == [line]
    path = write(tmp_path, "mta/acmemail.toml", ACME.replace('name = "Acme Mail"', 'nam = "Acme Mail"'))
    assert [trouble.line for trouble in check_mta(path, 0)] == [1, 3]


PARTS = """
[[part]]
id = "{id}"
of = "{of}"
{more}patterns = ['''{pattern}''']
fixed = {{ tls = "yes" }}
"""


@pytest.mark.parametrize(
    ("of", "more", "pattern", "message"),
    [
        ("diagnostic", "", "^550 ", ""),
        ("_relay", "", "^x", "part 'p' reads '_relay', which this shape does not take out of the line"),
        ("diagnostic", 'when = { outcome = "bounced" }\n', "^550 ", "needs an anchor, as it has a condition"),
        (
            "diagnostic",
            "",
            "^550 (?P<diagnostic>.*)",
            "needs an anchor, as it has a condition or rewrites what it reads",
        ),
        (
            "diagnostic",
            'anchor = "550"\nwhen = { _no = "x" }\n',
            "^550 ",
            "asks for '_no', which nothing before it fills",
        ),
        ("diagnostic", 'anchor = "550"\ncut = true\n', " user$", ""),
        ("diagnostic", 'anchor = "550"\ncut = true\n', "^550 ", "has to end in $"),
        ("diagnostic", "", "^650 ", "pattern 1 takes no example"),
        ("agent", "", "mail$", ""),
        ("agent", "", "mail", "has to start with ^ or end with $"),
        ("outcom", "", "^x", "did you mean 'outcome'?"),
    ],
)
def test_parts(of: str, more: str, pattern: str, message: str, tmp_path: Path) -> None:
    text = ACME.replace('direction = "outbound" }', 'direction = "outbound" }\nparts = ["p"]', 1)
    path = write(tmp_path, "mta/acmemail.toml", text + PARTS.format(id="p", of=of, more=more, pattern=pattern))
    found = texts(check_mta(path, 0))
    assert message in found
    assert bool(found) == bool(message)


def test_a_part_without_an_anchor_stands_before_those_with_one(tmp_path: Path) -> None:
    text = ACME.replace('direction = "outbound" }', 'direction = "outbound" }\nparts = ["p", "q"]', 1)
    text += PARTS.format(id="p", of="diagnostic", more='anchor = "550"\n', pattern="^550 ")
    text += PARTS.format(id="q", of="diagnostic", more="", pattern="^550 ")
    assert "part 'q' has no anchor, so it has to stand before 'p'" in texts(
        check_mta(write(tmp_path, "a.toml", text), 0)
    )


def test_a_part_that_no_shape_uses_is_dead(tmp_path: Path) -> None:
    text = ACME + PARTS.format(id="p", of="diagnostic", more="", pattern="^550 ")
    assert "part 'p': no shape uses it" in texts(check_mta(write(tmp_path, "a.toml", text), 0))


# files


@pytest.mark.parametrize("text", ["", "x = 1", "[[rule]]\nid = 1", "[[provider]]", "[mta]", "\x00"])
def test_files_of_no_use_are_named(text: str, tmp_path: Path) -> None:
    found = check_file(write(tmp_path, "some.toml", text))
    assert found
    assert all(trouble.path.name == "some.toml" for trouble in found)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    assert "No such file" in texts(check_file(tmp_path / "mta" / "x.toml"))
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xff")
    assert "not UTF-8" in texts(check_file(path))


def test_refusals_of_the_loader_keep_their_place(tmp_path: Path) -> None:
    path = write(tmp_path, "x.toml", "")
    found = troubles.Troubles(path)
    found.refused(PackError(f"{path}:7: part 'x': unknown key 'y'; did you mean 'z'?"))
    found.refused(PackError(f"{path}: not valid TOML"))
    found.refused(PackError("elsewhere"))
    assert [str(trouble).removeprefix(str(path)) for trouble in found.found] == [
        ":7: part 'x': unknown key 'y'; did you mean 'z'?",
        ":1: file: not valid TOML",
        ":1: file: elsewhere",
    ]


# no pack ends in a traceback


def dumped(table: dict[str, Any]) -> str:
    """A table as TOML; JSON texts are TOML texts."""

    def value(item: Any) -> str:
        if isinstance(item, dict):
            return "{" + ", ".join(f"{json.dumps(key)} = {value(inner)}" for key, inner in item.items()) + "}"
        if isinstance(item, list):
            return "[" + ", ".join(map(value, item)) + "]"
        return json.dumps(item, ensure_ascii=False)

    return "".join(f"{json.dumps(key)} = {value(item)}\n" for key, item in table.items())


def places(item: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value within a table."""
    inner = item.items() if isinstance(item, dict) else enumerate(item) if isinstance(item, list) else ()
    return [path, *(way for key, value in inner for way in places(value, (*path, key)))]


GOOD = tomllib.loads((root() / "mta" / "postfix.toml").read_text(encoding="utf-8"))
PLACES = places(GOOD)[1:]
_VALUES = st.one_of(
    st.sampled_from(
        ["", "x", "^", "^(", "(?P<x>", "{QID}", "{X}", 0, 1.5, True, [], {}, [[]], [{}], {"id": 1}, [""], "agent", "_x"]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\x7f", exclude_categories=["Cs"]), max_size=8),
)


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_malformed_packs_give_troubles_and_never_another_exception(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    pack = json.loads(json.dumps(GOOD))
    for _ in range(data.draw(st.integers(1, 3))):
        way = data.draw(st.sampled_from(PLACES))
        holder = pack
        try:
            for key in way[:-1]:
                holder = holder[key]
            match data.draw(st.sampled_from(["drop", "rename", "replace", "copy"])):
                case "drop":
                    del holder[way[-1]]
                case "rename" if isinstance(holder, dict):
                    holder[data.draw(st.sampled_from(["x", "id", "of", "ids", "patterns", "pattern"]))] = holder.pop(
                        way[-1]
                    )
                case "copy" if isinstance(holder, list):
                    holder.append(holder[way[-1]])
                case _:
                    holder[way[-1]] = data.draw(_VALUES)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    path = write(tmp_path_factory.getbasetemp(), "mutants/postfix.toml", dumped(pack))
    for trouble in check_mta(path, 0):
        assert trouble.message
        assert trouble.line >= 1


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(st.sampled_from(["rule", "provider", "mta", "event", "x"]), _VALUES, max_size=3), _VALUES)
def test_malformed_files_give_troubles(
    tmp_path_factory: pytest.TempPathFactory, table: dict[str, Any], value: Any
) -> None:
    folder = tmp_path_factory.getbasetemp() / "files"
    for name in ("rule", "provider"):
        path = write(folder, "some.toml", dumped({**table, name: [{"id": "x", "text": value, "example": value}]}))
        assert check_file(path, 0)
