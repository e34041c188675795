"""What the build prints for C and Cython from the declarations."""

import enum
import re
import sys
import types

import pytest

from hal import record_build, samples
from hal.record import Record, field

SOURCE = """
import enum
from hal.record import Record, field
from hal.samples import GyroSample, MAX_WHEELS

CHANNELS = 3
RATE = 1.5
_HIDDEN = 4

class TurnDirection(enum.IntEnum):
    LEFT = 1
    RIGHT = 7

class Switch(enum.IntFlag):
    HEATER = 4

class Base(Record):
    pass

class Reading(Record):
    gyro = field(GyroSample, 2, doc="both")
    counts = field("i2", (CHANNELS, 2), unit="count", doc="raw")

class NoteSection(Record):
    section = "note"
    text = field("u1", 5)
"""


@pytest.fixture
def module(tmp_path):
    path = tmp_path / "made.py"
    path.write_text(SOURCE)
    made = types.ModuleType("a.made")
    made.__file__ = str(path)
    sys.modules["a.made"] = made
    exec(compile(SOURCE, str(path), "exec"), made.__dict__)
    yield made
    del sys.modules["a.made"]


def test_constants_are_those_of_the_module_alone(module):
    assert dict(record_build.constants(module)) == {
        "CHANNELS": 3, "TURN_DIRECTION_LEFT": 1, "TURN_DIRECTION_RIGHT": 7, "SWITCH_HEATER": 4,
    }  # fmt: skip


def test_records_become_structs_of_the_same_fields(module):
    text = record_build.pxd(module)
    assert "from hal_samples cimport *" in text
    assert "    ctypedef struct Reading:\n        GyroSample gyro[2]\n        int16_t counts[3][2]\n" in text
    assert "    NoteSection* bind_NoteSection(Kernel kernel, pool) except NULL\n" in text
    assert "    Reading* bind_Reading(Kernel kernel, pool, name) except NULL\n" in text
    assert "struct Base" not in text


def test_the_header_pins_every_offset(module):
    text = record_build.header(module)
    assert '#include "hal_samples.h"' in text
    for record in (module.Reading, module.NoteSection):
        for f in record.fields:
            assert f"_Static_assert(offsetof({record.__name__}, {f.name}) == {f.offset}, " in text


def test_a_section_is_taken_by_its_name_and_a_record_by_one_that_is_given(module):
    text = record_build.header(module)
    note = '((NoteSection *)bind_record(kernel, pool, "note", NULL, "a.made", "NoteSection"))'
    reading = '((Reading *)bind_record(kernel, pool, NULL, name, "a.made", "Reading"))'
    assert f"#define bind_NoteSection(kernel, pool) {note}\n" in text
    assert f"#define bind_Reading(kernel, pool, name) {reading}\n" in text


def test_every_record_and_enumeration_of_samples_is_printed():
    text = record_build.pxd(samples)
    for name, value in vars(samples).items():
        if not isinstance(value, type) or value.__module__ != samples.__name__:
            continue
        if issubclass(value, Record):
            assert re.search(rf"ctypedef struct {name}:", text)
        elif issubclass(value, enum.Enum):
            for member in value:
                assert re.search(rf"_{member.name} = {int(member.value)}$", text, re.MULTILINE)


def test_files_that_stay_the_same_are_left_alone(tmp_path):
    record_build.main(str(tmp_path), "hal.samples")
    path = tmp_path / "hal_samples.pxd"
    assert (tmp_path / "hal_samples.h").is_file()
    before = path.stat().st_mtime_ns
    record_build.main(str(tmp_path), "hal.samples")
    assert path.stat().st_mtime_ns == before
    path.write_text("other")
    record_build.main(str(tmp_path), "hal.samples")
    assert "GyroSample" in path.read_text()


def test_unit_and_text_of_a_field_are_in_the_header():
    class Level(Record):
        depth_m = field("f4", unit="m", doc="below the surface")

    assert "_Alignas(8) float depth_m; /* below the surface [m] */" in "\n".join(record_build.struct_lines(Level))
