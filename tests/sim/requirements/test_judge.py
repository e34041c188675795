"""The judge: conditions, episodes and statistics, against a judge in plain Python that keeps everything."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from fsw.guidance.modes import AdcsMode
from hal.saved import SavedError
from hal.schema import SchemaError
from hal.vehicle.requirement import Statistic
from sim.requirements.verdict import Verdict
from tests.sim.requirements.judge_bench import AT_END, Watched, lvlh, of_the_mission, requirement, shuster

NAN = math.nan
SIGNAL = "truth.altitude_m"
CONDITIONS = {  # as written: what it says of the series of modes, sunlit shares and slews
    "mode.adcs == NADIR": lambda s: s["mode"] == 4,
    "mode.adcs in NADIR, TARGET": lambda s: np.isin(s["mode"], (4, 5)),
    "mode.adcs != NADIR": lambda s: s["mode"] != 4,
    "mode.adcs >= 3": lambda s: s["mode"] >= 3,
    "mode.adcs steady": lambda s: np.r_[False, s["mode"][1:] == s["mode"][:-1]],
    "truth.sunlit < 0.5": lambda s: s["sunlit"] < 0.5,
    "truth.sunlit > 0.25": lambda s: s["sunlit"] > 0.25,
    "truth.sunlit <= 0.75": lambda s: s["sunlit"] <= 0.75,
    "device_truth.star_tracker.flags & 5": lambda s: (s["flags"] & 5) != 0,
    "device_truth.star_tracker.flags !& 5": lambda s: (s["flags"] & 5) == 0,
}


def held(now, ticks):
    """Where a condition has held for so many ticks, this one included."""
    run, out = 0, []
    for value in now:
        run = run + 1 if value else 0
        out.append(bool(value) and run >= ticks)
    return np.array(out, bool)


def episodes(open_, before, within, most):
    """Where an episode counts, and the length of the longest that does; the judge's rules in plain words."""
    counts, longest, number, at, good = [], 0, 0, 0, False
    for k, now in enumerate(open_):
        if not now:
            at = 0
            counts.append(False)
            continue
        if at == 0:
            good = before is None or (k > 0 and bool(before[k - 1]))
            if good:
                number += 1
                good = most is None or number <= most
        at += 1
        counted = good and (within is None or at <= within)
        longest = max(longest, at) if counted else longest
        counts.append(counted)
    return np.array(counts, bool), longest


def expected(statistic, x, counts, share, rises):
    """The statistic of the values that count."""
    values = x[counts]
    if not values.size:
        return NAN
    return {
        Statistic.LARGEST: values.max, Statistic.SMALLEST: values.min, Statistic.MEAN: values.mean,
        Statistic.RMS: lambda: math.sqrt((values**2).mean()), Statistic.FIRST: lambda: values[0],
        Statistic.LAST: lambda: values[-1], Statistic.ENTRIES: lambda: float((rises & counts).sum()),
        Statistic.PERCENTILE: lambda: np.quantile(values, share, method="inverted_cdf"),
    }[statistic]()  # fmt: skip


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_judge_that_keeps_everything_finds_the_same(data):
    """Random conditions with times, conditions before, first parts, numbers of episodes, and every statistic."""
    number = data.draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(number)
    n = 120
    hold = lambda values: np.repeat(values, rng.integers(1, 25, n))[:n]  # noqa: E731
    s = {
        "mode": hold(rng.integers(0, 6, n)), "sunlit": hold(rng.choice([0.0, 0.25, 0.5, 0.75, 1.0], n)),
        "flags": hold(rng.integers(0, 8, n)),
    }  # fmt: skip
    x = hold(rng.choice([0.0, 1.0, -2.5, 3e-4, 7e5, 12.0], n)) if rng.random() < 0.5 else rng.normal(0.0, 1e3, n)
    terms = st.lists(st.tuples(st.sampled_from(sorted(CONDITIONS)), st.integers(0, 12)), max_size=3)
    when, entered = data.draw(terms), data.draw(terms)
    if not when:
        entered = []
    within = data.draw(st.none() | st.integers(1, 20)) if when else None
    most = data.draw(st.none() | st.integers(1, 3)) if when else None
    statistic = data.draw(st.sampled_from([member for member in Statistic if member is not Statistic.ORBIT_CHANGE]))
    share = data.draw(st.floats(0.01, 1.0)) if statistic is Statistic.PERCENTILE else None
    words = lambda terms: tuple(f"{text} for {ticks} s" if ticks else text for text, ticks in terms)  # noqa: E731
    w = Watched(requirement(
        SIGNAL, statistic, when=words(when), entered=words(entered), within_s=None if within is None else float(within),
        episodes=most, share=share,
    ))  # fmt: skip
    for k in range(n):
        w.fly(1, **{
            "mode.adcs": s["mode"][k], "truth.sunlit": s["sunlit"][k], SIGNAL: x[k],
            "device_truth.star_tracker.flags": s["flags"][k],
        })  # fmt: skip
    of = lambda terms: np.all([held(CONDITIONS[text](s), ticks) for text, ticks in terms], axis=0)  # noqa: E731
    open_ = of(when) if when else np.ones(n, bool)
    counts, _ = episodes(open_, of(entered) if entered else None, within, most)
    rises = np.r_[False, (x[1:] != 0.0) & (x[:-1] == 0.0)]
    if statistic is Statistic.CHANGE:
        values = x[counts]
        wanted = values[-1] - values[0] if values.size else NAN
    else:
        wanted = expected(statistic, x, counts, share, rises)
    found = w.achieved
    if statistic is Statistic.PERCENTILE and not math.isnan(wanted):
        assert wanted - 1e-9 <= found <= wanted + max(0.0042 * abs(wanted), 2e-9)
    else:
        assert found == pytest.approx(wanted, rel=1e-12, abs=1e-9, nan_ok=True)


