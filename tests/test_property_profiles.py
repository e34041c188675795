"""Property tests draw the same cases for everybody; exploring draws others, and says how to draw them again."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[1]


def drawn(profile):
    """What a property test is given under a profile."""
    seen = []

    @settings(settings.get_profile(profile), max_examples=50, phases=[Phase.generate])
    @given(st.lists(st.one_of(st.integers(), st.floats(allow_nan=False), st.text(), st.binary()), max_size=20))
    def a_property(values):
        seen.append(values)

    a_property()
    return seen


def test_the_same_cases_whatever_was_loaded_before(tmp_path, monkeypatch):
    """Hypothesis would draw the constants of any module that an earlier test has imported."""
    before = drawn("same")
    (tmp_path / "constants_of_a_test.py").write_text("NUMBERS = [1234567, 7.25, 'a word', b'octets']\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("constants_of_a_test")
    assert drawn("same") == before


@pytest.mark.skipif(
    settings.get_current_profile_name() == "explore", reason="this run draws by one seed: twice the same, on purpose"
)
def test_exploring_draws_others():
    assert drawn("explore") != drawn("explore")


def test_a_round_of_exploring_says_how_it_is_repeated():
    file = "tests/fsw/core/test_events.py"
    said = subprocess.run(
        [sys.executable, "-m", "tests.explore", "--minutes", "0", "--seed", "41", file],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    (told,) = [line for line in said.splitlines() if line.startswith("round ")]
    assert told.startswith("round 1, seed 41: ")
    assert told.endswith(f"--hypothesis-profile=explore --hypothesis-seed=41 {file}")
    assert " passed" in said
