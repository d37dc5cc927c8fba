"""Lays out explanations and comparisons as blocks: what stands where, under which label."""

from __future__ import annotations

from collections.abc import Iterator

from logscan.reference import Compared, Explained, Finding, LogLine, Named, Page, ReasonPage, Sense
from logscan.render.reference.blocks import Block, Grid, Head, Items, Para, Quote, Row, Rows
from logscan.render.words import sentence

_MANY = 8  # companions that are still named one by one
_EVERYTHING = 9
_STATUS = {"positive": "accepted", "transient": "temporary", "permanent": "permanent", "unknown": "not known"}
_KINDS = {
    "ignore": "logscan leaves this line alone on purpose: it tells of the work of the server, not of mail.",
    "message": "This line reports a fact about a message. It holds no reply; other lines of the same queue id do.",
    "unknown": "logscan knows this server, but not this kind of line, so it says nothing about it. If it holds a "
    "reply, please report the line.",
}
_FIELDS = (
    ("Queue id", "queue_id"),
    ("Message-ID", "message_id"),
    ("Sender", "envelope_sender"),
    ("Recipient", "envelope_recipient"),
    ("Client", "client"),
    ("Size", "size"),
    ("Outcome", "outcome"),
    ("MTA's verdict", "dsn"),
    ("In reply to", "smtp_command"),
    ("TLS", "tls"),
)
_COMMANDS = {
    "CONNECT": "the connection",
    "END-OF-DATA": "the end of the data",
    "OTHER": "other commands",
}


def explained(answer: Explained) -> Iterator[Block]:
    """The blocks of an explanation."""
    if answer.reason is not None:
        yield from _reason(answer.reason)
    if answer.line is not None:
        yield from _line(answer.line)
    if answer.reply is not None:
        yield from _finding(answer.reply, bare=answer.form == "codes", below=answer.line is not None)
    short = answer.reply is not None and answer.form != "codes"
    if short and answer.codes:
        yield Head(3, "Its codes" if len(answer.codes) > 1 else "Its code")
        yield Rows([Row(page.code, f"{page.name}: {_opened(page)}") for page in answer.codes])
    elif answer.codes:
        for page in answer.codes:
            yield from _page(page, level=1 if len(answer.codes) == 1 else 2)
    if answer.form in ("reply_code", "enhanced_code") and not answer.codes[0].alone and _refuses(answer.codes[0]):
        yield Para("Give explain the whole reply with its text, or the line of the log, for a verdict.")


def _refuses(page: Page) -> bool:
    return page.status not in ("positive", "")


def _opened(page: Page) -> str:
    return f"{page.meaning} {page.note}".rstrip()


def compared(answer: Compared) -> Iterator[Block]:
    """The blocks of a comparison."""
    names = [page.code for page in answer.codes]
    yield Head(1, f"{', '.join(names[:-1])} and {names[-1]}")
    for page in answer.codes:
        yield from _page(page, level=2, short=True)
    yield Head(2, "Key differences")
    if answer.differences:
        yield Grid(["", *names], [[row.aspect, *row.values] for row in answer.differences])
    if answer.common:
        yield Head(3, "In common")
        yield Rows([Row(row.aspect, row.values[0]) for row in answer.common])
    yield Head(2, "Which applies when")
    yield Items(answer.guide)


# -------------------- pages ------------------------------------------------------------------------------------------


def _page(page: Page, level: int, *, short: bool = False) -> Iterator[Block]:
    klass = f"{page.klass.code} {page.klass.name}" if page.status else page.klass.name
    yield Head(level, f"{page.code}  {page.name}", f"{klass}; {page.group.name} ({page.group.code})", page.status)
    yield Rows(
        [
            Row("Meaning", page.meaning),
            Row("Note", page.note),
            Row("When", page.when),
            *([] if short else _facts(page)),
        ]
    )
    yield Head(3, "How to fix it" if _refuses(page) or not page.status else "What to do")
    yield Rows([Row("Sender side", page.remedy_sender), Row("Receiver side", page.remedy_receiver)])
    for use in page.uses:
        yield Rows([Row("At", use.provider), Row("It means", use.title), Row("Remedy", use.remedy)])
    yield Head(3, "Reference")
    yield Rows([Row("Example", page.example, "log"), Row("Source", page.source)])


def _facts(page: Page) -> list[Row]:
    several = len(page.companions) <= _MANY
    label = "Often with" if page.kind == "reply_code" else "Reply codes"
    named = [Row(label if n == 0 else "", _named(c)) for n, c in enumerate(page.companions)]
    joined = [Row(label, ", ".join(companion.code for companion in page.companions))]
    return [
        Row("In reply to", _answers(page)),
        Row("Class", page.klass.meaning),
        Row("Sender does", page.sender_does),
        Row(
            "Category" if page.kind == "reply_code" else "Subject",
            f"{sentence(page.group.name)}. {page.group.meaning}",
        ),
        Row("Delivery", _delivery(page)),
        Row("Reason", _reasons(page)),
        Row("Who acts", sentence(page.party) if _refuses(page) or not page.status else ""),
        *(named if several else joined),
    ]


def _named(companion: Named) -> str:
    return f"{companion.code} {companion.name}".rstrip()


def _answers(page: Page) -> str:
    if len(page.commands) == _EVERYTHING:
        return "The connection itself, and any command"
    return sentence(_listed([_COMMANDS.get(name, name) for name in page.commands]))


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def _delivery(page: Page) -> str:
    if page.status != "positive":
        return ""
    if page.delivers is None:
        return "Only beside the 250 after the end of the data."
    if page.delivers:
        return "Yes, after the end of the data; after any other command it is a step on the way."
    return "Never: a step of the session." if page.session else "No: a step on the way."


