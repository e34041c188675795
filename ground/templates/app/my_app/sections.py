"""The application's section of the data pool.

A new field gets its id with `python -m fsw.core.registry --update my_app.sections`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fsw.core.section import Section
from hal.record import field

if TYPE_CHECKING:
    from fsw.core.gap import Gap


class MyAppSection(Section):
    """Pointing error over windows of time, and what is needed to go on after a restart."""

    section = "my_app"
    writer = "my_app"  # the application's name in the vehicle file
    gap_clears = ("sum_rad", "most_rad", "count")  # by a restart: the errors of its time are not known
    end_ns = field("i8", unit="ns", doc="mission time at which the last whole window ended")
    mean_rad = field("f8", unit="rad", doc="mean pointing error of that window")
    max_rad = field("f8", unit="rad", doc="largest pointing error of that window")
    windows = field("u4", doc="whole windows so far")
    over_limit = field("u4", doc="of these, windows whose largest error was over the limit")
    sum_rad = field("f8", unit="rad", doc="sum of the errors in the window that is under way")
    most_rad = field("f8", unit="rad", doc="largest error in it")
    count = field("u4", doc="errors in it")
    valid = field("u1", doc="1 when flight pointed in the last window")

    @classmethod
    def after_gap(cls, own: Any, gap: Gap) -> None:  # noqa: ANN401 - the section as a structured array
        """Begin the window anew."""
        own["end_ns"] = gap.t_ns
