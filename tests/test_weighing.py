"""The words of replies, weighed: laws of the lists of words, and of what is made of them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logscan.codes import Reason
from logscan.errors import PackError
from logscan.packs import find
from logscan.packs.weights import load_concepts, plain, weights
from logscan.weighing import Evidence, features, speaking_for, spoken_of, weigh, words_of

TABLE = weights()
CONCEPTS = find.load_toml(find.root() / "concepts.toml")["concept"]


def evidence(text: str, code: int | None = 550, enhanced: str | None = None) -> Evidence:
    return Evidence("delivery", code, enhanced, None, words_of(text))


def test_lists_of_words_are_in_order() -> None:
    assert len({concept["id"] for concept in CONCEPTS}) == len(CONCEPTS)
    for concept in CONCEPTS:
        twice = [word for word, count in Counter(concept["words"]).items() if count > 1]
        assert not twice, concept["id"]
        ascii_words = [word.removesuffix("$") for word in concept["words"] if word.isascii()]
        odd = [word for word in ascii_words if plain(word).strip() != word]
        assert not odd, (concept["id"], odd)


def test_every_list_counts_and_nothing_else_is_named_so() -> None:
    used = {name[1:] for name in TABLE.of if name.startswith(":")}
    assert used == {concept.id for concept in TABLE.concepts}
    assert {*TABLE.reasons} <= {*Reason}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("the users space has been used up", Reason.MAILBOX_FULL),
        ("too swift, throttled, slow down the rate per hour", Reason.RATE_LIMITED),
        ("das Postfach dieses Benutzers ist unbekannt", Reason.USER_UNKNOWN),
        ("la boîte du destinataire est pleine", Reason.MAILBOX_FULL),
        ("cet utilisateur est inconnu", Reason.USER_UNKNOWN),
        ("该用户的邮箱空间已满", Reason.MAILBOX_FULL),
    ],
)
def test_words_that_no_rule_needs_to_know(text: str, reason: Reason) -> None:
    assert weigh(evidence(text))[0].reason is reason


def test_words_are_found_from_their_beginning_and_without_accents() -> None:
    found = {concept.id for concept in spoken_of(words_of("Boîte PLEINE"), TABLE.concepts)}
    assert {"recipient", "full"} <= found
    assert "full" not in {concept.id for concept in spoken_of(words_of("carefully"), TABLE.concepts)}


def test_names_addresses_and_numbers_are_not_words() -> None:
    text = "550 5.1.1 <quota@spam.example.com>: see https://blocked.example.com/virus?x=1 from 192.0.2.1"
    assert words_of(text) == "see from ip"
    assert words_of("550 5.1.1") == ""


def test_where_no_word_is_known_nothing_is_said() -> None:
    assert weigh(evidence("hm hm")) == ()
    assert weigh(evidence("550 5.1.1")) == ()


def test_what_it_speaks_of_is_told_in_words() -> None:
    told = speaking_for(Reason.MAILBOX_FULL, evidence("the users space is used up"))
    assert told
    assert {*told} <= {"space", "a recipient", "the size", "the disk of a server"}


@given(st.text(max_size=300))
def test_any_text_is_weighed(text: str) -> None:
    opinions = weigh(evidence(text))
    assert not opinions or sum(opinion.share for opinion in opinions) == pytest.approx(1)
    assert [o.share for o in opinions] == sorted((o.share for o in opinions), reverse=True)


@given(st.lists(st.sampled_from(["user", "quota", "is", "over", "blocked", "ip"]), max_size=8))
def test_features_are_named_by_what_they_are(words: list[str]) -> None:
    found = features(evidence(" ".join(words), 452, "4.2.2"), TABLE.concepts)
    assert {"all", "code 452", "digit 4", "X.2.2", "X.2.*"} <= found.keys()
    assert all(strength > 0 for strength in found.values())


@pytest.mark.parametrize(
    "text", ["", "{", '{"reasons": ["x"], "features": {}}', '{"reasons": [], "features": {"a": [1]}}']
)
def test_a_broken_table_is_refused_by_its_name(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "weights.json").write_text(text)
    monkeypatch.setattr(find, "root", lambda: tmp_path)
    with pytest.raises(PackError, match=r"weights\.json"):
        weights.__wrapped__()


def test_a_list_without_words_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "concepts.toml"
    path.write_text('[[concept]]\nid = "x"\ntitle = "x"\n')
    with pytest.raises(PackError, match="'x'"):
        load_concepts(path)


def test_the_words_alone_know_most_of_what_they_learned_from() -> None:
    """No measure of how right they are, but of whether the table fits the lists of words and the code that reads it."""
    lines = (Path(__file__).parent / "replies" / "seen.jsonl").read_text(encoding="utf-8").splitlines()
    replies = [json.loads(line) for line in lines]
    right = 0
    for reply in replies:
        text = reply["diagnostic"]
        code = int(text[:3]) if text[:3].isdigit() else None
        opinions = weigh(evidence(text, code))
        right += bool(opinions) and opinions[0].reason == reply["reason"]
    assert right / len(replies) > 0.75
