"""FARM-1, the receiving end of COP-1 (CCSDS 232.1-B-2, section 6): the engine on board that orders type-AD frames."""

from __future__ import annotations

from ccsds._tc_receive import Farm
from ccsds.errors import FrameError
from ccsds.formats import FarmEvent, FarmState
from ccsds.tc_frames import SET_V_R, UNLOCK, VCID_MAX, FrameType, TcFrame, TcFrameError, TcReject
from hal.handle import Handles

SET_V_R_OCTETS = len(SET_V_R) + 1


class Farm1:
    """FARM-1 of one virtual channel; its state is in `TcFrameCounters` of `pool`.

    `window` is W, even, 2 to 254: N(S) from V(R) to V(R) + W/2 - 1 is the positive part, V(R) - 1 to V(R) - W/2 the
    negative, all modulo 256.
    """

    def __init__(self, pool: Handles, window: int, vcid: int) -> None:
        if not 2 <= window <= 254 or window % 2:
            raise FrameError(f"FARM-1 window {window}: expected an even number, 2 to 254")
        if not 0 <= vcid <= VCID_MAX:
            raise FrameError(f"virtual channel {vcid}: expected 0 to {VCID_MAX}")
        self._farm = Farm(window, vcid)
        self._farm.bind(pool)
        self.clcw = self._farm.clcw  # clcw() -> int: the CLCW to report now (E11)
        self.set_channel_status = self._farm.set_channel_status  # (rf_available: bool, bit_lock: bool)

    @property
    def state(self) -> FarmState:
        """The state."""
        return FarmState(self._farm.state)

    @property
    def v_r(self) -> int:
        """V(R), the next N(S) expected."""
        return self._farm.v_r

    def receive(self, frame: TcFrame, *, buffer_free: bool = True) -> tuple[FarmEvent, bool]:
        """Take a valid frame; return the event and whether its data is to be delivered.

        Raises `TcFrameError`, state unchanged (E9), when a BC frame holds no known command or the type is AC.
        """
        if frame.frame_type is FrameType.AD:
            event = self._farm.receive_ad(frame.n_s, buffer_free)
        elif frame.frame_type is FrameType.BD:
            event = self._farm.receive_bd()
        elif frame.frame_type is FrameType.BC and frame.data == UNLOCK:
            event = self._farm.unlock()
        elif frame.frame_type is FrameType.BC and len(frame.data) == SET_V_R_OCTETS and frame.data[:2] == SET_V_R:
            event = self._farm.set_v_r(frame.data[2])
        else:
            raise TcFrameError(
                TcReject.CONTROL_COMMAND, f"control command {frame.data[:4].hex()}: expected 00 or 82 00 and V(R)"
            )
        return FarmEvent(event), self._farm.accepts(event)

    def buffer_released(self) -> None:
        """The buffer is free again that held up the last accepted data (E10)."""
        self._farm.buffer_released()
