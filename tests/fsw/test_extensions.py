"""FSW-OUT: extension applications and units fly, are recorded, restored and supervised as ours are.

The packages are the live templates of `ground/templates`, copied under names of their own.
"""

import json
import re
import struct

import pytest

from ccsds.packets import TcPacket
from fsw.core.events import EventQueue
from fsw.core.pool import Pool
from fsw.core.registry import DEVICE_FIRST_ID, EXTENSION_FIRST_ID
from fsw.core.registry import main as registry_command
from fsw.extensions import Extensions
from fsw.guidance.modes import SystemMode
from fsw.health.devices import fitted
from fsw.pus.messages import Tc
from ground.link.segment import GroundSegment
from ground.recordings.reader import RecordingReader
from ground.recordings.replay import Replay
from hal.devices.registry import kind_of
from hal.extension_loading import load_class
from hal.saved import pack, unpack
from hal.schema import SchemaError
from hal.vehicle.load import load_vehicle
from sim.devices._model import ModelError
from sim.mission import Mission
from sim.scenario.scenario import load_scenario
from sim.spacecraft.spacecraft import make_devices
from tests.fsw.packages import both


def mission(vehicle, **options):
    return Mission(vehicle, load_scenario("modes"), GroundSegment, **options)


def test_extensions_fly_and_report_to_ground(package):
    app, device = package("app"), package("device")
    flight = mission(both(app, device))
    names = flight.flight.executive.names
    assert names.index("boards") < names.index(app.parent.name) < names.index("mode_manager")
    packets = []
    flight.ground._station_receive = flight.ground._station.receive
    flight.ground._station.receive = lambda octets: [
        packets.append(p) or p for p in flight.ground._station_receive(octets)
    ]
    flight.advance(62.0)
    assert {
        flight.flight.pool[f"samples.{device.parent.name}_health.silent"],
        flight.flight.pool["executive.failed"],
    } == {0}
    assert flight.flight.pool[f"samples.{device.parent.name}_health.frames_ok"] > 300
    structures = [int.from_bytes(p[20:22], "big") for p in packets if tuple(p[7:9]) == (3, 25)]
    assert structures.count(16) >= 6  # the unit's, every 10 s
    assert structures.count(17) == 1  # the application's, every 60 s


def test_ground_may_ask_for_their_parameters(package):
    """TC[3,1] creates a structure of an extension's parameters."""
    flight = mission(load_vehicle(package("app")))
    pool, ground = flight.flight.pool, flight.ground
    number = next(p.id for p in pool.parameters() if p.id >= EXTENSION_FIRST_ID)
    flight.advance(1.0)
    data = struct.pack(">HHHH", 12, 1, 1, number)  # structure, interval [s], one parameter
    telecommand = TcPacket(flight.world.vehicle.radio.apid, 0, *Tc.HK_CREATE.value, data).encode()
    ground._link.write(ground._station.send(telecommand, flight.world.t_ns))
    flight.advance(1.0)
    assert (pool["requests.tc_completed"], pool["housekeeping.interval_s"][12]) == (1, 1)
    assert pool["housekeeping.parameter_ids"][12][0] == number


@pytest.mark.parametrize("start_s", [None, 60.0])
def test_a_recording_with_extensions_replays_to_the_bit(package, tmp_path, start_s):
    app, device = package("app"), package("device")
    flight = mission(both(app, device), out=tmp_path, record="full")
    flight.advance(80.0)
    flight.end(1.0)
    name = device.parent.name
    reader = RecordingReader(tmp_path / "recording.ssr")
    assert reader.parameter(f"samples.{name}.sun_s").id >= DEVICE_FIRST_ID
    assert any(link == 6 for tick in reader for link, _, _ in tick.octets) if start_s is None else True
    outcome = Replay(tmp_path / "recording.ssr", from_s=start_s).run()
    assert (outcome.difference, outcome.notes) == (None, ())
    assert outcome.ticks == (800 if start_s is None else 199)


def test_the_pool_is_all_that_they_remember(package):
    """A snapshot of one flight goes on in another to the same bits, the half report on the sensor's link included."""
    vehicle = both(package("app"), package("device"))
    extensions = Extensions(vehicle)
    first, second = (Pool(extensions.sections, extensions.registry, fitted=fitted(vehicle)) for _ in range(2))
    flight = mission(vehicle)
    flight.advance(30.0)
    first.restore(flight.flight.pool.snapshot())
    second.restore(first.snapshot())
    assert second.snapshot() == flight.flight.pool.snapshot()


