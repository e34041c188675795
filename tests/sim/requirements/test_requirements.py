"""The judge itself: requirements must be measured right, so it is tested against SciPy on histories made by hand."""

import math

import erfa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from hal.handle import Memory
from hal.record import Record, field
from sim.requirements._requirements import AngleStatistics, Evaluator
from sim.requirements.domain import Left
from sim.requirements.requirements import VECTORS, MissionMeasures, Requirement, Verdict, conduct, verdict
from sim.scenario.scenario import load_scenario

NADIR, TARGET = 4, 5
NAN = math.nan
SHOWN = MissionMeasures(orbit_s=5700.0, wheel_speed_max_radps=600.0, recording_mb=3.0, unaccounted=0,
              accepted_share=dict.fromkeys(VECTORS, 1.0), final_mode_ok=True)  # fmt: skip
R = np.array([6.9e6, 0.0, 0.0])
V = np.array([0.0, 0.0, 7600.0])


class Watch(Record):
    """What the evaluator watches."""

    q_true = field("f8", 4)
    rate_b = field("f8", 3)
    r_i = field("f8", 3)
    v_i = field("f8", 3)
    q_ei = field("f8", 4)
    wheel_speed = field("f8", 4)
    sunlit = field("f8")
    sun_i = field("f8", 3)
    soc = field("f8")
    q_est = field("f8", 4)
    attitude_valid = field("u1")
    adcs_mode = field("u1")
    slewing = field("u1")
    str_flags = field("u2")
    system_mode = field("u1")


class Watched:
    """Memory that the evaluator watches, filled by hand."""

    def __init__(self, **options):
        memory = Memory({"watch": Watch})
        self.f = {f.name: memory.handle(f"watch.{f.name}").array.reshape(-1) for f in Watch.fields}
        start = {
            "q_true": (0.0, 0.0, 0.0, 1.0), "r_i": R, "v_i": V, "q_ei": (0.0, 0.0, 0.0, 1.0), "sunlit": 1.0,
            "sun_i": (0.0, 1.0, 0.0), "soc": 0.7, "q_est": (0.0, 0.0, 0.0, 1.0), "attitude_valid": 1,
            "adcs_mode": NADIR, "str_flags": 1, "system_mode": 2,
        }  # fmt: skip
        for name, value in start.items():
            self.f[name][:] = value
        settings = {"tick_s": 1.0, "orbit_s": 5700.0, "payload_b": (0, 0, 1), "sun_axis_b": (0, 1, 0),
                    "sun_mode": 2, "target": (0.0, 0.0, 0.0), "n_wheels": 4,
                    "nadir_mode": NADIR, "target_mode": TARGET, "safe_mode": 1}  # fmt: skip
        self.evaluator = Evaluator({name: f"watch.{name}" for name in self.f}, **(settings | options))
        self.evaluator.bind(memory)

    def fly(self, ticks, **values):
        for name, value in values.items():
            self.f[name][:] = value
        for _ in range(ticks):
            self.evaluator.step()
        return self.evaluator


def shuster(rotation):
    """Quaternion q with C(q) the transpose of the SciPy rotation's matrix: the same four numbers."""
    return rotation.as_quat()


def lvlh():
    """C_oi with rows x, y, z of LVLH."""
    z = -R / np.linalg.norm(R)
    y = -np.cross(R, V) / np.linalg.norm(np.cross(R, V))
    return np.array([np.cross(y, z), y, z])


def test_percentile_is_within_its_resolution():
    """The histogram's percentile agrees with NumPy's within 0.5 %, never on the low side."""
    rng = np.random.default_rng(5)
    values = np.abs(rng.normal(0.0, 0.03, 20000))
    statistics = AngleStatistics()
    for v in values:
        statistics.push(v)
    exact = np.quantile(values, 0.9973, method="higher")
    assert exact <= statistics.percentile(0.9973) * (1 + 1e-12)
    assert statistics.percentile(0.9973) <= exact * 1.005
    assert statistics.largest_deg == values.max()
    assert math.isnan(AngleStatistics().percentile(0.5))


