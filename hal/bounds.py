"""The one judgement of a limit: keys of files, on-board parameters, requirements and measures are all judged here."""

from __future__ import annotations


def is_within(
    value: float,
    *,
    low: float | None = None,
    high: float | None = None,
    above: float | None = None,
    below: float | None = None,
) -> bool:
    """Whether `value` meets every bound given: `low` and `high` belong to the range, `above` and `below` do not.

    A bound that is None is not asked. NaN is within no range, and nothing is within a bound that is NaN.
    """
    return (
        value == value  # noqa: PLR0124 - false for NaN, for every number type
        and (low is None or value >= low)
        and (high is None or value <= high)
        and (above is None or value > above)
        and (below is None or value < below)
    )
