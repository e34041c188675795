"""The simulated world behind `sim://` links: truth, devices, boards and units in lock-step with flight.

At every board cycle t the world advances the truth from the last cycle (torquers driven for the duty, then off; wheel
torques as commanded), samples all devices, triggers one cycle of each board by its stimulus packet, and applies the
board's answer until the next cycle. Units (star tracker, GNSS) put their octets on links of their own when their
latency has passed. Flight sees only links, and the clock of the universe (`sim.universe`), which steps this world.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from firmware_bindings.host import HostBoard
from hal.devices.layout import counts_of, layout
from hal.links.link import ByteLink, LinkError, shown
from hal.links.loop import LoopLink
from hal.links.open_link import open_link
from hal.links.urls import innermost
from hal.saved import Saved, SavedError, State, require_size
from hal.schema import defect
from hal.wire import EPS_OFFSET, Apid, BoardKind, EpsActuation, EpsStimulus
from sim.devices._model import MOST_LOADS, DeviceModel
from sim.devices.kind import Making
from sim.devices.listed import is_real, listed_devices
from sim.devices.unit import UnitModel
from sim.physics.actuation import MOST_ACTIONS
from sim.scenario.planning import Plan, plan
from sim.scenario.scenario import Scenario
from sim.scenario.track import start_physics
from sim.spacecraft._spacecraft import SpacecraftKernel, StimulusPort, UnitLink
from sim.spacecraft.lockstep import BoardEnds, StimulusLine
from sim.spacecraft.real_time import RealTimeLine

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hal.vehicle.vehicle import Vehicle
    from sim.faults.boards import BoardControl
    from sim.physics.environment import Environment

NS = 1_000_000_000
RADIO = "sim://radio"
EPS_FIELDS = ("bus_mv", "switches")  # at which the channels of a power device begin


class Spacecraft(SpacecraftKernel):
    """The world of one flight; `step(t_ns)`, which a universe calls, advances it.

    `links`: the ends that flight opens, by name: adcs, eps, star_tracker, gnss, radio; `radio_ground` is the other end
    of the last. `truth` (`TruthRecord`) and each `device_truth[NAME]` are views that every step overwrites. `devices`:
    the models by name, each with its `switches` and `switch(error, on)`; `unit_links`: links
    of the devices that are on one of their own, where messages are counted.
    `adcs.missed` and `eps.missed` count stimuli that no board answered, or not in time.
    """

    def __init__(
        self,
        vehicle: Vehicle,
        scenario: Scenario,
        seed: int,
        boards: Mapping[str, BoardEnds] | None = None,
        *,
        flight_plan: Plan | None = None,
        environment: Environment | None = None,
        running: bool = False,
    ) -> None:
        """Start the world at separation.

        `boards`: both ports of those of the boards `adcs` and `eps` that run elsewhere; the others are started here.
        If time is `running`, boards elsewhere are met in real time (`sim.spacecraft.real_time`), else in lock-step
        (`sim.spacecraft.lockstep`); a board here answers at once in both.
        `flight_plan`: `sim.scenario.planning.plan` of the same vehicle and scenario, made here if None. `environment`:
        the universe's, one of its own if None. Raises `SchemaError`.
        """
        self.vehicle, self.scenario, self.seed = vehicle, scenario, seed
        self.plan = flight_plan or plan(vehicle, scenario)
        physics = start_physics(vehicle, scenario, environment)
        self.links: dict[str, ByteLink] = {}
        self.boards: dict[str, HostBoard] = {}  # those that run here
        self.controls: dict[str, BoardControl | None] = {}  # of each board, for faults
        self.lines: dict[str, StimulusLine | RealTimeLine] = {}  # to those that run elsewhere
        self.real_time = bool(boards) and running
        ports = (
            self._board("adcs", BoardKind.ADCS, 0, boards or {}),
            self._board("eps", BoardKind.EPS, EPS_OFFSET, boards or {}),
        )
        if unknown := set(boards or {}) - set(self.controls):
            raise ValueError(f"boards: none named {min(unknown)!r}: expected adcs and eps")
        self.adcs, self.eps = ports
        listed = listed_devices(vehicle)
        models = make_devices(vehicle, scenario, seed)
        own_links: dict[str, ByteLink] = {
            name: model.link for name, model in models.items() if isinstance(model, UnitModel)
        }
        self.unit_links = {d.name: UnitLink(d.settings.link) for d in listed if not d.board and d.name not in own_links}
        self.links |= self.unit_links
        self.links |= own_links
        self.links["radio"], self.radio_ground = self._radio()
        self.real_devices = tuple(d.name for d in vehicle.devices if is_real(d))
        self.links |= {name: self._real_link(name) for name in self.real_devices}
        outages = [(o.device, round(o.start_s * NS), round(o.end_s * NS)) for o in self.plan.outages]
        carries = layout(vehicle)
        on_adcs = [(models[d.name], counts_of(d.name), counts_of(d.name)) for d in listed if d.board == "adcs"]
        on_eps = [(models[d.name], *EPS_FIELDS) for d in listed if d.board == "eps"]
        self.adcs.assemble(
            "adcs", vehicle.boards.adcs.period_ms * 1_000_000, carries.stimulus, carries.actuation, on_adcs
        )
        self.eps.assemble("eps", vehicle.boards.eps.period_ms * 1_000_000, EpsStimulus, EpsActuation, on_eps)
        self._assemble(
            physics, list(models.values()), self.unit_links | dict.fromkeys(own_links), ports, outages,
        )  # fmt: skip
        if not any(d.board == "eps" for d in listed):
            self.without_power_device()
        self._urls = {innermost(url): name for name, url in vehicle.links.items()} | {RADIO: "radio"}

    @property
    def truth(self) -> NDArray[Any]:
        """The current truth: a zero-dimensional structured array with the fields of `TruthRecord`."""
        record: NDArray[Any] = self.physics.truth
        return record

    @property
    def device_truth(self) -> dict[str, NDArray[Any]]:
        """What is true of each device that says more than the truth, by name."""
        return {name: model.truth for name, model in self.devices.items() if model.records is not None}

    def open(self, url: str) -> ByteLink:
        """Return flight's end of the link that the vehicle file names `url`; raise `LinkError` for another."""
        if url not in self.urls:
            raise LinkError(f"{shown(url)}: not in this world, expected one of: {', '.join(self.urls)}")
        return self.links[self._urls[url]]

    @property
    def urls(self) -> tuple[str, ...]:
        """The URLs of the links that are here, as the vehicle file has them."""
        return tuple(url for url, name in self._urls.items() if name in self.links)

    def _real_link(self, name: str) -> ByteLink:
        """Open the link to a real device."""
        try:
            return open_link(self.vehicle.links[name])
        except LinkError as error:
            raise defect(self.vehicle.file, f"device {name}", str(error)) from None

    @property
    def line_octets(self) -> int:
        """Octets on both ports of the boards that run elsewhere, both ways."""
        return sum(line.octets + line.bus.octets for line in self.lines.values())

    def save(self) -> State:
        """Return the state of truth, devices, boards and links, as plain data (`hal.saved`).

        Raises `SavedError` for a spacecraft with a board elsewhere.
        """
        if self.lines:
            raise SavedError(f"board {min(self.lines)}: it runs elsewhere, where its state cannot be read")
        if self.real_devices:
            raise SavedError(f"device {self.real_devices[0]}: it is real, and its state cannot be read")
        return {"cycle": self.save_cycle(), "physics": self.physics.snapshot()} | {
            name: {key: part.save() for key, part in parts.items()} for name, parts in self._parts().items()
        }  # fmt: skip

    def restore(self, state: State) -> None:
        """Continue from what a spacecraft of the same vehicle, scenario and seed saved; raise `SavedError`."""
        self.restore_cycle(state["cycle"])
        require_size("physics", state["physics"], len(self.physics.snapshot()))
        self.physics.restore(state["physics"])
        for name, parts in self._parts().items():
            if set(parts) != set(state[name]):
                raise SavedError(f"{name}: found {sorted(state[name])}, expected {sorted(parts)}")
            for key, part in parts.items():
                part.restore(state[name][key])

    def _parts(self) -> dict[str, Mapping[str, Saved]]:
        """All that has state of its own, by what it is and by name."""
        radio: Any = {"flight": self.links["radio"], "ground": self.radio_ground}
        ports = {"adcs": self.adcs, "eps": self.eps}
        return {
            "devices": self.devices, "ports": ports, "boards": self.boards, "links": self.unit_links, "radio": radio,
        }  # fmt: skip

    def board_stopped(self, board: str, *, dark: bool = False) -> None:
        """A board hangs or, with `dark`, has no power: wait less for its answers."""
        line = self.lines.get(board)
        if isinstance(line, StimulusLine):
            line.expect_silence(dark)

    def board_started(self, board: str) -> None:
        """A board has restarted: wait for its answers again, and restart the counts of octets."""
        line = self.lines.get(board)
        if isinstance(line, StimulusLine):
            line.answered(True)
            line.bus.restart()

    def _radio(self) -> tuple[ByteLink, ByteLink]:
        """Return flight's and the ground's end of the radio link."""
        near, far = LoopLink.pair(RADIO)
        if self.scenario.ground.visibility == "continuous":
            return near, far
        return RadioEnd(near, self.in_contact), RadioEnd(far, self.in_contact)

    def in_contact(self) -> bool:
        """Whether the ground station can send and receive now."""
        ground, now_s = self.scenario.ground, self.t_ns / NS
        return ground.visibility == "continuous" or any(
            c.start_s <= now_s < c.start_s + c.duration_s for c in ground.contacts
        )

    def _board(self, name: str, kind: BoardKind, offset: int, elsewhere: Mapping[str, BoardEnds]) -> StimulusPort:
        """Start a board here, or take the links to it; return its stimulus port."""
        clock = getattr(self.scenario.clocks, name)
        if name in elsewhere:
            line = self.lines[name] = (RealTimeLine if self.real_time else StimulusLine)(elsewhere[name])
            self.links[name] = line.bus
            self.controls[name] = elsewhere[name].control
            return StimulusPort(line, clock, Apid.STIMULUS + offset)
        board = self.boards[name] = HostBoard(kind)
        self.links[name], self.controls[name] = board.bus, board
        return StimulusPort(board, clock, Apid.STIMULUS + offset)


