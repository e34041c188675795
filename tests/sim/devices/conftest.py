"""A truth for devices to look at, and switches to set errors apart."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from sim.physics.records import TruthRecord

AU_M = 149597870700.0


def make_truth(**values):
    """A satellite at rest 500 km above the equator, Sun overhead; `values` replace fields."""
    truth = np.zeros((), TruthRecord.dtype())
    truth["q_bi"] = [0.0, 0.0, 0.0, 1.0]
    truth["pos_i_m"] = truth["pos_e_m"] = [6878137.0, 0.0, 0.0]
    truth["sun_i"] = truth["sun_b"] = [1.0, 0.0, 0.0]
    truth["sun_distance_m"] = AU_M
    truth["sunlit"] = 1.0
    for name, value in values.items():
        if np.ndim(value):
            truth[name][..., : np.shape(value)[-1]] = value  # fewer wheels than there is room for
        else:
            truth[name] = value
    return truth


def only(device_class, *errors):
    """Switches with just these errors on."""
    assert set(errors) <= set(device_class.ERRORS)
    return SimpleNamespace(**{name: name in errors for name in device_class.ERRORS})


def frame_rotation(q):
    """C(q) from the definition in fsw/CONVENTIONS.md, by SciPy."""
    from scipy.spatial.transform import Rotation

    return Rotation.from_quat(q).as_matrix().T


def about(axis, angle):
    """Quaternion of a rotation by `angle` about a unit axis."""
    axis = np.asarray(axis, float) / np.linalg.norm(axis)
    return np.array([*(axis * math.sin(angle / 2)), math.cos(angle / 2)])


@pytest.fixture
def helpers():
    return SimpleNamespace(truth=make_truth, only=only, frame_rotation=frame_rotation, about=about)
