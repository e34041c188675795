"""A command of the program, run in this process."""

import pytest

from ground.cli import main


def ended(*arguments):
    """Run `smartsat ARGUMENTS`; return its exit code."""
    with pytest.raises(SystemExit) as end:
        main([str(word) for word in arguments])
    return end.value.code
