"""Memory for the engines: a data pool with the sections of the link."""

import pytest

from fsw.comms.sections import DownlinkQueueSection, TcFramesSection, TmFramesSection, UplinkBufferSection
from fsw.core.pool import Pool
from fsw.core.registry import append
from fsw.core.section import leaves

SECTIONS = (TmFramesSection, DownlinkQueueSection, TcFramesSection, UplinkBufferSection)
REGISTRY = append({}, [leaf.name for section in SECTIONS for leaf in leaves(section)])


class LinkPool(Pool):
    """A pool whose sections can be looked up by class."""

    def __init__(self):
        super().__init__(SECTIONS, REGISTRY)

    def __getitem__(self, key):
        return self.array(key) if isinstance(key, type) else super().__getitem__(key)


@pytest.fixture
def memory():
    return LinkPool()


@pytest.fixture(scope="session")
def new_memory():
    return LinkPool
