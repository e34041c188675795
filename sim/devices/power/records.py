"""What is true of the electrical power system, as a record."""

from __future__ import annotations

from hal.record import Record, field


class PowerTruth(Record):
    """True state of battery, arrays and loads."""

    state_of_charge = field("f8", doc="true state of charge", low=0, high=1)
    bus_voltage_v = field("f8", unit="V", doc="battery terminal voltage")
    battery_current_a = field("f8", unit="A", doc="battery current, positive charging")
    array_power_w = field("f8", unit="W", doc="solar-array power")
    load_power_w = field("f8", unit="W", doc="power of all loads")
    battery_temperature_k = field("f8", unit="K", doc="battery temperature")
    switches = field("u2", doc="load switches in force (hal.wire.EpsSwitch)")