@pytest.mark.parametrize("angle_deg", [0.001, 0.05, 3.0, 170.0])
def test_knowledge_and_nadir_errors_are_rotation_angles(angle_deg):
    """Both errors are total rotation angles: about a skew axis they come out as the angle itself."""
    axis = np.array([1.0, -2.0, 0.5]) / np.linalg.norm([1.0, -2.0, 0.5])
    q_oi = Rotation.from_matrix(lvlh().T)  # vectors' rotation whose Shuster quaternion is q_oi
    q_true = shuster(q_oi)
    off = shuster(q_oi * Rotation.from_rotvec(np.radians(angle_deg) * axis))
    w = Watched()
    assert w.fly(1, q_true=off, q_est=q_true).knowledge_deg == pytest.approx(angle_deg, rel=1e-6)
    assert w.evaluator.pointing_deg == pytest.approx(angle_deg, rel=1e-6)
    assert Watched().fly(1, q_true=q_true).pointing_deg == pytest.approx(0.0, abs=1e-6)


def test_errors_count_only_when_settled_and_tracked():
    """Knowledge counts after 120 s of star tracker and mode; an outage restarts the clock."""
    w = Watched()
    assert w.fly(119).knowledge.count == 0
    assert w.fly(11).knowledge.count in (10, 11)
    counted = w.evaluator.knowledge.count
    w.fly(5, str_flags=0)
    assert w.fly(119, str_flags=1).knowledge.count == counted
    assert w.evaluator.exclusions_nadir == 1


def test_absence_needs_ten_minutes_and_keeps_its_largest_error():
    """The error without star tracker is the largest in the first ten minutes of an absence."""
    w = Watched()
    w.fly(10)
    assert w.fly(700, str_flags=0).absent.count == 0  # the filter had not settled before
    w.fly(130, str_flags=1)
    tilted = shuster(Rotation.from_rotvec([0, 0, np.radians(0.2)]))
    w.fly(300, str_flags=0)
    w.fly(1, q_est=tilted)
    e = w.fly(299, q_est=[0, 0, 0, 1])
    assert e.longest_absence_s == pytest.approx(600.0)
    assert e.absent.largest_deg == pytest.approx(0.2, rel=1e-6)
    beyond = w.fly(50, q_est=shuster(Rotation.from_rotvec([0, 0, np.radians(0.9)])))
    assert beyond.absent.largest_deg == pytest.approx(0.2, rel=1e-6)


@given(st.floats(-1.5, 1.5), st.floats(-3.1, 3.1), st.floats(-400.0, 9000.0), st.integers(0, 99))
@settings(max_examples=40)
def test_where_the_target_is_agrees_with_erfa(latitude, longitude, height_m, number):
    """Elevation above the ellipsoid's horizon and angle off the payload's axis, for any place, Earth and attitude."""
    rng = np.random.default_rng(number)
    earth, attitude = Rotation.random(2, rng=rng)
    place = erfa.gd2gc(1, longitude, latitude, height_m)
    up = [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)]
    satellite = earth.apply(place + 5e5 * (np.array(up) + rng.normal(0.0, 0.7, 3)))
    sight = earth.apply(place) - satellite
    w = Watched(target=(latitude, longitude, height_m), payload_b=(0.6, 0.0, 0.8))
    e = w.fly(1, r_i=satellite, q_ei=shuster(earth), q_true=shuster(attitude))
    cosines = [np.dot(earth.apply(up), -sight), np.dot(attitude.apply([0.6, 0.0, 0.8]), sight)] / np.linalg.norm(sight)
    assert e.elevation_deg == pytest.approx(90.0 - np.degrees(np.arccos(cosines[0])), abs=1e-5)
    assert e.target_error_deg == pytest.approx(np.degrees(np.arccos(cosines[1])), abs=1e-5)


def test_target_error_is_judged_over_the_first_pass_in_any_mode():
    """The line of sight is judged above the mask, whatever mode flight believes it is in."""
    w = Watched(target=(0.0, 0.0, 0.0))  # straight below
    down = shuster(Rotation.from_matrix(lvlh().T))
    e = w.fly(3, q_true=down, adcs_mode=NADIR)
    assert e.elevation_deg == pytest.approx(90.0, abs=1e-6)
    assert e.target.count == 3
    assert e.target.largest_deg == pytest.approx(0.0, abs=1e-6)
    tilt = Rotation.from_matrix(lvlh().T) * Rotation.from_rotvec([np.radians(0.5), 0, 0])
    assert w.fly(1, q_true=shuster(tilt)).target.largest_deg == pytest.approx(0.5, rel=1e-6)
    w.fly(1, r_i=[-6.9e6, 0, 0])
    assert w.fly(5, r_i=R).target.count == 4


