"""Driver of the ADCS board: commands of what it drives out, samples of what it reads in."""

from __future__ import annotations

from hal.devices.layout import layout
from hal.drivers._adcs_board import AdcsBoard
from hal.drivers.config import adcs_config
from hal.drivers.scaling import nanoseconds
from hal.vehicle.vehicle import Vehicle
from hal.wire import BoardKind


class AdcsBoardDriver(AdcsBoard):
    """Driver of the ADCS board of `vehicle`.

    `bind(pool)` takes the records: `samples.NAME` of each device on the board and `samples.adcs_health` (`BoardHealth`)
    are written, `command.actuators` (`ActuatorCommand`) and the commands of other devices are read; `drivers.adcs`
    (`BoardLinkState` of `hal.link_state`) is all that the driver remembers.

    Every board period it sends the command: outputs rounded to counts and clamped to the vehicle's limits; safe outputs
    when the command is not valid or a number of it is not finite. Samples are stamped with the mission time of
    validity; a sample is valid when no count is at the end of its range, which is no measurement, and every value is
    within the vehicle's range. The increments of several packets in one exchange add up; those of the board's first
    cycle began before and are not valid. Raises `SchemaError` with one line that names the key when what the vehicle
    says does not fit the wire.
    """

    def __init__(self, vehicle: Vehicle) -> None:
        carries = layout(vehicle)
        config = adcs_config(vehicle, carries)  # refuses what does not fit the wire, before anything is made
        names = {"health": "samples.adcs_health", "actuators": "command.actuators", "state": "drivers.adcs"}
        self.set_layout(carries, names)
        self.set_board(
            kind=BoardKind.ADCS,
            apid_offset=0,
            config=config,
            period_ns=vehicle.boards.adcs.period_ms * 1_000_000,
            deadline_ns=vehicle.boards.adcs.response_deadline_ms * 1_000_000,
            silent_after_ns=nanoseconds(vehicle.limits.board_silent_s, vehicle.file, "limits.board_silent_s"),
        )
