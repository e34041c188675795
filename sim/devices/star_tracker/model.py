"""The kind of model of the star tracker."""

from __future__ import annotations

from hal.packet import FrameDecoder
from sim.devices.fault_kind import AXIS, bias, device_fault, noise
from sim.devices.kind import ModelKind, made_of
from sim.devices.star_tracker._star_tracker import StarTracker

FAULTS = (
    device_fault("dead", "takes no image and sends nothing", acts="dead"),
    device_fault("stuck", "reports the same attitude with new times, as if it were valid",
                 acts="stuck", channels=(0, 4)),
    device_fault("biased", "a rotation is added to every attitude it reports, about sensor axes", AXIS,
                 bias("rad", 0.01, "angle that is added"), acts="biased", channels=(0, 3)),
    device_fault("noisy", "a random rotation is added to every attitude, about sensor axes", AXIS,
                 noise("rad", 0.005, "standard deviation of the added angle"), acts="noisy", channels=(0, 3)),
)  # fmt: skip


MODEL = ModelKind("star_tracker", made_of(StarTracker), errors=StarTracker.ERRORS, decoder=FrameDecoder, faults=FAULTS)
