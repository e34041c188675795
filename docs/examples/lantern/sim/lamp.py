"""How bright the lantern's lamp is from the ground."""

import math

LAMP_CD = 2.0e6  # luminous intensity along the lamp's axis [cd]
BEAM_RAD = math.radians(2.0)  # half width of the beam at half intensity


def illuminance_lx(altitude_m: float, pointing_error_rad: float) -> float:
    """Return the illuminance [lx] below the satellite: a Gaussian beam that misses nadir by `pointing_error_rad`."""
    loss = 0.5 ** ((pointing_error_rad / BEAM_RAD) ** 2)
    return LAMP_CD * loss / altitude_m**2
