"""Pool sections of the core: time, samples, commands, modes."""

from __future__ import annotations

from fsw.core.modes import AdcsMode, SafeReason, SystemMode
from fsw.core.section import Section
from hal.record import field
from hal.samples import (
    ActuatorCommand,
    BoardHealth,
    CssSample,
    EpsSample,
    GnssSample,
    GyroSample,
    MagSample,
    StarTrackerSample,
    TorquerSample,
    UnitHealth,
    WheelSample,
)


class TimeSection(Section):
    """Mission time and its relation to TAI."""

    section = "time"
    writer = "executive"
    tick = field("u8", doc="ticks since start")
    t_ns = field("i8", unit="ns", doc="mission time of this tick, monotonic")
    t_tai_ns = field("i8", unit="ns", doc="TAI since 2000-01-01T12:00:00 TAI at t_ns")
    synchronised = field("u1", doc="1 when TAI comes from GNSS, 0 when from the time set at start")


class SamplesSection(Section):
    """Everything that the drivers delivered, in sensor frames."""

    section = "samples"
    writer = "exchange"
    record_hz = 1  # the octets it comes from are recorded in every tick
    gyro = field(GyroSample, doc="ADCS board gyro")
    mag = field(MagSample, doc="ADCS board magnetometer")
    css = field(CssSample, doc="ADCS board coarse Sun sensors")
    wheels = field(WheelSample, doc="ADCS board wheel tachometers")
    torquers = field(TorquerSample, doc="ADCS board torquer drive")
    star_tracker = field(StarTrackerSample, doc="star tracker")
    gnss = field(GnssSample, doc="GNSS receiver")
    eps = field(EpsSample, doc="power system")
    adcs_health = field(BoardHealth, doc="ADCS board")
    eps_health = field(BoardHealth, doc="EPS board")
    star_tracker_health = field(UnitHealth, doc="star tracker's link")
    gnss_health = field(UnitHealth, doc="GNSS receiver's link")


class CommandSection(Section):
    """Actuator command that the next exchange carries, and the load switches."""

    section = "command"
    writer = "actuate"
    actuators = field(ActuatorCommand, doc="wheels and torquers")
    switches = field("u2", doc="hal.wire.EpsSwitch asked of the EPS board")


class ModeSection(Section):
    """System and ADCS modes."""

    section = "mode"
    writer = "mode_manager"
    system = field("u1", enum=SystemMode, doc="system mode")
    adcs = field("u1", enum=AdcsMode, doc="ADCS mode")
    safe_reason = field("u1", enum=SafeReason, doc="why SAFE was entered last")
    system_since_ns = field("i8", unit="ns", doc="mission time at which the system mode was entered")
    adcs_since_ns = field("i8", unit="ns", doc="mission time at which the ADCS mode was entered")
    target_lat_rad = field("f8", unit="rad", doc="geodetic latitude of the target")
    target_lon_rad = field("f8", unit="rad", doc="longitude of the target")
    target_alt_m = field("f8", unit="m", doc="height of the target over the ellipsoid")
    q_bi_inertial = field("f8", 4, doc="attitude held in INERTIAL")
