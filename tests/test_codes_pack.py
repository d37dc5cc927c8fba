"""The laws of `patterns/codes.toml` and `patterns/reasons.toml`: complete, consistent, fit to be shown."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from logscan import schema

Row = dict[str, Any]

PATTERNS = Path(__file__).parent.parent / "patterns"

CLASS_OF_DIGIT = {
    "2": "positive_completion",
    "3": "positive_intermediate",
    "4": "transient_negative",
    "5": "permanent_negative",
}
CATEGORY_OF_DIGIT = {
    "0": "syntax",
    "1": "information",
    "2": "connections",
    "3": "unspecified",
    "4": "unspecified",
    "5": "mail_system",
}
COMMANDS = {"CONNECT", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "END-OF-DATA", "OTHER"}
SESSION_CODES = {"211", "214", "220", "221", "235", "334", "354"}
STANDARD_CODES = (
    "211 214 220 221 235 250 251 252 334 354 421 432 450 451 452 454 455 "
    "500 501 502 503 504 521 530 534 535 538 550 551 552 553 554 555 556"
)
REASONS = (
    "user_unknown user_disabled user_moved mailbox_full address_syntax recipient_restricted domain_unknown "
    "no_mail_domain dns_failure network_error routing_loop expired relay_denied smtp_auth sender_rejected "
    "sender_auth client_identity ip_blocklisted domain_blocklisted poor_reputation spam_content virus "
    "prohibited_content policy message_malformed message_too_big greylisted rate_limited "
    "too_many_connections too_many_recipients tls_failure system_full server_error protocol_error "
    "local_error undefined delivered"
)
# Details the IANA registry knows, by subject: X.1.0 to X.1.10, X.2.0 to X.2.4 and so on.
REGISTERED_DETAILS = {0: 0, 1: 10, 2: 4, 3: 6, 4: 7, 5: 6, 6: 10, 7: 30}
VAGUE_REPLY_CODES = {"421", "450", "451", "452", "550", "552", "553", "554"}
VAGUE_ENHANCED_CODES = {"X.0.0", "X.1.0", "X.2.0", "X.2.1", "X.3.0", "X.7.0", "X.7.1"}
PLACEHOLDERS = {"domain", "host", "ip", "sender_domain", "queue_id"}
LONGEST_TEXT = 400

# What each table may hold: the keys every row has, and those a row may have besides.
KEYS: dict[str, tuple[str, str]] = {
    "reply_digit": ("digit class title meaning sender_does source", ""),
    "reply_category": ("digit category meaning source", ""),
    "reply_code": (
        "code name class category standard meaning when commands enhanced alone "
        "remedy_sender remedy_receiver source example",
        "session reason reason_after",
    ),
    "enhanced_class": ("code name meaning source", ""),
    "enhanced_subject": ("code name owner reason meaning source", "reason_after reason_4 reason_5"),
    "enhanced_code": (
        "code name classes reply_codes registered reason alone meaning when "
        "remedy_sender remedy_receiver source example",
        "reason_4 reason_5",
    ),
    "reason": ("id title definition class tendency party remedy source", "check nothing_to_do settings"),
}


@cache
def load(name: str) -> dict[str, list[Row]]:
    """All tables of one file."""
    return tomllib.loads((PATTERNS / name).read_text(encoding="utf-8"))


def rows(table: str) -> list[Row]:
    """The rows of one table, of whichever file has it."""
    return load("reasons.toml" if table == "reason" else "codes.toml")[table]


def name_of(row: Row) -> str:
    """What a row is called in a failure."""
    return str(row.get("code") or row.get("id") or row.get("digit"))


def texts(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Every string within a value, with the keys that lead to it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from texts(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner, path)


def numbers(code: str) -> tuple[int, ...]:
    """`X.7.10` as (7, 10), so that codes sort as numbers."""
    return tuple(int(part) for part in code.split(".")[1:])


def reasons_named(row: Row) -> list[str]:
    """Every reason a row of codes.toml can lead to."""
    named = [row[key] for key in ("reason", "reason_4", "reason_5") if key in row]
    return [*named, *row.get("reason_after", {}).values()]


every_table = pytest.mark.parametrize("table", sorted(KEYS))
each_reply = pytest.mark.parametrize("row", rows("reply_code"), ids=name_of)
each_enhanced = pytest.mark.parametrize("row", rows("enhanced_code"), ids=name_of)
each_reason = pytest.mark.parametrize("row", rows("reason"), ids=name_of)


def test_there_are_no_tables_but_these() -> None:
    assert set(load("codes.toml")) | set(load("reasons.toml")) == set(KEYS)
    assert set(load("reasons.toml")) == {"reason"}


@every_table
def test_rows_have_the_keys_of_their_table(table: str) -> None:
    required, optional = (set(keys.split()) for keys in KEYS[table])
    for row in rows(table):
        assert required <= set(row), f"{table} {name_of(row)} lacks {required - set(row)}"
        assert set(row) <= required | optional, f"{table} {name_of(row)}: {set(row) - required - optional}"


@every_table
def test_texts_are_filled_trimmed_and_short(table: str) -> None:
    for row in rows(table):
        for path, text in texts(row, f"{table} {name_of(row)}"):
            assert text, f"{path} is empty"
            assert text == text.strip(), f"{path} has blanks at its ends"
            assert "  " not in text, f"{path} has two blanks in a row"
            assert len(text) <= LONGEST_TEXT, f"{path} has {len(text)} characters"
            assert text.isprintable(), f"{path} has a line break or a control character"
            assert not re.search(r"(?i)error code|bounce code|msgid|hint text", text), f"{path}: not a house word"


# digits


def test_digits_are_complete_and_in_order() -> None:
    first = [(row["digit"], row["class"]) for row in rows("reply_digit")]
    second = [(row["digit"], row["category"]) for row in rows("reply_category")]
    assert first == sorted(CLASS_OF_DIGIT.items())
    assert second == sorted(CATEGORY_OF_DIGIT.items())


# reply codes


def test_reply_codes_are_complete_and_ascend() -> None:
    codes = [row["code"] for row in rows("reply_code")]
    assert codes == sorted(set(codes))
    standard = {row["code"] for row in rows("reply_code") if row["standard"]}
    assert set(STANDARD_CODES.split()) <= standard


@each_reply
def test_digits_decide_class_and_category(row: Row) -> None:
    code = row["code"]
    assert re.fullmatch(r"[2-5][0-9]{2}", code)
    assert row["class"] == CLASS_OF_DIGIT[code[0]]
    assert row["category"] == CATEGORY_OF_DIGIT.get(code[1], "unspecified")


@each_reply
def test_session_replies_have_no_reason(row: Row) -> None:
    assert row.get("session", False) == (row["code"] in SESSION_CODES)
    assert ("reason" in row) != (row["code"] in SESSION_CODES)
    if row["code"] in SESSION_CODES:
        assert not row["alone"]


@each_reply
def test_only_a_positive_completion_is_delivered(row: Row) -> None:
    delivered = row["code"][0] == "2" and row["code"] not in SESSION_CODES
    assert (row.get("reason") == "delivered") == delivered


@each_reply
def test_reply_commands_are_known(row: Row) -> None:
    assert set(row["commands"]) <= COMMANDS
    assert row["commands"]
    assert len(set(row["commands"])) == len(row["commands"])


@each_reply
def test_guesses_belong_to_vague_refusals_and_to_their_commands(row: Row) -> None:
    after = row.get("reason_after")
    if after is None:
        return
    assert after, "leave the key out instead"
    assert not row["alone"], "a code that decides alone needs no guess"
    assert set(after) <= set(row["commands"])
    assert not set(after.values()) & {"delivered", "undefined"}
    assert row["code"][0] in "45"


@each_reply
def test_typical_enhanced_codes_exist_and_agree(row: Row) -> None:
    classes = {known["code"]: known["classes"] for known in rows("enhanced_code")}
    for code in row["enhanced"]:
        assert code[0] == row["code"][0], f"{code} is of another class"
        assert code[0] in classes["X" + code[1:]]


@each_reply
def test_reply_example_starts_with_its_code(row: Row) -> None:
    assert re.match(rf"{row['code']} \S", row["example"])


# enhanced status codes


def test_enhanced_classes_and_subjects_are_complete() -> None:
    assert all(set(row.get("reason_after", {})) <= COMMANDS for row in rows("enhanced_subject"))
    assert [row["code"] for row in rows("enhanced_class")] == ["2.X.X", "4.X.X", "5.X.X"]
    assert [row["code"] for row in rows("enhanced_subject")] == [f"X.{subject}.X" for subject in range(8)]


def test_enhanced_codes_ascend_and_the_registry_is_complete() -> None:
    order = [numbers(row["code"]) for row in rows("enhanced_code")]
    assert order == sorted(set(order))
    registered = {row["code"] for row in rows("enhanced_code") if row["registered"]}
    wanted = {f"X.{subject}.{n}" for subject, last in REGISTERED_DETAILS.items() for n in range(last + 1)}
    assert registered == wanted


@each_enhanced
def test_enhanced_code_is_well_formed(row: Row) -> None:
    assert re.fullmatch(r"X\.[0-7]\.(0|[1-9][0-9]{0,2})", row["code"])
    assert row["classes"]
    assert row["classes"] == sorted(set(row["classes"]))
    assert set(row["classes"]) <= {"2", "4", "5"}
    assert row["reply_codes"] == sorted(set(row["reply_codes"]))
    assert set(row["reply_codes"]) <= {reply["code"] for reply in rows("reply_code")}


@each_enhanced
def test_reasons_of_a_class_differ_from_the_common_one(row: Row) -> None:
    for digit in "45":
        reason = row.get(f"reason_{digit}")
        if reason is not None:
            assert digit in row["classes"]
            assert reason != row["reason"]


@each_enhanced
def test_only_codes_of_class_2_are_delivered(row: Row) -> None:
    assert (row["reason"] == "delivered") <= ("2" in row["classes"])
    assert (row["classes"] == ["2"]) <= (row["reason"] == "delivered")


@each_enhanced
def test_enhanced_example_holds_the_code_in_an_allowed_class(row: Row) -> None:
    detail = re.escape(row["code"][1:])
    found = re.match(rf"([245])[0-9]{{2}} ([245]){detail} \S", row["example"])
    assert found, row["example"]
    reply_digit, enhanced_digit = found.groups()
    assert enhanced_digit in row["classes"]
    assert reply_digit == enhanced_digit


# what both have in common


@pytest.mark.parametrize("table", ["reply_code", "enhanced_code"])
def test_examples_name_nobody(table: str) -> None:
    for row in rows(table):
        example = row["example"]
        for host in re.findall(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}", example):
            assert host == "example.com" or host.endswith(".example.com"), f"{name_of(row)}: {host}"
        for address in re.findall(r"\d+(?:\.\d+){3}", example):
            assert address.startswith("192.0.2."), f"{name_of(row)}: {address}"
        for address in re.findall(r"[0-9a-f]+:[0-9a-f:]*:[0-9a-f]+", example):
            assert address.startswith("2001:db8:"), f"{name_of(row)}: {address}"


def test_vague_codes_never_decide_alone() -> None:
    alone = {row["code"] for table in ("reply_code", "enhanced_code") for row in rows(table) if row["alone"]}
    assert not alone & (VAGUE_REPLY_CODES | VAGUE_ENHANCED_CODES)


@pytest.mark.parametrize("table", ["reply_code", "enhanced_subject", "enhanced_code"])
def test_codes_lead_to_known_reasons(table: str) -> None:
    known = {row["id"] for row in rows("reason")}
    for row in rows(table):
        assert set(reasons_named(row)) <= known, name_of(row)


# reasons


def test_reasons_are_complete_and_in_order() -> None:
    assert [row["id"] for row in rows("reason")] == REASONS.split()
    assert len({row["title"] for row in rows("reason")}) == len(rows("reason"))


@each_reason
def test_reason_uses_the_vocabulary(row: Row) -> None:
    assert row["class"] in {"hard", "soft", "block", "technical", "none"}
    assert row["tendency"] in {"transient", "permanent", "both", "by_digit", "none"}
    assert row["party"] in {"us", "recipient", "peer", "network", "nobody"}
    assert row.get("nothing_to_do", True) is True, "leave the key out instead"

    assert (row["class"] == "none") == (row["id"] in {"undefined", "delivered"})
    assert (row["tendency"] == "none") == (row["id"] == "delivered")


@each_reason
def test_title_fits_into_a_table(row: Row) -> None:
    assert 2 <= len(row["title"].split()) <= 4
    assert len(row["title"]) <= 26


@each_reason
def test_definition_is_one_sentence_and_remedy_a_few(row: Row) -> None:
    assert len(re.findall(r"[.!](?: |$)", row["definition"])) == 1
    assert row["definition"].endswith(".")
    assert 2 <= len(re.findall(r"[.!](?: |$)", row["remedy"])) <= 4
    assert row["remedy"].endswith(".")


@each_reason
def test_settings_are_of_an_mta_and_have_only_known_placeholders(row: Row) -> None:
    for mta, text in row.get("settings", {}).items():
        assert mta in schema.MTAS
        assert set(re.findall(r"\{([^{}]*)\}", text)) <= PLACEHOLDERS
        assert not re.search(r"[{}]", re.sub(r"\{[a-z_]+\}", "", text)), "a stray brace"


@each_reason
def test_check_has_only_known_placeholders(row: Row) -> None:
    check = row.get("check", "")
    assert set(re.findall(r"\{([^{}]*)\}", check)) <= PLACEHOLDERS
    assert not re.search(r"[{}]", re.sub(r"\{[a-z_]+\}", "", check)), "a stray brace"
    if check:
        assert "{" in check, "a check that depends on nothing checks nothing"
