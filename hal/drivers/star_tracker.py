"""Driver of the star tracker: attitude reports in (`hal.wire.StarTrackerReport`)."""

from __future__ import annotations

from hal.devices.star_tracker.kind import StarTracker as StarTrackerSettings
from hal.drivers._star_tracker import StarTracker
from hal.drivers.names import given, names_of
from hal.drivers.scaling import nanoseconds
from hal.vehicle.vehicle import Vehicle

REPORTS_LATE = 2  # a report may be this many report periods later than the unit's latency


class StarTrackerDriver(StarTracker):
    """Driver of a star tracker, `unit` of `vehicle`.

    `bind(pool)` takes the records of the unit's name, or those that the keyword arguments name: `sample`
    (`hal.samples.StarTrackerSample`) and `health` (`UnitHealth`) are written; `state` (`StarTrackerLinkState` of
    `hal.link_state`) is all that the driver remembers. The unit is synchronised: its reports carry the mission time of
    validity. A report is dropped as stale when it was seen before, is out of order, comes from the future, or is older
    than the vehicle's latency and two report periods. It is valid when the unit says so and the quaternion's norm is 1
    within 1e-3; the quaternion delivered is normalised, and stays as it was when the report is not valid.
    """

    def __init__(
        self,
        vehicle: Vehicle,
        unit: StarTrackerSettings,
        *,
        sample: str = "",
        health: str = "",
        state: str = "",
    ) -> None:
        self.set_unit(
            age_max_ns=nanoseconds(
                unit.latency_s + REPORTS_LATE / unit.rate_hz, vehicle.file, vehicle.place(unit, "latency_s")
            ),
            silent_after_ns=nanoseconds(vehicle.limits.board_silent_s, vehicle.file, "limits.board_silent_s"),
            names=names_of(unit.name) | given(sample=sample, health=health, state=state),
        )
