"""Key figures of the report, against independent computations."""

import dataclasses
import json
import math

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from sgp4.api import Satrec
from sgp4.conveniences import sat_epoch_datetime

from ground.link.segment import GroundSegment
from ground.recordings import events
from ground.report import figures, overview, plots
from ground.report.data import Flight, Limit
from ground.report.pointing import pointing_deg
from hal.vehicle.load import load_vehicle
from sim.mission import Mission
from sim.scenario.scenario import load_scenario


class Series(dict):
    """Series as `Flight` gives them."""

    step_s = 1.0


def test_elements_of_the_reference_orbit_are_those_of_its_tle():
    """Osculating elements of SGP4's state: near the TLE's mean ones, as far as J2 moves them."""
    satellite = Satrec.twoline2rv(*load_vehicle().orbit.tle)
    assert sat_epoch_datetime(satellite).year >= 2018
    _, r_km, v_kmps = satellite.sgp4(satellite.jdsatepoch, satellite.jdsatepochF)
    shown = dict(figures.elements(1e3 * np.array(r_km), 1e3 * np.array(v_kmps), np.array([0.0, 0.0, 1.0])))
    assert shown["inclination [deg]"] == pytest.approx(np.degrees(satellite.inclo), abs=0.02)
    assert shown["right ascension of the node [deg]"] == pytest.approx(np.degrees(satellite.nodeo), abs=0.02)
    assert shown["semi-major axis [km]"] == pytest.approx(6378.137 * satellite.a, abs=12.0)
    assert shown["period [min]"] == pytest.approx(2.0 * np.pi / satellite.no_kozai, rel=3e-3)
    assert shown["Sun over the orbit plane, beta [deg]"] == pytest.approx(90.0 - np.degrees(satellite.inclo), abs=0.02)


def test_elements_of_an_orbit_made_by_hand():
    """Perigee passage of an ellipse turned by known angles."""
    a, e, inclination, node, perigee = 7.0e6, 0.02, 51.6, 40.0, 75.0
    turn = Rotation.from_euler("ZXZ", [node, inclination, perigee], degrees=True)
    r = turn.apply([a * (1 - e), 0.0, 0.0])
    v = turn.apply([0.0, np.sqrt(3.986004415e14 / a * (1 + e) / (1 - e)), 0.0])
    shown = dict(figures.elements(r, v, turn.apply([0.6, 0.0, 0.8])))
    assert list(shown.values()) == pytest.approx([
        7000.0, e, inclination, node, perigee, 7000.0 * 0.98 - 6378.137, 7000.0 * 1.02 - 6378.137,
        2 * np.pi * np.sqrt(a**3 / 3.986004415e14) / 60.0, np.degrees(np.arcsin(0.8)),
    ], rel=1e-9)  # fmt: skip


def test_navigation_errors_are_in_the_directions_of_the_orbit():
    """Radial is away from the Earth, along is with the velocity, across completes them."""
    r, v = np.array([[7e6, 0, 0]] * 4), np.array([[0, 7.5e3, 0]] * 4)
    offsets = np.array([[3.0, 0, 0], [0, 4.0, 0], [0, 0, 5.0], [1.0, 1.0, 1.0]])
    flight = Series({"truth.pos_i_m": r, "truth.vel_i_mps": v, "navigation.pos_i_m": r + offsets,
                     "navigation.valid": np.array([1, 1, 1, 0])})  # fmt: skip
    error = figures.navigation_error_rtn_m(flight)
    assert error[:3] == pytest.approx(offsets[:3], abs=1e-6)
    assert np.isnan(error[3]).all()


def test_spread_is_of_the_numbers_only():
    """Magnitudes; nan where there is nothing."""
    assert figures.spread(np.array([3.0, -4.0, np.nan])) == pytest.approx((np.sqrt(12.5), 4.0, 4.0), rel=1e-2)
    assert np.isnan(figures.spread(np.array([np.nan]))).all()


def test_events_in_mission_time_and_damage_skipped(tmp_path):
    """Lines that are no event are left out; a missing file is no event."""
    file = tmp_path / "events.jsonl"
    entries = [
        {"t_tai_ns": 7_000_000_000, "severity": 4, "text": "b"},
        {"t_tai_ns": 5_500_000_000, "severity": 1, "text": "a"},
        {"t_tai_ns": 8_000_000_000, "telecommand_failed": "00", "report": [1, 2]},
    ]
    file.write_text("\n".join(map(json.dumps, entries)) + '\n[]\n{"severity": 1}\n{"t_tai')
    loaded = events.load(file, 5_000_000_000)
    assert [(e.t_s, e.severity, e.text) for e in loaded] == [
        (0.5, 1, "a"), (2.0, 4, "b"), (3.0, 3, "telecommand failed, report (1, 2)"),
    ]  # fmt: skip
    assert events.load(tmp_path / "none", 0) == ()
    assert events.clock(3723.4) == "1:02:03"


