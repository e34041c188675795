"""GND-TAB: a table is readable at any width: no word of it is broken, no cell is lost."""

import io

import pytest
from rich.console import Console

from ground.common.tables import Listing, show

LISTING = Listing(("id", "requirement", "limit", "verdict"), "All of them", right=("limit",))
LISTING.add("ADCS-010", "rate below 0.25 deg/s for 60 s [not markup]", "< 5681 s", "not shown", style="dim")
LISTING.add("DATA-1000", "one\ntwo", "≥ 1", "pass")
WORDS = ("ADCS-010", "DATA-1000", "requirement", "5681", "[not", "markup]", "one", "two", "pass", "All of them")


def shown(listing, width, **options):
    console = Console(file=io.StringIO(), width=width, **options)
    show(console, listing)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [1, 20, 40, 59, 60, 80, 200])
def test_no_word_is_broken_at_any_width(width):
    text = shown(LISTING, width)
    assert [word for word in WORDS if word not in text] == []


def test_a_wide_terminal_has_a_table_and_a_narrow_one_entries():
    assert "│ ADCS-010" in shown(LISTING, 80)
    assert shown(LISTING, 40).splitlines()[:5] == [
        "All of them", "ADCS-010", "  requirement  rate below 0.25 deg/s for 60 s [not markup]",
        "  limit        < 5681 s", "  verdict      not shown",
    ]  # fmt: skip


def test_a_table_is_as_wide_as_the_terminal_at_most():
    for width in (60, 80):
        assert max(map(len, shown(LISTING, width).splitlines())) <= width


def test_a_table_without_a_head_names_its_keys():
    listing = Listing(("key", "value"), head=False)
    listing.add("name", "a-very-long-name-that-fits-nowhere")
    listing.add("fields", "one\ntwo")
    assert shown(listing, 20).split() == ["name", "a-very-long-name-that-fits-nowhere", "fields", "one", "two"]
    assert "key" not in shown(listing, 80)
