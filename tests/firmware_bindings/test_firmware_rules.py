"""The firmware's C keeps its rules: warnings, no double, no heap, no hidden state, clean under the sanitizers."""

import re
import subprocess

import pytest

from hal import record_build, wire
from hal.wire import BoardKind
from tests.firmware_bindings.builds import ROOT, Copy, make, needs_arm


def test_wire_header_is_what_hal_wire_says():
    committed = (ROOT / "firmware_bindings/core/wire.h").read_text()
    assert committed == record_build.offsets(wire), "run `make firmware-wire`"


def test_host_build_has_no_warning(tmp_path):
    done = make(tmp_path, "host")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(list(tmp_path.rglob("*.o"))) == 14


@needs_arm
@pytest.mark.parametrize(
    ("source", "finding"),
    [
        ("double bad(double a, double b);\ndouble bad(double a, double b) { return a * b; }\n", "__aeabi_dmul"),
        ("float bad(float a);\nfloat bad(float a) { return a * 1.5; }\n", "double-promotion"),
        ("#include <math.h>\nfloat bad(float a);\nfloat bad(float a) { return sinf(a); }\n", "sinf"),
        ("#include <stdlib.h>\nvoid *bad(void);\nvoid *bad(void) { return malloc(4); }\n", "malloc"),
        ("int bad(void);\nint bad(void) { static int calls; return ++calls; }\n", "calls.* is mutable"),
        ("#include <stdint.h>\nint16_t bad(int32_t a);\nint16_t bad(int32_t a) { return a; }\n", "conversion"),
        ("int bad(float a);\nint bad(float a) { return a; }\n", "float-conversion"),
    ],
    ids=["double", "promotion", "libm", "heap", "state", "narrowing", "float to int"],
)
def test_a_broken_rule_is_found(tmp_path, source, finding):
    copy = Copy(tmp_path)
    copy.add(source)
    status, said = copy.make()
    assert status != 0
    assert re.search(finding, said)


@needs_arm
def test_where_no_rule_is_broken_the_same_build_passes(tmp_path):
    copy = Copy(tmp_path)
    copy.add("int good(int a);\nint good(int a) { return a + 1; }\n")
    assert copy.make()[0] == 0


def run(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)


def test_golden_octets_in_c(c_programs):
    golden = ROOT / "tests/golden/wire_frames.txt"
    vectors = [line for line in golden.read_text().splitlines() if line and not line.startswith("#")]
    done = run(c_programs / "wire_golden", golden)
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) == len(vectors)


def test_a_wrong_golden_vector_is_found_in_c(c_programs, tmp_path):
    wrong = tmp_path / "wrong.txt"
    wrong.write_text("crc check 313233343536373839 29b0\n")
    assert run(c_programs / "wire_golden", wrong).returncode == 1


@pytest.mark.parametrize(
    "seed", [0, pytest.param(1, marks=pytest.mark.proof), pytest.param(2, marks=pytest.mark.proof)]
)
@pytest.mark.parametrize("kind", [BoardKind.ADCS, BoardKind.EPS], ids=lambda kind: kind.name.lower())
def test_random_octets_under_the_sanitizers(c_programs, kind, seed):
    rounds = 5000
    done = run(c_programs / "board_fuzz", int(kind), seed, rounds)
    assert (done.returncode, done.stderr) == (0, "")
    cycles, frames_bad, layouts_refused = map(int, done.stdout.split())
    assert cycles >= rounds
    assert (layouts_refused > rounds) == (kind == BoardKind.ADCS)
    assert frames_bad > rounds


def test_the_sanitizer_is_awake(c_programs):
    done = run(c_programs / "board_fuzz", "overflow")
    assert done.returncode != 0
    assert "AddressSanitizer: stack-buffer-overflow" in done.stderr
