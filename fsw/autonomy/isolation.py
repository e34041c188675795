"""The application "fdir": isolation of devices by residuals, and the end of power cycles.

Every tick its kernel compares each device with what the others say (`docs/adr/0008-isolation-by-residuals.md`):

- gyro: with the star tracker's own rate, the turn of the field and the momentum balance, over windows of two seconds;
  two must contradict it. Silence, an axis that repeats itself and noise speak for themselves;
- magnetometer: strength with the field model, direction with a fine attitude, and when it jumps; the same;
- star tracker: when the filter refuses it and the disagreement does not grow, as it would with a wrong rate, nor takes
  back what the filter has followed; an attitude that repeats itself;
- coarse Sun sensors: each cell with the light that the attitude predicts, in sunlight and in eclipse;
- GNSS: solutions that the orbit filter refuses in a row;
- wheels: commanded torque and friction with the change of the tachometer.

Who is in doubt does not speak against others (`docs/adr/0012-who-is-in-doubt-is-no-witness.md`).

A device that has agreed again for a minute is used again, three times at most, unless ground or a monitor excluded it.
A wheel without torque cannot agree: ground admits it. One that speeds up when it is left alone is used again and kept:
control must hold what it does.
"""

from __future__ import annotations

from fsw.autonomy._isolation import IsolationKernel
from fsw.autonomy.exclusions import Exclusions
from fsw.autonomy.sections import IsolationSection, Verdict
from fsw.core.events import EventId, EventQueue
from fsw.core.pool import Pool
from fsw.estimation.estimator import star_tracker_covariances
from fsw.estimation.sections import AttitudeSection
from fsw.health.devices import AttitudeSource, Device, Exclusion
from fsw.health.sections import FdirSection
from hal.vehicle.vehicle import Vehicle

RATE_SOURCES = int(AttitudeSource.GYRO | AttitudeSource.MODEL)


class Isolation(IsolationKernel):
    """Writes `IsolationSection` and, through `exclusions`, `FdirSection`; runs before the mode manager."""

    def __init__(self, pool: Pool, vehicle: Vehicle, exclusions: Exclusions, events: EventQueue) -> None:
        self.bind(pool)
        self.limit(vehicle, star_tracker_covariances(vehicle))
        self._exclusions = exclusions
        self._raise = events.raise_event
        self._verdict = pool.array(IsolationSection)["verdict"]
        self._residual = pool.array(IsolationSection)["residual"]
        self._fdir = pool.array(FdirSection)
        self._sources = pool.array(AttitudeSection)["sources"].reshape(1).data
        self._sources_reported = self._fdir["rate_sources"].reshape(1).data

    def step(self) -> None:
        """Look at every device, and carry the verdicts out."""
        if self.watch():
            self._carry_out()
            self._exclusions.end_cycle()
        if self._sources[0] & RATE_SOURCES != self._sources_reported[0]:
            self._raise(EventId.ESTIMATOR_SOURCES, int(self._sources_reported[0]), int(self._sources[0]))
            self._sources_reported[0] = self._sources[0] & RATE_SOURCES

    def _carry_out(self) -> None:
        for device in map(Device, self._verdict.nonzero()[0].tolist()):
            verdict = int(self._verdict[device])
            self._verdict[device] = 0
            if verdict == Verdict.ADMIT:
                self._exclusions.admit(device)
            elif verdict == Verdict.KEEP:
                self._exclusions.keep(device)
            else:
                self._exclusions.exclude(device, Exclusion(verdict), float(self._residual[device]))
