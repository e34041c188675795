from collections.abc import Sequence
from typing import Any

from fsw.navigation.geomagnetic import GaussCoefficients
from hal.devices.gnss.kind import Gnss
from hal.handle import Kernel
from hal.vehicle.vehicle import Rates

class Navigation(Kernel):
    def __init__(
        self,
        satellite: Any,  # noqa: ANN401 - sgp4.api.Satrec, which has no types
        tle_t_tai_ns: int,
        rates: Rates,
        gnss: Gnss | None,
        model: GaussCoefficients,
        leaps: tuple[Sequence[int], Sequence[int]],
    ) -> None: ...
    def step(self) -> None: ...
