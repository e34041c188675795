"""Memory for the engines, as the data pool gives it."""

import numpy as np
import pytest


class Memory:
    """Owns zeroed sections at fixed addresses."""

    def __init__(self):
        self.sections = {}

    def __getitem__(self, section):
        if section not in self.sections:
            self.sections[section] = np.zeros((), section.dtype())
        return self.sections[section]

    def address(self, section):
        return self[section].ctypes.data

    def snapshot(self):
        return {section: block.tobytes() for section, block in self.sections.items()}

    def restore(self, snapshot):
        for section, octets in snapshot.items():
            np.copyto(self[section], np.frombuffer(octets, section.dtype())[0])


@pytest.fixture
def memory():
    return Memory()


@pytest.fixture(scope="session")
def new_memory():
    return Memory
