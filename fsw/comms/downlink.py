"""The application `downlink`: sends this tick's frames by the radio."""

from __future__ import annotations

from fsw.comms.sections import DownlinkSection
from fsw.core.pool import Pool
from hal.links.link import ByteLink, LinkError


class Downlink:
    """Sends the channel access data units of the telemeter's list `cadus`; when the radio is gone, they are lost."""

    def __init__(self, pool: Pool, link: ByteLink, cadus: list[bytes]) -> None:
        self._state = pool.array(DownlinkSection)
        self._link, self._cadus = link, cadus

    def step(self) -> None:
        """Send what was made in this tick."""
        if not self._cadus:
            return
        cadus = self._cadus.copy()
        self._cadus.clear()  # now: whatever the link raises, none is sent twice
        for cadu in cadus:
            try:
                self._link.write(cadu)
            except LinkError:
                self._state["radio_errors"] += 1
                continue
            self._state["cadus_sent"] += 1