def test_sun_pointing_error_is_shown_in_its_mode_only():
    """The Sun axis' angle to the Sun in Sun pointing; modes that point to nothing show 180 deg."""
    tilt = shuster(Rotation.from_rotvec([np.radians(0.4), 0, 0]))
    assert Watched().fly(1, adcs_mode=2, q_true=tilt).pointing_deg == pytest.approx(0.4, rel=1e-6)
    assert Watched().fly(1, adcs_mode=1, q_true=tilt).pointing_deg == 180.0


def test_rates_power_wheels_and_eclipses():
    """Detumbling needs 60 s in one piece; extremes are kept; eclipse entries count in their mode."""
    w = Watched(orbit_s=100.0)
    fast = np.radians([0.3, 0, 0])
    w.fly(50, rate_b=[0, 0, 0])
    w.fly(1, rate_b=fast)
    assert math.isnan(w.evaluator.detumbled_s)
    w.fly(59, rate_b=np.radians([0.2, 0.1, 0.1]))
    assert math.isnan(w.evaluator.detumbled_s)
    assert w.fly(1).detumbled_s == pytest.approx(111.0)
    e = w.fly(1, soc=0.41, wheel_speed=[0, -300, 200, 0], sunlit=0.0)
    e = w.fly(1, soc=0.6, wheel_speed=0, sunlit=1.0)
    assert (e.soc_lowest, e.soc_now, e.wheel_speed_largest, e.eclipses_nadir) == (0.41, 0.6, 300.0, 1)


def test_requirement_verdicts():
    """Limits hold strictly below, or at least; what was asked of a whole flight and not shown fails."""
    assert Requirement("A", "", 1.0, 0.999, "").verdict is Verdict.PASS
    assert Requirement("A", "", 1.0, 1.0, "").verdict is Verdict.FAIL
    assert Requirement("A", "", 1.0, 1.0, "", at_least=True).verdict is Verdict.PASS
    lost = Requirement("A", "", 1.0, math.nan, "")
    assert (lost.verdict, lost.passed, lost.as_dict()["achieved"]) == (Verdict.FAIL, False, None)


@pytest.mark.parametrize(
    ("achieved", "options", "expected"),
    [
        (math.nan, {"whole": False}, Verdict.NOT_SHOWN),
        (2.0, {"whole": False}, Verdict.FAIL),  # shown, and wrong
        (0.5, {"whole": False}, Verdict.PASS),
        (2.0, {"asked": False}, Verdict.NOT_SHOWN),  # the scenario is not made for it
        (0.5, {"asked": False}, Verdict.PASS),
        (0.0, {"at_least": True, "coverage": True}, Verdict.FAIL),
        (0.0, {"at_least": True, "coverage": True, "whole": False}, Verdict.NOT_SHOWN),
        (0.0, {"at_least": True, "whole": False}, Verdict.FAIL),
    ],
)
def test_a_flight_cut_short_or_made_for_something_else_fails_only_what_it_showed(achieved, options, expected):
    """Not shown is neither passed nor failed."""
    assert Requirement("A", "", 1.0, achieved, "", **options).verdict is expected


def test_a_scenario_names_what_it_shows():
    """Patterns of ids; everything unless said."""
    reference, modes = load_scenario(), load_scenario("modes")
    assert reference.is_to_show("ADCS-040")
    assert (modes.is_to_show("ADCS-060"), modes.is_to_show("FDIR-020"), modes.is_to_show("ADCS-040")) == (1, 1, 0)


