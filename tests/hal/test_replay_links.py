"""HAL-12: what entered a recorded exchange makes the same samples and the same octets again, whatever the clock did."""

from __future__ import annotations

import dataclasses
import random

import pytest
from pyubx2 import GET, UBXMessage

from hal.exchange.exchange import Exchange
from hal.links.link import ByteLink, LinkError
from hal.links.loop import LoopLink
from hal.links.replay import ReplayWorld
from hal.octets import CLOCK, RADIO, Direction

MS = 1_000_000
TICK_NS = 100 * MS

LINKS = ("adcs", "eps", "star_tracker", "gnss")


class ShakyLink:
    """A loop that sometimes refuses to be written, and to be read in that part of its reads."""

    def __init__(self, link: LoopLink, rng: random.Random, refused: float) -> None:
        self._link, self._rng, self._refused = link, rng, refused

    def write(self, octets: bytes) -> None:
        if self._rng.random() < 0.15:
            raise LinkError("refused")
        self._link.write(octets)

    def read(self) -> bytes:
        if self._rng.random() < self._refused:
            raise LinkError("refused")
        return self._link.read()

    def close(self) -> None:
        self._link.close()


class Clock:
    """Stands still between sleeps, or runs on by itself; devices answer when it passes their time."""

    def __init__(self, step_ns: int, late_ns: int) -> None:
        self.t_ns = 0
        self.step_ns, self.late_ns = step_ns, late_ns
        self.due: list[tuple[int, LoopLink, bytes]] = []

    def now_ns(self) -> int:
        self.t_ns += self.step_ns
        return self.t_ns

    def sleep_until(self, t_ns: int) -> None:
        self.t_ns = max(self.t_ns, t_ns + self.late_ns)
        for entry in [e for e in self.due if e[0] <= self.t_ns]:
            self.due.remove(entry)
            entry[1].write(entry[2])


class Units:
    """Star tracker and GNSS receiver: solutions that jump now and then, between garbage."""

    def __init__(self, star_tracker_frame) -> None:
        self._frame = star_tracker_frame

    def messages(self, tick, rng):
        """Return (link, octets) of what they send at a tick."""
        if tick % 2 == 0:
            yield "star_tracker", self._frame(max(tick - 1, 0) * TICK_NS, seq=tick)
        if tick % 10 == 0:
            second = tick // 10 + (1000 if rng.random() < 0.3 else 0)
            solution = UBXMessage(
                "NAV", "NAV-PVT", GET, iTOW=(277585 + second) * 1000, year=2026, month=3, day=4, hour=5, min=6,
                second=0, nano=0, validDate=1, validTime=1, fixType=3, gnssFixOk=1, lat=10.0, lon=20.0,
                height=500_000_000, hAcc=1000, vAcc=1000,
            )  # fmt: skip
            yield "gnss", b"\xb5\x62" + solution.serialize() + rng.randbytes(3)


def fly(vehicle, new_memory, devices, clock, rng, ticks=60, units=None):
    """Return for each tick what crossed and what the samples were."""
    memory = new_memory()
    samples, command = memory["samples"], memory["command"]
    pairs = {name: LoopLink.pair(f"loop://{name}") for name in LINKS}
    refused = (
        0.002 if clock.step_ns else 0.05
    )  # a clock that runs is looked at, and the links with it, many times a tick
    links = {name: ShakyLink(near, rng, refused) for name, (near, _) in pairs.items()}
    exchange = Exchange(vehicle, links, clock, memory)
    out = []
    for tick in range(ticks):
        t_ns = tick * TICK_NS
        sent = list(units.messages(tick, rng)) if units is not None else []
        for name, device in devices.items():
            if rng.random() < 0.9 and not (name == "eps" and tick % 10):
                sent.append((name, device.report() if rng.random() < 0.97 else device.boot()))
        for name, frame in sent:
            cut, far = rng.randrange(len(frame)), pairs[name][1]
            clock.due += [(t_ns, far, frame[:cut]), (t_ns + rng.randrange(160 * MS), far, frame[cut:])]
        command["switches"][...] = tick % 8
        exchange.exchange(t_ns)
        out.append((exchange.octets, samples.tobytes()))
    return out


@pytest.mark.parametrize(("step_ns", "late_ns"), [(0, 0), (10_000, 0), (10_000, 3 * MS), (0, 150 * MS)])
@pytest.mark.parametrize("seed", range(5))
def test_a_recorded_exchange_is_repeated(vehicle, new_memory, adcs_device, eps_device, step_ns, late_ns, seed):
    rng = random.Random(seed)
    devices = {"adcs": dataclasses.replace(adcs_device), "eps": dataclasses.replace(eps_device)}
    recorded = fly(vehicle, new_memory, devices, Clock(step_ns, late_ns), rng)
    memory = new_memory()
    samples, command = memory["samples"], memory["command"]
    world = ReplayWorld(LINKS)
    exchange = Exchange(vehicle, world.links, world.clock, memory)
    failed = {direction for octets, _ in recorded for _, direction, _ in octets}
    assert {Direction.IN_FAILED, Direction.OUT_FAILED} <= failed
    for tick, (octets, block) in enumerate(recorded):
        world.load(octets)
        command["switches"][...] = tick % 8
        exchange.exchange(tick * TICK_NS)
        assert exchange.octets == octets
        assert samples.tobytes() == block


