"""Monitors of the vehicle file: what loading and flight refuse, and the actions."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.autonomy.actions import Actions
from fsw.autonomy.exclusions import CYCLE_S, Exclusions
from fsw.autonomy.isolation import Isolation
from fsw.autonomy.monitors import Action, Monitors
from fsw.autonomy.sections import Condition
from fsw.autonomy.vehicle_monitors import vehicle_monitors
from fsw.core.events import EventId, EventQueue, Severity
from fsw.core.pool import Pool
from fsw.core.registry import flight_sections
from fsw.core.requests import RequestQueue
from fsw.core.sections import TimeSection
from fsw.guidance.modes import SafeReason
from fsw.health.devices import Device, Exclusion
from hal.schema import SchemaError, from_table
from hal.vehicle.functions import Function
from hal.vehicle.load import load_vehicle
from hal.vehicle.monitors import VehicleMonitor, monitor_defects
from hal.wire import EpsSwitch
from tests.fsw.sections import SamplesSection

VEHICLE = load_vehicle()
CHARGE = {"name": "m", "parameter": "samples.power.state_of_charge", "check": "below", "limit": 0.5}


def with_monitors(*tables):
    entries = tuple(from_table(table, VehicleMonitor, "test") for table in tables)
    assert list(monitor_defects(entries)) == []
    return dataclasses.replace(VEHICLE, monitor=entries)


class Board:
    """Monitors, actions and exclusions on a pool that the test writes."""

    def __init__(self, *tables):
        vehicle = with_monitors(*tables)
        self.pool = Pool(flight_sections())
        self.events = EventQueue(self.pool)
        self.exclusions = Exclusions(self.pool, vehicle, self.events)
        self.monitors = Monitors(self.pool, vehicle_monitors(self.pool, vehicle))
        self.modes, self.requests = [], RequestQueue()
        self.actions = Actions(self.monitors, self.exclusions, self.requests, self.events, self.modes.append)
        self.fdir = Isolation(self.pool, vehicle, self.exclusions, self.events)
        self.eps = self.pool.array(SamplesSection)["power"]

    def at(self, t_s, charge):
        """Step with this charge; the reason for SAFE."""
        self.pool.array(TimeSection)["t_ns"] = round(t_s * 1e9)
        self.eps["state_of_charge"] = charge
        self.fdir.step()
        self.actions.follow(self.monitors.step(), self.monitors.confirmed)
        for request in self.requests.take():
            assert request.owner == "fdir"
            request.step()
        return self.actions.unsafe(self.monitors.confirmed)

    def ids(self):
        return [event.id for event in self.events.drain()]


@pytest.mark.parametrize(("change", "found"), [
    ({"limit": None}, "both or none of limit and limit_parameter"),
    ({"limit_parameter": "safe_rate_radps"}, "both or none of limit and limit_parameter"),
    ({"check": "outside", "limit": None, "low": 2.0, "high": 1.0}, "low = 2.0 and high = 1.0"),
    ({"check": "outside", "low": 1.0, "high": 2.0}, "limit with check 'outside'"),
    ({"low": 1.0}, "low or high with check 'below'"),
    ({"hold_s": 1.0, "hold_parameter": "rate_hold_s"}, "hold_s and hold_parameter"),
    ({"mask": 3}, "mask with check 'below'"),
    ({"check": "equal", "mask": 1, "limit": 5.0}, "found limit = 5 with mask = 1"),
    ({"scale": 0.0}, "found scale = 0"),
    ({"when_is": 2}, "when_is = 2 without when"),
    ({"action": "safe"}, "reason missing with action 'safe'"),
    ({"reason": "OVERHEATED"}, "reason found with action 'event'"),
    ({"name": "No Name"}, "found 'No Name'"),
])  # fmt: skip
def test_what_a_monitor_gets_wrong_by_itself_is_found_when_the_file_is_loaded(change, found):
    table = {key: value for key, value in (CHARGE | change).items() if value is not None}
    ((where, what, expected),) = monitor_defects([from_table(table, VehicleMonitor, "test")])
    assert where.startswith("monitor[0]")
    assert found in what
    assert expected


def test_two_monitors_of_one_name_are_refused():
    one = from_table(CHARGE, VehicleMonitor, "test")
    assert [d[1] for d in monitor_defects([one, one])] == ["found 'm' again"]


@pytest.mark.parametrize(("change", "line"), [
    ({"parameter": "samples.power.state_of_charg"},
     "parameter: found 'samples.power.state_of_charg', expected a parameter; did you "
     "mean samples.power.state_of_charge?"),
    ({"parameter": "attitude.p"}, "attitude.p is neither a number nor a vector"),
    ({"parameter": "attitude.q_bi", "element": 4}, "element 4 of attitude.q_bi, which is 4"),
    ({"check": "equal", "mask": 1}, "is no whole number"),
    ({"limit": None, "limit_parameter": "fine_sigma"},
     "limit_parameter: found 'fine_sigma', expected a parameter; did you mean fine_sigma_rad?"),
    ({"when": "samples.power.switches"}, "samples.power.switches is not one octet"),
    ({"action": "safe", "reason": "BAD_MOOD"}, "reason: found 'BAD_MOOD', expected one of: BOARD_SILENT"),
    ({"action": "safe", "reason": "GROUND_REQUEST"}, "reason: found 'GROUND_REQUEST'"),
    ({"action": "exclude", "sensor": "NOSE"}, "sensor: found 'NOSE', expected one of: GYRO"),
    ({"action": "switch_off", "load": "HEATER"}, "load: found 'HEATER', expected one of: RADIO_TX"),
    ({"action": "request", "request": "TARGET"}, "request: found 'TARGET', expected one of: DETUMBLE"),
])  # fmt: skip
def test_what_flight_does_not_know_is_one_line_that_names_vehicle_and_monitor(change, line):
    table = {key: value for key, value in (CHARGE | change).items() if value is not None}
    with pytest.raises(SchemaError) as error:
        vehicle_monitors(Pool(flight_sections()), with_monitors(table))
    message = str(error.value)
    assert message.startswith("reference.toml: monitor m: ")
    assert line in message
    assert "\n" not in message


@given(st.text(max_size=30), st.text(max_size=12))
def test_any_names_are_refused_in_one_line_or_taken(parameter, sensor):
    table = CHARGE | {"parameter": parameter, "action": "exclude", "sensor": sensor}
    with pytest.raises(SchemaError) as error:
        vehicle_monitors(Pool(flight_sections()), with_monitors(table))
    assert str(error.value).isprintable()


def test_the_vehicles_monitors_are_those_of_its_file():
    found = vehicle_monitors(Pool(flight_sections()), VEHICLE)
    by_name = {m.name: m for m in found}
    assert list(by_name) == [entry.name for entry in VEHICLE.monitor]
    rate = by_name["excessive_rate"]
    assert (rate.condition, rate.limit, rate.hold_s) == (Condition.ABOVE, "safe_rate_radps", "safe_rate_hold_s")
    assert (rate.action, rate.argument) == (Action.SAFE, SafeReason.EXCESSIVE_RATE)
    assert by_name["star_tracker_silent"].severity is Severity.LOW


def test_safe_has_the_reason_of_the_first_monitor_that_asks_for_it():
    board = Board(
        CHARGE | {"name": "a", "limit": 0.2, "action": "safe", "reason": "OVERHEATED", "severity": "high"},
        CHARGE | {"name": "b", "action": "safe", "reason": "LOW_BATTERY"},
    )
    assert board.at(0, 0.9) is SafeReason.NONE
    assert board.at(1, 0.4) is SafeReason.LOW_BATTERY
    assert board.at(2, 0.1) is SafeReason.OVERHEATED
    assert board.at(3, 0.9) is SafeReason.NONE
    assert board.ids() == [EventId.MONITOR_CONFIRMED, EventId.MONITOR_HIGH] + 2 * [EventId.MONITOR_CLEARED]


def test_a_monitor_excludes_a_sensor_that_others_can_replace():
    board = Board(CHARGE | {"action": "exclude", "sensor": "STAR_TRACKER", "severity": "informative"})
    board.at(1, 0.4)
    assert board.pool["fdir.excluded"][Device.STAR_TRACKER] == 1
    assert board.pool["fdir.reason"][Device.STAR_TRACKER] == Exclusion.MONITOR
    assert board.ids() == [EventId.MONITOR_NOTED, EventId.DEVICE_EXCLUDED]
    board.at(2, 0.9)
    assert board.pool["fdir.excluded"][Device.STAR_TRACKER] == 1  # ground or agreement admits it again


def test_a_load_is_off_while_its_monitor_is_confirmed():
    board = Board(CHARGE | {"action": "switch_off", "load": "PAYLOAD"})
    found = []
    for t_s, charge in ((0, 0.9), (1, 0.4), (2, 0.4), (3, 0.6)):
        board.at(t_s, charge)
        found.append(board.pool["fdir.switches_off"])
    assert found == [0, EpsSwitch.PAYLOAD, EpsSwitch.PAYLOAD, 0]
    assert board.ids() == [
        EventId.MONITOR_CONFIRMED, EventId.LOADS_HELD_OFF, EventId.MONITOR_CLEARED, EventId.LOADS_HELD_OFF,
    ]  # fmt: skip


def test_a_power_cycle_ends_by_itself_and_leaves_other_loads_off():
    board = Board(
        CHARGE | {"name": "a", "action": "power_cycle", "load": "PAYLOAD"},
        CHARGE | {"name": "b", "limit": 0.3, "action": "switch_off", "load": "WHEELS"},
    )
    found = []
    for t_s, charge in ((0, 0.9), (1, 0.4), (2, 0.2), (1 + CYCLE_S - 0.1, 0.2), (1 + CYCLE_S, 0.2), (20, 0.9)):
        board.at(t_s, charge)
        found.append(board.pool["fdir.switches_off"])
    payload, wheels = EpsSwitch.PAYLOAD, EpsSwitch.WHEELS
    assert found == [0, payload, payload | wheels, payload | wheels, wheels, 0]


def test_a_mode_is_asked_for_once():
    board = Board(CHARGE | {"action": "request", "request": "SUN_POINTING", "hold_s": 1.0})
    for t_s in range(5):
        board.at(t_s, 0.4)
    assert board.modes == [Function.SUN_POINTING]
