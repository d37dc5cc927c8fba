"""The laws of the pattern packs: every shipped file obeys them, and `patterns/README.md` tells how to write one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from logscan.packs import find, form, knowledge, load_mta, mtas, root
from logscan.packs.check import Trouble, check_all, check_file, check_mta
from logscan.scan import Options, read_events

PATTERNS = root()
SHIPPED = sorted(PATTERNS.rglob("*.toml"))
MTAS = sorted((PATTERNS / "mta").glob("*.toml"))
README = (PATTERNS / "README.md").read_text(encoding="utf-8")
BLOCKS = {kind: re.findall(rf"^```{kind}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE) for kind in ("toml", "log")}
ACME, REMEDY = BLOCKS["toml"]
FIELD = 25_000  # and four times as long: 100,000 characters


def write(folder: Path, place: str, text: str) -> Path:
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def texts(found: list[Trouble]) -> str:
    return "\n".join(str(trouble) for trouble in found)


# what is shipped


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.relative_to(PATTERNS).as_posix())
def test_shipped_files_obey_the_laws(path: Path) -> None:
    found = check_file(path)
    assert not found, texts(found)


@pytest.mark.parametrize("path", MTAS, ids=lambda path: path.stem)
def test_fields_of_100_000_characters_are_read_in_linear_time(path: Path) -> None:
    found = check_mta(path, FIELD)
    assert not found, texts(found)


@pytest.mark.parametrize("path", MTAS, ids=lambda path: path.stem)
def test_a_pack_is_named_after_its_mta(path: Path) -> None:
    assert load_mta(path).id == path.stem


def test_every_rule_of_the_general_files_has_a_remedy_or_that_of_its_reason() -> None:
    known = knowledge()
    bare = [r for r in known.rules if not r.remedy and not r.provider and not known.reasons[r.reason]["remedy"]]
    assert not bare


def test_remedies_are_short_plain_and_name_nobody() -> None:
    for rule in knowledge().rules:
        for text in (rule.remedy, rule.check, rule.source, str(rule.example.get("diagnostic", ""))):
            assert text == text.strip()
            assert "  " not in text, rule.id
            assert len(text) <= 400, rule.id
        assert not re.search(r"(?i)error code|bounce code|msgid|hint text", rule.remedy), rule.id
        assert not rule.remedy or rule.remedy.endswith("."), rule.id


def test_rules_are_tried_provider_first_general_last() -> None:
    general = ("mta.toml", "blocklists.toml", "languages.toml", "generic.toml")
    names = [path.name for path in (PATTERNS / "remedies").glob("*.toml") if path.name not in general]
    order = [rule.id for rule in knowledge().rules]
    wanted: list[str] = []
    for name in (*sorted(names), *general):
        wanted += [rule["id"] for rule in find.load_toml(PATTERNS / "remedies" / name)["rule"]]
    assert order == wanted


# what the specification promises


def test_the_readme_names_every_field_of_every_table() -> None:
    code = " ".join(re.findall(r"`([^`\n]*)`", README))
    for known in (
        *form._TABLES.values(),
        *form._ROW_TABLES.values(),
        form._MTA,
        form._EXAMPLE,
        form._ROW_EXAMPLE,
        form._RULE,
        form._REPLY,
        form._PROVIDER,
    ):
        for field in (*known.required, *known.optional):
            assert re.search(rf"\b{field}\b", code), field


def test_the_example_mta_of_the_readme_works(tmp_path: Path) -> None:
    site = tmp_path / "my-patterns"
    path = write(site, "mta/acmemail.toml", ACME)
    assert not check_file(path, FIELD)

    log = write(tmp_path, "mail.log", BLOCKS["log"][0])
    events = read_events(str(log), Options(tz="UTC", year=2026, patterns=(str(site),))).to_dicts()
    assert [event["outcome"] for event in events] == ["delivered", "bounced", "rejected"]
    assert {event["mta"] for event in events} == {"acmemail"}
    assert [event["reason"] for event in events] == ["delivered", "user_unknown", "relay_denied"]
    assert events[1]["reply_code"] == 550
    assert events[1]["envelope_sender"] == "carl@example.com"
    assert events[1]["size"] == 2048
    assert events[2]["remote_mta"] is None


def test_the_example_remedy_of_the_readme_works(tmp_path: Path) -> None:
    site = tmp_path / "my-patterns"
    path = write(site, "remedies/partners.toml", REMEDY)
    assert not check_file(path)
    rules = knowledge((site,)).rules
    assert rules[0].id == "acme-mailbox-archived"
    assert len(rules) == len(knowledge().rules) + 1


def test_an_mta_of_ones_own_comes_first_and_replaces_a_shipped_one(tmp_path: Path) -> None:
    write(tmp_path, "mta/acmemail.toml", ACME)
    write(tmp_path, "mta/other.toml", ACME.replace('id = "acmemail"', 'id = "postfix"', 1))
    packs = mtas((tmp_path,))
    assert [pack.path.name for pack in packs if pack.path.parent.parent == tmp_path] == ["acmemail.toml", "other.toml"]
    assert [pack.id for pack in packs[:2]] == ["acmemail", "postfix"]
    assert len({pack.id for pack in packs}) == len(packs)


def test_providers_of_ones_own_replace_shipped_ones(tmp_path: Path) -> None:
    write(tmp_path, "providers.toml", '[[provider]]\nid = "google"\nname = "Ours"\nhosts = ["google.example"]\n')
    known = knowledge((tmp_path,))
    assert known.provider_of("mx1.google.example", None) == "google"
    assert known.provider_of("aspmx.l.google.com", None) is None


def test_a_folder_is_checked_with_all_that_is_shipped(tmp_path: Path) -> None:
    write(tmp_path, "mta/acmemail.toml", ACME)
    write(tmp_path, "remedies/partners.toml", REMEDY.replace('"550"', '"550", "250"'))
    write(tmp_path, "remedy.toml", REMEDY)
    write(tmp_path, "codes.toml", "")
    found = check_all((tmp_path,), 0)
    assert {(trouble.path.name, trouble.message.partition(" ")[0]) for trouble in found} == {
        ("partners.toml", "its"),
        ("remedy.toml", "is"),
        ("codes.toml", "is"),
    }