@pytest.mark.parametrize("value", [NAN, math.inf, -math.inf])
@pytest.mark.parametrize("at", [0, 500, 999])
def test_an_angle_that_is_no_number_breaks_the_statistics(value, at):
    """Not perfect, and not forgotten: neither percentile nor largest value is a number then."""
    statistics = AngleStatistics()
    for k in range(1000):
        statistics.push(value if k == at else 0.01)
    assert (statistics.count, statistics.broken) == (1000, 1)
    assert math.isnan(statistics.percentile(0.9973))
    assert math.isnan(statistics.largest_deg)


@pytest.mark.parametrize(
    ("watched", "ids"),
    [
        ("q_true", {"ADCS-020", "ADCS-030", "ADCS-040"}), ("q_est", {"ADCS-020"}),
        ("r_i", {"ADCS-030", "ADCS-040"}), ("wheel_speed", {"ADCS-060"}), ("soc", {"EPS-010"}),
        ("q_ei", {"ADCS-040"}),
    ],
)  # fmt: skip
def test_what_is_measured_and_is_no_number_fails_whatever_was_asked(watched, ids):
    """One tick without a number, good ones before and after it: what was measured of it fails, and nothing else."""
    w = Watched(orbit_s=100.0)
    down = shuster(Rotation.from_matrix(lvlh().T))
    w.fly(150, q_true=down, q_est=down)
    good = w.f[watched].copy()
    assert not [r.id for r in verdict(w.evaluator, SHOWN, lambda _id: False) if r.verdict is Verdict.FAIL]
    w.fly(1, **{watched: NAN})
    e = w.fly(150, **{watched: good})
    failed = {r.id for r in verdict(e, SHOWN, lambda _id: False, whole=False) if r.verdict is Verdict.FAIL}
    assert failed == ids
    broken = [r for r in verdict(e, SHOWN) if r.broken]
    assert {r.id for r in broken} == ids
    assert all(r.as_dict()["achieved"] is None and not r.passed for r in broken)


def test_a_rate_that_is_no_number_is_no_rest():
    """Detumbling is not shown by numbers that are none."""
    w = Watched()
    w.fly(59)
    w.fly(1, rate_b=NAN)
    assert math.isnan(w.fly(59, rate_b=0.0).detumbled_s)
    assert w.fly(1).detumbled_s == 120.0


@pytest.mark.parametrize(("limit", "at_least"), [(NAN, False), (NAN, True), (1.0, True), (1.0, False)])
def test_no_comparison_passes_what_is_no_number(limit, at_least):
    """Neither a limit nor a measure that is none is met."""
    achieved = 1.0 if math.isnan(limit) else math.inf if at_least else -math.inf
    assert Requirement("A", "", limit, achieved, "", at_least=at_least).verdict is Verdict.FAIL


def test_without_a_target_nothing_about_one_is_judged():
    """The place 0 N 0 E is as good as any other: a target that is not given is not stood in for."""
    w = Watched(target=None)
    e = w.fly(300)
    assert (e.target.count, e.has_target) == (0, False)
    assert math.isnan(e.target_error_deg) and math.isnan(e.elevation_deg)
    shown = {r.id: r.verdict for r in verdict(e, SHOWN)}
    assert {shown[name] for name in ("ADCS-040", "COV-020", "COV-040")} == {Verdict.NOT_SHOWN}
    assert math.isnan(w.fly(1, adcs_mode=TARGET).pointing_deg)


def test_what_was_not_counted_is_not_shown():
    """No recording, no packets, no tick: not a good one."""
    shares = dict.fromkeys(VECTORS, NAN)
    none = MissionMeasures(
        5700.0, 600.0, recording_mb=None, unaccounted=None, accepted_share=shares, final_mode_ok=True
    )
    shown = {r.id: r.verdict for r in verdict(Watched().evaluator, none, whole=False)}
    for name in ("DATA-010", "LINK-010", "FDIR-010", "ADCS-060", "EPS-010", "EPS-020", "ADCS-010"):
        assert shown[name] is Verdict.NOT_SHOWN, name
    whole = {r.id: r.verdict for r in verdict(Watched().fly(1), none)}
    assert (whole["DATA-010"], whole["LINK-010"]) == (Verdict.NOT_SHOWN, Verdict.FAIL)


def test_entries_into_safe_are_counted():
    """From any other mode; a flight that begins there has not entered it."""
    w = Watched()
    for mode, entries in ((2, 0), (1, 1), (1, 1), (2, 1), (1, 2)):
        assert w.fly(2, system_mode=mode).safe_entries == entries


