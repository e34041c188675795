"""Housekeeping structures that exist from start; ground may create more (TC[3,1])."""

from __future__ import annotations

from collections.abc import Collection

from fsw.dictionary.sections import DICTIONARY_STRUCTURE, DictionarySection
from fsw.pus.st03_housekeeping import StructureDefinition
from hal.devices.registry import kind_of
from hal.vehicle.capabilities import lacking
from hal.vehicle.vehicle import Vehicle

SHIPPED = (
    StructureDefinition(0, 1, (
        "time.tick", "time.t_ns", "mode.system", "mode.adcs", "mode.safe_reason", "mode.adcs_since_ns",
        "samples.adcs_health.cycle_count", "samples.adcs_health.silent", "samples.eps_health.silent",
        "samples.adcs_health.reset_count", "samples.eps_health.reset_count",
        "samples.adcs_health.reset_reason", "samples.eps_health.reset_reason",
        "samples.adcs_health.identity", "samples.eps_health.identity",
    )),
    StructureDefinition(1, 1, (
        "attitude.q_bi", "attitude.rate_bi_b_radps", "attitude.bias_b_radps", "attitude.sigma_rad",
        "attitude.str_age_s", "attitude.nis_str", "attitude.nis_mag", "attitude.nis_sun", "attitude.valid",
    )),
    StructureDefinition(2, 1, (
        "guidance.q_bi_ref", "guidance.rate_ref_b_radps", "guidance.slewing", "guidance.slew_remaining_rad",
        "control.error_b_rad", "control.error_rad", "control.torque_b_nm", "control.dipole_b_am2",
        "control.momentum_b_nms", "samples.{reaction_wheels}.speed_radps",
    )),
    StructureDefinition(3, 10, (
        "navigation.pos_i_m", "navigation.vel_i_mps", "navigation.latitude_rad", "navigation.longitude_rad",
        "navigation.altitude_m", "navigation.position_sigma_m", "navigation.sunlit", "navigation.gnss_used",
        "navigation.gnss_rejected", "navigation.mag_i_tesla", "navigation.sun_i",
    )),
    StructureDefinition(4, 5, (
        "samples.{power}.bus_voltage_v", "samples.{power}.battery_current_a", "samples.{power}.array_power_w",
        "samples.{power}.load_power_w", "samples.{power}.state_of_charge", "samples.{power}.temperature_k",
    )),
    StructureDefinition(5, 5, (
        "downlink.cadus_sent", "link.tm_generated", "link.tm_dropped", "tm_frames.packets_sent", "tm_frames.vc_packets",
        "uplink.tc_packets", "uplink.tc_dropped", "uplink.tc_accepted", "uplink.tc_rejected",
        "requests.tc_completed", "requests.tc_failed",
        "samples.adcs_health.frames_ok", "samples.adcs_health.frames_bad", "samples.adcs_health.commands_accepted",
        "samples.adcs_health.commands_rejected", "samples.adcs_health.commands_lost", "samples.adcs_health.frames_lost",
        "samples.eps_health.frames_ok", "samples.eps_health.frames_bad", "samples.eps_health.commands_lost",
        "samples.eps_health.frames_lost",
    )),
    StructureDefinition(7, 30, (
        "uplink.tc_rejects", "uplink.tc_unreadable", "pus.destinations_replaced", "tc_frames.tc_rejected",
        "tc_frames.farm_discarded",
    )),
    StructureDefinition(DICTIONARY_STRUCTURE, 60, tuple(f"dictionary.{f.name}" for f in DictionarySection.fields)),
)  # fmt: skip


def default_structures(vehicle: Vehicle, names: Collection[str]) -> tuple[StructureDefinition, ...]:
    """Return the structures of a vehicle, without what it does not have; `names`: of all its parameters.

    When not every mode is possible, the first one says which are. A structure of which nothing is left is not there.
    """
    devices = {kind_of(d).name: d.name for d in reversed(vehicle.devices)}
    extra: dict[int, tuple[str, ...]] = {0: ("autonomy.modes_possible",)} if lacking(vehicle) else {}
    found = []
    for each in SHIPPED:
        known = (n.format_map(Absent(devices)) for n in (*each.parameters, *extra.get(each.sid, ())))
        kept = tuple(n for n in known if n in names)
        if kept:
            found.append(StructureDefinition(each.sid, each.interval_s, kept))
    return tuple(found)


class Absent(dict[str, str]):
    """Names of devices by kind; of a kind that is not there, a name that no device has."""

    def __missing__(self, kind: str) -> str:
        return f"no {kind}"
