"""A rigid body with wheels and torquers in a turning dipole field, written apart from flight, and flight around it."""

import math

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from fsw.autonomy.sections import FdirSection, IsolationSection
from fsw.control.actuate import Actuate
from fsw.control.controller import Controller
from fsw.control.sections import ControllerSection, ControlSection
from fsw.core.modes import AdcsMode, SystemMode
from fsw.core.pool import Pool
from fsw.core.sections import CommandSection, ModeSection, SamplesSection, TimeSection
from fsw.estimation.sections import AttitudeSection, BodySection
from fsw.guidance.guide import Guide
from fsw.guidance.sections import GuidanceSection, GuideSection
from fsw.navigation.sections import NavigationSection
from hal.vehicle import load_vehicle

H = 0.1
MU = 3.986004415e14
RADIUS = 6.885e6
N = math.sqrt(MU / RADIUS**3)
EARTH_RATE = 7.2921151467e-5
SECTIONS = {
    "time": TimeSection, "samples": SamplesSection, "command": CommandSection, "mode": ModeSection,
    "body": BodySection, "attitude": AttitudeSection, "navigation": NavigationSection, "guidance": GuidanceSection,
    "guide": GuideSection, "control": ControlSection, "controller": ControllerSection,
    "fdir": FdirSection, "isolation": IsolationSection,
}  # fmt: skip


def cross(a, b):
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def times(m, v):
    return tuple(m[k][0] * v[0] + m[k][1] * v[1] + m[k][2] * v[2] for k in range(3))


class Orbit:
    """Circular, with the field of a dipole that turns with the Earth, 10 deg off its axis."""

    def __init__(self, inclination=1.7, node=0.6, phase=0.2, earth=0.9):
        ci, si, cn, sn = math.cos(inclination), math.sin(inclination), math.cos(node), math.sin(node)
        self.p, self.q = (cn, sn, 0.0), (-sn * ci, cn * ci, si)
        self.phase, self.earth = phase, earth

    def state(self, t):
        c, s = math.cos(N * t + self.phase), math.sin(N * t + self.phase)
        pos = tuple(RADIUS * (c * a + s * b) for a, b in zip(self.p, self.q, strict=True))
        vel = tuple(RADIUS * N * (c * b - s * a) for a, b in zip(self.p, self.q, strict=True))
        return pos, vel

    def earth_angle(self, t):
        return self.earth + EARTH_RATE * t

    def field_i(self, t):
        pos, _ = self.state(t)
        u = tuple(x / RADIUS for x in pos)
        a = self.earth_angle(t) - 1.27
        south = (-math.sin(0.17) * math.cos(a), -math.sin(0.17) * math.sin(a), -math.cos(0.17))
        along = sum(x * y for x, y in zip(south, u, strict=True))
        k = 2.99e-5 * (6371200.0 / RADIUS) ** 3
        return tuple(k * (3.0 * along * x - y) for x, y in zip(u, south, strict=True))

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
        self.orbit, self.c, self.rate, self.t = orbit, [list(row) for row in c_bi], tuple(rate), 0.0
        self.inertia = vehicle.spacecraft.inertia_b_kgm2
        self.inverse = np.linalg.inv(np.array(self.inertia)).tolist()
        self.wheels = vehicle.wheels
        self.speed = [0.0] * len(self.wheels)
        self.torquers = vehicle.torquers
        self.disturbance = disturbance_nm
        self.friction = friction
        self.mean_rate = self.rate

    def wheel_momentum(self):
        return tuple(
            sum(w.axis_b[k] * w.inertia_kgm2 * s for w, s in zip(self.wheels, self.speed, strict=True))
            for k in range(3)
        )

    def field_b(self):
        return times(self.c, self.orbit.field_i(self.t))

    def step(self, motor_nm, dipole_am2):
        """One board cycle: torquers driven for the duty, then off."""
        turned = [0.0, 0.0, 0.0]
        for share, on in ((self.torquers.duty, 1.0), (1.0 - self.torquers.duty, 0.0)):
            dipole = tuple(
                on * sum(t.axis_b[k] * d for t, d in zip(self.torquers.units, dipole_am2, strict=True))
                for k in range(3)
            )
            for part in self._advance(share * H, motor_nm, dipole):
                for k in range(3):
                    turned[k] += part[k]
        self.mean_rate = tuple(x / H for x in turned)

    def _advance(self, dt, motor_nm, dipole):
        net = [m - self._friction(w, s) for w, s, m in zip(self.wheels, self.speed, motor_nm, strict=False)]
        reaction = [-sum(w.axis_b[k] * x for w, x in zip(self.wheels, net, strict=True)) for k in range(3)]
        magnetic = cross(dipole, self.field_b())
        external = [magnetic[k] + reaction[k] + self.disturbance[k] for k in range(3)]
        h = self.wheel_momentum()

        def slope(w):
            momentum = times(self.inertia, w)
            gyro = cross(w, tuple(momentum[k] + h[k] for k in range(3)))
            return times(self.inverse, tuple(external[k] - gyro[k] for k in range(3)))

        start = self.rate
        first = slope(start)
        middle = slope(tuple(start[k] + 0.5 * dt * first[k] for k in range(3)))
        self.rate = tuple(start[k] + dt * middle[k] for k in range(3))
        turn = tuple(0.5 * dt * (start[k] + self.rate[k]) for k in range(3))
        self._turn(turn)
        self.speed = [s + dt * x / w.inertia_kgm2 for w, s, x in zip(self.wheels, self.speed, net, strict=True)]
        self.t += dt
        return (turn,)

    def _turn(self, turn):
        """C <- (cos f I - sin f [e x] + (1 - cos f) e e^T) C: the axes turn by `turn`."""
        angle = math.sqrt(sum(x * x for x in turn))
        if angle == 0.0:
            return
        e = tuple(x / angle for x in turn)
        c, s = math.cos(angle), math.sin(angle)
        columns = []
        for column in zip(*self.c, strict=True):
            along = (1.0 - c) * sum(a * b for a, b in zip(e, column, strict=True))
            side = cross(e, column)
            columns.append([c * column[k] - s * side[k] + along * e[k] for k in range(3)])
        self.c = [list(row) for row in zip(*columns, strict=True)]

    def _friction(self, wheel, speed):
        if not self.friction:
            return 0.0
        return wheel.friction_coulomb_nm * max(-1.0, min(1.0, speed / 0.1)) + wheel.friction_viscous_nms * speed


