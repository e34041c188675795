"""The garbage collector is a program's to pause."""

import gc
import weakref

import pytest

from hal.collector import collector_paused


@pytest.mark.parametrize("was_on", [True, False])
def test_it_is_off_and_as_it_was_afterwards(was_on):
    (gc.enable if was_on else gc.disable)()
    try:
        with pytest.raises(KeyError), collector_paused():
            assert not gc.isenabled()
            with collector_paused():
                assert not gc.isenabled()
            assert not gc.isenabled()
            raise KeyError
        assert gc.isenabled() == was_on
    finally:
        gc.enable()


def test_what_was_left_before_is_collected():
    class Loop:
        def __init__(self):
            self.myself = self

    gone = weakref.ref(Loop())
    with collector_paused():
        assert gone() is None
