class Domain:
    excess: float
    def __init__(
        self,
        truth: int,
        reaches: list[tuple[int, int, float, float]],
        keep: object,
        *,
        lowest_m: float,
        highest_m: float,
        rate_radps: float,
        gm: float,
        mass_kg: float,
        torquers_nm: float,
        energy_slack: float,
        momentum_share: float,
    ) -> None: ...
    def step(self) -> int: ...