def make_devices(vehicle: Vehicle, scenario: Scenario, seed: int) -> dict[str, DeviceModel]:
    """Return the model of every device by name, each with the stream of its name.

    Raises `SchemaError` when together they do more in a cycle than the truth can take.
    """
    models, rotors = {}, 0
    for d in listed_devices(vehicle):
        errors = d.switches((scenario.errors or {}).get(d.name, {}))
        models[d.name] = d.model.make(d.settings, Making(vehicle, scenario.physics, seed, errors, d.name, rotors))
        rotors += d.model.rotors(d.settings)
    for what, most in (("ACTIONS", MOST_ACTIONS), ("LOADS", MOST_LOADS)):
        total = sum(getattr(model, what) for model in models.values())
        if total > most:
            raise defect(vehicle.file, "device", f"found {total} {what.lower()} in a cycle", f"at most {most}")
    return models


class RadioEnd:
    """One end of a radio link with contacts: octets sent outside a contact are lost and counted."""

    def __init__(self, end: LoopLink, in_contact: Callable[[], bool]) -> None:
        self._end, self._in_contact = end, in_contact
        self.octets_lost = 0

    def save(self) -> State:
        """Return what is under way and what was lost (`hal.saved`)."""
        return self._end.save(), self.octets_lost

    def restore(self, state: State) -> None:
        """Take over what was saved."""
        under_way, self.octets_lost = state
        self._end.restore(under_way)

    def write(self, octets: bytes) -> None:
        """Send `octets`; they are lost without contact."""
        if self._in_contact():
            self._end.write(octets)
        else:
            self.octets_lost += len(octets)

    def read(self) -> bytes:
        """Return everything received since the last call."""
        return self._end.read()

    def close(self) -> None:
        """Close this end."""
        self._end.close()