def test_an_application_that_raises_is_counted_and_leads_to_safe(package):
    failing = "own = self._own\n        assert self._t_ns < 20_000_000_000\n        if self._mode"
    app = package("app", lambda _, text: text.replace("own = self._own\n        if self._mode", failing))
    flight = mission(load_vehicle(app))
    flight.advance(25.0)
    pool, name = flight.flight.pool, app.parent.name
    assert pool["executive.exceptions"][flight.flight.executive.names.index(name)] == 5
    assert pool["mode.system"] == SystemMode.SAFE
    assert "assert self._t_ns" in flight.flight.executive.tracebacks[name]
    assert f"application {name} failed 3 times in a row" in flight.ground.events
    said = rf"application {name} raised AssertionError at application.py:\d+, 1 in a row"
    assert any(re.fullmatch(said, text) for text in flight.ground.events)


def test_a_driver_that_raises_costs_its_own_sample_only(package):
    device = package("device", lambda name, text: text.replace(
        "report = decode(message)", "report = decode(message)\n        assert report.counter % 2"
    ))  # fmt: skip
    flight = mission(load_vehicle(device))
    flight.advance(20.0)
    pool, name = flight.flight.pool, device.parent.name
    assert 45 <= pool[f"samples.{name}_health.driver_errors"] <= 50
    assert (pool["executive.exceptions"].sum(), pool["samples.adcs_health.silent"]) == (0, 0)
    assert pool[f"samples.{name}_health.frames_ok"] >= 98
    said = rf"driver of unit {name} raised AssertionError at driver.py:\d+, \d+ in all"
    told = [text for text in flight.ground.events if re.fullmatch(said, text)]
    assert len(told) == 6  # the 1st, 2nd, 4th, ... 32nd
    assert "AssertionError" in flight.flight.executive.tracebacks[f"driver of {name}"]


def test_code_that_exits_does_not_end_the_flight(package):
    """`exit()` in a driver costs that message; in a module it is one line when the vehicle is composed."""
    device = package("device", lambda name, text: text.replace(
        "report = decode(message)", "report = decode(message)\n        report.counter != 9 or exit(0)"
    ))  # fmt: skip
    flight = mission(load_vehicle(device))
    flight.advance(5.0)
    assert flight.flight.pool[f"samples.{device.parent.name}_health.driver_errors"] == 1
    app = package("app", lambda _, text: text.replace("EVENT_OVER_LIMIT = 1", "EVENT_OVER_LIMIT = exit(3)"))
    with pytest.raises(SchemaError, match=r"application\[0\]\.entry: module .* cannot be imported: SystemExit: 3"):
        mission(load_vehicle(app))


def test_a_unit_shifts_no_other_devices_noise(package):
    """The same flight with and without the sensor: what the boards deliver is the same to the bit."""
    plain, more = mission(load_vehicle()), mission(load_vehicle(package("device")))
    for flight in (plain, more):
        flight.advance(20.0)
    for name in (
        "samples.gyro.dtheta_s_rad",
        "samples.magnetometer.mag_s_tesla",
        "samples.star_tracker.q_si",
        "attitude.q_bi",
    ):
        assert plain.flight.pool[name].tobytes() == more.flight.pool[name].tobytes()


def compose(vehicle):
    """Make what comes from extra, as the composition roots of flight and world do."""
    extensions = Extensions(vehicle)
    pool = Pool(extensions.sections, extensions.registry)
    for device in vehicle.with_python_drivers:
        load_class(kind_of(device).driver, "", "")(vehicle, device).bind(pool)
    extensions.make_applications(pool, EventQueue(pool))
    make_devices(vehicle, load_scenario("modes"), 1)


def edit_of(file, old, new):
    def edit(name, text):
        assert name != file or old in text
        return text.replace(old, new) if name == file else text

    return edit


APP_DEFECTS = {
    "no such module": (edit_of("vehicle.toml", ".application:", ".applicatoin:"), "but there is no module"),
    "no such class": (edit_of("vehicle.toml", ":Extra", ":Inside"), "no class 'Inside"),
    "does not import": (edit_of("application.py", "EVENT_OVER_LIMIT = 1", "EVENT_OVER_LIMIT = 1 / 0"),
        "cannot be imported: ZeroDivision"),
    "not an application": (edit_of("application.py", "def step", "def walk"),
        "has no step(), expected an ExtensionApplication"),
    "another's name": (edit_of("vehicle.toml", 'name = "extra', 'name = "guide"\n#'), "is written by 'extra"),
    "section of ours": (edit_of("sections.py", 'section = "extra', 'section = "attitude" #'),
        "is already that of this stack"),
    "not registered": (edit_of("sections.py", "valid = field", "fresh = field"), "fresh is not in"),
    "reserved id": (edit_of("registry.json", "{", '{"zero": 7,'), "found id 7, expected 32768 to 65535"),
    "no registry": (edit_of("registry.json", "{", "["), "registry.json: not a registry"),
    "impossible rate": (edit_of("sections.py", "    end_ns", "    rate_hz = 3\n    end_ns"), "3 Hz does not divide"),
    "unknown housekeeping": (edit_of("application.py", ".mean_rad", ".mean_deg"), "housekeeping names extra"),
    "no interval": (edit_of("application.py", "((60, ", "((0, "), "interval 0 s"),
    "too much housekeeping": (edit_of("application.py", '", "', '", "time.t_ns", "' * 11), "parameters"),
    "cannot be made": (edit_of("application.py", "super().__init__", "raise KeyError(7)\n        super()"),
        "cannot be made: KeyError: 7"),
    "settings missing": (edit_of("vehicle.toml", "window_s = 60.0, ", ""), "application[0].with.window_s: missing"),
}  # fmt: skip


