"""The pointing error of a recorded flight, by the mode that it was in."""

from __future__ import annotations

import numpy as np

from fsw.guidance.modes import AdcsMode
from ground.report.data import Array, Flight, nadir_angle_deg, quaternion_angle_deg, rotate
from sim.physics.constants import FLATTENING, RADIUS_EARTH_M

SERIES = (
    "truth.q_bi", "truth.pos_i_m", "truth.vel_i_mps", "truth.q_ei", "truth.sun_b", "mode.adcs", "mode.q_bi_inertial",
    "mode.target_lat_rad", "mode.target_lon_rad", "mode.target_alt_m",
)  # fmt: skip


def pointing_deg(flight: Flight) -> Array:
    """Return the true error [deg] of what the ADCS mode asks; nan in modes that point to nothing.

    As the judge measures it (`sim/requirements/_measures.pyx`): the Sun axis to the Sun, the whole attitude in INERTIAL
    and NADIR, the payload axis to the commanded target in TARGET.
    """
    mode = flight["mode.adcs"]
    q_bi, pos_i_m = flight["truth.q_bi"], flight["truth.pos_i_m"]
    axes = flight.meta["flight"]["vehicle"]["pointing"]
    errors = {
        AdcsMode.SUN_POINTING: angle_deg(flight["truth.sun_b"], np.array(axes["sun_axis_b"])),
        AdcsMode.INERTIAL: quaternion_angle_deg(q_bi, flight["mode.q_bi_inertial"]),
        AdcsMode.NADIR: nadir_angle_deg(q_bi, pos_i_m, flight["truth.vel_i_mps"]),
        AdcsMode.TARGET: angle_deg(rotate(q_bi, sight_i_m(flight)), np.array(axes["payload_axis_b"])),
    }
    out = np.full(len(mode), np.nan)
    for pointing_mode, error in errors.items():
        out[mode == pointing_mode] = error[mode == pointing_mode]
    return out


def angle_deg(a: Array, b: Array) -> Array:
    """Return the angle between two vectors or histories of vectors [deg], well conditioned for small angles."""
    a = a / np.linalg.norm(a, axis=-1, keepdims=True)
    b = b / np.linalg.norm(b, axis=-1, keepdims=True)
    angle: Array = np.degrees(2.0 * np.arcsin(np.clip(np.linalg.norm(a - b, axis=-1) / 2.0, 0.0, 1.0)))
    return angle


def sight_i_m(flight: Flight) -> Array:
    """Return the vector from the satellite to the commanded target (N, 3), GCRF [m]."""
    latitude, longitude = flight["mode.target_lat_rad"], flight["mode.target_lon_rad"]
    height = flight["mode.target_alt_m"]
    e2 = FLATTENING * (2.0 - FLATTENING)
    n = RADIUS_EARTH_M / np.sqrt(1.0 - e2 * np.sin(latitude) ** 2)
    across = (n + height) * np.cos(latitude)
    place_e = np.stack(
        [across * np.cos(longitude), across * np.sin(longitude), (n * (1.0 - e2) + height) * np.sin(latitude)], axis=1
    )
    q_ie = flight["truth.q_ei"] * np.array([-1.0, -1.0, -1.0, 1.0])
    return rotate(q_ie, place_e) - flight["truth.pos_i_m"]