@given(st.lists(st.floats(-1e8, 1e8), min_size=1, max_size=200), st.floats(0.01, 1.0), st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_percentile_errs_towards_failing(values, share, at_least):
    """By at most 0.41 %: above where the limit is an upper one, below where it is a lower one."""
    limit = {"at_least": -1e30} if at_least else {"below": 1e30}
    w = Watched(requirement(SIGNAL, "percentile", share=share, **limit))
    for value in values:
        w.fly(1, **{SIGNAL: value})
    exact = float(np.quantile(values, share, method="inverted_cdf"))
    error = (exact - w.achieved) if at_least else (w.achieved - exact)
    assert -1e-9 * (1.0 + abs(exact)) <= error <= 0.0042 * abs(exact) + 2e-9


def test_the_change_over_the_last_whole_orbit():
    """Not shown before an orbit is flown; then against the value an orbit ago, to a hundredth of an orbit."""
    w = Watched(requirement(SIGNAL, "orbit_change", at_least=0.0), orbit_s=1000.0)
    for k in range(3000):
        w.fly(1, **{SIGNAL: float(k) ** 2})
        if k == 990:
            assert math.isnan(w.achieved)
        if k in (1500, 2222, 2999):
            ago = math.sqrt(k**2 - w.achieved)
            assert 1000.0 <= k - ago <= 1010.0


def test_what_is_shown_by_a_long_episode_alone():
    """Ten minutes without star tracker: 599 s are too few, and only ten minutes of a longer absence count."""
    keys = {"when": ("device_truth.star_tracker.flags !& 1",), "within_s": 10.0, "lasting_s": 9.0}
    w = Watched(requirement(SIGNAL, "largest", **keys))
    w.fly(8, **{SIGNAL: 1.0, "device_truth.star_tracker.flags": 0})
    assert math.isnan(w.achieved)
    w.fly(1)
    assert w.achieved == 1.0
    w.fly(1, **{SIGNAL: 2.0})
    w.fly(1, **{SIGNAL: 9.0})
    assert w.achieved == 2.0


@pytest.mark.parametrize("value", [NAN, math.inf, -math.inf])
@pytest.mark.parametrize("statistic", [m for m in Statistic if m is not Statistic.ORBIT_CHANGE])
def test_a_value_that_is_no_number_fails_whatever_comes_after(value, statistic):
    share = {"share": 0.5} if statistic is Statistic.PERCENTILE else {}
    w = Watched(requirement(SIGNAL, statistic, **share))
    w.fly(50, **{SIGNAL: 1.0})
    w.fly(1, **{SIGNAL: value})
    w.fly(50, **{SIGNAL: 1.0})
    (line,) = w.lines(asked=lambda _id: False, whole=False).values()
    assert (line.verdict, line.broken) == (Verdict.FAIL, True)
    assert line.as_dict()["achieved"] is None


def test_a_condition_that_nobody_can_tell_breaks_what_depends_on_it_alone():
    """A signal that is not a number breaks the requirement, unless another condition does not hold."""
    when = ("truth.sunlit > 0", "mode.adcs == NADIR")
    w = Watched(requirement(SIGNAL, when=when))
    w.fly(5, **{"truth.sunlit": NAN, "mode.adcs": 2})
    w.fly(5, **{"truth.sunlit": 1.0, "mode.adcs": 4})
    assert not w.lines()["TEST-1"].broken
    w.fly(1, **{"truth.sunlit": NAN})
    assert w.lines()["TEST-1"].broken


@pytest.mark.parametrize("condition", ["{} < 1", "{} > 1", "{} != 1", "{} == 1", "{} steady", "{} in 0, 1"])
def test_no_condition_holds_of_what_is_no_number(condition):
    w = Watched(requirement(condition.format(SIGNAL), "mean"))
    w.fly(5, **{SIGNAL: NAN})
    assert w.achieved == 0.0


def test_a_measure_without_meaning_is_left_out_and_no_condition_on_it_holds():
    w = Watched(requirement("knowledge_error_deg", "largest"), requirement("knowledge_error_deg != 7", "mean"))
    w.fly(5, **{"attitude.valid": 0})
    assert math.isnan(w.judge.judgements({})[0].achieved)
    assert w.judge.judgements({})[1].achieved == 0.0


def test_entries_into_safe_are_counted():
    """From any other mode; a flight that begins there has not entered it."""
    w = Watched()
    for mode, entries in ((1, 0), (2, 0), (1, 1), (1, 1), (2, 1), (1, 2)):
        assert w.fly(2, **{"mode.system": mode}).count("safe entries") == entries


class Settled:
    """A measure of a test's own, with a setting."""

    unit = "rad"

    def __init__(self, settings=None):
        self.scale = 1.0

    def value(self, flight):
        x = float(flight.handle(SIGNAL).array)
        return None if x < 0.0 else self.scale * x


def test_a_measure_in_python_is_named_in_the_file():
    w = Watched(requirement(f"{__name__}:Settled", "largest", when=("mode.adcs == NADIR",)))
    for value in (5.0, -1.0, 7.0):
        w.fly(1, **{SIGNAL: value})
    w.fly(1, **{SIGNAL: 9.0, "mode.adcs": 2})
    (line,) = w.lines().values()
    assert (line.achieved, line.unit) == (7.0, "rad")


class Answers:
    """A measure that gives what it is told to, or raises it."""

    answer: object = None

    def value(self, flight):
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (RuntimeError("no\nway"), "raised RuntimeError: no way, expected no exception"),
        (SystemExit(0), "raised SystemExit: 0, expected no exception"),  # a flight that nobody judged is not passed
        ("many", "gave str 'many', expected a number"),
        ([1.0, 2.0], "gave list [1.0, 2.0], expected a number"),
        (10**400, "gave int 1000"),
    ],
)
def test_a_measure_in_python_that_gives_no_number_is_one_line(monkeypatch, answer, says):
    w = Watched(requirement(f"{__name__}:Answers"))
    monkeypatch.setattr(Answers, "answer", answer)
    with pytest.raises(SchemaError) as error:
        w.fly(1)
    assert str(error.value).startswith(f"test.toml: requirement[0].measure: Answers.value {says}")
    assert str(error.value).isprintable()


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"measure": "knowledge_eror_deg"}, "did you mean knowledge_error_deg"),
        ({"measure": "truth.altitude"}, "'truth.altitude', which this flight does not have"),
        ({"measure": "attitude.q_bi"}, "attitude.q_bi[0] to [3], or norm(attitude.q_bi)"),
        ({"measure": "attitude.q_bi[4]"}, "an element of 0 to 3"),
        ({"measure": "norm(mode.adcs)"}, "expected of doubles"),
        ({"measure": SIGNAL, "when": ("mode.adcs == NADR",)}, "one of: IDLE, DETUMBLE"),
        ({"measure": SIGNAL, "when": ("truth.sunlit == DARK",)}, "truth.sunlit has no names"),
        ({"measure": SIGNAL, "when": ("mode.adcs & 1.5",)}, "a mask"),
        ({"measure": "recording_mb", "statistic": "mean"}, "statistic 'last' alone"),
        ({"measure": "nowhere.at_all:Measure"}, "there is no module 'nowhere'"),
        ({"measure": f"{__name__}:Watched"}, "has no method value"),
    ],
)
def test_what_a_flight_does_not_have_is_refused_in_one_line(keys, words):
    with pytest.raises(SchemaError) as found:
        Watched(requirement(**({"statistic": "last"} | keys)))
    text = str(found.value)
    assert text.startswith("test.toml: requirement[0].")
    assert words in text
    assert "\n" not in text