@pytest.mark.parametrize(("step_ns", "late_ns"), [(0, 0), (10_000, 0)])
@pytest.mark.parametrize("seed", range(6))
def test_a_copy_of_what_drivers_remember_is_all_they_need(
    vehicle, new_memory, adcs_device, eps_device, star_tracker_frame, step_ns, late_ns, seed
):
    """HAL-13: new drivers that take over after any tick, frames cut and boards restarting, go on to the same bits."""
    rng = random.Random(seed)
    devices = {"adcs": dataclasses.replace(adcs_device), "eps": dataclasses.replace(eps_device)}
    recorded = fly(
        vehicle, new_memory, devices, Clock(step_ns, late_ns), rng, ticks=120, units=Units(star_tracker_frame)
    )
    world = ReplayWorld(LINKS)
    memory = new_memory()
    pending = set()
    for tick, (octets, block) in enumerate(recorded):
        if tick % 3 == 0:
            old, memory = memory, new_memory()
            samples, command, state = (memory[name] for name in ("samples", "command", "drivers"))
            exchange = Exchange(vehicle, world.links, world.clock, memory)
            if tick:
                samples[...], state[...] = old["samples"], old["drivers"]
            pending |= {name for name in ("adcs", "eps", "star_tracker") if state[name]["stream"]["size"]}
            pending |= {"gnss"} if state["gnss"]["pending_fill"] else set()
        world.load(octets)
        command["switches"][...] = tick % 8
        exchange.exchange(tick * TICK_NS)
        assert exchange.octets == octets
        assert samples.tobytes() == block
    assert pending == set(LINKS)  # frames were in the middle when drivers were replaced


@pytest.mark.parametrize("name", ["adcs", "eps"])
def test_a_driver_that_forgets_goes_another_way(vehicle, new_memory, adcs_device, eps_device, name):
    """The proof can fail: the same without the copy of one driver's state."""
    devices = {"adcs": dataclasses.replace(adcs_device), "eps": dataclasses.replace(eps_device)}
    recorded = fly(vehicle, new_memory, devices, Clock(0, 0), random.Random(1))
    world, memory = ReplayWorld(LINKS), new_memory()
    samples, command, state = (memory[name] for name in ("samples", "command", "drivers"))
    exchange = Exchange(vehicle, world.links, world.clock, memory)
    same = []
    for tick, (octets, block) in enumerate(recorded):
        if tick == 30:
            state[name]["seq_count"] = 0
            state[name]["running"] = 0
        world.load(octets)
        command["switches"][...] = tick % 8
        exchange.exchange(tick * TICK_NS)
        same.append(exchange.octets == octets and samples.tobytes() == block)
    assert all(same[:30]) and not all(same[30:])


def test_looks_at_the_clock_are_noted_only_where_it_runs(vehicle, new_memory, adcs_device):
    stood = fly(vehicle, new_memory, {"adcs": dataclasses.replace(adcs_device)}, Clock(0, 0), random.Random(1))
    ran = fly(vehicle, new_memory, {"adcs": dataclasses.replace(adcs_device)}, Clock(10_000, 0), random.Random(1))
    assert not [link for octets, _ in stood for link, _, _ in octets if link == CLOCK]
    assert all(CLOCK in {link for link, _, _ in octets} for octets, _ in ran)


def test_the_radio_is_repeated_too():
    world = ReplayWorld(LINKS)
    radio = world.links["radio"]
    world.load([(RADIO, Direction.IN, b"up"), (RADIO, Direction.OUT, b"digest")])
    assert (radio.read(), radio.read()) == (b"up", b"")
    world.load([(RADIO, Direction.IN_FAILED, b""), (RADIO, Direction.OUT_FAILED, b"digest")])
    with pytest.raises(LinkError, match="radio: read refused, as recorded"):
        radio.read()
    with pytest.raises(LinkError, match="radio: 5 octets refused, as recorded"):
        radio.write(b"frame")
    radio.write(b"frame")
    assert radio.read() == b""
    assert isinstance(radio, ByteLink)


def test_what_is_not_known_is_left_out():
    """Octets of unknown links and directions in a recording are ignored."""
    world = ReplayWorld(LINKS)
    world.load([(77, Direction.IN, b"x"), (200, 3, b""), (0, 99, b"y"), (1, Direction.IN, b"z")])
    assert [world.links[name].read() for name in (*LINKS, "radio")] == [b"", b"z", b"", b"", b""]
    assert (len(LINKS), RADIO) == (RADIO, CLOCK - 1)
