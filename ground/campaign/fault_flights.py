"""The judge of flights with faults: watches the truth and says what is not as it must be.

A flight must end with its requirements met, or in SAFE for a reason that is true of one of its faults. No sound device
may be excluded, no application may raise an exception, and every packet must be accounted for. README.md of this folder
says what flights with two faulty attitude sensors must show, and why not more.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from fsw.guidance.modes import AdcsMode, SystemMode
from fsw.health.devices import Device
from ground.campaign.definition import Flight
from ground.campaign.fault_draws import SCENARIO, Draw
from ground.campaign.judges import ending
from ground.campaign.outcome import Measure, Outcome
from ground.link.segment import GroundSegment
from hal.bounds import is_within
from hal.vehicle.load import load_vehicle
from sim.faults.catalogue import Catalogue, FaultKind
from sim.mission import Mission
from sim.requirements.domain import DomainError
from sim.scenario.scenario import Fault

FAULTS = "ground.campaign.fault_flights:faults"
JUDGED_S = 120.0  # at the end of the flight
KNOWLEDGE_DEG, POINTING_DEG = 0.1, 0.2  # largest in that time; what the mission asks of 99.73 % is 0.02 and 0.1
DEGRADED_KNOWLEDGE_DEG, DEGRADED_POINTING_DEG = 0.3, 0.5  # ADCS-050, while a device is out of order
HONEST_SIGMAS = 4.5  # of what the filter says that it knows, where no limit of the mission can be met
SUN_DEG = 10.0  # pointing error in Sun pointing, on the way back to nadir
RATE_DEGPS, SAFE_RATE_DEGPS = 1.2, 3.0  # slews are at 1 deg/s
CHARGE_LOW = 0.4
ATTITUDE_SENSORS = ("gyro", "magnetometer", "star_tracker")  # one may be missed; docs/adr/0008 says what two leave
ABSENCE_S = 600.0  # of the star tracker, for which ADCS-050 holds


def flights(draws: Sequence[Draw], vehicle: str = "reference") -> tuple[Flight, ...]:
    """Return the flights of draws."""
    return tuple(Flight(vehicle, SCENARIO, draw.seed, draw.faults, None, FAULTS) for draw in draws)


@dataclass
class LargestValues:
    """The largest value of each measure in the judged time (NaN once it was NaN), and all devices ever excluded.

    `believed_deg`: error of a star tracker that no other device is left to contradict.
    """

    believed_deg: float = 0.0
    knowledge_deg: float = 0.0
    pointing_deg: float = 0.0
    rate_degps: float = 0.0
    sigmas: float = 0.0  # knowledge error, less what is believed, over what the filter says of it
    control_deg: float = 0.0  # pointing error beyond the knowledge error
    excluded: set[int] = field(default_factory=set)

    def look(self, mission: Mission) -> None:
        """Take the current values."""
        e, pool = mission.judge, mission.flight.pool
        rate = math.degrees(float(np.linalg.norm(mission.world.truth["rate_bi_b_radps"])))
        sigma_deg = math.degrees(float(pool["attitude.sigma_rad"]))
        beyond_deg = e.knowledge_deg - self.believed_deg
        sigmas = beyond_deg / sigma_deg if sigma_deg > 0.0 else math.nan
        self.knowledge_deg = larger(self.knowledge_deg, e.knowledge_deg)
        self.pointing_deg = larger(self.pointing_deg, e.pointing_deg)
        self.rate_degps = larger(self.rate_degps, rate)
        self.sigmas = larger(self.sigmas, sigmas if pool["attitude.valid"] else 0.0)
        self.control_deg = larger(self.control_deg, e.pointing_deg - e.knowledge_deg)


def larger(a: float, b: float) -> float:
    """Return the larger value; NaN when one of them is NaN."""
    return float(np.maximum(a, b))


@cache
def _reference() -> Catalogue:
    """The catalogue of the vehicle that this campaign flies."""
    return Catalogue(load_vehicle())


def find(target: str, fault: str) -> FaultKind:
    """Return a kind of fault of the reference vehicle."""
    return _reference().find(target, fault)


def faults(flight: Flight) -> Outcome:
    """Fly a flight with faults to its end and judge it."""
    mission = flight.mission()
    kinds = [find(fault.target, fault.fault) for fault in flight.faults]
    largest = LargestValues(believed_deg(flight.faults))
    fly(mission, largest)
    wrong = [*_answers(mission, kinds, largest), *_state(mission, flight.faults, largest)]
    result = mission.fly()  # is at its end: closes the files and the ledger
    wrong += [f"{h.name}: {h.unaccounted} unaccounted for" for h in result.ledger.hops if h.unaccounted]
    wrong += [] if result.left is None else [str(result.left)]
    ends, reason = ending(mission)
    return Outcome(tuple(wrong), ends, reason, (), _measures(mission, largest, ends), result.cadu_sha256)


def fly(mission: Mission, largest: LargestValues) -> None:
    """Fly to the end, or until the truth leaves its models, and look every second."""
    excluded = mission.flight.pool.view("fdir.excluded")
    with suppress(DomainError):
        while mission.flown_s < mission.duration_s:
            mission.advance(1.0)
            largest.excluded |= set(np.flatnonzero(excluded).tolist())
            if mission.flown_s > mission.duration_s - JUDGED_S:
                largest.look(mission)


def _answers(mission: Mission, kinds: Sequence[FaultKind], largest: LargestValues) -> Iterator[str]:
    """Yield reactions of flight that no fault explains: SAFE, exclusions, exceptions."""
    pool = mission.flight.pool
    assert isinstance(mission.ground, GroundSegment)
    reasons = {e.rpartition(": ")[2] for e in mission.ground.events if e.startswith("SAFE entered")}
    reasons |= {pool["mode.safe_reason"].name} if pool["mode.system"] == SystemMode.SAFE else set()
    true = {reason for kind in kinds for reason in kind.safe_reasons}
    yield from (f"SAFE for an untrue reason: {reason}" for reason in sorted(reasons - true))
    out_of_order = {name for kind in kinds for name in kind.isolates}
    for device in sorted(largest.excluded):
        if catalogue_name(Device(device)) not in out_of_order:
            yield f"excluded, and sound: {Device(device).name}"
    if raised := int(pool["executive.exceptions"].sum()):
        yield f"{raised} exceptions of applications"


def _state(mission: Mission, faults: Sequence[Fault], largest: LargestValues) -> Iterator[str]:
    """Yield errors of the body's motion, the attitude and the battery at the end."""
    safe = mission.flight.pool["mode.system"] == SystemMode.SAFE
    yield from over("rate", largest.rate_degps, SAFE_RATE_DEGPS if safe else RATE_DEGPS, "deg/s")
    if safe:
        return
    charge = float(mission.world.device_truth["power"]["state_of_charge"])
    if not is_within(charge, low=CHARGE_LOW):
        yield f"state of charge {charge:.2f}"
    pool = mission.flight.pool
    back = pool["mode.adcs"] == AdcsMode.SUN_POINTING and bool(pool["autonomy.acquiring"])
    if pool["mode.adcs"] != AdcsMode.NADIR and not back:
        yield f"ends in {pool['mode.adcs'].name}"
    if two_are_missed(faults) or long_without_star_tracker(faults, mission.duration_s):
        if not is_within(largest.knowledge_deg, high=DEGRADED_KNOWLEDGE_DEG):
            yield from over("knowledge error", largest.sigmas, HONEST_SIGMAS, "sigmas")
        yield from over("control error", largest.control_deg, SUN_DEG if back else DEGRADED_POINTING_DEG, "deg")
        return
    degraded = any(map(lasts, faults))
    yield from over(
        "knowledge error", largest.knowledge_deg, DEGRADED_KNOWLEDGE_DEG if degraded else KNOWLEDGE_DEG, "deg"
    )
    limit = SUN_DEG if back else DEGRADED_POINTING_DEG if degraded else POINTING_DEG
    yield from over("pointing error", largest.pointing_deg, limit, "deg")


