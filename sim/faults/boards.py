"""Faults of boards, through one protocol: the same for a board in this process and an emulated one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from sim.devices.fault_kind import FaultError
from sim.faults.injection import Injection

if TYPE_CHECKING:
    from sim.faults.links import LinkFaults
    from sim.spacecraft.spacecraft import Spacecraft


class BoardControl(Protocol):
    """The pins, the power and the memory of a board; `HostBoard` and `Emulator` satisfy it."""

    def reset(self) -> None:
        """Pull the reset pin; return when the board has booted."""

    def hang(self) -> None:
        """Stop the main loop, until the watchdog bites."""

    def power_off(self) -> None:
        """Remove the supply: memory is lost; the ports send nothing and accept all that is written."""

    def power_on(self) -> None:
        """Restore the supply; return when the board has booted."""

    def flip_bit(self, octet: int, bit: int) -> None:
        """Invert bit `bit` of octet `octet` of the board's `BoardState`."""


class BoardFaults:
    """Applies faults of level "board"; `controls` by the board's name, None where a board cannot be controlled."""

    def __init__(self, world: Spacecraft, controls: Mapping[str, BoardControl | None], links: LinkFaults) -> None:
        self._world, self._controls, self._links = world, controls, links
        self.dark: Counter[str] = Counter()  # by board without power: faults that take it

    def check(self, injection: Injection) -> None:
        """Raise `FaultError` when the board can be reached only through its links."""
        if self._controls.get(injection.target) is None:
            raise FaultError(
                f"{injection}: this board is reached by its links only; expected one in the simulator or emulated"
            )
        if injection.fault == "brown_out":
            self._links.stand_in(injection.target)  # counts what goes to a board without power

    def start(self, injection: Injection) -> None:
        """Apply the fault to the board; a board without power takes no other fault."""
        name = injection.target
        control = self._control(name)
        if injection.fault == "brown_out":
            self.dark[name] += 1
            if self.dark[name] == 1:
                control.power_off()
                self._world.cut_outputs(name)
                self._world.board_stopped(name, dark=True)
        elif self.dark[name]:
            return
        elif injection.fault == "reset":
            control.reset()
            self._world.board_started(name)
        elif injection.fault == "hang":
            control.hang()
            self._world.board_stopped(name)
        elif injection.fault == "bit_flip":
            control.flip_bit(int(injection.number("octet")), int(injection.number("bit")))

    def stop(self, injection: Injection) -> None:
        """Restore power when no other fault still removes it."""
        if injection.fault == "brown_out":
            self.dark[injection.target] -= 1
            if not self.dark[injection.target]:
                del self.dark[injection.target]
                self._control(injection.target).power_on()
                self._world.board_started(injection.target)

    def _control(self, name: str) -> BoardControl:
        control = self._controls[name]
        if control is None:  # `check` has refused it
            raise FaultError(f"{name}: this board is reached by its links only")
        return control
