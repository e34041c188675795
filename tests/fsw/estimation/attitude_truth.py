"""A self-made truth for the estimation tests: attitude, sensors and environment in plain NumPy and SciPy.

Shares no code with the flight kernels: attitudes are SciPy `Rotation`s of body axes in inertial axes, whose matrix
is the transpose of C(q_bi), and whose quaternion has the same four numbers as q_bi.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from fsw.core.sections import TimeSection
from fsw.estimation.estimator import Estimator
from fsw.estimation.sections import (
    AttitudeSection,
    BodySection,
    EstimatorHistorySection,
    MagCalibrationSection,
    RateModelSection,
)
from fsw.estimation.sense import Sense
from fsw.health.devices import fitted
from fsw.health.sections import FdirSection
from fsw.navigation.sections import NavigationSection
from hal.handle import Handle, handle_in
from hal.vehicle.load import load_vehicle
from hal.vehicle.vehicle import Vehicle
from tests.fsw.sections import SamplesSection

DT = 0.1
FITTED = fitted(load_vehicle())
ORBIT_RATE = 2 * np.pi / 5680.0


class Memory:
    """Sections in NumPy memory, by class for the tests, by name for applications."""

    SECTIONS = (
        SamplesSection,
        TimeSection,
        BodySection,
        AttitudeSection,
        NavigationSection,
        EstimatorHistorySection,
        MagCalibrationSection,
        FdirSection,
        RateModelSection,
    )

    def __init__(self) -> None:
        self.arrays = {cls: np.zeros(1, cls.dtype()) for cls in self.SECTIONS}
        self.handles = {cls.section: Handle(cls, cls.section, array) for cls, array in self.arrays.items()}

    def handle(self, name: str) -> Handle:
        return handle_in(self.handles, name)

    def __getitem__(self, section: type) -> np.void:
        return self.arrays[section].view(section.dtype(FITTED))[0]

    def snapshot(self) -> list[bytes]:
        return [array.tobytes() for array in self.arrays.values()]

    def restore(self, octets: list[bytes]) -> None:
        for array, data in zip(self.arrays.values(), octets, strict=True):
            array.view(np.uint8)[:] = np.frombuffer(data, np.uint8)


def products(first: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Quaternions, scalar last: `first`, and the same after each of the `steps` (n, 4), each in the axes before it."""
    x, y, z, w = (float(v) for v in first)
    out = [(x, y, z, w)]
    for a, b, c, d in steps.tolist():
        x, y, z, w = (
            w * a + x * d + y * c - z * b,
            w * b - x * c + y * d + z * a,
            w * c + x * b - y * a + z * d,
            w * d - x * a - y * b - z * c,
        )
        out.append((x, y, z, w))
    quats = np.array(out)
    return quats / np.linalg.norm(quats, axis=1, keepdims=True)


def slew_profile(n: int, slews: list[tuple[int, int, tuple[float, float, float]]]) -> np.ndarray:
    """Body rates (n, 3): nadir-like rotation about -y, plus slews (start, ticks, peak rate), raised-cosine shaped."""
    rate = np.tile([0.0, -ORBIT_RATE, 0.0], (n, 1))
    for start, ticks, peak in slews:
        shape = 0.5 * (1 - np.cos(2 * np.pi * np.arange(ticks) / ticks))
        rate[start : start + ticks] += shape[:, None] * np.array(peak)
    return rate


