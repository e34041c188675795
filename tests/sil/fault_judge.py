"""The judge of the fault campaign: flies one draw and says, on truth, what was wrong about the answer."""

import math
from dataclasses import dataclass, field

import numpy as np

from fsw.core.devices import Device
from fsw.core.modes import AdcsMode, SystemMode
from ground.segment import GroundSegment
from sim.mission import Mission

JUDGED_S = 120.0  # at the end of the flight
KNOWLEDGE_DEG, POINTING_DEG = 0.1, 0.2  # largest in that time; what the mission asks of 99.73 % is 0.02 and 0.1
DEGRADED_KNOWLEDGE_DEG, DEGRADED_POINTING_DEG = 0.3, 0.5  # ADCS-050, while a device is out of order
SUN_DEG = 10.0  # pointing error in Sun pointing, on the way back to nadir
RATE_DEGPS, SAFE_RATE_DEGPS = 1.2, 3.0  # slews are at 1 deg/s
CHARGE_LOW = 0.4


@dataclass
class Verdict:
    """What a flight showed; `wrong` is empty when everything is as it must be."""

    draw: object
    state: str = ""
    reason: str = "NONE"
    wrong: list = field(default_factory=list)
    excluded: tuple = ()
    events: tuple = ()

    def __str__(self):
        return f"{self.draw}: {self.state} {self.reason}: {'; '.join(self.wrong) or 'as it must be'}"


def fly(draw, vehicle, scenario):
    """Fly one draw and judge it."""
    mission = Mission(vehicle, scenario, GroundSegment, seed=draw.seed)
    mission.inject(draw.target, draw.kind.name, start_s=draw.start_s, duration_s=draw.duration_s, **draw.parameters)
    verdict = Verdict(draw)
    excluded = set()
    worst = np.zeros(3)
    while mission.flown_s < mission.duration_s:
        mission.advance(1.0)
        excluded |= set(np.flatnonzero(mission.flight.pool["fdir.excluded"]))
        if mission.flown_s > mission.duration_s - JUDGED_S:
            e = mission.evaluator
            rate = math.degrees(float(np.linalg.norm(mission.world.truth["rate_bi_b_radps"])))
            worst = np.maximum(worst, (e.knowledge_deg, e.pointing_deg, rate))
    verdict.excluded = tuple(Device(int(k)).name for k in sorted(excluded))
    verdict.events = tuple(mission.ground.events)
    _judge(mission, verdict, *worst)
    _account(mission, verdict)
    return verdict


def _judge(mission, verdict, knowledge_deg, pointing_deg, rate_degps):
    """Requirements met, or SAFE with a true reason; nothing sound excluded."""
    pool, kind, wrong = mission.flight.pool, verdict.draw.kind, verdict.wrong
    verdict.reason = pool["mode.safe_reason"].name
    charge = float(mission.world.device_truth["state_of_charge"])
    safe = pool["mode.system"] == SystemMode.SAFE
    verdict.state = "SAFE" if safe else pool["mode.adcs"].name
    reasons = {e.rpartition(": ")[2] for e in verdict.events if e.startswith("SAFE entered")}
    reasons |= {verdict.reason} if safe else set()
    wrong += [f"SAFE for an untrue reason: {reason}" for reason in sorted(reasons - set(kind.safe_reasons))]
    untrue = [d for d in verdict.excluded if _name(d) not in kind.isolates]
    wrong += [f"excluded, and sound: {device}" for device in untrue]
    if rate_degps > (SAFE_RATE_DEGPS if safe else RATE_DEGPS):
        wrong.append(f"rate {rate_degps:.2f} deg/s")
    if not safe:
        _judge_pointing(mission, verdict, knowledge_deg, pointing_deg)
        if charge < CHARGE_LOW:
            wrong.append(f"state of charge {charge:.2f}")


def _judge_pointing(mission, verdict, knowledge_deg, pointing_deg):
    """In nadir pointing as the mission asks; or in Sun pointing, on the way back to it."""
    pool, kind, wrong = mission.flight.pool, verdict.draw.kind, verdict.wrong
    degraded = kind.level != "board" and verdict.draw.duration_s is None
    back = pool["mode.adcs"] == AdcsMode.SUN_POINTING and pool["autonomy.acquiring"]
    if pool["mode.adcs"] != AdcsMode.NADIR and not back:
        wrong.append(f"ends in {pool['mode.adcs'].name}")
    if knowledge_deg > (DEGRADED_KNOWLEDGE_DEG if degraded else KNOWLEDGE_DEG):
        wrong.append(f"knowledge error {knowledge_deg:.3f} deg")
    limit = SUN_DEG if back else DEGRADED_POINTING_DEG if degraded else POINTING_DEG
    if pointing_deg > limit:
        wrong.append(f"pointing error {pointing_deg:.3f} deg")


def _account(mission, verdict):
    """The ledger is closed; no application raised an exception."""
    exceptions = int(mission.flight.pool["executive.exceptions"].sum())
    if exceptions:
        verdict.wrong.append(f"{exceptions} exceptions of applications")
    for hop in mission.fly().ledger.hops:
        if hop.unaccounted:
            verdict.wrong.append(f"{hop.name}: {hop.unaccounted} unaccounted for")


def _name(device):
    """The catalogue's name of a device."""
    for unit in ("wheel", "sun_sensor"):
        if device.lower().startswith(unit):
            return f"{unit}s"
    return device.lower()
