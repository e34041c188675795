"""Driver of the ADCS board: wheel and torquer commands out; gyro, field, Sun, wheel and torquer samples in."""

from __future__ import annotations

from typing import Any

from hal.devices.registry import kind_of
from hal.drivers._adcs_board import AdcsBoard
from hal.drivers.config import adcs_config
from hal.drivers.scaling import SPEED_MARGIN, SUN_SENSOR_RANGE, limit_counts, nanoseconds
from hal.vehicle.vehicle import Vehicle
from hal.wire import BoardKind

KINDS = ("gyro", "magnetometer", "coarse_sun_sensors", "reaction_wheels", "magnetorquers")  # that its packets hold
NOTHING = (0.0, 0.0)


def units_of(device: Any) -> tuple[Any, ...]:  # noqa: ANN401 - of the device's kind
    """Return the units of an array; none where there is no such device."""
    return device.units if device else ()


class AdcsBoardDriver(AdcsBoard):
    """Driver of the ADCS board of `vehicle`.

    `bind(pool)` takes the records: `samples.NAME` of each device on the board and `samples.adcs_health` (`BoardHealth`)
    are written, `command.actuators` (`ActuatorCommand`) is read; `drivers.adcs` (`BoardLinkState` of `hal.link_state`)
    is all that the driver remembers. What the board does not carry has no record; its place in the packets is 0.

    Every board period it sends the command: torques and dipoles rounded to counts and clamped to the vehicle's limits;
    safe outputs when the command is not valid or a number of it is not finite. Samples are stamped with the mission
    time of validity; a sample is valid when the board says so and every value is within the vehicle's range. The
    increments of several packets in one exchange add up in the gyro sample. Raises `SchemaError` with one line that
    names the key when what the vehicle says does not fit the wire.
    """

    def __init__(self, vehicle: Vehicle) -> None:
        config = adcs_config(vehicle)  # refuses what does not fit the wire, before anything is made
        devices: dict[str, Any] = {kind_of(d).name: d for d in vehicle.devices if d.board == "adcs"}
        gyro, mag, cells, wheels, torquers = (devices.get(kind) for kind in KINDS)
        scale = {
            "gyro": (gyro.count_rad, gyro.range_radps) if gyro else NOTHING,
            "mag": (mag.count_tesla, mag.range_tesla) if mag else NOTHING,
            "css_range": SUN_SENSOR_RANGE,
            "css": [s.count for s in units_of(cells)],
            "wheels": [
                (
                    w.speed_count_radps,
                    SPEED_MARGIN * w.momentum_max_nms / w.inertia_kgm2,
                    w.torque_count_nm,
                    limit_counts(w.torque_max_nm, w.torque_count_nm),
                )
                for w in units_of(wheels)
            ],
            "torquers": [
                (t.dipole_count_am2, limit_counts(t.dipole_max_am2, t.dipole_count_am2)) for t in units_of(torquers)
            ],
        }
        names = {"health": "samples.adcs_health", "actuators": "command.actuators", "state": "drivers.adcs"}
        names |= {kind: f"samples.{device.name}" for kind, device in devices.items()}
        self.set_scale(scale, names)
        self.set_board(
            kind=BoardKind.ADCS,
            apid_offset=0,
            config=config,
            period_ns=vehicle.boards.adcs.period_ms * 1_000_000,
            deadline_ns=vehicle.boards.adcs.response_deadline_ms * 1_000_000,
            silent_after_ns=nanoseconds(vehicle.limits.board_silent_s, vehicle.file, "limits.board_silent_s"),
        )
