"""The ADCS board's driver with a device at the far end of its link."""

from __future__ import annotations

import dataclasses

from hal.drivers.adcs_board import AdcsBoardDriver

TICK_NS = 100_000_000


@dataclasses.dataclass
class Bench:
    """A driver with its memory and the device at the far end."""

    driver: AdcsBoardDriver
    samples: object
    command: object
    device: object
    t_ns: int = 0

    def tick(self, *chunks: bytes, late_ns: int = 0) -> bytes | None:
        """One exchange in which `chunks` arrive; returns what the driver sent."""
        self.t_ns += TICK_NS
        self.driver.begin(self.t_ns)
        sent = self.driver.send(self.t_ns)
        for chunk in chunks:
            self.driver.receive(chunk, self.t_ns + late_ns)
        self.driver.end(self.t_ns)
        return sent

    @property
    def health(self):
        return self.samples["adcs_health"]
