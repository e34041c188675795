"""How Hypothesis draws in all tests; and what the garbage collector leaves alone in them.

The profile `same`, which `make test` uses, draws the same cases every time. The profile `explore` draws by
`--hypothesis-seed`; `python -m tests.explore`, a part of `make proof`, runs all property tests under it with new seeds.
"""

import gc

from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

settings.register_profile(
    "same",
    derandomize=True,
    database=None,  # what failed here once is an @example, for everybody
    deadline=None,  # nobody's machine is too slow
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("explore", settings.get_profile("same"), derandomize=False)
settings.load_profile("same")

# Hypothesis also draws constants that it finds in the modules loaded so far, and those depend on the tests that ran
# before in the same process. Without them a test draws the same alone, in any order and on any worker.
NO_CONSTANTS = providers.Constants()
providers._get_local_constants = lambda: NO_CONSTANTS


def pytest_collection_finish():
    """What is there before the first test stays there: each flight collects garbage first, and need not look at it."""
    gc.collect()
    gc.freeze()
