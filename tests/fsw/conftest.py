"""Fixtures of the flight software's tests."""

from functools import partial

import pytest

from tests.fsw.packages import make_package


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Maker of packages that can be imported in this test (`packages.make_package`)."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return partial(make_package, tmp_path)
