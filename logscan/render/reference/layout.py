"""Lays out explanations and comparisons as blocks: what stands where, under which label."""

from __future__ import annotations

from collections.abc import Iterator

from logscan.reference import Compared, Explained, Finding, LogLine, Named, Page, ReasonPage, Sense
from logscan.render.reference import phrases
from logscan.render.reference.blocks import Block, Grid, Head, Items, Para, Quote, Row, Rows
from logscan.render.words import sentence

_MANY = 8  # companions that are still named one by one
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
        yield Rows([Row(page.code, _opened(page, answer.reply)) for page in answer.codes])
    elif answer.codes:
        for page in answer.codes:
            yield from _page(page, level=1 if len(answer.codes) == 1 else 2, short=answer.reply is not None)
    if answer.form in ("reply_code", "enhanced_code") and not answer.codes[0].alone and _refuses(answer.codes[0]):
        yield Para("For a verdict, give explain the whole reply with its text, or the line of the log.")
    elif answer.form == "codes" and answer.reply is None:
        yield Para(f"`logscan compare {' '.join(page.code for page in answer.codes)}` puts them side by side.")


def _refuses(page: Page) -> bool:
    return page.status != "positive"


def _opened(page: Page, found: Finding | None) -> str:
    own = found is not None and page.code == found.dsn and page.code != found.enhanced_code
    name = f"{page.name} (not in the reply: the verdict of the MTA)" if own else page.name
    return f"{name}. {page.meaning} {page.note}".rstrip()


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
    yield Head(level, f"{page.code} {page.name}", f"{klass}; {page.group.name} ({page.group.code})", page.status)
    yield Rows(
        [
            Row("Meaning", page.meaning),
            Row("Note", page.note),
            Row("When", page.when),
            *([] if short else _facts(page)),
        ]
    )
    yield Head(3, "How to fix it" if _refuses(page) else "What to do")
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
        Row("In reply to", sentence(phrases.answered(page.commands))),
        Row("Class", page.klass.meaning),
        Row("Sender does", page.sender_does),
        Row(
            "Category" if page.kind == "reply_code" else "Subject",
            f"{sentence(page.group.name)}. {sentence(page.group.meaning)}",
        ),
        Row("A delivery", _delivery(page)),
        Row("Reason", _reasons(page)),
        Row("Who acts", sentence(page.party) if _refuses(page) else ""),
        *(named if several else joined),
    ]


def _named(companion: Named) -> str:
    return f"{companion.code} {companion.name}".rstrip()


def _delivery(page: Page) -> str:
    if page.status != "positive" or not page.listed:
        return ""
    if page.delivers is None:
        return "Only beside a 250 after the end of the data."
    if page.delivers:
        return "Yes, after the end of the data; after any other command it is a step on the way."
    return "Never: a step of the session." if page.session else "No: a step on the way."


def _reasons(page: Page) -> str:
    """What the code says about the reason, and how far it may be trusted."""
    if page.status == "positive":
        return ""
    classes = list(dict.fromkeys(sense.klass for sense in page.senses)) or [""]
    return " ".join(_told([s for s in page.senses if s.klass == klass], klass) for klass in classes)


def _told(senses: list[Sense], klass: str) -> str:
    lead = f"As {klass}.x.x it" if klass else "Alone it"
    certain = [sense for sense in senses if sense.basis == "alone"]
    usual = [sense for sense in senses if sense.basis == "usual"]
    guesses = [sense for sense in senses if sense.basis == "guess"]
    out = [f"{lead} means {_both(certain[0])}."] if certain else [f"{lead} says too little: the text decides."]
    if usual and guesses and {sense.reason for sense in guesses} == {usual[0].reason}:
        when = phrases.after([command for sense in guesses for command in sense.commands])
        return f"{' '.join(out)} Most often it means {_both(usual[0])}; {when} it is taken for that."
    out += [f"Most often it means {_both(sense)}." for sense in usual]
    taken = [f"{_both(sense)} {phrases.after(sense.commands) or 'otherwise'}" for sense in guesses]
    if taken:
        taken = [taken[0].removesuffix(" otherwise"), *taken[1:]]
        out.append(f"When the text is not known it is taken for {'; for '.join(taken)}.")
    return " ".join(out)


