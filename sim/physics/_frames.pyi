from numpy.typing import ArrayLike

class Frames:
    def __init__(self, nutation_table: ArrayLike, polar_x_rad: float, polar_y_rad: float, unit_m: float) -> None: ...
