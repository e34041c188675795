"""How commands of the program are run, and ended, by tests."""

import pytest

from ground.cli.main import main

# Before a command: SIGHUP and SIGINT reach it, also where the tests run under nohup or behind `&`.
HEARS_SIGNALS = ("env", "--default-signal=HUP,INT")


def ended(*arguments):
    """Run `smartsat ARGUMENTS`; return its exit code."""
    with pytest.raises(SystemExit) as end:
        main([str(word) for word in arguments])
    return end.value.code
