"""What an actuator does in one board cycle, for those who advance the physics from Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.physics.options import PhysicsError

MOST_ACTIONS = 64  # `ACTIONS` of the kernel
NOTHING = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Action:
    """Constant between two edges, in body axes; any number of them may act at once.

    `from_ns`, `to_ns` are counted from the start of the advance. The torque is about the centre of mass; a force that
    acts elsewhere brings its torque along. `mass_flow_kgps` is mass that leaves, and is not negative.
    """

    from_ns: int
    to_ns: int
    force_b_n: Sequence[float] = NOTHING
    torque_b_nm: Sequence[float] = NOTHING
    dipole_b_am2: Sequence[float] = NOTHING
    mass_flow_kgps: float = 0.0


def packed(actions: Sequence[Action], dt_ns: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return edges (n, 2) [ns] and values (n, 10) of actions in an advance of `dt_ns`; raise `PhysicsError`."""
    if len(actions) > MOST_ACTIONS:
        raise PhysicsError(f"actions: found {len(actions)}, expected at most {MOST_ACTIONS}")
    edges = np.zeros((len(actions), 2), dtype=np.int64)
    values = np.zeros((len(actions), 10))
    for k, a in enumerate(actions):
        if not 0 <= a.from_ns < a.to_ns <= dt_ns:
            expected = f"expected edges in their order, within 0 to {dt_ns} ns"
            raise PhysicsError(f"actions[{k}]: found {a.from_ns} to {a.to_ns} ns, {expected}")
        row = [*a.force_b_n, *a.torque_b_nm, *a.dipole_b_am2, a.mass_flow_kgps]
        if len(row) != 10 or not np.isfinite(row).all() or not a.mass_flow_kgps >= 0.0:
            expected = "three finite numbers each of force, torque and dipole, and a mass flow of at least 0"
            raise PhysicsError(f"actions[{k}]: found {row}, {expected}")
        edges[k], values[k] = (a.from_ns, a.to_ns), row
    return edges, values