class Loop:
    """Guidance, control and actuation on ideal measurements of a `Plant`; the command acts one tick later."""

    def __init__(self, vehicle=None, orbit=None, rotvec=(0.4, -1.2, 0.7), rate=(0.0, 0.0, 0.0), sun=(0.3, -0.8, -0.4),
                 **plant):  # fmt: skip
        self.vehicle = vehicle or load_vehicle()
        self.orbit = orbit or Orbit()
        self.pool = Pool(list(SECTIONS.values()))
        for name, section in SECTIONS.items():
            setattr(self, name, self.pool.array(section))
        self.apps = [app(self.pool, self.vehicle) for app in (Guide, Controller, Actuate)]
        self.plant = Plant(self.vehicle, self.orbit, Rotation.from_rotvec(rotvec).as_matrix(), rate, **plant)
        self.sun = np.array(sun) / np.linalg.norm(sun)
        self.sun_seen = self.attitude_known = True
        self.motor, self.dipole = [0.0] * 4, [0.0] * 3
        self.mode["system"] = SystemMode.NOMINAL
        self.ticks = 0
        self.observers = []

    def measure(self):
        t_ns, body, plant = self.ticks * 100_000_000, self.body, self.plant
        self.time["t_ns"] = t_ns
        body["gyro_valid"] = body["mag_valid"] = body["wheels_valid"] = 1
        body["mag_t_ns"] = body["sun_t_ns"] = t_ns
        body["rate_bi_b_radps"] = plant.mean_rate
        body["mag_b_tesla"] = plant.field_b()
        body["sun_valid"] = self.sun_seen
        body["sun_b"] = times(plant.c, self.sun)
        body["wheel_momentum_b_nms"] = plant.wheel_momentum()
        self.samples["wheels"]["speed_radps"], self.samples["wheels"]["valid"] = plant.speed, 1
        self.attitude["valid"] = self.attitude_known and self.mode["adcs"] != AdcsMode.DETUMBLE
        if not self.attitude["valid"]:
            return
        self.attitude["q_bi"] = Rotation.from_matrix(np.array(plant.c).T).as_quat()
        self.attitude["rate_bi_b_radps"] = plant.mean_rate
        nav = self.navigation
        nav["pos_i_m"], nav["vel_i_mps"] = self.orbit.state(plant.t)
        half = 0.5 * self.orbit.earth_angle(plant.t)
        nav["q_ei"] = (0.0, 0.0, math.sin(half), math.cos(half))
        nav["sun_i"], nav["valid"] = self.sun, 1

    def fly(self, mode, seconds):
        """Fly in an ADCS mode."""
        self.mode["adcs"] = mode
        for _ in range(round(seconds / H)):
            self.measure()
            for app in self.apps:
                app.step()
            for observer in self.observers:
                observer(self)
            self.plant.step(self.motor, self.dipole)
            command = self.command["actuators"]
            self.motor, self.dipole = command["wheel_torque_nm"].tolist(), command["dipole_am2"].tolist()
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
