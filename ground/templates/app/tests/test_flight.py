"""The application in flight: its figures against the same figures made here, its event on ground."""

from pathlib import Path

import numpy as np
import pytest

from fsw.guidance.modes import AdcsMode
from ground.link.segment import GroundSegment
from hal.schema import SchemaError
from hal.vehicle.load import load_vehicle
from sim.mission import Mission
from sim.scenario.scenario import load_scenario

VEHICLE = Path(__file__).parents[1] / "my_app/vehicle.toml"


def mission(vehicle=VEHICLE):
    """Ten minutes with every mode in them."""
    return Mission(load_vehicle(vehicle), load_scenario("modes"), GroundSegment)


def test_a_window_holds_mean_and_largest_error():
    flight, errors = mission(), []
    pool, before = flight.flight.pool, AdcsMode.IDLE
    while pool["my_app.windows"] < 4:
        flight.advance(0.1)
        if pool["time.tick"] % 10 == 0 and before > AdcsMode.DETUMBLE:
            errors.append(pool["control.error_rad"])
        before = pool["mode.adcs"]  # the application runs before the mode manager
        if pool["my_app.end_ns"] == pool["time.t_ns"] and pool["my_app.valid"]:
            assert pool["my_app.mean_rad"] == pytest.approx(np.mean(errors), rel=1e-12)
            assert pool["my_app.max_rad"] == np.max(errors)
            errors = []
    assert flight.flown_s < 400.0


def test_an_error_over_the_limit_is_told_to_ground():
    flight = mission()
    while not flight.flight.pool["my_app.over_limit"]:
        flight.advance(10.0)
        assert flight.flown_s < 400.0
    flight.advance(5.0)
    told = "application my_app reports largest error of a window over its limit [rad]: "
    assert any(text.startswith(told) for text in flight.ground.events)


def test_settings_that_do_not_fit_are_one_line(tmp_path):
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(VEHICLE.read_text().replace("limit_rad = 0.001", "limit_deg = 5.7"))
    with pytest.raises(SchemaError, match=r"application\[0\].with.limit_deg: unknown key; did you mean limit_rad"):
        mission(wrong)
