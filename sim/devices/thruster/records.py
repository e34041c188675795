"""What is true of thrusters, as a record."""

from __future__ import annotations

from hal.record import Record, field


class ThrusterTruth(Record):
    """True state of the tank, and what the nozzles did."""

    propellant_kg = field("f8", unit="kg", doc="left in the tank", low=0)
    pressure_pa = field("f8", unit="Pa", doc="tank pressure", low=0)
    impulse_ns = field("f8", unit="N s", doc="of all nozzles since the start, the sum of their magnitudes", low=0)
    force_b_n = field("f8", 3, unit="N", doc="mean over the last cycle, all nozzles")
    open_share = field("f8", doc="largest share of the last cycle for which a valve was open", low=0, high=1)
