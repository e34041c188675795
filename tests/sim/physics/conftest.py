"""What the physics tests share: vehicles, an orbit, and a physics with everything off but what is named."""

import dataclasses
from datetime import UTC, datetime

import numpy as np
import pytest

from hal.vehicle.load import load_vehicle
from hal.vehicle.vehicle import Face
from sim.physics.options import PhysicsOptions
from sim.physics.physics import Physics
from sim.physics.timescales import tai_from_utc

SWITCHES = (
    "sun_gravity", "moon_gravity", "drag", "solar_pressure", "gravity_gradient", "residual_dipole", "torquers",
    "wheel_friction", "wheel_limits", "magnetic_field", "eclipse",
)  # fmt: skip


@pytest.fixture(scope="session")
def vehicle():
    return load_vehicle()


@pytest.fixture(scope="session")
def epoch():
    return tai_from_utc(datetime(2019, 11, 18, 13, 13, 19, tzinfo=UTC))


@pytest.fixture(scope="session")
def orbit():
    """A near-polar orbit at 507 km: position [m] and velocity [m/s]."""
    radius, speed, inclination = 6.885e6, 7608.7, 1.7002
    return (
        np.array([radius, 0.0, 0.0]),
        speed * np.array([0.0, np.cos(inclination), np.sin(inclination)]),
    )


@pytest.fixture(scope="session")
def quiet():
    """Return options with every perturbation off but those named."""

    def make(**named):
        return PhysicsOptions(**{**dict.fromkeys(SWITCHES, False), "zonal_degree": 0, **named})

    return make


@pytest.fixture(scope="session")
def rebuilt(vehicle):
    """Return the reference vehicle with other wheels (tuple of changes to the first wheel) or craft values."""

    def make(wheels=None, **craft):
        out = dataclasses.replace(vehicle, spacecraft=dataclasses.replace(vehicle.spacecraft, **craft))
        if wheels is not None:
            first = vehicle.device("wheels").units[0]
            out = out.changed("wheels", units=tuple(dataclasses.replace(first, **w) for w in wheels))
        return out

    return make


@pytest.fixture(scope="session")
def one_plate(rebuilt):
    """Return a vehicle whose only surface is one plate."""

    def make(normal_b, center_b_m=(0.0, 0.0, 0.0), area_m2=1.0, specular=0.0, diffuse=0.0, **craft):
        face = Face(
            normal_b=tuple(normal_b), center_b_m=center_b_m, area_m2=area_m2, specular=specular, diffuse=diffuse
        )
        return rebuilt(faces=(face,), **craft)

    return make


@pytest.fixture(scope="session")
def started(epoch, orbit):
    """Return a started physics of a vehicle and options."""

    def make(vehicle, options, q_bi=(0.0, 0.0, 0.0, 1.0), rate=(0.0, 0.0, 0.0), speeds=None, state=None, t=None):
        physics = Physics(vehicle, options)
        pos, vel = state or orbit
        physics.start(epoch if t is None else t, pos, vel, q_bi=q_bi, rate_bi_b_radps=rate, wheel_speed_radps=speeds)
        return physics

    return make


@pytest.fixture(scope="session")
def dcm():
    """Return C(q) as fsw/CONVENTIONS.md defines it, through SciPy's (transposed) matrix."""
    from scipy.spatial.transform import Rotation

    return lambda q: Rotation.from_quat(q).as_matrix().T
