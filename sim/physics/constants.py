"""Physical constants of the truth, each with its source."""

from __future__ import annotations

import math

GM_EARTH_M3PS2 = 3.986004415e14  # EGM2008 (Pavlis et al. 2012, J. Geophys. Res. 117, B04406)
RADIUS_EGM_M = 6378136.3  # EGM2008 reference radius
# EGM2008 fully normalised zonal coefficients of degree 2 to 6, tide free; J_n = -sqrt(2 n + 1) C_n0.
ZONAL_C = {
    2: -0.484165143790815e-03,
    3: 0.957161207093473e-06,
    4: 0.539965866638991e-06,
    5: 0.686702913736681e-07,
    6: -0.149953927978527e-06,
}
ZONAL_J = {n: -math.sqrt(2 * n + 1) * c for n, c in ZONAL_C.items()}

GM_SUN_M3PS2 = 1.3271244e20  # nominal, IAU 2015 resolution B3
GM_MOON_M3PS2 = 0.0123000371 * 3.986004418e14  # IERS Conventions (2010), table 1.1: mass ratio times GM of the Earth
ASTRONOMICAL_UNIT_M = 149597870700.0  # IAU 2012 resolution B2
RADIUS_SUN_M = 6.957e8  # IAU 2015 resolution B3
RADIUS_EARTH_M = 6378137.0  # WGS84 equatorial radius (NIMA TR8350.2)
FLATTENING = 1.0 / 298.257223563  # WGS84
EARTH_RATE_RADPS = 7.292115e-5  # WGS84; nominal mean angular velocity

SOLAR_CONSTANT_WPM2 = 1361.0  # nominal at 1 au, IAU 2015 resolution B3
LIGHT_SPEED_MPS = 299792458.0
RADIUS_IGRF_M = 6371200.0  # geomagnetic reference radius (Alken et al. 2021, Earth Planets Space 73:49)

# Harris-Priester density for mean solar activity: height [km], night minimum and day maximum [1e-12 kg/m^3]
# (Montenbruck & Gill, Satellite Orbits, 2000, table 3.8).
HARRIS_PRIESTER = (
    (100, 4.974e5, 4.974e5), (120, 2.490e4, 2.490e4), (130, 8.377e3, 8.710e3), (140, 3.899e3, 4.059e3),
    (150, 2.122e3, 2.215e3), (160, 1.263e3, 1.344e3), (170, 8.008e2, 8.758e2), (180, 5.283e2, 6.010e2),
    (190, 3.617e2, 4.297e2), (200, 2.557e2, 3.162e2), (210, 1.839e2, 2.396e2), (220, 1.341e2, 1.853e2),
    (230, 9.949e1, 1.455e2), (240, 7.488e1, 1.157e2), (250, 5.709e1, 9.308e1), (260, 4.403e1, 7.555e1),
    (270, 3.430e1, 6.182e1), (280, 2.697e1, 5.095e1), (290, 2.139e1, 4.226e1), (300, 1.708e1, 3.526e1),
    (320, 1.099e1, 2.511e1), (340, 7.214e0, 1.819e1), (360, 4.824e0, 1.337e1), (380, 3.274e0, 9.955e0),
    (400, 2.249e0, 7.492e0), (420, 1.558e0, 5.684e0), (440, 1.091e0, 4.355e0), (460, 7.701e-1, 3.362e0),
    (480, 5.474e-1, 2.612e0), (500, 3.916e-1, 2.042e0), (520, 2.819e-1, 1.605e0), (540, 2.042e-1, 1.267e0),
    (560, 1.488e-1, 1.005e0), (580, 1.092e-1, 7.997e-1), (600, 8.070e-2, 6.390e-1), (620, 6.012e-2, 5.123e-1),
    (640, 4.519e-2, 4.121e-1), (660, 3.430e-2, 3.325e-1), (680, 2.632e-2, 2.691e-1), (700, 2.043e-2, 2.185e-1),
    (720, 1.607e-2, 1.779e-1), (740, 1.281e-2, 1.452e-1), (760, 1.036e-2, 1.190e-1), (780, 8.496e-3, 9.776e-2),
    (800, 7.069e-3, 8.059e-2), (840, 4.680e-3, 5.741e-2), (880, 3.200e-3, 4.210e-2), (920, 2.210e-3, 3.130e-2),
    (960, 1.560e-3, 2.360e-2), (1000, 1.150e-3, 1.810e-2),
)  # fmt: skip
