"""Tells messages of a GNSS receiver that flight does not use from octets that are damaged.

NMEA sentences, RTCM 3 and all UBX messages are told from damage octet by octet, so that it makes no difference how the
stream was cut into reads. Nothing is kept of them but where one stands within its message.

Sources: NMEA 0183 5.3 (`$` or `!`, text, `*`, exclusive or in hexadecimal, CR LF); RTCM 10403.3, 4 (D3, 6 bits of zero,
10 bits of length, payload, CRC-24Q); u-blox *Interface Description*, "UBX frame structure" (see `hal.drivers.ubx`).
"""

from __future__ import annotations

import enum
from typing import Any, Final

from hal.link_state import OtherMessageState

NMEA_MAX: Final = 255  # octets of a sentence; the standard's 82 is exceeded by receivers
UBX_MAX: Final = 8192 + 8  # octets of a message
CRC24Q: Final = 0x1864CFB
FIELDS: Final = tuple(f.name for f in OtherMessageState.fields)


class Kind(enum.IntEnum):
    """The protocol of the current message."""

    NONE = 0
    NMEA = 1
    UBX = 2
    RTCM = 3


STARTS: Final = {0x24: Kind.NMEA, 0x21: Kind.NMEA, 0xB5: Kind.UBX, 0xD3: Kind.RTCM}
ENDING: Final = 1 << 8  # in `check` of a sentence: from here on its end is counted


class OtherMessages:
    """Takes octets one by one and counts `runs` of octets that belong to no valid message."""

    def __init__(self) -> None:
        self.runs = 0
        self.kind = 0
        self.octets = 0  # of the message under way
        self.size = 0  # of it in all, once it is known
        self.check = 0
        self.bad = 0  # 1 within a run

    def load(self, state: Any) -> None:  # noqa: ANN401 - a view of `OtherMessageState`
        """Continue from `state`."""
        self.kind, self.octets, self.size, self.check, self.bad = (int(state[name]) for name in FIELDS)

    def save(self, state: Any) -> None:  # noqa: ANN401
        """Write the position in the current message to `state`."""
        for name in FIELDS:
            state[name] = getattr(self, name)

    def take(self, octets: bytes) -> None:
        """Take the next octets of the stream."""
        for octet in octets:
            if self.kind == Kind.NONE or not self._goes_on(octet):
                self._give_up()
                self._begin(octet)

    def end(self) -> None:
        """A good message of another kind follows: end the current message, and the current run."""
        self._give_up()
        self.bad = 0

    def _begin(self, octet: int) -> None:
        self.kind = STARTS.get(octet, Kind.NONE)
        if self.kind == Kind.NONE:
            self._spoil()
        self.octets, self.size, self.check = 1, 0, 0
        if self.kind == Kind.RTCM:
            self.check = _crc24q(0, octet)

    def _give_up(self) -> None:
        if self.kind != Kind.NONE:
            self.kind = Kind.NONE
            self._spoil()

    def _spoil(self) -> None:
        self.runs += not self.bad
        self.bad = 1

    def _goes_on(self, octet: int) -> bool:
        """Take an octet into the current message; return False when it cannot belong to it."""
        self.octets += 1
        step = (self._nmea, self._ubx, self._rtcm)[self.kind - 1]
        if not step(octet):
            return False
        if self.octets == self.size:
            self.kind, self.bad = Kind.NONE, 0
        return True

    def _nmea(self, octet: int) -> bool:
        end = self.check >> 8
        if end == 0:  # text
            if octet == 0x2A:
                self.check |= ENDING
                self.size = self.octets + 4
            else:
                self.check ^= octet
            return 0x20 <= octet <= 0x7E and octet not in STARTS and self.octets < NMEA_MAX - 4
        self.check += ENDING
        expected = f"{self.check & 0xFF:02X}\r\n"[end - 1]
        return chr(octet).upper() == expected

    def _ubx(self, octet: int) -> bool:
        at = self.octets - 1
        if at == 1:
            return octet == 0x62
        if at == 4:
            self.size = octet
        elif at == 5:
            self.size += (octet << 8) + 8
        a, b = self.check & 0xFF, self.check >> 8
        if at <= 5 or at < self.size - 2:
            a = (a + octet) & 0xFF
            self.check = a | ((b + a) & 0xFF) << 8
            return at < 5 or self.size <= UBX_MAX
        return octet == (a if at == self.size - 2 else b)

    def _rtcm(self, octet: int) -> bool:
        at = self.octets - 1
        self.check = _crc24q(self.check, octet)
        if at == 1:
            self.size = (octet & 3) << 8
            return not octet & 0xFC
        if at == 2:
            self.size += octet + 6
        return self.octets < self.size or at <= 2 or self.check == 0


def _crc24q(crc: int, octet: int) -> int:
    crc ^= octet << 16
    for _ in range(8):
        crc <<= 1
        if crc & 0x1000000:
            crc ^= CRC24Q
    return crc
