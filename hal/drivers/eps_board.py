"""Driver of the EPS board: load switches out; battery, array and load samples in."""

from __future__ import annotations

from hal.drivers._eps_board import EpsBoard
from hal.drivers.config import eps_config
from hal.drivers.scaling import nanoseconds
from hal.vehicle.vehicle import Vehicle
from hal.wire import EPS_OFFSET, BoardKind

VOLTAGE_LOW = 0.5  # of an empty battery's voltage; below, the reading is not a voltage of this bus
VOLTAGE_HIGH = 1.25  # of a full battery's voltage
ARRAY_POWER_HIGH = 1.5  # of all panels at normal incidence


class EpsBoardDriver(EpsBoard):
    """Driver of the EPS board of `vehicle`.

    `bind(pool)` takes the records: `samples.NAME` of the power system (`hal.samples.EpsSample`) and
    `samples.eps_health` (`BoardHealth`) are written; `command.switches`, a `uint16` of `hal.wire.EpsSwitch` bits, is
    read and sent every EPS period; `drivers.eps` (`BoardLinkState` of `hal.link_state`) is all that the driver
    remembers. A sample is valid when voltage, array power, state of charge and temperature are possible.
    """

    def __init__(self, vehicle: Vehicle) -> None:
        (power,) = vehicle.of_kind("power")
        limits = (
            VOLTAGE_LOW * power.voltage_empty_v,
            VOLTAGE_HIGH * power.voltage_full_v,
            ARRAY_POWER_HIGH * sum(a.power_w for a in power.arrays),
        )
        self.set_limits(
            limits,
            {
                "eps": f"samples.{power.name}",
                "health": "samples.eps_health",
                "switches": "command.switches",
                "state": "drivers.eps",
            },
        )
        self.set_board(
            kind=BoardKind.EPS,
            apid_offset=EPS_OFFSET,
            config=eps_config(vehicle),
            period_ns=vehicle.boards.eps.period_ms * 1_000_000,
            deadline_ns=vehicle.boards.eps.response_deadline_ms * 1_000_000,
            silent_after_ns=nanoseconds(vehicle.limits.board_silent_s, vehicle.file, "limits.board_silent_s"),
        )
