"""What the outside judges look at: a real downlink, and the judges themselves, or one sentence on how to get them."""

from __future__ import annotations

import ctypes
import ctypes.util
import shutil

import pytest

from ground.link.segment import GroundSegment
from hal.vehicle.load import load_vehicle
from sim.mission import Mission
from sim.scenario.scenario import load_scenario


@pytest.fixture(scope="session")
def downlink(tmp_path_factory):
    """(file of a flight's downlink, telemetry packets received by our ground): 90 s, telecommands included."""
    out = tmp_path_factory.mktemp("flight")
    mission = Mission(
        load_vehicle(), load_scenario("modes"), lambda radio, link, plan: GroundSegment(radio, link, plan, out),
        duration_s=90.0,
    )  # fmt: skip
    mission.fly()
    return out / "downlink.cadu", mission.ground.packets


@pytest.fixture(scope="session")
def libfec():
    """Phil Karn's library of error-correcting codes, used by ground stations for decades."""
    name = ctypes.util.find_library("fec") or "libfec.so.0"
    try:
        library = ctypes.CDLL(name)
        library.decode_rs_ccsds.restype = ctypes.c_int
        library.encode_rs_ccsds.restype = None
    except (OSError, AttributeError):
        pytest.skip("libfec is not installed: apt-get install libfec0")
    return library


@pytest.fixture(scope="session")
def tshark():
    """The path of Wireshark's dissectors on the command line."""
    path = shutil.which("tshark")
    if path is None:
        pytest.skip("tshark is not installed: apt-get install tshark")
    return path
