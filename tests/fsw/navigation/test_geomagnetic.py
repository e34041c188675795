"""The field against ppigrf, against the analytic dipole, and by its physics."""

import datetime
import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw.navigation.geomagnetic import FieldModelError, load_igrf
from fsw.navigation.time_scales import tai_ns_from_utc

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import ppigrf

MODEL = load_igrf()


def ppigrf_e_tesla(r_km, colatitude_deg, longitude_deg, date):
    """ppigrf's geocentric components turned to ITRF axes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        br, btheta, bphi = (float(np.squeeze(b)) for b in ppigrf.igrf_gc(r_km, colatitude_deg, longitude_deg, date))
    t, p = math.radians(colatitude_deg), math.radians(longitude_deg)
    up = np.array([math.sin(t) * math.cos(p), math.sin(t) * math.sin(p), math.cos(t)])
    south = np.array([math.cos(t) * math.cos(p), math.cos(t) * math.sin(p), -math.sin(t)])
    east = np.array([-math.sin(p), math.cos(p), 0.0])
    return (br * up + btheta * south + bphi * east) * 1e-9, up * r_km * 1e3


@settings(max_examples=60, deadline=None)
@given(
    st.floats(6500.0, 8000.0), st.floats(1.0, 179.0), st.floats(-180.0, 180.0),
    st.datetimes(datetime.datetime(1985, 1, 2), datetime.datetime(2029, 12, 31)),
)  # fmt: skip
def test_field_agrees_with_ppigrf(r_km, colatitude, longitude, date):
    expected, position = ppigrf_e_tesla(r_km, colatitude, longitude, date)
    own = MODEL.field_e_tesla(tai_ns_from_utc(date), position)
    assert own == pytest.approx(expected, abs=2e-10)


def test_degree_one_is_a_tilted_dipole():
    """B = (a/r)^3 (3 (M.u) u - M) with M = -(g11, h11, g10) reversed in sign (Wertz 1978, appendix H)."""
    t = tai_ns_from_utc(datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
    moment = np.array([-1450.9, 4652.5, -29404.8]) * 1e-9  # g11, h11, g10 of IGRF at 2020.0 [T]
    position = np.array([3e6, -5e6, 4e6])
    r = np.linalg.norm(position)
    u = position / r
    expected = (6371200.0 / r) ** 3 * (3 * (moment @ u) * u - moment)
    assert MODEL.field_e_tesla(t, position, degree=1) == pytest.approx(expected, abs=2e-9)


def test_the_field_has_neither_divergence_nor_curl():
    t = tai_ns_from_utc(datetime.datetime(2026, 7, 1, tzinfo=datetime.UTC))
    position, step = np.array([4.1e6, 2.2e6, -5.0e6]), 100.0
    jacobian = np.array(
        [
            (MODEL.field_e_tesla(t, position + d) - MODEL.field_e_tesla(t, position - d)) / (2 * step)
            for d in step * np.eye(3)
        ]
    )
    assert np.trace(jacobian) == pytest.approx(0.0, abs=1e-17)
    assert jacobian == pytest.approx(jacobian.T, abs=1e-17)
    assert np.abs(jacobian).max() > 1e-12


def test_secular_variation_goes_on_after_the_last_epoch():
    position = np.array([7e6, 0.0, 0.0])
    year = [MODEL.field_e_tesla(tai_ns_from_utc(datetime.datetime(y, 1, 1, tzinfo=datetime.UTC)), position)
            for y in (2026, 2028, 2030, 2032)]  # fmt: skip
    rates = np.diff(year, axis=0)
    assert rates[2] == pytest.approx(rates[0], rel=0.01, abs=1e-10)
    assert np.linalg.norm(rates[2]) > 1e-8


def test_a_file_that_is_not_a_model_is_named(tmp_path):
    bad = tmp_path / "bad.shc"
    bad.write_text("1 2 1\n2000 2005\n1 0 5 6\n")
    with pytest.raises(FieldModelError, match=r"bad\.shc: found degree 2 with 1 rows, expected degree 13"):
        load_igrf(bad)
    with pytest.raises(FieldModelError, match=r"absent\.shc: not a coefficient file"):
        load_igrf(tmp_path / "absent.shc")
