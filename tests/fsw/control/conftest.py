"""A rigid body with wheels and torquers in a turning dipole field, written apart from flight, and flight around it."""

import math

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from fsw.control.actuate import Actuate
from fsw.control.controller import Controller
from fsw.control.sections import CommandSection, ControllerSection, ControlSection
from fsw.core.pool import Pool
from fsw.core.sections import TimeSection
from fsw.estimation.sections import AttitudeSection, BodySection
from fsw.guidance.guide import Guide
from fsw.guidance.modes import AdcsMode, SystemMode
from fsw.guidance.sections import GuidanceSection, GuideSection, ModeSection
from fsw.health.devices import fitted
from fsw.health.sections import FdirSection
from fsw.navigation.sections import NavigationSection
from hal.vehicle.load import load_vehicle
from tests.fsw.sections import SamplesSection

H = 0.1
MU = 3.986004415e14
RADIUS = 6.885e6
N = math.sqrt(MU / RADIUS**3)
EARTH_RATE = 7.2921151467e-5
SOUTH_XY, SOUTH_Z = -math.sin(0.17), -math.cos(0.17)  # of the magnetic axis
DIPOLE = 2.99e-5 * (6371200.0 / RADIUS) ** 3
SECTIONS = {
    "time": TimeSection, "samples": SamplesSection, "command": CommandSection, "mode": ModeSection,
    "body": BodySection, "attitude": AttitudeSection, "navigation": NavigationSection, "guidance": GuidanceSection,
    "guide": GuideSection, "control": ControlSection, "controller": ControllerSection,
    "fdir": FdirSection,
}  # fmt: skip


def cross(a, b):
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def times(m, v):
    (a, b, c), (d, e, f), (g, h, i) = m
    x, y, z = v
    return (a * x + b * y + c * z, d * x + e * y + f * z, g * x + h * y + i * z)


def quaternion(c):
    """The quaternion, scalar last, of the attitude whose matrix is C_bi."""
    (a, b, d), (e, f, g), (h, i, j) = c
    t = a + f + j
    if t >= max(a, f, j):
        q = (g - i, h - d, b - e, 1.0 + t)
    elif a >= max(f, j):
        q = (1.0 + a - f - j, b + e, d + h, g - i)
    elif f >= j:
        q = (b + e, 1.0 + f - a - j, g + i, h - d)
    else:
        q = (d + h, g + i, 1.0 + j - a - f, b - e)
    norm = math.sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3])
    return [x / norm for x in q]


class Orbit:
    """Circular, with the field of a dipole that turns with the Earth, 10 deg off its axis."""

    def __init__(self, inclination=1.7, node=0.6, phase=0.2, earth=0.9):
        ci, si, cn, sn = math.cos(inclination), math.sin(inclination), math.cos(node), math.sin(node)
        self.p, self.q = (cn, sn, 0.0), (-sn * ci, cn * ci, si)
        self.phase, self.earth = phase, earth
        self._field_at, self._field_i = None, ()

    def state(self, t):
        c, s = math.cos(N * t + self.phase), math.sin(N * t + self.phase)
        (px, py, pz), (qx, qy, qz), r, v = self.p, self.q, RADIUS, RADIUS * N
        pos = (r * (c * px + s * qx), r * (c * py + s * qy), r * (c * pz + s * qz))
        return pos, (v * (c * qx - s * px), v * (c * qy - s * py), v * (c * qz - s * pz))

    def earth_angle(self, t):
        return self.earth + EARTH_RATE * t

    def field_i(self, t):
        if t != self._field_at:
            (x, y, z), _ = self.state(t)
            a = self.earth_angle(t) - 1.27
            sx, sy, sz = SOUTH_XY * math.cos(a), SOUTH_XY * math.sin(a), SOUTH_Z
            along = 3.0 * (sx * x + sy * y + sz * z) / RADIUS**2
            self._field_at = t
            self._field_i = (DIPOLE * (along * x - sx), DIPOLE * (along * y - sy), DIPOLE * (along * z - sz))
        return self._field_i

    def below(self, t, off_deg=0.0):
        """Latitude and longitude (sphere) beside the ground track at t."""
        pos, vel = (np.array(x) for x in self.state(t))
        side = np.cross(pos, vel)
        away = math.radians(off_deg)
        u = math.cos(away) * pos / RADIUS + math.sin(away) * side / np.linalg.norm(side)
        return math.asin(u[2]), math.remainder(math.atan2(u[1], u[0]) - self.earth_angle(t), 2 * math.pi)


