"""Rules and providers that break a law are found and named in words."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from logscan.classifier import classify_events
from logscan.packs import knowledge
from logscan.packs.check import Trouble, check_providers, check_rules
from logscan.packs.remedies import reply_of, variants
from logscan.rules import Reply, decide


def write(folder: Path, place: str, text: str) -> Path:
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def texts(found: list[Trouble]) -> str:
    return "\n".join(str(trouble) for trouble in found)


RULE = """
[[rule]]
id = "x"
text = ["so it is"]
reason = "policy"
remedy = "Do it."
source = "RFC 5321"
example = { diagnostic = "550 5.7.1 So it is" }
"""
BROKEN_RULES = {
    "key": ("remedy =", "remdey =", "rule 'x': unknown key 'remdey'; did you mean 'remedy'?"),
    "no source": ('source = "RFC 5321"\n', "", "needs 'source'"),
    "no example": ("example = {", "# {", "needs 'example'"),
    "reason": ('"policy"', '"polcy"', "did you mean 'policy'?"),
    "party": ("reason =", 'party = "them"\nreason =', "party has to be one of us, recipient, peer, network, nobody"),
    "commands": ("reason =", 'commands = ["HELO"]\nreason =', "commands has to be a list of CONNECT"),
    "mta": ("reason =", 'mta = "postfx"\nreason =', "there is no MTA 'postfx'"),
    "provider": ("reason =", 'provider = "gogle"\nreason =', "there is no provider 'gogle'"),
    "code": ("reason =", 'codes = ["5xx"]\nreason =', "'5xx' is no code"),
    "no condition": ('text = ["so it is"]\n', "", "needs text or codes"),
    "short text": ('["so it is"]', '["so"]', "at least 4 characters"),
    "star": ('["so it is"]', '["*so it is"]', "neither * nor a blank at an end"),
    "check": ("remedy =", 'check = "dig {domian}"\nremedy =', "check: {domian} is not known"),
    "more": ("remedy =", 'more = "ftp://x"\nremedy =', "https://"),
    "example": ("So it is", "So it was", "does not meet its conditions"),
    "example key": ("{ diagnostic", "{ diagnostc", "unknown key 'diagnostc'; did you mean 'diagnostic'?"),
    "positive": ("550 5.7.1", "250 2.0.0", "is decided by its success"),
    "dead text": ('["so it is"]', '["so it is", "too many hops"]', ""),
    "dead code": ("reason =", 'codes = ["550", "250"]\nreason =', "its code '250' is decided by its success"),
    "masked text is good": ('["so it is"]', '["so it is", "see bl.example.org"]', ""),
    "twice": ("[[rule]]", RULE + "[[rule]]", "there is another one of this id"),
    "id": ('id = "x"', 'id = "Rule X"', "the id has to be of small letters"),
    "taken id": ('id = "x"', 'id = "greylisting"', "another file has a rule of this id"),
    "list": ("[[rule]]", "[rule]", "rule has to be a list of tables"),
}  # fmt: skip


def test_the_rule_that_is_broken_below_is_good(tmp_path: Path) -> None:
    assert not check_rules(write(tmp_path, "remedies/x.toml", RULE), knowledge())


@pytest.mark.parametrize("name", BROKEN_RULES)
def test_broken_rules_are_refused_in_words(name: str, tmp_path: Path) -> None:
    old, new, message = BROKEN_RULES[name]
    path = write(tmp_path, "remedies/x.toml", RULE.replace(old, new, 1))
    known = knowledge()
    if name == "taken id":
        known = knowledge((tmp_path,))
    found = check_rules(path, known)
    assert message in texts(found)
    assert bool(found) == bool(message)


def test_a_rule_behind_a_more_general_one_is_dead(tmp_path: Path) -> None:
    later = RULE.replace('"x"', '"y"').replace('["so it is"]', '["so it is not"]').replace("So it is", "So it is not")
    found = check_rules(write(tmp_path, "remedies/x.toml", RULE + later), knowledge())
    assert "rule 'y': its example is decided by rule 'x'" in texts(found)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("", "", ""),
        ('name = "X"', 'nmae = "X"', "unknown key 'nmae'; did you mean 'name'?"),
        ('hosts = ["x.example"]', "", "needs hosts or domains"),
        ('hosts = ["x.example"]', 'hosts = [".X.example"]', "is no domain name in small letters"),
        ('hosts = ["x.example"]', 'hosts = "x.example"', "hosts has to be a list of texts"),
        ("[[provider]]", '[[provider]]\nid = "y"\nname = "Y"\nhosts = ["x.example"]\n[[provider]]', "is 'y' already"),
        ("hosts =", 'postmaster = "x.example"\nhosts =', "postmaster has to be the address of a page"),
    ],
)
def test_broken_providers_are_refused_in_words(old: str, new: str, message: str, tmp_path: Path) -> None:
    text = '[[provider]]\nid = "x"\nname = "X"\nhosts = ["x.example"]\n'
    found = check_providers(write(tmp_path, "providers.toml", text.replace(old, new, 1)))
    assert message in texts(found)
    assert bool(found) == bool(message)


def test_whole_columns_are_decided_like_single_replies_in_any_case_and_script() -> None:
    known = knowledge()
    replies, hosts = [], []
    for rule in known.rules:
        first = reply_of(rule)
        for reply in (first, *(variant for _, variant in variants(rule, first))):
            for text in (reply.diagnostic or "", (reply.diagnostic or "").upper()):
                replies.append(reply._replace(diagnostic=text))
                hosts.append(
                    next(iter(known.providers[reply.provider].get("hosts", [None]))) if reply.provider else None
                )
    frame = pl.DataFrame(
        {name: [getattr(reply, name) for reply in replies] for name in Reply._fields if name != "provider"},
        schema_overrides={name: pl.UInt16 if name == "reply_code" else pl.String for name in Reply._fields},
    ).with_columns(remote_mta=pl.Series(hosts, dtype=pl.String))
    found = classify_events(frame, known)
    alone = [
        decide(reply._replace(provider=known.provider_of(host, None, reply.diagnostic)), known)
        for reply, host in zip(replies, hosts, strict=True)
    ]
    wrong = [
        (row["diagnostic"], row["rule"], one.rule)
        for row, one in zip(found.iter_rows(named=True), alone, strict=True)
        if (row["rule"], row["reason"], row["status"]) != (one.rule, one.reason, one.status)
    ]
    assert not wrong
    assert len(replies) > 2000