@pytest.mark.parametrize(("change", "charge"), [("remove = true", None), ("", 75.0)])
def test_a_vehicle_without_power_system_has_no_charge_in_its_report(tmp_path, change, charge):
    """What the vehicle has not is not drawn, and everything else is."""
    file = tmp_path / "some.toml"
    file.write_text(f'base = "reference"\nname = "some"\n[[device]]\nname = "power"\n{change}\n')
    Mission(
        load_vehicle(file), load_scenario("nadir"), GroundSegment, duration_s=2.0, out=tmp_path, record="full"
    ).fly()
    flight = Flight(tmp_path / "recording.ssr")
    flight.load(figures.SERIES)
    found = float({row[0]: row[1] for row in figures.power(flight).rows}["state of charge, lowest [%]"])
    assert math.isnan(found) if charge is None else found == pytest.approx(charge, abs=2.0)


def test_a_vehicle_of_three_wheels_has_three_in_its_plots(tmp_path):
    """What the vehicle has not is not drawn."""
    vehicle, scenario = load_vehicle(), load_scenario("modes")
    initial = dataclasses.replace(scenario.initial, wheel_speed_radps=())
    Mission(
        vehicle.changed("wheels", units=vehicle.device("wheels").units[:3]),
        dataclasses.replace(scenario, initial=initial),
        GroundSegment, duration_s=2.0, out=tmp_path, record="full",
    ).fly()  # fmt: skip
    flight = Flight(tmp_path / "recording.ssr")
    flight.load(figures.names((*overview.SERIES, *plots.SERIES)))
    drawn = [plots.wheels(flight).axes[0], overview.overview(flight, ()).axes[4]]
    assert [[line.get_label() for line in ax.lines] for ax in drawn] == [["wheel 1", "wheel 2", "wheel 3"]] * 2


def dashed(ax):
    """Height and words of the lines of limits in a plot."""
    return [(line.get_ydata()[0], line.get_label()) for line in ax.lines if line.get_linestyle() == "--"]


def test_plots_draw_the_limits_that_the_flight_was_judged_by(tmp_path):
    """Those of the requirements, whatever they are; none where there is none."""
    Mission(load_vehicle(), load_scenario("modes"), GroundSegment, duration_s=2.0, out=tmp_path, record="full").fly()
    limits = (
        Limit("knowledge_error_deg", "ADCS-050", 0.6), Limit("knowledge_error_deg", "MINE-1", 0.04),
        Limit("pointing_error_deg", "ADCS-030", 0.25), Limit("pointing_error_deg", "ADCS-031", 0.25),
        Limit("device_truth.power.state_of_charge", "EPS-010", 0.35), Limit("attitude.sigma_rad", "MINE-2", 0.1),
    )  # fmt: skip
    flight = Flight(tmp_path / "recording.ssr", limits)
    flight.load(figures.names((*overview.SERIES, *plots.SERIES)))
    glance = overview.overview(flight, ()).axes
    assert dashed(glance[1]) == [(0.25, "ADCS-030, ADCS-031: 0.25 deg")]
    assert dashed(glance[2]) == [(0.04, "MINE-1: 0.04 deg"), (0.6, "ADCS-050: 0.6 deg")]
    assert dashed(plots.power(flight).axes[0]) == [(35.0, "EPS-010: 35 %")]
    flight.limits = ()
    assert [dashed(ax) for ax in (*overview.overview(flight, ()).axes, plots.power(flight).axes[0])] == [[]] * 7


def test_the_pointing_error_is_the_one_that_was_judged(tmp_path):
    """In every mode that points: the same as the judge of requirements, which computes it in another language."""
    mission = Mission(load_vehicle(), load_scenario("modes"), GroundSegment, out=tmp_path, record="full")
    judged, modes = [], set()
    while mission.flown_s < mission.duration_s:
        mission.advance(0.1)
        judged.append(mission.judge.pointing_deg)
        modes.add(mission.flight.pool["mode.adcs"].name)
    mission.close()
    flight = Flight(tmp_path / "recording.ssr")
    flight.load(figures.names((*overview.SERIES, *plots.SERIES)))
    drawn = np.nan_to_num(pointing_deg(flight), nan=180.0)
    ticks = np.round(600.0 * flight.minutes).astype(int)
    assert drawn == pytest.approx(np.array(judged)[ticks], abs=1e-9)
    assert modes >= {"SUN_POINTING", "INERTIAL", "NADIR", "TARGET"}


def test_an_error_beyond_what_navigation_believes_is_in_view():
    """The axis follows the error when that is larger than the bound, whatever the direction."""
    n = 600
    r, v = np.tile([7e6, 0.0, 0.0], (n, 1)), np.tile([0.0, 7.5e3, 0.0], (n, 1))
    off = np.tile([1.0, -40.0, 90.0], (n, 1))
    flight = Series({
        "truth.pos_i_m": r, "truth.vel_i_mps": v, "navigation.pos_i_m": r + off, "navigation.valid": np.ones(n),
        "navigation.position_sigma_m": np.full(n, 2.0), "truth.sunlit": np.ones(n),
    })  # fmt: skip
    flight.minutes, flight.end_minutes, flight.spans = np.arange(n) / 60.0, 10.0, lambda _mask: ()
    figure = overview.navigation(flight)
    tops = [ax.get_ylim()[1] for ax in figure.axes]
    assert tops[0] < 10.0
    assert 40.0 < tops[1] < 60.0
    assert 90.0 < tops[2] < 120.0
