"""What happens with a finished report: it is written, then alerts are told.

A caller that keeps a state of its own (what was read already) commits it after ``deliver`` has returned: then
everything that was asked for has been done. ``deliver`` raises where it has not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import typer

from logscan.alerts import Alert, Held, Names, held, parse
from logscan.console import ExitStatus
from logscan.outputs.options import Alarms
from logscan.result import Report


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with the report, checked before any log is read."""

    alerts: tuple[Alert, ...] = ()
    min_coverage: float | None = None


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


def planned(alarms: Alarms, patterns: Sequence[str] | None) -> Plan:
    """The plan; raises OptionError for what makes no sense."""
    alerts = tuple(parse(text, names(patterns)) for text in alarms.fail_if or ())
    return Plan(alerts, alarms.min_coverage)


def deliver(found: Report, plan: Plan, write: Callable[[], None]) -> ExitStatus:
    """Write the report, tell which alerts hold; return the exit status.

    Raises LogscanError where something that was asked for could not be done.
    """
    write()
    alarms = held(plan.alerts, found.findings)
    _tell(alarms)
    short = plan.min_coverage is not None and found.coverage < plan.min_coverage
    if short:
        typer.echo(
            f"logscan: {found.coverage:.1f} % of the server's lines understood, below {plan.min_coverage:g} %",
            err=True,
        )
    return ExitStatus.THRESHOLD if alarms else ExitStatus.COVERAGE if short else ExitStatus.DONE


def _tell(alarms: list[Held]) -> None:
    for alarm in alarms:
        typer.echo(f"logscan: alert: {alarm}", err=True)
