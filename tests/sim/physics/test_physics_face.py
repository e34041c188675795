import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hal.schema import SchemaError, from_table
from sim.physics.actuation import Action
from sim.physics.options import PhysicsError, PhysicsOptions
from sim.physics.physics import Physics
from sim.physics.records import TruthRecord
from sim.physics.timescales import NS

CYCLE_NS = 100_000_000
DRIVEN = [Action(0, 70_000_000, dipole_b_am2=(0.1, -0.2, 0.05))]
TORQUE = [1e-4, -1e-4, 2e-4, 0.0]


def fly(physics, ticks=50):
    for _ in range(ticks):
        physics.advance(CYCLE_NS, DRIVEN, TORQUE)
    return physics.truth.tobytes()


def test_the_same_flight_twice_gives_the_same_octets(vehicle, started):
    first, second = (
        fly(started(vehicle, PhysicsOptions(), rate=(0.05, 0.01, -0.03), speeds=[100.0] * 4)) for _ in range(2)
    )
    assert first == second


def test_a_snapshot_continues_bit_for_bit(vehicle, started, epoch):
    physics = started(vehicle, PhysicsOptions(ut1_utc_s=0.3), rate=(0.05, 0.01, -0.03))
    fly(physics, 333)
    kept = physics.snapshot()
    expected = fly(physics, 500)
    other = Physics(vehicle, PhysicsOptions(ut1_utc_s=0.3))
    other.restore(kept)
    assert fly(other, 500) == expected
    with pytest.raises(PhysicsError, match="found 7 octets, expected"):
        other.restore(b"1234567")


def test_time_advances_by_the_cycle(vehicle, started, epoch):
    physics = started(vehicle, PhysicsOptions())
    physics.advance(CYCLE_NS, DRIVEN, TORQUE)
    assert int(physics.truth["t_ns"]) == NS // 10
    assert int(physics.truth["t_tai_ns"]) == epoch + NS // 10


def test_truth_is_a_view_with_the_layout_of_the_record(vehicle, started):
    physics = started(vehicle, PhysicsOptions())
    assert physics.truth.dtype == TruthRecord.dtype()
    view = physics.truth
    before = view["pos_i_m"].copy()
    physics.coast(1.0)
    assert np.linalg.norm(view["pos_i_m"] - before) == pytest.approx(7608, rel=1e-3)
    for name in view.dtype.names:
        assert np.isfinite(view[name]).all(), name


def test_three_wheels_leave_the_fourth_at_rest(rebuilt, quiet, started):
    physics = started(rebuilt(wheels=[{}] * 3), quiet(wheel_friction=True), speeds=[10.0, 20.0, 30.0])
    physics.advance(CYCLE_NS, DRIVEN, [1e-4, 1e-4, 1e-4])
    assert physics.truth["wheel_speed_radps"][3] == physics.truth["wheel_torque_nm"][3] == 0.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"q_bi": [0, 0, 0, 0]}, "q_bi: found a norm of 0, expected 1"),
        ({"rate_bi_b_radps": [0, np.nan, 0]}, "rate_bi_b_radps: found .*nan.*expected 3 finite numbers"),
        ({"pos_i_m": [1.0, 2.0, 3.0]}, "pos_i_m: found a radius of .* above the Earth"),
        ({"wheel_speed_radps": [1.0, 2.0]}, "wheel_speed_radps: found .*, expected 4 finite numbers"),
    ],
)
def test_an_unusable_start_is_refused_in_one_line(vehicle, epoch, orbit, change, message):
    physics = Physics(vehicle)
    with pytest.raises(PhysicsError, match=message) as error:
        physics.start(**{"t_tai_ns": epoch, "pos_i_m": orbit[0], "vel_i_mps": orbit[1], **change})
    assert "\n" not in str(error.value)
    with pytest.raises(PhysicsError, match="call start"):
        physics.coast(1.0)


@pytest.mark.parametrize(
    ("dt_ns", "actions", "torque", "message"),
    [
        (0, [], None, "dt_ns: found 0, expected a positive duration"),
        (NS, [Action(0, NS)] * 65, None, "actions: found 65, expected at most 64"),
        (NS, [Action(5, 5)], None, r"actions\[0\]: found 5 to 5 ns, expected edges"),
        (NS, [Action(0, 1), Action(-1, 5)], None, r"actions\[1\]: found -1 to 5 ns, expected edges"),
        (NS, [Action(0, NS + 1)], None, "within 0 to 1000000000 ns"),
        (NS, [Action(0, NS, dipole_b_am2=(0, 0))], None, "three finite numbers each"),
        (NS, [Action(0, NS, force_b_n=(0, np.nan, 0))], None, "three finite numbers each"),
        (NS, [Action(0, NS, mass_flow_kgps=-1e-9)], None, "a mass flow of at least 0"),
        (NS, [Action(0, NS, mass_flow_kgps=np.nan)], None, "a mass flow of at least 0"),
        (NS, [], [1.0], "wheel_torque_nm: found"),
    ],
)
def test_an_unusable_advance_changes_nothing(vehicle, started, dt_ns, actions, torque, message):
    physics = started(vehicle, PhysicsOptions())
    before = physics.snapshot()
    with pytest.raises(PhysicsError, match=message):
        physics.advance(dt_ns, actions, torque)
    assert physics.snapshot() == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"step_s": 0.0}, "step_s: found 0.0, expected"),
        ({"zonal_degree": 1}, "zonal_degree: found 1, expected one of"),
        ({"drag": 1}, "drag: found 1, expected a value of type bool"),
        ({"ut1_utc_s": 5.0}, "ut1_utc_s: found 5.0, expected"),
    ],
)
def test_unusable_options_are_refused(change, message):
    with pytest.raises(PhysicsError, match=message):
        PhysicsOptions(**change)
    with pytest.raises((SchemaError, PhysicsError)):
        from_table(change, PhysicsOptions, "scenario.toml")


def test_options_are_a_table_of_the_scenario_file():
    options = from_table({"drag": False, "zonal_degree": 2, "step_s": 0.05}, PhysicsOptions, "scenario.toml")
    assert options == PhysicsOptions(drag=False, zonal_degree=2, step_s=0.05)


def test_the_truth_uses_nothing_of_flight():
    code = (
        "import sys, sim.physics.physics, sim.physics.orbit\n"
        "print([m for m in sys.modules if m.split('.')[0] in ('fsw', 'ground', 'firmware_bindings')])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
    root = Path(sys.modules["sim.physics.records"].__file__).parent
    for source in [*root.glob("*.py"), *root.glob("*.pyx"), *root.glob("*.pxd")]:
        assert "fsw." not in source.read_text().replace("fsw/CONVENTIONS.md", ""), source.name
