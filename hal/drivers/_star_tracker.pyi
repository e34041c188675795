from collections.abc import Mapping

from hal.drivers._driver import Driver

class StarTracker(Driver):
    def set_unit(self, age_max_ns: int, silent_after_ns: int, names: Mapping[str, str]) -> None: ...
