"""What happens with a finished report: it is written, alerts are told, it is mailed, and posted.

A caller that keeps a state of its own (what was read already) commits it after ``deliver`` has returned: then
everything that was asked for has been done. ``deliver`` raises where it has not.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import typer

from logscan import console
from logscan.alerts import Alert, Held, Names, held, parse
from logscan.console import ExitStatus
from logscan.errors import LogscanError, OptionError
from logscan.outputs.options import Alarms, Sending
from logscan.render import brief
from logscan.result import Report

if TYPE_CHECKING:
    from logscan.outputs.mail import Mail
    from logscan.webhook import Hook

OK, WARNING, CRITICAL, UNKNOWN = range(4)  # of monitoring plugins


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with the report, checked before any log is read."""

    alerts: tuple[Alert, ...] = ()
    min_coverage: float | None = None
    mail: Mail | None = None
    hook: Hook | None = None
    hook_always: bool = False
    plugin: bool = False
    warn: tuple[Alert, ...] = ()
    crit: tuple[Alert, ...] = ()


def names(patterns: Sequence[str] | None) -> Names:
    """What alerts may ask about: what the packs know."""
    from logscan.packs import knowledge, mtas, site_folders

    folders = site_folders(tuple(patterns or ()))
    known = knowledge(folders)
    kinds = {shape.id.replace(" ", "_"): shape.title for mta in mtas(folders) for shape in mta.notices}
    return Names(
        {name: str(provider["name"]) for name, provider in known.providers.items()},
        {name: str(reason["title"]) for name, reason in known.reasons.items()},
        dict(sorted(kinds.items())),
    )


def planned(
    alarms: Alarms, sending: Sending, patterns: Sequence[str] | None, *, plugin: bool = False, top: int | None = 10
) -> Plan:
    """The plan; raises OptionError for what makes no sense."""
    if (alarms.warn or alarms.crit) and not plugin:
        raise OptionError("--warn and --crit are for --format nagios; --fail-if sets the exit status of other reports")
    if sending.webhook_always and not sending.webhook:
        raise OptionError("to which address should the report be posted? name it with --webhook")
    if sending.webhook and not (sending.webhook_always or alarms.fail_if or alarms.warn or alarms.crit):
        raise OptionError("--webhook posts when a --fail-if holds; give one, or --webhook-always")

    known = names(patterns) if alarms.fail_if or alarms.warn or alarms.crit else Names({}, {}, {})

    def parsed(option: str, texts: list[str] | None) -> tuple[Alert, ...]:
        return tuple(parse(text, known, option) for text in texts or ())

    return Plan(
        alerts=parsed("--fail-if", alarms.fail_if),
        min_coverage=alarms.min_coverage,
        mail=_mail(sending, top),
        hook=_hook(sending),
        hook_always=sending.webhook_always,
        plugin=plugin,
        warn=parsed("--warn", alarms.warn),
        crit=parsed("--crit", alarms.crit),
    )


def _mail(sending: Sending, top: int | None) -> Mail | None:
    if sending == Sending(webhook=sending.webhook, webhook_always=sending.webhook_always):
        return None
    from logscan.outputs import mail  # what sends mail is loaded where mail is sent

    return mail.planned(sending, top)


def _hook(sending: Sending) -> Hook | None:
    if not sending.webhook:
        return None
    from logscan import webhook

    return webhook.hook(sending.webhook)


def deliver(found: Report, plan: Plan, write: Callable[[], None], *, real: Report | None = None) -> int:
    """Write the report, tell which alerts hold, mail and post it; return the exit status.

    ``real`` is the report before pseudonyms were put: by it alerts are judged. Raises LogscanError where something
    that was asked for could not be done.
    """
    if not plan.plugin:
        write()
    judge = partial(held, findings=(real or found).findings, shown=_shown_ids(real, found))
    critical, alarms = judge(plan.crit), judge((*plan.alerts, *plan.warn))
    told = [str(alarm) for alarm in (*critical, *alarms)]
    short = plan.min_coverage is not None and found.coverage < plan.min_coverage
    if not plan.plugin:
        for alarm in told:
            typer.echo(f"logscan: alert: {alarm}", err=True)
    if short:
        told.append(f"{found.coverage:.1f} % of the server's lines understood, below {plan.min_coverage:g} %")
        if not plan.plugin:
            typer.echo(f"logscan: {told[-1]}", err=True)
    everybody = plan.mail.report(found, told) if plan.mail else True
    if plan.hook and (critical or alarms or plan.hook_always):
        plan.hook.post(brief.payload(found.findings, [*critical, *alarms], socket.gethostname()))
    if plan.plugin:
        return _plugin(found, critical, alarms, told[-1] if short else "")
    if not everybody:
        return ExitStatus.FAILED
    return ExitStatus.THRESHOLD if alarms else ExitStatus.COVERAGE if short else ExitStatus.DONE


def _shown_ids(real: Report | None, found: Report) -> Callable[[str], str]:
    """How a provider's id is shown: by its pseudonym where it has one."""
    if real is None:
        return str
    pairs = zip(real.findings.providers, found.findings.providers, strict=True)
    ids = {before.id: after.id for before, after in pairs}
    return lambda id: ids.get(id, id)


@contextmanager
def failures_told(plan: Plan) -> Iterator[None]:
    """Mail and post what keeps a report from being made, and raise it again; usage errors are told nobody."""
    try:
        yield
    except OptionError:
        raise
    except LogscanError as error:
        _failed(plan, error)
        raise


def _failed(plan: Plan, error: LogscanError) -> None:
    """Mail and post that there is no report, and why; what goes wrong with that is told on standard error."""
    sends: list[Callable[[], object]] = []
    if plan.mail:
        way = plan.mail
        sends.append(lambda: way.failure(str(error)))
    if plan.hook:
        hook = plan.hook
        sends.append(lambda: hook.post(brief.failure(str(error), socket.gethostname())))
    for send in sends:
        try:
            send()
        except LogscanError as another:
            typer.echo(f"logscan: {another}", err=True)


def _plugin(found: Report, critical: Sequence[Held], warning: Sequence[Held], short: str) -> int:
    """Write the status line of a monitoring plugin; return its exit status."""
    state = UNKNOWN if short else CRITICAL if critical else WARNING if warning else OK
    figures = [figure for alarm in critical or warning for figure in alarm.figures]
    text = short or ", ".join(dict.fromkeys(figures)) or brief.headline(found.findings)
    console.write(brief.status_line(state, text, found.findings))
    return state
