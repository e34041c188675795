"""Options of the truth: a switch for every perturbation."""

from __future__ import annotations

from dataclasses import dataclass, fields

from hal.bounds import is_within
from hal.schema import key


class PhysicsError(ValueError):
    """An input of the truth physics is not usable; the message is one line."""


@dataclass(frozen=True)
class PhysicsOptions:
    """Switches and inputs of the truth; also a table of the scenario file.

    Raises `PhysicsError` naming the option, what was found and what was expected.
    """

    step_s: float = key(default=0.1, low=1e-3, high=10, doc="largest integration step")
    zonal_degree: int = key(default=6, choices=(0, 2, 3, 4, 5, 6), doc="0: point mass")
    sun_gravity: bool = key(default=True)
    moon_gravity: bool = key(default=True)
    drag: bool = key(default=True, doc="force and torque")
    solar_pressure: bool = key(default=True, doc="force and torque")
    gravity_gradient: bool = key(default=True)
    residual_dipole: bool = key(default=True)
    torquers: bool = key(default=True)
    wheel_friction: bool = key(default=True)
    wheel_limits: bool = key(default=True, doc="torque and speed limits of the wheels")
    magnetic_field: bool = key(default=True, doc="False: no geomagnetic field")
    eclipse: bool = key(default=True, doc="False: the Sun is never hidden")
    density_scale: float = key(default=1.0, low=0, high=1e4, plausible=(0.05, 20), doc="factor on the atmosphere model")
    bulge_exponent: float = key(default=6.0, low=2, high=6, doc="2 for low inclinations, 6 for polar orbits")
    albedo: float = key(default=0.3, low=0, high=1, doc="mean reflectivity of the Earth")
    coulomb_width_radps: float = key(default=0.1, low=1e-4, high=100, doc="spin rate at which Coulomb friction is full")
    ut1_utc_s: float = key(default=0.0, low=-0.9, high=0.9, doc="UT1 - UTC at the initial epoch")
    polar_x_rad: float = key(default=0.0, low=-1e-5, high=1e-5, doc="polar motion xp")
    polar_y_rad: float = key(default=0.0, low=-1e-5, high=1e-5, doc="polar motion yp")

    def __post_init__(self) -> None:
        for f in fields(self):
            value = getattr(self, f.name)
            kind: tuple[type, ...] = {"float": (int, float), "int": (int,), "bool": (bool,)}[str(f.type)]
            if not isinstance(value, kind) or (isinstance(value, bool) and f.type != "bool"):
                raise PhysicsError(f"{f.name}: found {value!r}, expected a value of type {f.type}")
            bounds = {k: f.metadata[k] for k in ("low", "high", "above", "below")}
            choices = f.metadata["choices"]
            inside = f.type == "bool" or is_within(value, **bounds)  # type: ignore[arg-type] # a number
            if not inside or (choices is not None and value not in choices):
                text = ", ".join(f"{k} {v}" for k, v in (bounds | {"one of": choices}).items() if v is not None)
                raise PhysicsError(f"{f.name}: found {value!r}, expected {text}")
