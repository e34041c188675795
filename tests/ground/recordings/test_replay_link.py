"""LNK-RPL: a recorded link gives again, tick by tick, what it gave; then it is gone."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fsw.main import FlightSoftware
from ground.link.segment import GroundSegment
from ground.recordings import replay_link
from ground.recordings.reader import RecordingReader
from ground.recordings.replay_link import ReplayLink
from hal.links.link import LinkError
from hal.links.open_link import open_link
from hal.octets import RADIO, Direction, link_numbers
from hal.vehicle.load import load_vehicle, vehicle_from_table
from sim.mission import Mission
from sim.scenario.scenario import load_scenario

INDICES = link_numbers(("adcs", "eps", "star_tracker", "gnss")) | {"radio": RADIO}


class Unplugged:
    """A link that is broken for some of its reads and writes."""

    def __init__(self, link):
        self.link, self.calls = link, 0

    def _fail(self):
        self.calls += 1
        if self.calls % 7 == 0:
            raise LinkError("unplugged")

    def write(self, octets):
        self._fail()
        self.link.write(octets)

    def read(self):
        self._fail()
        return self.link.read()

    def close(self):
        self.link.close()


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """A flight of 20 s whose GNSS and EPS links fail now and then."""
    mission = Mission(
        load_vehicle(), load_scenario(), GroundSegment, out=tmp_path_factory.mktemp("run"), duration_s=20.0,
        record="full", tap=lambda name, link: Unplugged(link) if name in {"gnss", "eps"} else link,
    )  # fmt: skip
    return mission.fly().recording


def recorded(path, name):
    """By tick: octets that came, whether a read failed, how many writes failed."""
    ticks = []
    for tick in RecordingReader(path):
        mine = [(d, o) for link, d, o in tick.octets if link == INDICES[name]]
        came = b"".join(o for d, o in mine if d == Direction.IN)
        ticks.append(
            (came, any(d == Direction.IN_FAILED for d, _ in mine), sum(d == Direction.OUT_FAILED for d, _ in mine))
        )
    return ticks


@pytest.mark.parametrize("name", INDICES)
def test_every_tick_comes_again_failures_included(recording, name):
    link, ticks = open_link(f"replay://{recording}?link={name}"), recorded(recording, name)
    assert len(ticks) == 200
    if name == "gnss":
        assert any(failed for _, failed, _ in ticks)
    if name in {"adcs", "eps"}:
        assert any(came for came, _, _ in ticks)
    for came, failed, refused in ticks:
        for _ in range(refused):
            with pytest.raises(LinkError, match="as recorded"):
                link.write(b"command")
        link.write(b"command")
        if failed and not came:
            with pytest.raises(LinkError, match="as recorded"):
                link.read()
        else:
            assert link.read() == came
    with pytest.raises(LinkError, match="the recording ends after 200 ticks"):
        link.read()


def test_paced_by_time_it_gives_all_that_is_due(recording, monkeypatch):
    now = {"ns": 0}
    monkeypatch.setattr(replay_link, "SystemClock", type("Clock", (), {"now_ns": lambda _self: now["ns"]}))
    link = open_link(f"replay://{recording}?link=adcs&pace=time")
    ticks = [came for came, _, _ in recorded(recording, "adcs")]
    assert link.read() == ticks[0]
    assert link.read() == b""
    for now["ns"], due in ((299_999_999, ticks[1:3]), (300_000_000, ticks[3:4]), (650_000_000, ticks[4:7])):
        assert link.read() == b"".join(due)
        assert link.read() == b""


def test_paced_by_the_system_clock(recording):
    """With `pace=time` octets come when their mission time is due by the system's clock."""
    link = open_link(f"replay://{recording}?link=adcs&pace=time")
    first, until = link.read(), time.monotonic() + 60
    more = b""
    while not more and time.monotonic() < until:
        more = link.read()
        time.sleep(0.005)
    assert first and more


class Stepped:
    """A clock that stands still between sleeps."""

    t_ns = 0

    def now_ns(self):
        return self.t_ns

    def sleep_until(self, t_ns):
        self.t_ns = t_ns


def test_flight_on_replayed_links_sends_what_the_recorded_flight_sent(recording):
    """Flight software with all five links replayed: the same octets in and out at every tick, refusals included."""
    given = RecordingReader(recording).meta["flight"]
    flight = FlightSoftware(
        vehicle_from_table(given["vehicle"], "recording"),
        {name: open_link(f"replay://{recording}?link={name}") for name in INDICES},
        Stepped(),
        tai_offset_ns=given["tai_offset_ns"],
    )
    crossed = 0
    for tick in RecordingReader(recording):
        flight.tick()
        assert flight.exchange.octets == tick.octets
        crossed += len(tick.octets)
    assert crossed > 600


@pytest.mark.parametrize(("url", "says"), [
    ("replay://absent.ssr?link=adcs", "cannot be read: No such file"),
    ("replay://{folder}?link=adcs", "cannot be read: is a folder"),
    ("replay://{recording}?link=wheel", "found link 'wheel', expected one of: adcs, eps"),
])  # fmt: skip
def test_what_cannot_be_replayed_is_one_line(recording, tmp_path, url, says):
    with pytest.raises(LinkError, match=says) as error:
        open_link(url.format(recording=recording, folder=tmp_path))
    assert "\n" not in str(error.value)


@given(at=st.integers(0, 10**9), octets=st.binary(min_size=1, max_size=40), cut=st.booleans())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_damaged_recording_gives_octets_then_a_link_error(recording, tmp_path, at, octets, cut):
    whole = recording.read_bytes()
    at %= len(whole)
    path = tmp_path / "damaged.ssr"
    path.write_bytes(whole[:at] if cut else whole[:at] + octets + whole[at + len(octets) :])
    with pytest.raises(LinkError) as error:
        link = ReplayLink.open(f"replay://{path}?link=adcs")
        for _ in range(201):
            assert isinstance(link.read(), bytes)
    assert "\n" not in str(error.value)
