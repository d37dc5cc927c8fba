"""Sorts out what was asked: codes, a reason, or text; refuses what is none of these, with the next thing to try."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from typing import NamedTuple

from logscan.errors import OptionError
from logscan.packs.knowledge import Knowledge

LONGEST = 20_000  # characters; Postfix cuts lines at 2,000, and no MTA logs a tenth of this
_REPLY_CODE = re.compile(r"[2-5][0-9]{2}")
_ENHANCED = re.compile(r"[245X]\.[0-9]{1,3}\.[0-9]{1,3}")
_LONGEST_NAME = 40  # characters of a reason
_FOLD = re.compile(r"\s*[\r\n]+\s*")
_LIKE_CODE = re.compile(r"#?[0-9Xx]+(?:\.[0-9Xx]*)*\.?")
_FORMS = (
    "a reply code (421), an enhanced status code (4.7.28), a reply (550 5.1.1 User unknown), "
    "a line of a mail log, or a reason (mailbox_full)"
)
_CODES = "a reply code (421) or an enhanced status code (4.7.28)"


class Asked(NamedTuple):
    """What was asked. ``form`` is codes, reason or text; texts are on one line, without quotes around them."""

    form: str
    codes: tuple[str, ...] = ()
    text: str = ""


def sort_out(text: str, catalogue: Callable[[], Knowledge]) -> Asked:
    """What a text asks for; raises OptionError where no reply can be in it. The catalogue is opened only if needed."""
    if len(text) > LONGEST:
        raise OptionError(
            f"{len(text):,} characters are too long for a line of a log; explain takes one line, "
            "`logscan report FILE` reads whole logs"
        )
    text = _unquoted(_FOLD.sub(" ", text.strip()))
    tokens = [token.strip(",;()[]#").upper() for token in text.split()]
    if tokens and all(is_code(token) for token in tokens):
        return Asked("codes", tuple(dict.fromkeys(tokens)), text)
    reason = "" if len(text) > _LONGEST_NAME or any(char.isdigit() for char in text) else _reason(text, catalogue())
    if reason:
        return Asked("reason", (reason,), text)
    if len(tokens) < 2 and _LIKE_CODE.fullmatch(text):
        raise no_code(text, catalogue())
    if not text:
        raise OptionError(f"there is nothing to explain; give {_FORMS}")
    return Asked("text", (), text)


def _unquoted(text: str) -> str:
    for quote in "\"'`":
        if len(text) > 1 and text[0] == text[-1] == quote:
            return text[1:-1].strip()
    return text


def is_code(token: str) -> bool:
    """Is it a well-formed reply code or enhanced status code (``X.7.28`` too)?"""
    return bool(_REPLY_CODE.fullmatch(token) or _ENHANCED.fullmatch(token))


def code_of(text: str, known: Knowledge) -> str:
    """One code, for a comparison; raises OptionError with close codes for anything else."""
    token = text.strip(" \t\r\n,;()[]#\"'").upper()
    if not is_code(token):
        raise no_code(text.strip(), known, _CODES)
    return token


def _reason(text: str, known: Knowledge) -> str:
    name = text.lower().replace("-", "_").replace(" ", "_")
    if name in known.reasons:
        return name
    return next((id_ for id_, entry in known.reasons.items() if entry["title"].lower() == text.lower()), "")


def no_code(text: str, known: Knowledge, forms: str = _FORMS) -> OptionError:
    """Why a word is no code, and what may have been meant."""
    digits = text.strip("#.")
    if not digits.replace(".", "").isdigit():
        what = "holds no code, and logscan does not know its text" if " " in text else "is no code, reply or log line"
        why = f"{_short(text)} {what}"
    elif "." in digits:
        why = f"{_short(text)} is no enhanced status code: those have three numbers, the first is 2, 4 or 5 (RFC 3463)"
    else:
        why = f"{_short(text)} is no reply code: those have three digits and run from 200 to 599 (RFC 5321)"
    near = _near(digits, known)
    if near:
        return OptionError(f"{why}; did you mean {_either(near)}?")
    return OptionError(f"{why}; give {forms}")


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _near(text: str, known: Knowledge) -> list[str]:
    """Listed codes and reasons that a mistyped word may have meant, the likeliest first, at most three."""
    if not text or len(text) > _LONGEST_NAME:
        return []
    listed = list(known.reply_codes)
    for code, entry in known.enhanced_codes.items():
        listed += [f"{klass}{code[1:]}" for klass in entry["classes"]]
    if text.replace(".", "").isdigit():
        begun = [code for code in listed if code.startswith(text)]
        pool = [code for code in listed if ("." in code) == ("." in text)]
        return (begun or difflib.get_close_matches(text, pool, n=3, cutoff=0.65))[:3]
    word = text.lower().replace("-", "_").replace(" ", "_")
    return difflib.get_close_matches(word, known.reasons, n=2, cutoff=0.75)
