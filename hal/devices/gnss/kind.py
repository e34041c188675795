"""GNSS receiver, a unit on a link of its own: keys of the vehicle file."""

from __future__ import annotations

from dataclasses import dataclass

from hal.devices.device import Device
from hal.devices.kind import DeviceKind
from hal.link_state import GnssLinkState
from hal.samples import GnssSample, UnitHealth
from hal.schema import key


@dataclass(frozen=True)
class Gnss(Device):
    """GNSS receiver: a unit on its own link that speaks UBX."""

    period_s: int = key(low=1, high=3600, plausible=(1, 600))
    noise_position_m: float = key(low=0, high=1e5, plausible=(1e-3, 1e3), doc="1 sigma per axis")
    noise_velocity_mps: float = key(low=0, high=1e3, plausible=(1e-4, 10), doc="1 sigma per axis")
    latency_s: float = key(low=0, high=1, plausible=(1e-3, 1))


KIND = DeviceKind(
    "gnss", Gnss, sample=GnssSample, state=GnssLinkState, health=UnitHealth, driver="hal.drivers.gnss:GnssDriver"
)
