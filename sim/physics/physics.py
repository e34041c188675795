"""`Physics` integrates the truth of one vehicle; kernels cimport `sim.physics._physics.Physics`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hal.samples import MAX_WHEELS
from sim.physics._physics import Physics as _Physics
from sim.physics.actuation import Action, packed
from sim.physics.environment import Environment
from sim.physics.options import PhysicsError, PhysicsOptions
from sim.physics.timescales import NS
from sim.physics.vectors import norm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from hal.vehicle.vehicle import Vehicle


def _vector(name: str, values: ArrayLike, size: int) -> NDArray[np.float64]:
    """Return `values` as finite doubles of that size, or raise `PhysicsError`."""
    out = np.array(values, dtype=np.float64)
    if out.shape != (size,) or not np.isfinite(out).all():
        raise PhysicsError(f"{name}: found {np.asarray(values).tolist()}, expected {size} finite numbers")
    return out


class Physics(_Physics):
    """Rigid body with reaction wheels on an orbit, with every perturbation that `options` switches on.

    `start` sets the state; `advance` integrates it; `truth` is the record (`TruthRecord`) of the present state, a
    view of the physics' own memory that every advance overwrites. `snapshot() -> bytes` and `restore(bytes)` keep and
    continue a flight bit for bit.
    """

    def __init__(
        self, vehicle: Vehicle, options: PhysicsOptions | None = None, environment: Environment | None = None
    ) -> None:
        """`environment`: the one that others share; one of its own, of the time of the start, if None."""
        self.vehicle = vehicle
        self.options = options or PhysicsOptions()
        self._started = False
        self._shares = environment is not None
        super().__init__(vehicle, self.options, environment or Environment(self.options))

    @property
    def truth(self) -> NDArray[Any]:
        """The present truth: a zero-dimensional structured array with the fields of `TruthRecord`."""
        record: NDArray[Any] = self.memory
        return record

    def start(
        self,
        t_tai_ns: int,
        pos_i_m: ArrayLike,
        vel_i_mps: ArrayLike,
        *,
        q_bi: ArrayLike = (0.0, 0.0, 0.0, 1.0),
        rate_bi_b_radps: ArrayLike = (0.0, 0.0, 0.0),
        wheel_speed_radps: ArrayLike | None = None,
        t_ns: int = 0,
    ) -> None:
        """Set the state at `t_tai_ns`, when mission time is `t_ns`.

        Position and velocity (3), attitude (4, scalar last, normalised here), body rate (3) and the speed of each
        wheel of the vehicle (at rest by default). Raises `PhysicsError`.
        """
        count = len(self.vehicle.units("reaction_wheels"))
        q = _vector("q_bi", q_bi, 4)
        length = norm(q)
        if not 0.5 < length < 2.0:
            raise PhysicsError(f"q_bi: found a norm of {length:g}, expected 1")
        speeds = np.zeros(MAX_WHEELS)
        speeds[:count] = _vector(
            "wheel_speed_radps", np.zeros(count) if wheel_speed_radps is None else wheel_speed_radps, count
        )
        pos = _vector("pos_i_m", pos_i_m, 3)
        if norm(pos) < 6.4e6:
            raise PhysicsError(f"pos_i_m: found a radius of {norm(pos):g} m, expected one above the Earth")
        rate, vel = _vector("rate_bi_b_radps", rate_bi_b_radps, 3), _vector("vel_i_mps", vel_i_mps, 3)
        if not self._shares:
            self._take(Environment(self.options, t_tai_ns))
        self._restart(t_ns, t_tai_ns, self.environment.ut1_tai_ns, np.concatenate([pos, vel, q / length, rate, speeds]))
        self._started = True

    def advance(
        self, dt_ns: int, actions: Sequence[Action] = (), wheel_torque_nm: ArrayLike | None = None
    ) -> NDArray[Any]:
        """Advance by `dt_ns` and return `truth`.

        `actions` is what the actuators do; their edges may lie anywhere in the advance, and no integration step goes
        beyond one. `wheel_torque_nm` is the commanded motor torque of each wheel throughout. Raises `PhysicsError`.
        """
        if not self._started:
            raise PhysicsError("advance: found no state, expected one: call start() first")
        if not dt_ns > 0:
            raise PhysicsError(f"dt_ns: found {dt_ns}, expected a positive duration")
        count = len(self.vehicle.units("reaction_wheels"))
        torque = np.zeros(MAX_WHEELS)
        if wheel_torque_nm is not None:
            torque[:count] = _vector("wheel_torque_nm", wheel_torque_nm, count)
        self._advance(dt_ns, *packed(actions, dt_ns), torque)
        return self.truth

    def coast(self, seconds: float) -> NDArray[Any]:
        """Advance without actuators, the motors off, and return `truth`."""
        return self.advance(round(seconds * NS))

    def restore(self, octets: bytes) -> None:
        """Continue from `snapshot()` of a physics of the same vehicle and options, bit for bit.

        Raises `PhysicsError` when the octets are not such a snapshot's length.
        """
        if len(octets) != len(self.snapshot()):
            raise PhysicsError(f"snapshot: found {len(octets)} octets, expected {len(self.snapshot())} of this version")
        super().restore(octets)
        self._started = True