# ---- The requirements of the reference mission -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("truth.q_bi", {"ADCS-020", "ADCS-030", "ADCS-040"}), ("attitude.q_bi", {"ADCS-020"}),
        ("truth.pos_i_m", {"ADCS-030", "ADCS-040"}), ("truth.q_ei", {"ADCS-040"}),
        ("truth.rate_bi_b_radps", {"ADCS-010"}), ("truth.wheel_speed_radps", {"ADCS-060"}),
        ("device_truth.power.state_of_charge", {"EPS-010", "EPS-020"}),
    ],
)  # fmt: skip
def test_what_is_measured_and_is_no_number_fails_whatever_was_asked(name, ids):
    """One tick without a number, good ones before and after it: what was measured of it fails, and nothing else."""
    w = Watched(given=of_the_mission(), orbit_s=100.0)
    w.fly(150, **{"truth.q_bi": down(), "attitude.q_bi": down()})
    record, last = w.place(name)
    good = record[last].copy()
    options = {"asked": lambda _id: False, "whole": False}
    assert [r for r in w.lines(**options).values() if r.verdict is Verdict.FAIL] == []
    w.fly(1, **{name: NAN})
    w.fly(150, **{name: good})
    assert {r.id for r in w.lines(**options).values() if r.verdict is Verdict.FAIL} == ids
    assert {r.id for r in w.lines().values() if r.broken} == ids


