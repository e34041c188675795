from hal.handle import Kernel

class Domain(Kernel):
    excess: float
    def __init__(
        self,
        reaches: list[tuple[str, float, float]],
        *,
        lowest_m: float,
        highest_m: float,
        rate_radps: float,
        gm: float,
        step_s: float,
        energy_slack: float,
        thrust_share: float,
        momentum_share: float,
    ) -> None: ...
    def step(self) -> int: ...
    def save(self) -> bytes: ...
    def restore(self, state: bytes) -> None: ...
