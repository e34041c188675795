"""Key figures of a recorded flight, in tables: attitude by mode, orbit, disturbances, power, link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsw.guidance.modes import AdcsMode
from ground.report.data import Array, Flight, lvlh_axes, nadir_angle_deg, quaternion_angle_deg
from sim.physics.constants import GM_EARTH_M3PS2, RADIUS_EARTH_M

SHARE = 99.73
SETTLED_S = 600.0  # after entering a mode
DISTURBANCES = (
    ("gravity gradient", "torque_gravity_b_nm"), ("drag", "torque_drag_b_nm"), ("solar pressure", "torque_solar_b_nm"),
    ("residual dipole", "torque_residual_b_nm"), ("torquers", "torque_torquer_b_nm"), ("wheels", "torque_wheel_b_nm"),
)  # fmt: skip
SERIES = (
    "truth.q_bi", "truth.rate_bi_b_radps", "truth.pos_i_m", "truth.vel_i_mps", "truth.sunlit", "truth.sun_i",
    "truth.altitude_m", *(f"truth.{name}" for _, name in DISTURBANCES), "attitude.q_bi", "attitude.valid",
    "attitude.rate_bi_b_radps", "attitude.str_age_s", "mode.adcs", "navigation.pos_i_m", "navigation.vel_i_mps",
    "navigation.valid", "samples.power.state_of_charge", "samples.power.array_power_w", "samples.power.load_power_w",
    "link.tm_generated", "link.tm_dropped", "downlink.cadus_sent", "uplink.tc_packets", "uplink.tc_dropped",
)  # fmt: skip


@dataclass(frozen=True)
class Table:
    """A table of the report: numbers are right-aligned by the page; nan is a dash."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str | float, ...], ...]


def tables(flight: Flight) -> tuple[Table, ...]:
    """All tables of a flight whose series are loaded."""
    return (attitude(flight), orbit(flight), disturbances(flight), power(flight), link(flight))


def spread(values: Array) -> tuple[float, float, float]:
    """Root mean square, 99.73 % and largest of the magnitudes that are numbers; nan without any."""
    values = np.abs(values[~np.isnan(values)])
    if not values.size:
        return (np.nan, np.nan, np.nan)
    return float(np.sqrt(np.mean(values**2))), float(np.percentile(values, SHARE)), float(values.max())


def attitude(flight: Flight) -> Table:
    """Truth in each mode that the flight was in: knowledge, nadir pointing when settled, rate knowledge."""
    valid = flight["attitude.valid"] == 1
    known = np.where(valid, knowledge_deg(flight), np.nan)
    nadir = nadir_angle_deg(flight["truth.q_bi"], flight["truth.pos_i_m"], flight["truth.vel_i_mps"])
    error = np.linalg.norm(flight["attitude.rate_bi_b_radps"] - flight["truth.rate_bi_b_radps"], axis=1)
    rate = np.where(valid, 3600.0 * np.degrees(error), np.nan)
    rows: list[tuple[str | float, ...]] = []
    for mode in AdcsMode:
        here = flight["mode.adcs"] == mode
        if not here.any():
            continue
        pointing = spread(nadir[here & _settled(here, flight)]) if mode is AdcsMode.NADIR else (np.nan,) * 3
        rows.append((
            mode.name.replace("_", " "), float(here.sum()) * flight.step_s / 60.0,
            100.0 * float(np.mean(flight["attitude.str_age_s"][here] < 1.0)), *spread(known[here]), *pointing[:2],
            spread(rate[here])[0],
        ))  # fmt: skip
    head = ("mode", "time [min]", "star tracker used [%]", "knowledge rms [deg]", "knowledge 99.73 % [deg]",
            "knowledge largest [deg]", f"nadir rms [deg], {SETTLED_S / 60.0:.0f} min after entry",
            "nadir 99.73 % [deg]", "rate error rms [arcsec/s]")  # fmt: skip
    return Table("Attitude by mode, against truth", head, tuple(rows))


def _settled(here: NDArray[np.bool_], flight: Flight) -> NDArray[np.bool_]:
    """Where the mode has been the same for `SETTLED_S`."""
    samples = round(SETTLED_S / flight.step_s)
    count = np.cumsum(here)
    before = np.concatenate((np.zeros(samples, count.dtype), count))[: count.size]
    settled: NDArray[np.bool_] = count - before == samples
    return settled


def knowledge_deg(flight: Flight) -> Array:
    """Angle between estimated and true attitude [deg]."""
    return quaternion_angle_deg(flight["truth.q_bi"], flight["attitude.q_bi"])


def navigation_error_rtn_m(flight: Flight) -> Array:
    """Estimated minus true position, radial, along and across the track (N, 3) [m]; nan where not valid."""
    r, v = flight["truth.pos_i_m"], flight["truth.vel_i_mps"]
    error = np.where(flight["navigation.valid"][:, None] == 1, flight["navigation.pos_i_m"] - r, np.nan)
    x_o, y_o, z_o = np.moveaxis(lvlh_axes(r, v), 1, 0)  # along the track, against the normal, to nadir
    return np.stack([-np.sum(error * z_o, 1), np.sum(error * x_o, 1), -np.sum(error * y_o, 1)], axis=1)


