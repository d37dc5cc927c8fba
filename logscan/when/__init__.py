"""Times and time zones as people write them: see ``period``, ``window`` and ``zone``."""

from __future__ import annotations

from logscan.when.periods import Period, period, window
from logscan.when.zones import zone

__all__ = ["Period", "period", "window", "zone"]
