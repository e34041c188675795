"""Frames against pyerfa and against the worked example of Vallado."""

import datetime
import math

import erfa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from fsw.navigation.frames import EarthOrientation, geodetic, q_ei, q_i_teme
from fsw.navigation.time_scales import SECOND_NS, julian_date_tt, julian_date_utc, tai_ns_from_utc

ARCSEC = math.radians(1 / 3600)
instants = st.integers(-6 * 366 * 86400, 40 * 366 * 86400).map(lambda s: s * SECOND_NS)  # 1994 to 2040


def matrix(q):
    """C(q): SciPy's matrix is the transpose (fsw/CONVENTIONS.md)."""
    return Rotation.from_quat(q).as_matrix().T


def angle(a, b):
    return Rotation.from_matrix(a @ b.T).magnitude()


@settings(max_examples=60, deadline=None)
@given(instants, st.floats(-0.9, 0.9), st.floats(-2e-6, 2e-6), st.floats(-2e-6, 2e-6))
def test_gcrf_to_itrf_agrees_with_erfa_to_0_2_arcsec(t, ut1_utc, x, y):
    tt, utc = julian_date_tt(t), julian_date_utc(t)
    expected = erfa.c2t06a(*tt, utc[0], utc[1] + ut1_utc / 86400.0, x, y)
    assert angle(matrix(q_ei(t, EarthOrientation(ut1_utc, x, y))), expected) < 0.2 * ARCSEC


def test_ut1_turns_the_earth_about_its_axis():
    t = tai_ns_from_utc(datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC))
    turn = matrix(q_ei(t, EarthOrientation(ut1_utc_s=0.5))) @ matrix(q_ei(t)).T
    assert Rotation.from_matrix(turn.T).as_rotvec() == pytest.approx([0, 0, 0.5 * 7.2921151e-5], abs=1e-10)


def test_teme_to_gcrf_agrees_with_vallado():
    """Vallado, Fundamentals of Astrodynamics (4th ed.), example 3-15: one state in TEME, GCRF and ITRF."""
    t = tai_ns_from_utc(datetime.datetime(2004, 4, 6, 7, 51, 28, 386009, tzinfo=datetime.UTC))
    teme_km = np.array([5094.18016210, 6127.64465950, 6380.34453270])
    gcrf_km = np.array([5102.508958, 6123.011401, 6378.136928])
    itrf_km = np.array([-1033.4793830, 7901.2952754, 6380.3565958])
    eop = EarthOrientation(-0.4399619, -0.140682 * ARCSEC, 0.333309 * ARCSEC)
    assert matrix(q_i_teme(t)) @ teme_km == pytest.approx(gcrf_km, abs=0.002)
    assert matrix(q_ei(t, eop)) @ gcrf_km == pytest.approx(itrf_km, abs=0.002)


@settings(max_examples=100, deadline=None)
@given(st.floats(-math.pi / 2, math.pi / 2), st.floats(-math.pi, math.pi), st.floats(-5e3, 2e6))
def test_geodetic_coordinates_agree_with_erfa(latitude, longitude, height):
    position = erfa.gd2gc(1, longitude, latitude, height)
    own = geodetic(position)
    assert own[0] == pytest.approx(latitude, abs=1e-9)
    assert own[2] == pytest.approx(height, abs=1e-3)
    if abs(latitude) < 1.5:
        assert math.remainder(own[1] - longitude, 2 * math.pi) == pytest.approx(0, abs=1e-9)


def test_a_wrong_shape_is_named():
    with pytest.raises(ValueError, match=r"pos_e_m: found shape \(2,\), expected \(3,\)"):
        geodetic([1.0, 2.0])