def orbit(flight: Flight) -> Table:
    """Osculating elements of the true orbit at the first and last sample, and errors of on-board navigation."""
    r, v = flight["truth.pos_i_m"], flight["truth.vel_i_mps"]
    first, last = (elements(r[i], v[i], flight["truth.sun_i"][i]) for i in (0, -1))
    rows: list[tuple[str | float, ...]] = [(name, a, b) for (name, a), (_, b) in zip(first, last, strict=True)]
    lit = 100.0 * float(np.mean(flight["truth.sunlit"] < 0.5))
    altitude = 1e-3 * flight["truth.altitude_m"]
    rows.append(("altitude over the ellipsoid, lowest and highest [km]", float(altitude.min()), float(altitude.max())))
    rows.append(("time in eclipse [%]", "", lit))
    for name, error in zip(("radial", "along track", "across track"), navigation_error_rtn_m(flight).T, strict=True):
        rms, _, largest = spread(error)
        rows.append((f"on-board position error {name}, rms and largest [m]", rms, largest))
    return Table("Orbit", ("", "start", "end"), tuple(rows))


def elements(r: Array, v: Array, sun: Array) -> tuple[tuple[str, float], ...]:
    """Osculating elements of a position [m] and velocity [m/s] (Vallado, 4th ed., algorithm 9), and the beta angle."""
    h = np.cross(r, v)
    node = np.array([-h[1], h[0], 0.0])
    distance = float(np.linalg.norm(r))
    eccentric = np.cross(v, h) / GM_EARTH_M3PS2 - r / distance
    e = float(np.linalg.norm(eccentric))
    a = 1.0 / (2.0 / distance - float(v @ v) / GM_EARTH_M3PS2)
    latitude = np.arctan2(float(r @ np.cross(h, node)) / float(np.linalg.norm(h)), float(r @ node))
    normal = h / np.linalg.norm(h)
    return (
        ("semi-major axis [km]", 1e-3 * a),
        ("eccentricity, osculating", e),
        ("inclination [deg]", float(np.degrees(np.arccos(normal[2])))),
        ("right ascension of the node [deg]", float(np.degrees(np.arctan2(node[1], node[0]))) % 360.0),
        ("argument of latitude [deg]", float(np.degrees(latitude)) % 360.0),
        ("perigee height over the equator's radius [km]", 1e-3 * (a * (1.0 - e) - RADIUS_EARTH_M)),
        ("apogee height over the equator's radius [km]", 1e-3 * (a * (1.0 + e) - RADIUS_EARTH_M)),
        ("period [min]", float(2.0 * np.pi * np.sqrt(a**3 / GM_EARTH_M3PS2)) / 60.0),
        ("Sun over the orbit plane, beta [deg]", float(np.degrees(np.arcsin(normal @ sun)))),
    )


def disturbances(flight: Flight) -> Table:
    """Torques on the body, by cause."""
    rows: list[tuple[str | float, ...]] = []
    for name, field in DISTURBANCES:
        torque = np.linalg.norm(flight[f"truth.{field}"], axis=1)
        rows.append((name, *(1e6 * value for value in spread(torque))))
    return Table("Torques on the body [µN m]", ("cause", "rms", "99.73 %", "largest"), tuple(rows))


def power(flight: Flight) -> Table:
    """Means in sunlight and in eclipse, and the depth of discharge."""
    sunlit = flight["truth.sunlit"] > 0.5
    charge = 100.0 * flight["samples.power.state_of_charge"]
    rows: list[tuple[str | float, ...]] = []
    for name, field in (("arrays [W]", "array_power_w"), ("loads [W]", "load_power_w")):
        watts = flight[f"samples.power.{field}"]
        rows.append((name, _mean(watts), _mean(watts[sunlit]), _mean(watts[~sunlit])))
    rows.append(("state of charge, lowest [%]", float(charge.min()), _least(charge[sunlit]), _least(charge[~sunlit])))
    return Table("Power", ("", "whole flight", "in sunlight", "in eclipse"), tuple(rows))


def link(flight: Flight) -> Table:
    """What went down and up, by the counters at the end."""
    rows = tuple(
        (text, float(flight[name][-1])) for text, name in (
            ("frames sent", "downlink.cadus_sent"), ("telemetry packets made", "link.tm_generated"),
            ("of these dropped", "link.tm_dropped"), ("telecommand packets received", "uplink.tc_packets"),
            ("of these dropped", "uplink.tc_dropped"),
        )
    )  # fmt: skip
    return Table("Space link", ("on board", "count"), rows)


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if values.size else np.nan


def _least(values: NDArray[np.float64]) -> float:
    return float(values.min()) if values.size else np.nan


def names(extra: Sequence[str]) -> tuple[str, ...]:
    """The series that these figures need, and `extra`, each once."""
    return tuple(dict.fromkeys((*SERIES, *extra)))
