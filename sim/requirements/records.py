"""The measures on truth as a record: what the judge computes in every tick, by name."""

from __future__ import annotations

from hal.record import Record, field


class MeasureRecord(Record):
    """Measures of the present tick; one that has no meaning now is NaN, and its bit in `defined` is 0.

    Bit k of `defined` belongs to field k. All are of the truth; `knowledge_error_deg` compares with flight's estimate.
    """

    time_s = field("f8", unit="s", doc="mission time")
    time_orbits = field("f8", unit="orbits", doc="mission time in periods of the element set")
    body_rate_degps = field("f8", unit="deg/s", doc="magnitude of the body rate")
    knowledge_error_deg = field("f8", unit="deg", doc="angle between true and estimated attitude, while that is valid")
    pointing_error_deg = field(
        "f8", unit="deg", doc="error of what the ADCS mode points: the one of these that it asks"
    )
    sun_error_deg = field("f8", unit="deg", doc="angle between the vehicle's Sun axis and the Sun")
    inertial_error_deg = field("f8", unit="deg", doc="angle to the commanded inertial attitude, in INERTIAL")
    nadir_error_deg = field("f8", unit="deg", doc="angle between body axes and LVLH")
    tracking_error_deg = field("f8", unit="deg", doc="angle between payload axis and the commanded target, in TARGET")
    target_error_deg = field(
        "f8", unit="deg", doc="angle between payload axis and the scenario's target, if it has one"
    )
    target_elevation_deg = field("f8", unit="deg", doc="elevation of the satellite seen from the scenario's target")
    payload_sun_deg = field("f8", unit="deg", doc="angle between payload axis and the Sun")
    wheel_speed_share = field("f8", unit="1", doc="largest spin rate of a wheel over its limit, if there are wheels")
    defined = field("u8", doc="one bit a measure: it has a meaning now")
