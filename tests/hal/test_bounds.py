"""HAL-BND: one function judges every limit, and what is not a number is within none."""

import math

import pytest

from hal.bounds import is_within


@pytest.mark.parametrize("bounds", [{}, {"low": 0}, {"high": 0}, {"above": 0}, {"below": 0}, {"low": 0, "high": 9}])
def test_not_a_number_is_within_nothing(bounds):
    assert not is_within(math.nan, **bounds)


@pytest.mark.parametrize("name", ["low", "high", "above", "below"])
def test_nothing_is_within_a_bound_that_is_not_a_number(name):
    assert not is_within(1.0, **{name: math.nan})


def test_ends_of_a_range_belong_to_it_where_declared():
    assert is_within(1.0, low=1.0, high=1.0)
    assert not is_within(1.0, above=1.0)
    assert not is_within(1.0, below=1.0)
    assert is_within(1.5, above=1.0, below=2.0)
    assert not is_within(0.5, low=1.0)
    assert not is_within(2.5, high=2.0)
    assert is_within(math.inf, low=0.0)
    assert is_within(7, low=7)
