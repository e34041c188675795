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

    Written so that a value that is not a number is within no range, and no value is within a bound that is none.
    """
    return (
        value == value  # noqa: PLR0124 - false for NaN, for every number type
        and (low is None or value >= low)
        and (high is None or value <= high)
        and (above is None or value > above)
        and (below is None or value < below)
    )
