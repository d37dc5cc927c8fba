"""Takes a pasted line apart: a log line by its frame and pack, a bare reply by what an MTA puts around it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from logscan import codes, wrapping
from logscan.errors import OptionError
from logscan.explaining.quoted import unquoted
from logscan.explaining.replies import ITSELF, Seen, seen_in
from logscan.filling import ADDRESS, named_in
from logscan.framing import REPEATED
from logscan.packs import Mta, Shape
from logscan.packs.knowledge import Knowledge
from logscan.packs.match import as_expected, compiled, match_shape, read_payload, split_reply, tagged
from logscan.reference import LogLine
from logscan.rules import Reply

_TAGGED = re.compile(r"(?P<agent>[^ \[:]+)(?:\[[0-9]+\])?: ")  # a line whose stamp was not copied
_DSN = re.compile(codes.ENHANCED)
_MOST_LINES = 50
_DAY = re.compile(r"^([A-Z][a-z]{2}) ([1-9]) (?=[0-9]{2}:)")  # the second blank is often lost on the way to us
# Where a reply begins inside some other text: code and enhanced code, else either of them.
_REPLIES = (
    re.compile(rf"(?<![0-9.])[2-5][0-9][0-9][ -]#?{codes.ENHANCED}(?![0-9.])"),
    re.compile(r"(?<![0-9A-Za-z.:/=_-])(?<!of )(?<!than )[45][0-5][0-9][ -](?=[A-Za-z<(#])"),
    re.compile(rf"(?<![0-9.]){codes.ENHANCED}(?![0-9.])"),
)
_HOST = re.compile(r"(?:https?://)?((?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,24})\b")
_CLIENT = re.compile(r"(?:client|helo|sender|host) ?(?:host|name)? ?\[?$", re.IGNORECASE)


class Pasted(NamedTuple):
    """What a text held: a log line and its reply, or only one of them."""

    line: LogLine | None
    reply: Reply | None
    seen: Seen


def log_line(text: str, packs: tuple[Mta, ...], known: Knowledge) -> Pasted | None:
    """A line of a mail log; None when the text is none.

    Raises OptionError for the line of a program that is no mail server known here.
    """
    inside = wrapping.peeled(text, lambda inner: _framed(_padded(inner), packs) is not None)
    framed = _framed(_padded(inside.text if inside else text), packs)
    if framed is None:
        return None
    stamp, host, agent, payload, owner = framed
    payload, times = _unfolded(payload.strip())
    mta = owner or next((pack for pack in packs if tagged(pack, agent)), None)
    if mta is None:
        names = ", ".join(pack.name for pack in packs if not pack.quotes)
        raise OptionError(f"that is a line of {agent!r}; logscan knows the lines of {names}")
    line = LogLine(mta.id, mta.name, "unknown", "", agent, stamp, host, times, "", "", payload, {})
    read = read_payload(mta, agent, payload)
    if read is None:
        return Pasted(line, None, Seen())
    return as_line(line, *read, known)


def _padded(text: str) -> str:
    return _DAY.sub(r"\1  \2 ", text)


def _framed(text: str, packs: tuple[Mta, ...]) -> tuple[str, str, str, str, Mta | None] | None:
    """Stamp, host, agent and payload of a framed line, and the MTA when the frame is its own; None without a frame."""
    for pack in packs:
        for frame in pack.frames:
            found = compiled(frame.pattern).match(text)
            if found:
                named = found.groupdict()
                agent = named.get("agent") or ""
                own = pack if "agent" not in named else None
                return (
                    named.get("_stamp") or "",
                    named.get("reporting_mta") or "",
                    agent,
                    text[found.end() :],
                    own,
                )
    bare = _TAGGED.match(text)
    if bare and any(tagged(pack, bare["agent"]) for pack in packs):
        return "", "", bare["agent"], text[bare.end() :], None
    for pack in packs:
        if not pack.quotes and any(match_shape(pack, shape, "", text) for shape in (*pack.events, *pack.messages)):
            return "", "", "", text, pack
    return None


def _unfolded(payload: str) -> tuple[str, int]:
    found = compiled(REPEATED).match(payload)
    if not found:
        return payload, 1
    return found["_payload"].removesuffix("]"), int(found["_times"])


def as_line(line: LogLine, shape: Shape, fields: dict[str, str | None], known: Knowledge) -> Pasted:
    """A line that a shape took: its columns, and the reply in it when it is an event."""
    kind = shape.table
    values = as_expected(fields) if kind != "ignore" else {}
    shown = {
        name: value
        for name, value in values.items()
        if isinstance(value, str | int | float) and not name.startswith("_")
    }
    line = replace(line, kind=kind, shape=shape.id, severity=shape.severity, title=shape.title, fields=shown)
    if kind != "event":
        return Pasted(line, None, Seen())
    seen, provider = seen_in(values, known)
    named = {name: values.get(name) for name in Reply._fields if name not in ("mta", "provider", "verdict")}
    named["verdict"] = values.get("status")
    named["dsn"] = _own_verdict(values)
    reply = Reply(mta=line.mta, provider=provider, **named)  # type: ignore[arg-type]  # columns of their own types
    return Pasted(line, reply, _with_text(seen, reply.diagnostic or ""))


def _own_verdict(fields: Mapping[str, object]) -> str | None:
    """The dsn; a damaged line may hold anything there."""
    dsn = fields.get("dsn")
    return dsn if isinstance(dsn, str) and _DSN.fullmatch(dsn) else None


def reply_in(text: str, packs: tuple[Mta, ...], known: Knowledge) -> Pasted:
    """A line of a log that holds a reply, else a reply, whatever stands around it."""
    try:
        line = log_line(text, packs, known)
    except OptionError:  # a line of another program
        line = None
    return line if line is not None and line.reply is not None else bare_reply(text, packs, known)


def bare_reply(text: str, packs: tuple[Mta, ...], known: Knowledge) -> Pasted:
    """A reply as a server gave it, or as an MTA, a program or a person quotes it; perhaps without any code."""
    fields = unquoted(text, packs)
    diagnostic, quoted = fields["diagnostic"] or "", fields.get("_reply")
    code, enhanced, reply_text = split_reply(diagnostic) if quoted is None else (*split_reply(quoted)[:2], diagnostic)
    if code is None and enhanced is None and quoted is None:
        code, enhanced, reply_text = _found_in(diagnostic)
    peer = fields.get("remote_mta") or ""
    provider, named = _provider(peer, reply_text or "", known)
    reply = Reply(
        mta=fields.get("mta"),
        event=fields.get("event") or (codes.Event.DELIVERY.value if fields.get("mta") else None),
        outcome=fields.get("outcome"),
        reply_code=code,
        enhanced_code=enhanced,
        dsn=_own_verdict(fields),
        smtp_command=fields.get("smtp_command"),
        diagnostic=reply_text,
        provider=provider,
        verdict=fields.get("status"),
    )
    seen = _with_text(Seen(host=peer or fields.get("remote_ip") or ""), diagnostic)
    return Pasted(None, reply, replace(seen, provider_seen=named))


def _found_in(text: str) -> tuple[int | None, str | None, str | None]:
    """Reply code, enhanced code and the reply, where they stand inside of a text; else none, and the text."""
    for pattern in _REPLIES:
        if found := pattern.search(text):
            code, enhanced, reply = split_reply(text[found.start() :])
            return (
                code,
                enhanced,
                reply if code is not None else text,
            )  # qmail writes the code behind the words
    return None, None, text


def _with_text(seen: Seen, text: str) -> Seen:
    """What the text of a reply names besides: the address refused, the addressee's or the sender's domain."""
    named = named_in(text, but=seen.host)
    return replace(seen, **{name: getattr(seen, name) or value for name, value in named.items()})


def _provider(host: str, text: str, known: Knowledge) -> tuple[str | None, str]:
    """The provider that a reply names, and the name that gave it away: the peer, a host in the text, the addressee."""
    found = known.provider_of(host, None)
    if found:
        return found, host
    for match in _HOST.finditer(text):
        before = text[max(0, match.start() - 24) : match.start()]
        if not before.endswith("@") and not _CLIENT.search(before):
            found = known.provider_of(match[1], None)
            if found:
                return found, match[1]
    said = known.provider_of(None, None, text)
    if said:
        return said, ITSELF
    if "sender" not in text.lower():
        for domain in ADDRESS.findall(text):
            found = known.provider_of(None, domain)
            if found:
                return found, domain
    return None, ""


def refuse_several(text: str, packs: tuple[Mta, ...]) -> None:
    """Raise OptionError when a text holds more than one framed log line."""
    several = [line for line in text.splitlines()[:_MOST_LINES] if line.strip()]
    if len(several) > 1 and sum(_framed(line.strip(), packs) is not None for line in several) > 1:
        raise OptionError(
            f"those are {len(text.splitlines())} lines; explain takes one, `logscan report FILE` reads whole logs"
        )