def _both(sense: Sense) -> str:
    return f"{sense.title} ({sense.reason})"


def _reason(reason: ReasonPage) -> Iterator[Block]:
    yield Head(1, f"{sentence(reason.title)} ({reason.id})", reason.definition)
    yield Rows(
        [
            Row("Kind", sentence(reason.kind)),
            Row("In practice", sentence(reason.tendency)),
            Row("Who acts", sentence(reason.party)),
            Row("Remedy", reason.remedy),
            *(Row(mta.title(), _open(text)) for mta, text in reason.settings.items()),
            Row("Check", _open(reason.check), "command"),
            Row("Codes", "; ".join(map(_named, reason.decided_by))),
            Row("Hinted at by", "; ".join(map(_named, reason.hinted_by))),
            Row("Source", reason.source),
        ]
    )


def _open(text: str) -> str:
    """A text with the places that are to be filled in between angle brackets."""
    return text.replace("{", "<").replace("}", ">")


# -------------------- lines and replies ------------------------------------------------------------------------------


def _line(line: LogLine) -> Iterator[Block]:
    event = f"{line.fields.get('event', '')}, {line.fields.get('outcome', '')}".removesuffix(", ")
    what = {"event": event, "notice": f"notice, {line.severity}", "message": "fact about a message"}
    yield Head(1, f"{line.mta_name}: {what.get(line.kind, 'line without a reply')}", _logged(line))
    if line.kind in _KINDS:
        yield Para(_KINDS[line.kind])
    if line.kind != "event":
        yield Quote(line.payload)
    rows = [Row(label, _value(line, name), "plain" if name == "outcome" else "log") for label, name in _FIELDS]
    peer = str(line.fields.get("remote_mta") or "")
    ip = str(line.fields.get("remote_ip") or "")
    remote = f"{peer} [{ip}]" if peer and ip else peer or ip
    rows.insert(4, Row("Remote host", "" if "client" in line.fields else remote, "log"))
    yield Rows([Row("Counted as", line.title), *rows, Row("Delay", _delay(line))])


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
    title = ": ".join(word for word in (lead if found.status != "unknown" else "", found.title) if word)
    yield Head(
        3 if below else 1, f"{found.reply}: {found.title or lead}" if bare else sentence(title), "", found.status
    )
    if not bare:
        yield Quote(found.reply)
    yield Rows([*_verdict(found), *_cure(found)])


def _verdict(found: Finding) -> list[Row]:
    other = found.runner_up
    reason = f"{sentence(found.title)} ({found.reason}). {found.definition}" if found.reason else ""
    shown = f", as {found.provider_seen} shows" if found.provider_seen else ""
    return [
        Row("Status", _fate(found)),
        Row("Reason", reason or "None: a step of the session, never a delivery."),
        Row("How sure", sentence(found.because)),
        Row("Assuming", f"{', and '.join(found.assumed)}" if found.assumed else ""),
        Row("Otherwise", f"{sentence(other.title)}: {other.words}" if other else ""),
        Row("Conflict", sentence(found.disagreement)),
        Row("Provider", found.provider_name + shown),
        Row("Who acts", "" if found.status == "positive" else sentence(found.acts)),
    ]


def _fate(found: Finding) -> str:
    does = found.sender_does
    fate = f"The sending server {does[:1].lower()}{does[1:]}" if does else ""
    return f"{sentence(_STATUS.get(found.status, found.status))}. {fate}".rstrip()


def _cure(found: Finding) -> list[Row]:
    return [
        Row("Their remedy" if found.event == "rejection" and found.party == "peer" else "Remedy", found.remedy),
        *(Row(mta.title(), text) for mta, text in found.settings.items()),
        Row("Check", found.check, "command"),
        Row("More", found.more),
        Row("Source", found.source),
    ]
