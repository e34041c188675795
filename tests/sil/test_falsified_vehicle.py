"""MIS-SIGN: flight's own copy of the vehicle file is believed, so one wrong mounting or sign must show.

Truth keeps the right file; flight flies with one falsified mounting. Each time a requirement has to fail, or flight to
notice a device that disagrees. One device of each kind is flown in every test run, all the others by `make proof`.
"""

import dataclasses

import numpy as np
import pytest

from fsw.health.devices import Device
from fsw.health.sections import FdirSection

DURATION_S = 9000.0  # detumbling, Sun, nadir pointing, momentum unloading
LOOK_S = 60.0  # between two looks at the devices


def negated(vector):
    return tuple(-x for x in vector)


def turned(q, axis):
    """The mounting quaternion turned half round about a body axis."""
    half = np.zeros(4)
    half[axis] = 1.0
    x, y, z, w = q
    bx, by, bz, bw = half
    out = (w * bx + bw * x - (y * bz - z * by), w * by + bw * y - (z * bx - x * bz),
           w * bz + bw * z - (x * by - y * bx), w * bw - x * bx - y * by - z * bz)  # fmt: skip
    return tuple(float(v) for v in out)


def replaced(items, index, **changes):
    return (*items[:index], dataclasses.replace(items[index], **changes), *items[index + 1 :])


def unit_of(name, i, key):
    """Turn a unit of an array round."""

    def falsify(v):
        units = v.device(name).units
        return v.changed(name, units=replaced(units, i, **{key: negated(getattr(units[i], key))}))

    return falsify


def wheel(i):
    return unit_of("wheels", i, "axis_b")


def sun_sensor(i):
    return unit_of("sun_sensors", i, "normal_b")


def torquer(i):
    return unit_of("torquers", i, "axis_b")


def mounting(name, axis):
    return lambda v: v.changed(name, q_sb=turned(v.device(name).q_sb, axis))


CASES = {
    **{f"wheel {i} sign": wheel(i) for i in range(4)},
    **{f"torquer {i} sign": torquer(i) for i in range(3)},
    **{f"Sun sensor {i} sign": sun_sensor(i) for i in range(6)},
    **{
        f"{n} turned about {'xyz'[a]}": mounting(n, a)
        for n in ("gyro", "magnetometer", "star_tracker")
        for a in range(3)
    },
}
EACH_KIND = ("wheel 1 sign", "torquer 2 sign", "Sun sensor 1 sign", "Sun sensor 3 sign", "gyro turned about z",
             "magnetometer turned about y", "star_tracker turned about x")  # fmt: skip


@pytest.fixture
def shown(mission, failures):
    """Fly the shortened mission until something shows: devices excluded, requirements that it can show and fails."""
    late = ("ADCS-040", "ADCS-050", "COV-", "EPS-020")

    def fly(**options):
        flight = mission(1, duration_s=DURATION_S, **options)
        fdir = flight.flight.pool.array(FdirSection)
        while flight.flown_s < DURATION_S:
            flight.advance(LOOK_S)
            out = np.flatnonzero(fdir["exclusions"] + fdir["kept"])
            if out.size:
                return [f"{Device(d).name} excluded or kept" for d in out.tolist()]
        return [f for f in failures(flight.fly()) if not f.startswith(late)]

    return fly


@pytest.mark.proof
def test_true_vehicle_passes_the_shortened_mission(shown):
    """The same flight with the right file fails nothing; MIS-010 and MIS-040 say so of the whole mission."""
    assert shown() == []


@pytest.mark.parametrize("case", [c if c in EACH_KIND else pytest.param(c, marks=pytest.mark.proof) for c in CASES])
def test_falsified_vehicle_shows(shown, case):
    """One wrong mounting or sign in flight's copy is seen: on truth, or by isolation, which may save the mission."""
    assert shown(flight_vehicle=CASES[case]) != []
