"""What sections declare of a gap in time."""

import pytest

from fsw.core.registry import flight_sections
from fsw.core.section import Section, matching
from hal.record import Record, RecordError, field


class Half(Record):
    """A message that had half arrived."""

    size = field("u4")
    octets = field("u1", 8)


class Base(Section):
    """A section without a name: a base class."""

    gap_clears = ("sum",)
    sum = field("f8")


class Own(Base):
    """Patterns of its own, besides those of the base class."""

    section = "own"
    writer = "own"
    gap_clears = ("*.size", "many.*")
    cold_keeps = ("*",)
    link = field(Half)
    other = field(Half)
    many = field(Half, 3)
    kept = field("u4")


def names(section, attribute):
    return [leaf.name for leaf in matching(section, attribute)]


def test_patterns_name_parameters_also_those_of_base_classes():
    assert names(Own, "gap_clears") == [
        "own.link.size",
        "own.other.size",
        "own.many.size",
        "own.many.octets",
        "own.sum",
    ]
    assert len(names(Own, "cold_keeps")) == 8
    assert names(Base, "cold_keeps") == []


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        (("kept", "keept"), "names 'keept', which is none of its parameters"),
        ("kept", "is 'kept', expected a tuple of texts"),
        ((1,), r"is \(1,\), expected a tuple of texts"),
    ],
)
@pytest.mark.parametrize("attribute", ["gap_clears", "cold_keeps"])
def test_what_names_no_parameter_is_refused(attribute, declared, says):
    section = type("Bad", (Own,), {"section": "bad", attribute: declared})
    with pytest.raises(RecordError, match=f"bad: {attribute} {says}"):
        matching(section, attribute)


@pytest.mark.parametrize("attribute", ["gap_clears", "cold_keeps"])
def test_flights_sections_name_parameters_that_they_have(attribute):
    assert sum(len(matching(section, attribute)) for section in flight_sections()) > 20
