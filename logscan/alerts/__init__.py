"""Alerts: conditions on the figures of a report, such as ``bounced > 5% and attempts > 100``.

The language is in ``logscan.alerts.language``, what it may name in ``logscan.alerts.measures``.
"""

from __future__ import annotations

from logscan.alerts.conditions import Alert, Held, held
from logscan.alerts.language import parse
from logscan.alerts.measures import Names, listed

__all__ = ["Alert", "Held", "Names", "held", "listed", "parse"]