def down():
    """The attitude of nadir pointing in the bench's orbit."""
    return shuster(Rotation.from_matrix(lvlh().T))


def test_each_line_shows_what_was_measured_for_it():
    """Numbers that differ from each other: none stands in another's place."""
    w = Watched(given=of_the_mission(), orbit_s=100.0)
    w.fly(70, **{"device_truth.power.state_of_charge": 0.8})
    w.fly(5, **{"truth.sunlit": 0.0, "device_truth.star_tracker.flags": 0})
    w.fly(1, **{"truth.sunlit": 1.0, "device_truth.star_tracker.flags": 1})
    w.fly(5, **{"mode.adcs": AdcsMode.TARGET, "truth.sunlit": 0.0})
    w.fly(1, **{"truth.sunlit": 1.0})
    wheels = {"truth.wheel_speed_radps": [0, 0, -150, 0], "device_truth.star_tracker.flags": 0}
    w.fly(25, **({"device_truth.power.state_of_charge": 0.5} | wheels))
    w.fly(20, **{"device_truth.power.state_of_charge": 0.45})
    shares = dict(zip(sorted(AT_END), (0.5, 0.75, 0.25, 3.0), strict=True))
    achieved = {line.id: line.achieved for line in w.lines(at_end=shares).values()}
    expected = {
        "ADCS-010": 0.6, "ADCS-060": 0.25, "EPS-010": 0.45, "EPS-020": -0.35, "DATA-010": 3.0, "FDIR-010": 0.75,
        "FDIR-020": 0.5, "FDIR-030": 0.25, "COV-010": 1, "COV-020": 1, "COV-030": 1, "COV-040": 1, "COV-050": 0.0,
    }  # fmt: skip
    assert {name: achieved[name] for name in expected} == pytest.approx(expected)


@pytest.mark.parametrize(("ticks", "shown"), [(598, False), (599, True), (600, True)])
def test_an_absence_is_shown_from_ten_minutes_on_less_one_tick(ticks, shown):
    w = Watched(given=of_the_mission())
    w.fly(131)
    w.fly(ticks, **{"device_truth.star_tracker.flags": 0})
    assert math.isfinite(w.lines()["ADCS-050"].achieved) == shown


def test_without_a_target_or_a_recording_nothing_about_one_is_asked():
    w = Watched(given=of_the_mission(), target=None)
    w.fly(300)
    shown = {line.id: line.verdict for line in w.lines(at_end={}).values()}
    assert {shown[name] for name in ("ADCS-040", "DATA-010", "FDIR-010")} == {Verdict.NOT_SHOWN}
    assert shown["COV-040"] is Verdict.FAIL  # a whole flight that should have met it


def test_a_kind_of_sensor_that_never_measured_is_not_shown_and_fails_where_it_was_due():
    w = Watched(given=of_the_mission())
    w.fly(5)
    none = AT_END | {"accepted_share.star_tracker": None}
    assert w.lines(at_end=none)["FDIR-010"].verdict is Verdict.FAIL
    assert w.lines(at_end=none, whole=False)["FDIR-010"].verdict is Verdict.NOT_SHOWN


def test_a_judge_goes_on_from_what_it_saved():
    """Another judge of the same requirements, given what one has saved, finds the same from there on."""
    first, second = (Watched(given=of_the_mission(), orbit_s=50.0) for _ in range(2))
    rng = np.random.default_rng(3)
    for k in range(400):
        values = {
            "truth.sunlit": rng.integers(0, 2), "device_truth.star_tracker.flags": rng.integers(0, 2),
            "device_truth.power.state_of_charge": rng.random(), "mode.adcs": rng.integers(3, 6),
        }  # fmt: skip
        first.fly(1, **values)
        second.set(**values)
        if k == 200:
            second.judge.restore(first.judge.save())
        elif k > 200:
            second.fly(1)
    assert first.lines() == second.lines()
    with pytest.raises(SavedError, match="judge"):
        Watched(requirement(SIGNAL)).judge.restore(first.judge.save())
