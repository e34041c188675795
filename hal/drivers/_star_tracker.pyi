from hal.drivers._driver import Driver

class StarTracker(Driver):
    def set_unit(self, sample: int, health: int, age_max_ns: int, silent_after_ns: int, state: int) -> None: ...
