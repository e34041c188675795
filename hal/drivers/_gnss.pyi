from collections.abc import Mapping, Sequence

from hal.drivers._driver import Driver

class Gnss(Driver):
    def set_unit(self, silent_after_ns: int, names: Mapping[str, str]) -> None: ...
    def count(self, *, frames_ok: int = 0, frames_bad: int = 0, stale: int = 0, out_of_range: int = 0) -> None: ...
    def write(
        self,
        t_ns: int,
        seq: int,
        valid: bool,
        t_tai_ns: int,
        pos_e_m: Sequence[float],
        vel_e_mps: Sequence[float],
        accuracy_m: float,
    ) -> None: ...
