"""What is true of magnetorquers, as a record."""

from __future__ import annotations

from hal.record import Record, field


class MagnetorquersTruth(Record):
    """Dipoles of magnetorquers, the sum of all units."""

    dipole_driven_b_am2 = field("f8", 3, unit="A m^2", doc="while driven, from now on")
    dipole_residual_b_am2 = field("f8", 3, unit="A m^2", doc="while switched off, from now on")
