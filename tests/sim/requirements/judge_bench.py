"""A judge on memory that tests fill by hand."""

import numpy as np

from fsw.estimation.sections import AttitudeSection
from fsw.guidance.modes import AdcsMode
from fsw.guidance.sections import GuidanceSection, ModeSection
from hal.handle import Memory
from hal.record import Record, field
from hal.vehicle.load import load_vehicle
from hal.vehicle.requirement import Requirement
from sim.devices.power.records import PowerTruth
from sim.devices.star_tracker.records import StarTrackerTruth
from sim.mission import COUNTED, FLIGHT, MODES
from sim.physics.records import TruthRecord
from sim.requirements._measures import Measures
from sim.requirements.compiled import Entry
from sim.requirements.judge import Judge, entries
from sim.scenario.scenario import load_scenario

R = np.array([6.9e6, 0.0, 0.0])
V = np.array([0.0, 0.0, 7600.0])
SHARES = {f"accepted_share.{name}": 1.0 for name in ("star_tracker", "magnetometer", "sun_sensors")}
AT_END = SHARES | {"recording_mb": 3.0}


def shuster(rotation):
    """Quaternion q with C(q) the transpose of the SciPy rotation's matrix: the same four numbers."""
    return rotation.as_quat()


def lvlh():
    """C_oi with rows x, y, z of LVLH."""
    z = -R / np.linalg.norm(R)
    y = -np.cross(R, V) / np.linalg.norm(np.cross(R, V))
    return np.array([np.cross(y, z), y, z])


class Devices(Record):
    """What is true of two devices."""

    power = field(PowerTruth)
    star_tracker = field(StarTrackerTruth)


def requirement(measure, statistic="last", **keys):
    """A requirement with a limit that any number meets."""
    limit = {} if "below" in keys or "at_least" in keys else {"below": 1e30}
    return Requirement(id="TEST-1", text="", measure=measure, statistic=statistic, **(limit | keys))


def of_the_mission():
    """The requirements of the reference vehicle and mission."""
    return entries(load_vehicle(), load_scenario())


class Watched:
    """Truth and flight as records: `w.fly(ticks, **{"mode.adcs": 4})` sets values and judges ticks of one second."""

    def __init__(self, *requirements, given=None, target=(0.0, 0.0, 0.0), orbit_s=5700.0, wheels=4,
                 payload_b=(0.0, 0.0, 1.0), tick_s=1.0):  # fmt: skip
        self.memory = Memory({
            "truth": TruthRecord, "device_truth": Devices, "attitude": AttitudeSection, "mode": ModeSection,
            "guidance": GuidanceSection,
        })  # fmt: skip
        here = (0.0, 0.0, 0.0, 1.0)
        self.set(**{
            "truth.q_bi": here, "truth.pos_i_m": R, "truth.vel_i_mps": V, "truth.q_ei": here, "truth.sunlit": 1.0,
            "truth.sun_i": (0.0, 1.0, 0.0), "device_truth.power.state_of_charge": 0.7,
            "device_truth.star_tracker.flags": 1,
            "attitude.q_bi": here, "attitude.valid": 1, "mode.adcs": AdcsMode.NADIR, "mode.system": 2,
            "mode.q_bi_inertial": here,
        })  # fmt: skip
        measures = Measures(
            FLIGHT, tick_s=tick_s, orbit_s=orbit_s, payload_b=payload_b, sun_axis_b=(0.0, 1.0, 0.0), target=target,
            wheel_limits=(600.0,) * wheels, modes=MODES,
        )  # fmt: skip
        if given is None:
            given = [Entry(r, "test.toml", f"requirement[{k}]") for k, r in enumerate(requirements)]
        self.judge = Judge(given, measures, self.memory, tick_s=tick_s, orbit_s=orbit_s, counted=COUNTED)

    def set(self, **values):
        """Set values by name."""
        for name, value in values.items():
            record, last = self.place(name)
            if np.ndim(value):
                record[last][..., : np.shape(value)[-1]] = value  # fewer wheels than there is room for
            else:
                record[last] = value

    def place(self, name):
        """The record in which a name is, and its field there."""
        first, *path, last = name.split(".")
        record = self.memory[first]
        for part in path:
            record = record[part]
        return record, last

    def fly(self, ticks, **values):
        """Set values and judge ticks; return the judge."""
        self.set(**values)
        for _ in range(ticks):
            self.judge.step()
        return self.judge

    def lines(self, at_end=AT_END, **options):
        """The judgements by id."""
        return {line.id: line for line in self.judge.judgements(at_end, **options)}

    @property
    def achieved(self):
        """What the first requirement has achieved."""
        return self.judge.judgements(AT_END)[0].achieved
