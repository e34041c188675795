"""The kind of model of the GNSS receiver."""

from __future__ import annotations

from hal.drivers.ubx import UbxStream
from sim.devices.fault_kind import AXIS, bias, device_fault, noise
from sim.devices.gnss._gnss import Gnss
from sim.devices.kind import ModelKind, made_of

FAULTS = (
    device_fault("dead", "computes no solution and sends nothing", acts="dead"),
    device_fault("no_fix", "sends solutions without a fix", acts="zero", channels=(6, 1)),
    device_fault("stuck", "repeats its position and velocity with new times, as if they were valid",
                 acts="stuck", channels=(0, 6)),
    device_fault("biased", "an offset is added to its positions, about ITRF axes", AXIS,
                 bias("m", 5000.0, "offset that is added"), acts="biased", channels=(0, 3)),
    device_fault("noisy", "white noise is added to its positions, about ITRF axes", AXIS,
                 noise("m", 1000.0, "standard deviation of the added offset"), acts="noisy", channels=(0, 3)),
)  # fmt: skip


MODEL = ModelKind("gnss", made_of(Gnss), errors=Gnss.ERRORS, decoder=UbxStream, faults=FAULTS)