class Plant:
    """Attitude as the matrix C_bi (dC/dt = -[w x] C), Euler's equation with wheels; torquers on for the duty only."""

    def __init__(self, vehicle, orbit, c_bi, rate, disturbance_nm=(0.0, 0.0, 0.0), friction=True):
        self.orbit, self.t = orbit, 0.0
        self.c, self.rate = [[float(x) for x in row] for row in c_bi], tuple(float(x) for x in rate)
        self.inertia = vehicle.spacecraft.inertia_b_kgm2
        self.inverse = np.linalg.inv(np.array(self.inertia)).tolist()
        self.wheels = [
            (*w.axis_b, w.inertia_kgm2, w.friction_coulomb_nm * friction, w.friction_viscous_nms * friction)
            for w in vehicle.units("reaction_wheels")
        ]
        self.speed = [0.0] * len(self.wheels)
        self.duty = vehicle.device("torquers").duty
        self.torquers = [list(axis) for axis in zip(*(t.axis_b for t in vehicle.device("torquers").units), strict=True)]
        self.disturbance = disturbance_nm
        self.mean_rate = self.rate

    def wheel_momentum(self):
        x = y = z = 0.0
        for (ax, ay, az, inertia, _, _), speed in zip(self.wheels, self.speed, strict=True):
            h = inertia * speed
            x, y, z = x + h * ax, y + h * ay, z + h * az
        return (x, y, z)

    def field_b(self):
        return times(self.c, self.orbit.field_i(self.t))

    def step(self, motor_nm, dipole_am2):
        """One board cycle: torquers driven for the duty, then off."""
        x, y, z = self.disturbance
        if not any(dipole_am2):
            turns = [self._advance(H, motor_nm, (x, y, z))]
        else:
            mx, my, mz = cross(times(self.torquers, dipole_am2), self.field_b())
            turns = [self._advance(self.duty * H, motor_nm, (x + mx, y + my, z + mz))]
            turns.append(self._advance((1.0 - self.duty) * H, motor_nm, (x, y, z)))
        self.mean_rate = tuple(sum(parts) / H for parts in zip(*turns, strict=True))

    def _advance(self, dt, motor_nm, external_nm):
        hx, hy, hz = self.wheel_momentum()
        x, y, z = external_nm
        speeds = []
        for (ax, ay, az, inertia, coulomb, viscous), speed, motor in zip(
            self.wheels, self.speed, motor_nm, strict=True
        ):
            net = motor - coulomb * max(-1.0, min(1.0, speed / 0.1)) - viscous * speed
            x, y, z = x - net * ax, y - net * ay, z - net * az
            speeds.append(speed + dt * net / inertia)

        def slope(w):
            lx, ly, lz = times(self.inertia, w)
            gx, gy, gz = cross(w, (lx + hx, ly + hy, lz + hz))
            return times(self.inverse, (x - gx, y - gy, z - gz))

        wx, wy, wz = self.rate
        sx, sy, sz = slope(self.rate)
        sx, sy, sz = slope((wx + 0.5 * dt * sx, wy + 0.5 * dt * sy, wz + 0.5 * dt * sz))
        self.rate = (wx + dt * sx, wy + dt * sy, wz + dt * sz)
        turn = tuple(0.5 * dt * (a + b) for a, b in zip((wx, wy, wz), self.rate, strict=True))
        self._turn(turn)
        self.speed = speeds
        self.t += dt
        return turn

    def _turn(self, turn):
        """C <- (cos f I - sin f [e x] + (1 - cos f) e e^T) C: the axes turn by `turn`."""
        x, y, z = turn
        angle = math.sqrt(x * x + y * y + z * z)
        if angle == 0.0:
            return
        x, y, z = x / angle, y / angle, z / angle
        c, s = math.cos(angle), math.sin(angle)
        d = 1.0 - c
        by = (
            (c + d * x * x, d * x * y + s * z, d * x * z - s * y),
            (d * x * y - s * z, c + d * y * y, d * y * z + s * x),
            (d * x * z + s * y, d * y * z - s * x, c + d * z * z),
        )
        self.c = list(zip(*(times(by, column) for column in zip(*self.c, strict=True)), strict=True))


