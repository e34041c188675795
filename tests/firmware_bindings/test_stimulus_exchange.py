"""Kernels exchange the stimulus without Python objects, by the same path as the link."""

import importlib.util
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from hal import wire
from hal.wire import Apid, BoardKind
from tests import board_packets

ROOT = Path(__file__).parents[2]
KERNEL = """
# cython: language_level=3
from libc.stdint cimport uint8_t
from firmware_bindings._host cimport HostBoard

def exchange(HostBoard board, bytes octets, size_t capacity):
    cdef uint8_t[256] answer
    cdef const uint8_t* data = octets
    cdef size_t given = len(octets)
    cdef int size
    with nogil:
        size = board.stimulus_exchange(data, given, answer, capacity)
    return answer[:size]
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """A Cython module that cimports the binding, as the simulator does."""
    cython = Path(sys.executable).parent / "cython"
    if not cython.exists() or shutil.which("cc") is None:
        pytest.skip("cython or a C compiler is not installed: make .venv/.test installs cython")
    folder = tmp_path_factory.mktemp("kernel")
    source = folder / "stimulus_kernel.pyx"
    source.write_text(KERNEL)
    module = folder / "stimulus_kernel.so"
    subprocess.run([cython, "-3", f"-I{ROOT}", source], check=True)
    include = sysconfig.get_paths()["include"]
    subprocess.run(
        ["cc", "-O0", "-shared", "-fPIC", f"-I{include}", source.with_suffix(".c"), "-o", module], check=True
    )
    spec = importlib.util.spec_from_file_location("stimulus_kernel", module)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def test_exchange_is_write_then_read(kernel, new_bench):
    by_link, by_kernel = new_bench(BoardKind.ADCS), new_bench(BoardKind.ADCS)
    for t_ms in (100, 200, 300):
        payload = (t_ms * 1_000_000).to_bytes(8, "little") + bytes(board_packets.AdcsStimulus.end - 8)
        frame = by_link.frame(Apid.STIMULUS, payload)
        by_link.board.stimulus.write(frame)
        answer = by_link.board.stimulus.read()
        assert answer
        assert kernel.exchange(by_kernel.board, frame, 256) == answer
        assert by_kernel.board.bus.read() == by_link.board.bus.read() != b""


def test_what_does_not_fit_is_kept_for_the_next_exchange(kernel, new_bench):
    bench = new_bench(BoardKind.EPS)
    bench.stimulate()
    first = kernel.exchange(bench.board, b"\0", 7)
    assert len(first) == 7
    rest = bench.board.stimulus.read()
    ((apid, _, _, _),) = bench.stimulus_decoder.feed(first + rest)
    assert apid == Apid.ACTUATION + wire.EPS_OFFSET
