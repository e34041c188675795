from collections.abc import Mapping, Sequence

from hal.handle import Kernel
from hal.saved import State

class AngleStatistics:
    count: int
    broken: int
    largest_deg: float
    def save(self) -> bytes: ...
    def restore(self, state: bytes) -> None: ...
    def push(self, angle_deg: float) -> None: ...
    def percentile(self, share: float) -> float: ...

class Evaluator(Kernel):
    has_target: bool
    excused: bool
    t_s: float
    detumbled_s: float
    soc_lowest: float
    soc_now: float
    soc_orbit_start: float
    wheel_speed_largest: float
    orbit_start_s: float
    knowledge_deg: float
    pointing_deg: float
    target_error_deg: float
    elevation_deg: float
    longest_absence_s: float
    knowledge: AngleStatistics
    nadir: AngleStatistics
    target: AngleStatistics
    absent: AngleStatistics
    exclusions_nadir: int
    exclusions_target: int
    eclipses_nadir: int
    eclipses_target: int
    safe_entries: int
    ticks: int
    def save(self) -> State: ...
    def restore(self, state: State) -> None: ...
    def __init__(
        self,
        names: Mapping[str, str],
        *,
        tick_s: float,
        orbit_s: float,
        payload_b: Sequence[float],
        sun_axis_b: Sequence[float],
        target: Sequence[float] | None,
        n_wheels: int,
        nadir_mode: int,
        target_mode: int,
        sun_mode: int,
        safe_mode: int,
        settle_s: float = ...,
        slow_rate_radps: float = ...,
        mask_elevation_rad: float = ...,
    ) -> None: ...
    def step(self) -> None: ...