class Loop:
    """Guidance, control and actuation on ideal measurements of a `Plant`; the command acts one tick later."""

    def __init__(self, vehicle=None, orbit=None, rotvec=(0.4, -1.2, 0.7), rate=(0.0, 0.0, 0.0), sun=(0.3, -0.8, -0.4),
                 **plant):  # fmt: skip
        self.vehicle = vehicle or load_vehicle()
        self.orbit = orbit or Orbit()
        self.pool = Pool(list(SECTIONS.values()), fitted=fitted(self.vehicle))
        for name, section in SECTIONS.items():
            setattr(self, name, self.pool.array(section))
        self.apps = [app(self.pool, self.vehicle) for app in (Guide, Controller, Actuate)]
        self.plant = Plant(self.vehicle, self.orbit, Rotation.from_rotvec(rotvec).as_matrix(), rate, **plant)
        self.sun = np.array(sun) / np.linalg.norm(sun)
        self.sun_seen = self.attitude_known = True
        self.motor, self.dipole = [0.0] * 4, [0.0] * 3  # as commanded last
        self.mode["system"] = SystemMode.NOMINAL
        for valid in ("gyro_valid", "mag_valid", "wheels_valid"):
            self.body[valid] = 1
        self.samples["wheels"]["valid"] = 1
        self._sun_i = tuple(self.sun.tolist())
        self._views()
        self.ticks = 0
        self.observers = []

    def _views(self):
        """Fields that are written or read every tick."""
        body, attitude, nav, command = self.body, self.attitude, self.navigation, self.command["actuators"]
        self._rate, self._mag, self._sun_b = body["rate_bi_b_radps"], body["mag_b_tesla"], body["sun_b"]
        self._momentum, self._speed = body["wheel_momentum_b_nms"], self.samples["wheels"]["speed_radps"]
        self._q_bi, self._attitude_rate = attitude["q_bi"], attitude["rate_bi_b_radps"]
        self._sun_nav, self._pos, self._vel, self._q_ei = nav["sun_i"], nav["pos_i_m"], nav["vel_i_mps"], nav["q_ei"]
        self._torque, self._dipole = command["wheel_torque_nm"], command["dipole_am2"]

    def measure(self):
        t_ns, body, plant = self.ticks * 100_000_000, self.body, self.plant
        self.time["t_ns"] = body["mag_t_ns"] = body["sun_t_ns"] = t_ns
        self._rate[...] = plant.mean_rate
        self._mag[...] = plant.field_b()
        body["sun_valid"] = self.sun_seen
        self._sun_b[...] = times(plant.c, self._sun_i)
        self._momentum[...] = plant.wheel_momentum()
        self._speed[...] = plant.speed
        known = self.attitude_known and self.mode["adcs"] != AdcsMode.DETUMBLE
        self.attitude["valid"] = known
        if not known:
            return
        self._q_bi[...] = quaternion(plant.c)
        self._attitude_rate[...] = plant.mean_rate
        self._pos[...], self._vel[...] = self.orbit.state(plant.t)
        half = 0.5 * self.orbit.earth_angle(plant.t)
        self._q_ei[...] = (0.0, 0.0, math.sin(half), math.cos(half))
        self._sun_nav[...], self.navigation["valid"] = self._sun_i, 1

    def fly(self, mode, seconds):
        """Fly in an ADCS mode; observers see the commands of the tick in `motor` and `dipole`."""
        self.mode["adcs"] = mode
        steps = [app.step for app in self.apps]
        for _ in range(round(seconds / H)):
            in_force = self.motor, self.dipole
            self.measure()
            for step in steps:
                step()
            self.motor, self.dipole = self._torque.tolist(), self._dipole.tolist()
            for observer in self.observers:
                observer(self)
            self.plant.step(*in_force)
            self.ticks += 1
        return self

    def aim(self, t, off_deg=0.0):
        self.mode["target_lat_rad"], self.mode["target_lon_rad"] = self.orbit.below(t, off_deg)
        self.mode["target_alt_m"] = 0.0

    def pointing_error_rad(self, axis_b, direction_i):
        return math.acos(min(1.0, float(np.dot(axis_b, times(self.plant.c, direction_i)))))


@pytest.fixture
def loop():
    """Make a `Loop`: keyword arguments as its constructor's."""
    return Loop