def test_the_conduct_of_every_flight_is_judged():
    """Whatever the scenario is made to show; exceptions unless it allows them."""
    assert [r.verdict for r in conduct(None, 0, 0, allows_exceptions=False)] == [Verdict.PASS] * 3
    assert [r.verdict for r in conduct(Left(1.0, "x"), 1, 1, allows_exceptions=False)] == [Verdict.FAIL] * 3
    assert [r.id for r in conduct(None, 0, 5, allows_exceptions=True)] == ["RUN-010", "RUN-020"]


LIMITS = {  # id: limit, unit, whether that is the least; None: of the flight, below
    "ADCS-010": (5700.0, "s", False), "ADCS-020": (0.02, "deg", False), "ADCS-030": (0.1, "deg", False),
    "ADCS-040": (0.2, "deg", False), "ADCS-050": (0.3, "deg", False), "ADCS-060": (0.8, "1", False),
    "EPS-010": (0.4, "1", True), "EPS-020": (0.0, "1", True), "DATA-010": (100.0, "MB", False),
    "LINK-010": (1.0, "packets", False), "FDIR-010": (0.99, "1", True), "FDIR-020": (0.99, "1", True),
    "FDIR-030": (0.99, "1", True), "COV-010": (1.0, "times", True),
    "COV-020": (1.0, "times", True), "COV-030": (1.0, "times", True), "COV-040": (1.0, "times", True),
    "COV-050": (1.0, "1", True),
}  # fmt: skip


def test_the_limits_of_the_reference_mission():
    """What the mission asks for is written here a second time: a limit that slips is a failure."""
    lines = verdict(Watched().evaluator, SHOWN)
    assert {r.id: (r.limit, r.unit, r.at_least) for r in lines} == LIMITS
    assert {r.id for r in lines if r.coverage} == {name for name in LIMITS if name.startswith("COV")}
    for r in conduct(None, 0, 0, allows_exceptions=False):
        assert (r.limit, r.unit, r.at_least) == (1.0, "1", False)


def test_each_line_shows_what_was_measured_for_it():
    """Numbers that differ from each other: none stands in another's place."""
    w = Watched(orbit_s=100.0)
    w.fly(70, soc=0.8)
    w.fly(5, sunlit=0.0, str_flags=0)
    w.fly(1, sunlit=1.0, str_flags=1)
    w.fly(5, adcs_mode=TARGET, sunlit=0.0)
    w.fly(1, sunlit=1.0)
    w.fly(25, soc=0.5, wheel_speed=[0, 0, -150, 0], str_flags=0)  # an orbit begins here
    e = w.fly(20, soc=0.45)
    shown = MissionMeasures(
        orbit_s=5700.0, wheel_speed_max_radps=600.0, recording_mb=3.0, unaccounted=5,
        accepted_share=dict(zip(VECTORS, (0.75, 0.5, 0.25), strict=True)), final_mode_ok=True,
    )  # fmt: skip
    achieved = {r.id: r.achieved for r in verdict(e, shown)}
    expected = {
        "ADCS-010": 60.0, "ADCS-060": 0.25, "EPS-010": 0.45, "DATA-010": 3.0, "LINK-010": 5.0, "FDIR-010": 0.75,
        "FDIR-020": 0.5, "FDIR-030": 0.25, "COV-010": 1, "COV-020": 1, "COV-030": 1, "COV-040": 1, "COV-050": 1.0,
    }  # fmt: skip
    assert {name: achieved[name] for name in expected} == pytest.approx(expected)
    assert achieved["EPS-020"] == pytest.approx(0.45 - 0.5)


@pytest.mark.parametrize(("ticks", "shown"), [(598, False), (599, True), (600, True)])
def test_an_absence_is_shown_from_ten_minutes_on_less_one_tick(ticks, shown):
    w = Watched()
    w.fly(131)
    e = w.fly(ticks, str_flags=0)
    assert e.longest_absence_s == ticks
    (line,) = (r for r in verdict(e, SHOWN) if r.id == "ADCS-050")
    assert math.isfinite(line.achieved) == shown
