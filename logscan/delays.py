"""Delays counted in fixed steps, so that the counts of any two logs add up, and percentiles of such counts."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

_STEPS = 4  # to each doubling
_SHORTEST, _LONGEST = 0.01, 4e8  # seconds


def step_of(seconds: pl.Expr) -> pl.Expr:
    """The step of a delay: step 0 begins at one second, step 4 at two, -4 at half a one; null for what is no number."""
    return (seconds.clip(_SHORTEST, _LONGEST).log(2) * _STEPS).floor().cast(pl.Int16, strict=False)


def quantile(steps: Sequence[tuple[int, int]], share: float) -> float:
    """The seconds within which a share of the mail was through, of (step, count) in order; true to about 10 %."""
    left = share * sum(count for _, count in steps)
    for step, count in steps:
        if left <= count:
            return float(f"{2 ** ((step + left / count) / _STEPS):.3g}")
        left -= count
    raise ValueError("no delays")
