"""Driver of the ADCS board: wheel and torquer commands out; gyro, field, Sun, wheel and torquer samples in."""

from __future__ import annotations

from hal.drivers._adcs_board import AdcsBoard
from hal.drivers.config import adcs_config
from hal.drivers.scaling import SPEED_MARGIN, SUN_SENSOR_RANGE, limit_counts, nanoseconds
from hal.vehicle.vehicle import Vehicle
from hal.wire import BoardKind


class AdcsBoardDriver(AdcsBoard):
    """Driver of the ADCS board of `vehicle`.

    `bind(pool)` takes the records, whose names the keyword arguments give: `gyro`, `mag`, `css`, `wheels`, `torquers`
    and `health` (`BoardHealth`) are written, `actuators` (`ActuatorCommand`) is read; `state` (`BoardLinkState` of
    `hal.link_state`) is all that the driver remembers.

    Every board period it sends the command: torques and dipoles rounded to counts and clamped to the vehicle's limits;
    safe outputs when the command is not valid or a number of it is not finite. Samples are stamped with the mission
    time of validity; a sample is valid when the board says so and every value is within the vehicle's range. The
    increments of several packets in one exchange add up in the gyro sample. Raises `SchemaError` with one line that
    names the key when what the vehicle says does not fit the wire.
    """

    def __init__(
        self,
        vehicle: Vehicle,
        *,
        gyro: str = "samples.gyro",
        mag: str = "samples.mag",
        css: str = "samples.css",
        wheels: str = "samples.wheels",
        torquers: str = "samples.torquers",
        health: str = "samples.adcs_health",
        actuators: str = "command.actuators",
        state: str = "drivers.adcs",
    ) -> None:
        config = adcs_config(vehicle)  # refuses what does not fit the wire, before anything is made
        scale = {
            "gyro": (vehicle.gyro.count_rad, vehicle.gyro.range_radps),
            "mag": (vehicle.magnetometer.count_tesla, vehicle.magnetometer.range_tesla),
            "css_range": SUN_SENSOR_RANGE,
            "css": [s.count for s in vehicle.sun_sensors],
            "wheels": [
                (
                    w.speed_count_radps,
                    SPEED_MARGIN * w.momentum_max_nms / w.inertia_kgm2,
                    w.torque_count_nm,
                    limit_counts(w.torque_max_nm, w.torque_count_nm),
                )
                for w in vehicle.wheels
            ],
            "torquers": [
                (t.dipole_count_am2, limit_counts(t.dipole_max_am2, t.dipole_count_am2)) for t in vehicle.torquers.units
            ],
        }
        names = {
            "gyro": gyro, "mag": mag, "css": css, "wheels": wheels, "torquers": torquers,
            "health": health, "actuators": actuators, "state": state,
        }  # fmt: skip
        self.set_scale(scale, names)
        self.set_board(
            kind=BoardKind.ADCS,
            apid_offset=0,
            config=config,
            period_ns=vehicle.boards.adcs.period_ms * 1_000_000,
            deadline_ns=vehicle.boards.adcs.response_deadline_ms * 1_000_000,
            silent_after_ns=nanoseconds(vehicle.limits.board_silent_s, vehicle.file, "limits.board_silent_s"),
        )