def _reasons(page: Page) -> str:
    """What the code says about the reason, and how far it may be trusted."""
    if page.status == "positive":
        return ""
    by_class = [sense for sense in page.senses if sense.klass]
    if by_class:
        parts = [f"As {sense.klass}.x.x{_after(sense)} {_means(sense)}." for sense in by_class]
        return " ".join(parts)
    out = [] if page.alone else ["Alone it says too little: the text decides."]
    for sense in page.senses:
        if sense.basis == "usual":
            out.append(f"Most often it means {sense.title} ({sense.reason}).")
        elif sense.basis == "alone":
            out.append(f"Alone it means {sense.title} ({sense.reason}).")
        else:
            out.append(f"A guess{_after(sense) or ' without a better clue'}: {sense.title} ({sense.reason}).")
    return " ".join(out)


def _after(sense: Sense) -> str:
    if not sense.commands:
        return ""
    rest = [_COMMANDS.get(name, name) for name in sense.commands if name != "CONNECT"]
    parts = [" at connect"] if len(rest) < len(sense.commands) else []
    parts += [f" after {_listed(rest)}"] if rest else []
    return " and".join(parts)


def _means(sense: Sense) -> str:
    verb = "means" if sense.basis == "alone" else "most often means"
    return f"it {verb} {sense.title} ({sense.reason})"


def _reason(reason: ReasonPage) -> Iterator[Block]:
    yield Head(1, f"{reason.id}  {reason.title}", reason.definition)
    yield Rows(
        [
            Row("Kind", sentence(reason.kind)),
            Row("In practice", sentence(reason.tendency)),
            Row("Who acts", sentence(reason.party)),
            Row("Remedy", reason.remedy),
            Row("Check", reason.check.replace("{", "<").replace("}", ">"), "command"),
            Row("Codes", "; ".join(map(_named, reason.decided_by))),
            Row("Hinted at by", "; ".join(map(_named, reason.hinted_by))),
            Row("Source", reason.source),
        ]
    )


# -------------------- lines and replies ------------------------------------------------------------------------------


def _line(line: LogLine) -> Iterator[Block]:
    what = {
        "event": str(line.fields.get("event", "")),
        "notice": line.severity,
        "message": "fact about a message",
    }
    yield Head(1, f"{line.mta_name}: {what.get(line.kind, 'line without a reply')}", _logged(line))
    if line.kind in _KINDS:
        yield Para(_KINDS[line.kind])
    if line.kind == "notice":
        yield Rows([Row("Counted as", line.title), Row("Text", str(line.fields.get("_text", "")), "log")])
    rows = [Row(label, _value(line, name), "plain" if name == "outcome" else "log") for label, name in _FIELDS]
    peer = str(line.fields.get("remote_mta") or "")
    ip = str(line.fields.get("remote_ip") or "")
    remote = f"{peer} [{ip}]" if peer and ip else peer or ip
    rows.insert(4, Row("Remote host", "" if "client" in line.fields else remote, "log"))
    yield Rows([*rows, Row("Delay", _delay(line))])


def _logged(line: LogLine) -> str:
    parts = [
        f"logged {line.stamp}" if line.stamp else "",
        f"on {line.reporting_mta}" if line.reporting_mta else "",
    ]
    parts += [f"by {line.agent}" if line.agent else "", f"{line.times} times" if line.times > 1 else ""]
    return " ".join(part for part in parts if part)


def _value(line: LogLine, name: str) -> str:
    value = line.fields.get(name)
    if value is None:
        return ""
    if name == "size":
        return f"{value:,} bytes"
    return str(value) or "<> (the null sender)"


def _delay(line: LogLine) -> str:
    total = line.fields.get("delay")
    if total is None:
        return ""
    names = {
        "before_queue": "before the queue",
        "in_queue": "in it",
        "connect": "to connect",
        "transmit": "to transmit",
    }
    parts = [
        f"{line.fields[f'delay_{name}']:g} {words}" for name, words in names.items() if f"delay_{name}" in line.fields
    ]
    return f"{total:g} s" + (f": {', '.join(parts)}" if parts else "")


def _finding(found: Finding, *, bare: bool, below: bool) -> Iterator[Block]:
    lead = _STATUS.get(found.status, found.status)
    title = f"{sentence(lead)}: {found.title}" if found.title else sentence(lead)
    yield Head(3 if below else 1, f"{found.reply}: {found.title or lead}" if bare else title, "", found.status)
    if not bare:
        yield Quote(found.reply)
    yield Rows([*_verdict(found), *_cure(found)])


def _verdict(found: Finding) -> list[Row]:
    other = found.runner_up
    reason = f"{sentence(found.title)} ({found.reason}). {found.definition}" if found.reason else ""
    if found.provider_seen:
        provider = f"{found.provider_name}, as {found.provider_seen} shows"
    else:
        provider = found.provider_name
    return [
        Row("Status", f"{sentence(_STATUS.get(found.status, found.status))}. {found.sender_does}"),
        Row("Reason", reason or "None: a step of the session, never a delivery."),
        Row("How sure", sentence(found.because)),
        Row("Assuming", f"{', and '.join(found.assumed)}" if found.assumed else ""),
        Row("Else", f"{sentence(other.title)}: {other.words}" if other else ""),
        Row("Conflict", sentence(found.disagreement)),
        Row("Provider", provider),
        Row("Who acts", sentence(found.acts)),
    ]


def _cure(found: Finding) -> list[Row]:
    return [
        Row("Remedy", found.remedy),
        Row("Check", found.check, "command"),
        Row("More", found.more),
        Row("Source", found.source),
    ]