def over(what: str, value: float, limit: float, unit: str) -> Iterator[str]:
    """Yield a line when a value is above its limit or NaN."""
    if not is_within(value, high=limit):
        yield f"{what} {value:.3f} {unit}, limit {limit:g}"


def lasts(fault: Fault) -> bool:
    """Return whether a device or link is faulty until the end."""
    kind = find(fault.target, fault.fault)
    return kind.level != "board" and fault.duration_s is None


def missed(faults: Sequence[Fault]) -> set[str]:
    """Return the attitude sensors that are faulty until the end."""
    names = {name for f in faults if lasts(f) for name in find(f.target, f.fault).isolates}
    return names.intersection(ATTITUDE_SENSORS)


def two_are_missed(faults: Sequence[Fault]) -> bool:
    """Return whether two attitude sensors are faulty until the end."""
    return len(missed(faults)) > 1


def long_without_star_tracker(faults: Sequence[Fault], duration_s: float) -> bool:
    """Return whether the star tracker is away for longer than ADCS-050 allows."""
    starts_s = [f.start_s for f in faults if lasts(f) and "star_tracker" in find(f.target, f.fault).isolates]
    return bool(starts_s) and duration_s - min(starts_s) > ABSENCE_S


def believed_deg(faults: Sequence[Fault]) -> float:
    """Return the error of a lastingly faulty star tracker that no other device can contradict."""
    if not two_are_missed(faults):
        return 0.0
    error_rad = 0.0
    for fault in (f for f in faults if f.target == "star_tracker" and lasts(f)):
        values = find(fault.target, fault.fault).values(fault.with_ or {})
        axes = 3 if values.get("axis") is None else 1
        error_rad += math.sqrt(axes) * abs(values.get("bias_rad") or 0.0)
        error_rad += math.sqrt(axes) * HONEST_SIGMAS * (values.get("noise_rad") or 0.0)
    return math.degrees(error_rad)


def _measures(mission: Mission, largest: LargestValues, ends: str) -> tuple[Measure, ...]:
    """Return the measures for the table; angles only for flights that did not end in SAFE."""
    safe = ends == "SAFE"
    return (
        Measure("knowledge error", None if safe else largest.knowledge_deg, "deg"),
        Measure("pointing error", None if safe else largest.pointing_deg, "deg"),
        Measure("body rate", largest.rate_degps, "deg/s"),
        Measure("state of charge", float(mission.world.device_truth["power"]["state_of_charge"]), "1", "low"),
    )


def catalogue_name(device: Device) -> str:
    """Return the catalogue's name of a device."""
    name = device.name.lower()
    return next((f"{unit}s" for unit in ("wheel", "sun_sensor") if name.startswith(unit)), name.removesuffix("_1"))