@pytest.mark.parametrize("case", APP_DEFECTS)
def test_an_extension_that_does_not_fit_is_one_line(package, case):
    edit, says = APP_DEFECTS[case]
    path = package("app", edit)
    with pytest.raises(SchemaError) as error:
        mission(load_vehicle(path))
    assert says in str(error.value)
    assert "\n" not in str(error.value)


DEVICE_DEFECTS = {
    "no driver": (edit_of("kind.py", ".driver:Extra", ".sample:Extra"), "no class 'Extra"),
    "another class": (edit_of("driver.py", "(UnitDriver)", ""), "is not a driver, expected a hal.drivers.unit."),
    "no take_message": (edit_of("driver.py", "def take_message", "def take"),
        "has no take_message(), expected a UnitDriver with one"),
    "no measure": (edit_of("model.py", "def measure", "def weigh"), "has no measure(), expected a UnitModel with one"),
    "no model": (edit_of("kind.py", ".model:Extra", ".sample:Extra"), "no 'Extra"),
    "no sample": (edit_of("sample.py", "(Sample)", ""), "expected a hal.samples.Sample"),
    "neither board nor driver": (edit_of("kind.py", "    driver=", "    driver='', doc="),
        "cannot be imported: TypeError"),
    "unknown setting": (edit_of("vehicle.toml", "noise_rad", "noise_deg"), '": noise_deg: unknown key'),
}  # fmt: skip


@pytest.mark.parametrize("case", DEVICE_DEFECTS)
def test_a_unit_that_does_not_fit_is_one_line(package, case):
    edit, says = DEVICE_DEFECTS[case]
    path = package("device", edit)
    with pytest.raises(SchemaError) as error:
        compose(load_vehicle(path))
    assert says in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("raised", "says"), [
    ("RuntimeError('no\\nlight')", "RuntimeError: no light"), ("SystemExit(0)", "SystemExit: 0"),
])  # fmt: skip
def test_a_model_that_raises_ends_the_flight_with_one_line(package, raised, says):
    """Not the process, and not with exit code 0: nobody has judged that flight."""
    measure = "x, y, z = self._c_sb"
    path = package("device", edit_of("model.py", measure, f"raise {raised}\n        {measure}"))
    flight = mission(load_vehicle(path))
    with pytest.raises(ModelError) as error:
        flight.advance(2.0)
    name = path.parent.name
    assert str(error.value) == f"device {name}: {name.capitalize()}Model raised {says}"


def test_two_packages_that_share_ids_are_told_apart_by_one_line(package):
    app, other = package("app", first=0x9000), package("app", first=0x9000)
    with pytest.raises(SchemaError, match=r"id 0x9000 of \S+ is already that of \S+, expected ids of its own"):
        Extensions(both(app, other))


def test_a_registry_of_a_package_is_made_and_kept(package, capsys):
    sections = package("app").with_name("sections.py")
    registry, module = sections.with_name("registry.json"), f"{sections.parent.name}.sections"
    registry.unlink()
    assert registry_command([module]) == 1
    assert registry_command(["--update", module]) == 0
    ids = json.loads(registry.read_text())
    assert min(ids.values()) >= EXTENSION_FIRST_ID
    assert registry_command([module]) == 0
    registry.unlink()
    assert registry_command(["--update", module, "--first", "0x9ABC"]) == 0
    assert min(json.loads(registry.read_text()).values()) == 0x9ABC
    for wrong in (["--first", "7", module], ["no.such.module"], ["json"], ["--what"]):
        capsys.readouterr()
        assert registry_command(wrong) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_a_flight_with_extensions_is_saved_and_goes_on(package):
    """Their sections are in the pool; a model keeps its stream, its plain attributes and what is under way."""
    vehicle = both(package("app"), package("device"))
    one = mission(vehicle)
    one.advance(31.7)
    other = mission(vehicle)
    other.restore(unpack(pack(one.save())))
    for _ in range(100):
        one.advance(0.1)
        other.advance(0.1)
        assert one.flight.exchange.octets == other.flight.exchange.octets
    assert pack(one.save()) == pack(other.save())
