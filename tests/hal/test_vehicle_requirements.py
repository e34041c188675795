"""Requirements in a file: the language of conditions, and what is refused before anything flies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.schema import SchemaError, from_table
from hal.vehicle.base import merged
from hal.vehicle.load import load_vehicle
from hal.vehicle.requirement import Requirement, Signal, Term, read_measure, read_signal, read_term, requirement_defects

GOOD = {"id": "ADCS-1", "text": "", "measure": "truth.altitude_m", "statistic": "last", "below": 1.0}


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("mode.adcs == NADIR", Term(Signal("mode.adcs"), "==", ("NADIR",))),
        (" mode.adcs in NADIR, TARGET for 120 s ", Term(Signal("mode.adcs"), "in", ("NADIR", "TARGET"), 120.0)),
        ("mode.adcs steady for 1.5 s", Term(Signal("mode.adcs"), "steady", (), 1.5)),
        ("gyro.rate[2] >= -1e-3", Term(Signal("gyro.rate", index=2), ">=", ("-1e-3",))),
        ("norm(truth.pos_i_m) < 7e6", Term(Signal("truth.pos_i_m", norm=True), "<", ("7e6",))),
        ("health.flags !& 5", Term(Signal("health.flags"), "!&", ("5",))),
    ],
)
def test_a_condition_is_read(text, term):
    assert read_term(text) == term


@pytest.mark.parametrize(
    "text",
    [
        "", "mode.adcs", "mode.adcs NADIR", "mode.adcs = NADIR", "mode.adcs == nadir", "mode.adcs == 1, 2",
        "a == 1 for s",
        "a == 1 for -1 s", "a == 1 for 1e9 s", "norm(a)[1] == 1", "norm(a == 1", "a[x] == 1", "A.b == 1", "a in 1,,2",
        "a steady 5", "a == nan", "a in " + ", ".join("123456789"),
    ],
)  # fmt: skip
def test_another_text_is_none(text):
    with pytest.raises(ValueError, match=r"\S"):
        read_term(text)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text):
    """Nothing but a ValueError, and what is read says again what was written."""
    for read in (read_term, read_signal, read_measure):
        try:
            found = read(text)
        except ValueError:
            continue
        if isinstance(found, Signal):
            assert str(found) == text.strip()


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"id": "adcs-1"}, "requirement[0].id"), ({"id": "ADCS"}, "requirement[0].id"),
        ({"at_least": 1.0}, "requirement[0].below"), ({"below": None}, "requirement[0].below"),
        ({"share": 0.5}, "requirement[0].share"), ({"statistic": "percentile"}, "requirement[0].share"),
        ({"within_s": 1.0}, "requirement[0].within_s"), ({"entered": ["a == 1"]}, "requirement[0].entered"),
        ({"episodes": 1}, "requirement[0].episodes"), ({"lasting_s": 1.0}, "requirement[0].lasting_s"),
        ({"measure": "a b"}, "requirement[0].measure"), ({"when": ["a"]}, "requirement[0].when[0]"),
        ({"statistic": "orbit_change", "when": ["a == 1"]}, "requirement[0].when"),
        ({"when": ["a == 1"] * 9}, "requirement[0].when"), ({"with": {"a": 1}}, "requirement[0].with"),
    ],
)  # fmt: skip
def test_a_requirement_with_an_error_is_named(change, where):
    table = {name: value for name, value in (GOOD | change).items() if value is not None}
    found = list(requirement_defects([from_table(table, Requirement, "f")]))
    assert where in {defect.where for defect in found}
    assert all(defect.found and defect.expected for defect in found)


def test_a_sound_one_has_no_defect_and_two_have_two_ids():
    sound = from_table(GOOD, Requirement, "f")
    assert list(requirement_defects([sound])) == []
    assert [d.where for d in requirement_defects([sound, sound])] == ["requirement[1].id"]


def test_a_vehicle_changes_one_requirement_of_its_base_by_its_id(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('base = "reference"\nname = "mine"\n[[requirement]]\nid = "ADCS-020"\nbelow = 0.5\n')
    limits = {r.id: r.below for r in load_vehicle(file).requirement}
    assert limits["ADCS-020"] == 0.5
    assert limits == {r.id: r.below for r in load_vehicle().requirement} | {"ADCS-020": 0.5}
    assert merged({"requirement": [{"id": "A-1"}]}, {"requirement": [{"id": "B-1"}]}) == {
        "requirement": [{"id": "A-1"}, {"id": "B-1"}]
    }


def test_with_a_device_go_the_requirements_of_the_base_that_name_it(tmp_path):
    """Unless the file says them anew; the others stay."""
    file = tmp_path / "mine.toml"
    removed = '[[device]]\nname = "star_tracker"\nremove = true\n'
    own = '[[requirement]]\nid = "ADCS-020"\nwhen = ["mode.adcs == NADIR"]\n'
    file.write_text(f'base = "reference"\nname = "mine"\n{removed}{own}')
    ids = {r.id for r in load_vehicle(file).requirement}
    gone = {r.id for r in load_vehicle().requirement} - ids
    assert gone == {"ADCS-030", "ADCS-032", "ADCS-033", "ADCS-050", "FDIR-010"}


def test_a_file_with_an_error_in_a_requirement_is_refused_in_one_line(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('base = "reference"\nname = "mine"\n[[requirement]]\nid = "ADCS-020"\nwhen = ["mode.adcs = 1"]\n')
    with pytest.raises(SchemaError, match=r"mine\.toml: requirement\[1\]\.when\[0\]: found 'mode\.adcs = 1', expected"):
        load_vehicle(file)
