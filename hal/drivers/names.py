"""Names of the records that the driver of a device on a link of its own works on."""

from __future__ import annotations


def names_of(device: str) -> dict[str, str]:
    """Return the names of sample, health and state of the device with that name."""
    return {"sample": f"samples.{device}", "health": f"samples.{device}_health", "state": f"drivers.{device}"}


def given(**names: str) -> dict[str, str]:
    """Return the names that are not empty."""
    return {what: name for what, name in names.items() if name}