@dataclass
class Flight:
    """Truth of n ticks and the samples it gives; `q` and `rate` are at the ticks."""

    vehicle: Vehicle
    rate: np.ndarray
    seed: int = 1
    mag_model_error_tesla: float = 2.0e-8
    albedo: float = 0.25
    errors: bool = True
    memory: Memory = field(default_factory=Memory)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        n = len(self.rate)
        self.n, self.t = n, np.arange(n) * DT
        self._environment()
        # nadir: z down, y against the orbit normal; columns are body axes in inertial axes
        z, y = -self.radial[0], -np.cross(self.radial[0], self.radial[1] - self.radial[0])
        y /= np.linalg.norm(y)
        body = Rotation.from_matrix(np.stack([np.cross(y, z), y, z], 1))
        quats = products(body.as_quat(), Rotation.from_rotvec(self.rate[:-1] * DT).as_quat())
        self.truth = Rotation.from_quat(quats)
        self.q = quats
        self._sensors()
        self.sense, self.estimator = Sense(self.memory, self.vehicle), Estimator(self.memory, self.vehicle)

    def _environment(self) -> None:
        u = ORBIT_RATE * self.t + self.rng.uniform(0, 2 * np.pi)
        inclination = np.radians(97.4)
        radial = np.stack([np.cos(u), np.sin(u) * np.cos(inclination), np.sin(u) * np.sin(inclination)], 1)
        pole = Rotation.from_rotvec([0.17, 0.0, 0.0]).apply([0.0, 0.0, 1.0])
        self.mag_i = 2.5e-5 * (3 * (radial @ pole)[:, None] * radial - pole) * -1.0
        self.radial = radial
        sun = np.array([0.3, -0.9, 0.35])
        self.sun_i = sun / np.linalg.norm(sun)
        # the flight model errs by a smooth field of some 500 km wavelength
        phase = self.rng.uniform(0, 2 * np.pi, (3, 1))
        wave = np.sin(13 * u[None, :] + phase).T * self.mag_model_error_tesla * np.sqrt(2)
        self.mag_model_i = self.mag_i + (wave if self.errors else 0.0)

    def _sensors(self) -> None:
        v, rng, n = self.vehicle, self.rng, self.n
        on = 1.0 if self.errors else 0.0
        g, m, s = v.device("gyro"), v.device("magnetometer"), v.device("star_tracker")
        mounted = [Rotation.from_quat(x.q_sb) for x in (g, m, s)]  # as_matrix() = C_bs
        matrix = np.eye(3) + on * (
            np.diag(rng.normal(0, g.scale_factor_sigma, 3)) + rng.normal(0, g.misalignment_sigma_rad, (3, 3))
        )
        self.bias = (
            rng.normal(0, g.bias_sigma_radps, 3) * on
            + np.cumsum(rng.normal(0, g.rate_random_walk_radps_sqrts * np.sqrt(DT), (n, 3)), 0) * on
        )
        dtheta = self.rate @ matrix.T * DT + self.bias * DT
        dtheta = dtheta + on * rng.normal(0, g.angle_random_walk_rad_sqrts * np.sqrt(DT), (n, 3))
        self.dtheta_s = np.round(mounted[0].inv().apply(dtheta) / g.count_rad) * g.count_rad
        self.hard_iron = on * rng.normal(0, m.hard_iron_sigma_tesla, 3)
        soft = np.eye(3) + on * rng.normal(0, m.soft_iron_sigma, (3, 3))
        mag_b = self.truth.inv().apply(self.mag_i) @ soft.T + self.hard_iron
        mag_b = mag_b + on * rng.normal(0, m.noise_tesla, (n, 3))
        self.mag_s = np.round(mounted[1].inv().apply(mag_b) / m.count_tesla) * m.count_tesla
        self._sun_sensors(on)
        self.mount_error = Rotation.from_rotvec(on * rng.normal(0, s.misalignment_sigma_rad, 3))
        self.str_every = round(1 / (s.rate_hz * DT))
        self.str_delay_ns = round(s.latency_s * 1e9)
        sigma = on * np.array([s.noise_cross_rad, s.noise_cross_rad, s.noise_roll_rad])
        noise = Rotation.from_rotvec(rng.normal(0, 1, (n, 3)) * sigma)
        # sensor axes in inertial axes: body, then the mounting and its error, then noise
        self.str_q = (self.truth * self.mount_error * mounted[2] * noise).as_quat()

    def _sun_sensors(self, on: float) -> None:
        cells = self.vehicle.units("coarse_sun_sensors")
        normals = np.array([c.normal_b for c in cells])
        sun_b = self.truth.inv().apply(np.tile(self.sun_i, (self.n, 1)))
        earth_b = self.truth.inv().apply(-self.radial)
        lit = np.clip((self.radial @ self.sun_i + 0.3) / 1.3, 0, 1)[:, None]
        ratio = np.where(sun_b @ normals.T > np.cos(cells[0].half_angle_rad), sun_b @ normals.T, 0.0)
        ratio = ratio + on * self.albedo * lit * np.clip(earth_b @ normals.T, 0, 1)
        self.css = np.clip(ratio + on * self.rng.normal(0, cells[0].noise, ratio.shape), 0, None)

    def write(self, k: int, *, tracker: bool = True, gyro: bool = True, sunlit: float = 1.0) -> None:
        """Write tick k's samples and environment into the sections."""
        t_ns = round((k + 1) * DT * 1e9)
        s, nav = self.memory[SamplesSection], self.memory[NavigationSection]
        self.memory[TimeSection]["t_ns"] = t_ns
        for sample in (s["gyro"], s["magnetometer"], s["sun_sensors"]):
            sample["t_ns"], sample["new"], sample["valid"] = t_ns, gyro, 1
        s["gyro"]["dt_ns"], s["gyro"]["dtheta_s_rad"] = round(DT * 1e9), self.dtheta_s[k]
        s["magnetometer"]["mag_s_tesla"] = self.mag_s[k]
        s["sun_sensors"]["ratio"][: self.css.shape[1]] = self.css[k]
        late = -(-self.str_delay_ns // round(DT * 1e9))
        star = s["star_tracker"]
        star["new"], star["valid"] = tracker and k >= late and (k - late) % self.str_every == 0, 1
        if star["new"]:
            star["t_ns"], star["q_si"] = t_ns - late * round(DT * 1e9), self.str_q[k - late]
        nav["mag_i_tesla"], nav["sun_i"], nav["sunlit"], nav["valid"] = self.mag_model_i[k], self.sun_i, sunlit, 1

    def step(self, k: int, **conditions: object) -> np.void:
        """Fly one tick and return the attitude section."""
        self.write(k, **conditions)  # type: ignore[arg-type]
        self.sense.step()
        self.estimator.step()
        return self.memory[AttitudeSection]

    def error(self, k: int) -> np.ndarray:
        """Body-frame attitude error (3,) [rad] of the published estimate at tick k."""
        estimate = Rotation.from_quat(self.memory[AttitudeSection]["q_bi"])
        return (estimate.inv() * self.truth[k]).as_rotvec()


def between(truth: Rotation, t: np.ndarray, when: np.ndarray) -> Rotation:
    """Attitude between ticks, constant rate in between."""
    return Slerp(t, truth)(when)
