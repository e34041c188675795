"""The true state of the devices as a record, for recorder, requirements and plots."""

from __future__ import annotations

from hal.record import Record, field


class DeviceRecord(Record):
    """True state of the devices at `t_ns` that no sensor measures; the world writes it after every step."""

    t_ns = field("i8", unit="ns", doc="mission time")
    gyro_bias_s_radps = field("f8", 3, unit="rad/s", doc="gyro bias in force, sensor axes")
    dipole_driven_b_am2 = field("f8", 3, unit="A m^2", doc="torquer dipole while driven, from now on")
    dipole_residual_b_am2 = field("f8", 3, unit="A m^2", doc="torquer dipole while switched off, from now on")
    state_of_charge = field("f8", doc="true state of charge", low=0, high=1)
    bus_voltage_v = field("f8", unit="V", doc="battery terminal voltage")
    battery_current_a = field("f8", unit="A", doc="battery current, positive charging")
    array_power_w = field("f8", unit="W", doc="solar-array power")
    load_power_w = field("f8", unit="W", doc="power of all loads")
    battery_temperature_k = field("f8", unit="K", doc="battery temperature")
    switches = field("u2", doc="load switches in force (hal.wire.EpsSwitch)")
    star_tracker_flags = field("u2", doc="flags of the star tracker's last report (hal.wire.StarTrackerFlag), 0: none")
