"""A report in short: the subject of a mail, what a chat shows, the line of a monitoring plugin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from logscan.alerts import Held
from logscan.alerts.measures import whole
from logscan.findings import Findings, Totals
from logscan.render import words
from logscan.render.escape import safe

SCHEMA = "logscan.alert/1"
_CHAT = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}  # as Slack, Mattermost and others want it: no mention, no link
# The performance data of a plugin: measure and unit.
_PERFORMANCE = {
    "recipients": "", "delivered": "", "waiting": "", "bounced": "", "expired": "", "attempts": "", "deferred": "",
    "refused": "", "oldest_waiting": "s", "unparsed": "", "coverage": "%",
}  # fmt: skip


def headline(findings: Findings) -> str:
    """The result in one short line: ``62.7 % of 378 recipients delivered, 140 lost, 1 waiting``."""
    totals = findings.totals
    grave = sum(notice.count for notice in findings.notices if notice.severity in ("panic", "fatal"))
    parts = [_delivered(totals)]
    parts += [f"{words.number(totals.bounced + totals.expired)} lost"] if totals.bounced + totals.expired else []
    parts += [f"{words.number(totals.waiting)} waiting"] if totals.waiting else []
    parts += [words.many(grave, "fatal error")] if grave else []
    return ", ".join(parts).replace(words.GLUE, " ")


def _delivered(totals: Totals) -> str:
    if not totals.recipients:
        return f"no delivery, {words.number(totals.rejected)} refused by us" if totals.rejected else "no mail"
    if totals.delivered == totals.recipients:
        return f"all {words.many(totals.recipients, 'recipient')} delivered"
    part = words.share(totals.delivered, totals.recipients) if totals.delivered else "none"
    return f"{part} of {words.many(totals.recipients, 'recipient')} delivered"


def subject(findings: Findings, alarm: bool, host: str) -> str:
    """The subject of a mail; an alert that holds is called so in front."""
    return f"{'ALERT: ' if alarm else ''}logscan {safe(host, 60)}: {headline(findings)}"


def payload(findings: Findings, alarms: Sequence[Held], host: str, top: int = 5) -> dict[str, Any]:
    """What a webhook posts (schema logscan.alert/1): text for a chat, alerts that hold, and parts of logscan.report/1.

    ``problems`` holds the costliest of them.
    """
    whole_report = findings.to_dict()
    lines = [f"{'ALERT: ' if alarms else ''}logscan {host}: {headline(findings)}"]
    lines += [f"• {alarm}" for alarm in alarms]
    lines += [f"{rank}. {words.sentence(problem.title)}: {words.number(problem.lost)} lost, "
              f"{words.number(problem.waiting)} waiting" for rank, problem in enumerate(findings.problems[:3], 1)
              if problem.lost or problem.waiting]  # fmt: skip
    return {
        "schema": SCHEMA,
        "text": _chat(lines),
        "host": host,
        "error": None,
        "alerts": [{"expression": alarm.text, "figures": list(alarm.figures)} for alarm in alarms],
        **{name: whole_report[name] for name in ("totals", "since", "until", "zone", "sources")},
        "problems": whole_report["problems"][:top],
        "problem_count": len(findings.problems),
        "coverage": {name: whole_report["coverage"][name] for name in ("lines", "unparsed", "first", "last")},
    }


def failure(error: str, host: str) -> dict[str, Any]:
    """What a webhook posts where there is no report: the same schema, with the error."""
    text = _chat([f"FAILED: logscan {host}: {' '.join(error.split())}"])
    return {"schema": SCHEMA, "text": text, "host": host, "error": error, "alerts": []}


def _chat(lines: Sequence[str]) -> str:
    return "\n".join("".join(_CHAT.get(char, char) for char in safe(line, 400)) for line in lines)


STATES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")


def status_line(state: int, text: str, findings: Findings | None = None) -> str:
    """The one line of a monitoring plugin, with performance data (Monitoring Plugins Development Guidelines, 2.6)."""
    said = safe(" ".join(text.replace(words.GLUE, " ").split()), 600).replace("|", "/")
    figures = f" | {_performance(whole(findings))}" if findings is not None else ""
    return f"LOGSCAN {STATES[state]} - {said}{figures}"


def _performance(figures: Mapping[str, float | None]) -> str:
    out = []
    for name, unit in _PERFORMANCE.items():
        value = figures[name]
        if value is not None:
            top = ";100" if unit == "%" else ""
            out.append(f"{name}={f'{value:.2f}' if unit == '%' else f'{value:.0f}'}{unit};;;0{top}")
    return " ".join(out)
