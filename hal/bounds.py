"""Compares values with their limits: the one function for keys of files, on-board parameters and requirements."""

from __future__ import annotations


def is_within(
    value: float,
    *,
    low: float | None = None,
    high: float | None = None,
    above: float | None = None,
    below: float | None = None,
) -> bool:
    """Return whether `value` keeps all bounds given: `low` and `high` are allowed values, `above` and `below` are not.

    A bound that is None is not asked. NaN is within no range, and nothing is within a bound that is NaN.
    """
    return (
        value == value  # noqa: PLR0124 - false for NaN, for every number type
        and (low is None or value >= low)
        and (high is None or value <= high)
        and (above is None or value > above)
        and (below is None or value < below)
    )
