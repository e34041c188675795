from numpy.typing import ArrayLike

class Field:
    def __init__(self, coefficients: ArrayLike, epochs_s: ArrayLike, radius_m: float) -> None: ...
