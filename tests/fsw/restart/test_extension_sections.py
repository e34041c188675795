"""RST-120: sections of other packages are brought over a gap in time as they declare; one that fails starts cold."""

import pytest

from fsw.core.events import EventId
from fsw.core.exceptions import ExceptionType
from fsw.restart.start import Start, StartKind
from hal.schema import SchemaError
from hal.vehicle.load import load_vehicle
from sim.spacecraft.spacecraft import Spacecraft
from tests.fsw.packages import both
from tests.fsw.restart.stored import SCENARIO, flight

KEEPS = 'cold_keeps = ("windows",)\n    gap_clears'


def flown(vehicle, folder, ticks=250):
    """A world in which flight has just ended without a word, its last checkpoint 49 ticks ago."""
    world = Spacecraft(vehicle, SCENARIO, 1)
    before = flight(world, folder, vehicle=vehicle)
    for _ in range(ticks):
        before.tick()
    return world, before


def fill(pool, name, **values):
    for field, value in values.items():
        pool.view(f"{name}.{field}")[...] = value


def test_what_an_application_and_a_unit_declare_is_done(package, tmp_path):
    """Sums of the window are gone, its results are kept; what the unit said before is not valid any more."""
    app, device = package("app"), package("device")
    vehicle = both(app, device)
    world, before = flown(vehicle, tmp_path / "state")
    app, device = app.parent.name, device.parent.name
    fill(before.pool, app, sum_rad=1.0, most_rad=2.0, count=3, mean_rad=4.0, windows=5, end_ns=6)
    fill(before.pool, "samples", **{f"{device}.valid": 1, f"{device}_health.silent_ticks": 8})
    fill(before.pool, "drivers", **{f"{device}.stream.size": 7})
    before.checkpoint.save(wait=True)
    world.step(world.t_ns + 3_000_000_000)
    pool = flight(world, tmp_path / "state", vehicle=vehicle).pool
    assert pool["restart.kind"] == StartKind.SNAPSHOT
    assert [pool[f"{app}.{n}"] for n in ("sum_rad", "most_rad", "count", "mean_rad", "windows")] == [0, 0, 0, 4, 5]
    assert pool[f"{app}.end_ns"] == pool["time.t_ns"] > 27_000_000_000
    unit = (f"samples.{device}.valid", f"samples.{device}.new", f"drivers.{device}.stream.size")
    assert [pool[n] for n in (*unit, f"samples.{device}_health.silent_ticks")] == [0, 0, 0, 0]
    assert pool[f"drivers.{device}.heard_ns"] == pool["time.t_ns"]
    frames_ok = f"samples.{device}_health.frames_ok"
    assert pool[frames_ok] == before.pool[frames_ok] > 100


def test_a_cold_start_keeps_what_an_application_declares(package, tmp_path):
    app = package("app", lambda _, text: text.replace("gap_clears", KEEPS))
    vehicle, name = load_vehicle(app), app.parent.name
    world, before = flown(vehicle, tmp_path / "state", 1)
    fill(before.pool, name, windows=5, mean_rad=4.0)
    before.checkpoint.save(wait=True)
    pool = flight(world, tmp_path / "state", Start(StartKind.SALVAGED), vehicle=vehicle).pool
    assert pool["restart.kind"] == StartKind.SALVAGED
    assert (pool[f"{name}.windows"], pool[f"{name}.mean_rad"]) == (5, 0)


@pytest.mark.parametrize(
    ("raised", "kind"), [("1 / 0", ExceptionType.ZeroDivisionError), ("raise SystemExit(3)", ExceptionType.Exception)]
)
def test_an_application_that_raises_starts_cold_and_ground_is_told(package, tmp_path, raised, kind):
    """Flight goes on: the rest of its state is as it was kept."""
    app = package("app", lambda _, text: text.replace('own["end_ns"] = gap.t_ns', f"{raised}\n        # {{}}"))
    vehicle, name = load_vehicle(app), app.parent.name
    world, before = flown(vehicle, tmp_path / "state")
    fill(before.pool, name, windows=5, count=3)
    before.checkpoint.save(wait=True)
    after = flight(world, tmp_path / "state", vehicle=vehicle)
    number = after.executive.names.index(name)
    assert after.pool["restart.kind"] == StartKind.SNAPSHOT
    assert (after.pool[f"{name}.windows"], after.pool[f"{name}.count"]) == (0, 0)
    assert after.pool["executive.exceptions"][number] == 1
    told = [event.values for event in after.events.drain() if event.id == 16]
    assert [values[:3] for values in told] == [(number, 0.0, kind)]
    assert "after_gap" in after.executive.tracebacks[name]
    after.tick()


def test_an_application_that_cannot_resume_ends_no_start(package, tmp_path):
    """It is told to ground, and flies as it is."""
    app = package(
        "app",
        lambda _, text: text.replace(
            "    def step(self)", "    def resume(self):\n        1 / 0\n\n    def step(self)"
        ),
    )
    vehicle, name = load_vehicle(app), app.parent.name
    world, before = flown(vehicle, tmp_path / "state")
    before.checkpoint.save(wait=True)
    after = flight(world, tmp_path / "state", vehicle=vehicle)
    number = after.executive.names.index(name)
    assert after.pool["restart.kind"] == StartKind.SNAPSHOT
    told = [event.values for event in after.events.drain() if event.id == EventId.APPLICATION_EXCEPTION]
    assert [values[:3] for values in told] == [(number, 0.0, ExceptionType.ZeroDivisionError)]
    after.tick()
    assert after.pool["executive.in_a_row"][number] == 0


def test_a_pattern_that_names_nothing_is_refused_before_flight(package, tmp_path):
    app = package("app", lambda _, text: text.replace('"sum_rad", "most_rad"', '"sum_rad", "most"'))
    with pytest.raises(SchemaError, match="gap_clears names 'most', which is none of its parameters"):
        flown(load_vehicle(app), tmp_path / "state")
