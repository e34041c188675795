"""The figure at the top of the report: the whole flight on one time axis, with events; and navigation errors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fsw.guidance.modes import SystemMode
from ground.recordings.events import FlightEvent
from ground.report.data import Flight
from ground.report.figures import knowledge_deg, navigation_error_rtn_m
from ground.report.plots import (
    ALERT,
    COLORS,
    MODE_COLORS,
    figure,
    finish,
    keep_in_view,
    limit_lines,
    lines,
    logarithmic,
)
from ground.report.pointing import SERIES as POINTING_SERIES
from ground.report.pointing import pointing_deg

WARNING = "#e0912f"
SERIES = (
    "truth.wheel_speed_radps", "samples.power.state_of_charge", "mode.system", "navigation.position_sigma_m",
    "truth.sunlit", *POINTING_SERIES,
)  # fmt: skip


def overview(flight: Flight, events: Sequence[FlightEvent]) -> Figure:
    """Modes, attitude errors, rate, wheels and charge over the whole flight."""
    fig, axes = figure("The flight at a glance", rows=6, height=1.5, shares=(1.2, 1.6, 1.6, 1.2, 1.2, 1.0))
    _modes(axes[0], flight, events)
    _errors(axes[1], axes[2], flight)
    rate = np.degrees(np.linalg.norm(flight["truth.rate_bi_b_radps"], axis=1))
    logarithmic(axes[3])
    axes[3].plot(flight.minutes, np.maximum(rate, 1e-5), color=COLORS[3], linewidth=0.8)
    axes[3].set_ylabel("rate\n[deg/s]")
    lines(axes[4], flight, flight.wheel_speeds, tuple(f"wheel {i + 1}" for i in range(flight.wheels)))
    axes[4].set_ylabel("wheels\n[rad/s]")
    axes[5].plot(flight.minutes, 100.0 * flight["samples.power.state_of_charge"], color=COLORS[1], linewidth=1.2)
    axes[5].set_ylabel("charge\n[%]")
    return finish(fig, axes, flight)


def _modes(ax: Axes, flight: Flight, events: Sequence[FlightEvent]) -> None:
    """ADCS modes as a band, SAFE above it, and a mark for every event that is more than informative."""
    adcs = flight["mode.adcs"]
    for mode, color in MODE_COLORS.items():
        for k, (start, end) in enumerate(flight.spans(adcs == mode)):
            label = mode.name.replace("_", " ").lower() if k == 0 else None
            ax.broken_barh([(start, end - start)], (0.0, 1.0), color=color, label=label)
    for start, end in flight.spans(flight["mode.system"] == SystemMode.SAFE):
        ax.broken_barh([(start, end - start)], (1.05, 0.5), color=ALERT)
        ax.text((start + end) / 2, 1.3, "SAFE", ha="center", va="center", fontsize=7, color="white")
    for start, end in flight.spans(flight["attitude.str_age_s"] < 1.0):
        ax.broken_barh([(start, end - start)], (-0.55, 0.5), color="#27864b")
    for severity, color in ((2, "#888888"), (3, WARNING), (4, ALERT)):
        times = [e.t_s / 60.0 for e in events if e.severity == severity]
        ax.plot(times, [1.85] * len(times), "v", color=color, markersize=5)
    ax.set_yticks([-0.3, 0.5, 1.3, 1.85], ["star tracker used", "ADCS mode", "SAFE", "events"], fontsize=8)
    ax.set_ylim(-0.6, 2.2)
    ax.grid(visible=False)
    ax.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), fontsize=8, ncols=6, frameon=False, borderaxespad=0.2)


def _errors(pointing: Axes, knowledge: Axes, flight: Flight) -> None:
    """Pointing and knowledge against truth, with the limits of all requirements on them."""
    known = np.where(flight["attitude.valid"] == 1, knowledge_deg(flight), np.nan)
    error = pointing_deg(flight)
    for mode, color in MODE_COLORS.items():
        of_mode = np.where(flight["mode.adcs"] == mode, error, np.nan)
        if not np.isnan(of_mode).all():
            pointing.plot(flight.minutes, of_mode, color=color, linewidth=1.0)
    limit_lines(pointing, flight, "pointing_error_deg", "deg")
    pointing.set_ylabel("pointing error\n[deg]")
    for ax in (pointing, knowledge):
        logarithmic(ax)
        ax.set_ylim(1e-4, 200.0)  # fixed: an empty axis has no scale of its own, and flights are comparable
    knowledge.plot(flight.minutes, known, color=COLORS[1], linewidth=0.8, label="error")
    limit_lines(knowledge, flight, "knowledge_error_deg", "deg")
    knowledge.set_ylabel("knowledge\n[deg]")


def navigation(flight: Flight) -> Figure:
    """On-board position against truth, in the directions of the orbit, inside its own 3-sigma bound."""
    fig, axes = figure("Orbit knowledge: on-board minus true position, and navigation's own 3σ", rows=3, height=1.7)
    error = navigation_error_rtn_m(flight)
    sigma = flight["navigation.position_sigma_m"] / np.sqrt(3.0)  # of one axis; the pool has all three together
    bound = 3.0 * np.where(flight["navigation.valid"] == 1, sigma, np.nan)
    for i, (ax, name) in enumerate(zip(axes, ("radial", "along track", "across track"), strict=True)):
        ax.fill_between(flight.minutes, -bound, bound, color=COLORS[i], alpha=0.15, linewidth=0, label="±3σ")
        ax.plot(flight.minutes, error[:, i], color=COLORS[i], linewidth=0.7, label=name)
        ax.set_ylabel("[m]")
        keep_in_view(ax, error[:, i], bound, 1.5)
    return finish(fig, axes, flight)
