"""A judge that only the campaign's own process can import."""

import sys

if "ground.campaign.worker" in sys.orig_argv:
    raise ImportError("no such luck")


def judge(flight):
    """Never called."""
