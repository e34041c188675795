"""The plots of the report; each takes the flight and returns one figure."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter
from matplotlib.transforms import blended_transform_factory

from fsw.guidance.modes import AdcsMode
from ground.report.data import Array, Flight, error_vector

AXES = ("x", "y", "z")
LEFT, RIGHT, TOP, BOTTOM = 1.35, 0.25, 0.5, 0.5  # margins of every figure [in]: the time axes of a page are in line
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
ALERT = "#b8281c"
LIMIT_COLORS = (ALERT, "#e0912f", "#7b4fa3", "#5b6775")
LABELS = 0.75  # from the axis to the words beside it [in]
COLORS = ("#c0392b", "#27864b", "#2563a8", "#8e5bb5")
MODE_COLORS = {
    AdcsMode.IDLE: "#bbbbbb", AdcsMode.DETUMBLE: "#e0912f", AdcsMode.SUN_POINTING: "#d9c32e",
    AdcsMode.INERTIAL: "#8e5bb5", AdcsMode.NADIR: "#3f83c4", AdcsMode.TARGET: "#c0392b",
}  # fmt: skip
SERIES = (
    "truth.q_bi", "truth.rate_bi_b_radps", "truth.pos_i_m", "truth.vel_i_mps", "truth.wheel_speed_radps",
    "truth.sunlit", "truth.latitude_rad", "truth.longitude_rad", "attitude.q_bi", "attitude.p", "attitude.bias_b_radps",
    "attitude.nis_mag", "attitude.nis_sun", "attitude.nis_str", "attitude.valid", "attitude.str_age_s",
    "control.dipole_b_am2", "control.momentum_b_nms", "mode.adcs", "mode.system", "samples.power.state_of_charge",
    "samples.power.array_power_w", "samples.power.load_power_w", "samples.power.bus_voltage_v", "link.tm_generated",
    "link.tm_dropped", "tm_frames.packets_sent", "tm_frames.vc_packets", "uplink.tc_packets", "uplink.tc_dropped",
)  # fmt: skip


class Powers(LogFormatter):
    """Powers of ten in plain letters: matplotlib writes them as formulas, which it has to parse."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Words for a tick; none where matplotlib has none."""
        if not super().__call__(x, pos):
            return ""
        exponent = math.floor(math.log10(x) + 1e-9)
        power = f"10{str(exponent).translate(RAISED)}"
        times = f"{x / 10.0**exponent:.3g}"
        return power if times == "1" else f"{times} × {power}"


def logarithmic(ax: Axes) -> None:
    """Make the values of a plot logarithmic."""
    ax.set_yscale("log")
    ax.yaxis.set_major_formatter(Powers())
    ax.yaxis.set_minor_formatter(Powers())


def figure(
    title: str, rows: int = 1, height: float = 2.6, *, shares: Sequence[float] | None = None, between: float = 0.2,
    labels: float = LABELS,
) -> tuple[Figure, list[Axes]]:  # fmt: skip
    """Make a wide figure with `rows` plots over one time axis, each `height` [in] or its share of all their height.

    Margins, the space between plots and the places of labels [in] are fixed: matplotlib needs more than twice the time
    to find them itself.
    """
    wide, high = 11.0, height * rows + 0.5
    fig = Figure(figsize=(wide, high))
    one = (high - TOP - BOTTOM + between) / rows - between
    fig.subplots_adjust(LEFT / wide, BOTTOM / high, 1.0 - RIGHT / wide, 1.0 - TOP / high, None, between / one)
    axes = fig.subplots(rows, 1, sharex=True, squeeze=False, height_ratios=shares)[:, 0]
    fig.suptitle(title, x=0.01, y=1.0 - 0.08 / high, ha="left", va="top", fontsize=12, fontweight="bold")
    for ax in axes:
        ax.grid(color="#e3e3e3", linewidth=0.6)
        ax.spines[["top", "right"]].set_visible(False)
        inches = fig.dpi_scale_trans
        ax.yaxis.set_label_coords(LEFT - labels, 0.5, blended_transform_factory(inches, ax.transAxes))
        ax.xaxis.set_label_coords(0.5, BOTTOM - 0.29, blended_transform_factory(ax.transAxes, inches))
    return fig, list(axes)


def finish(fig: Figure, axes: list[Axes], flight: Flight) -> Figure:
    """Shade eclipses, label time and limit the time axis to the flight."""
    for ax in axes:
        for start, end in flight.spans(flight["truth.sunlit"] < 0.5):
            ax.axvspan(start, end, color="#203050", alpha=0.08, linewidth=0)
        if ax.get_legend() is None and ax.get_legend_handles_labels()[0]:
            ax.legend(loc="upper right", fontsize=8, ncols=4, framealpha=0.9)
    axes[-1].set_xlabel("mission time [min]   (shaded: eclipse)")
    axes[-1].set_xlim(0.0, flight.end_minutes)
    return fig


def keep_in_view(ax: Axes, error: Array, bound: Array, times: float) -> None:
    """Limit the axis to so many times the usual bound, or to a larger error; how both begin may be out of view."""
    known = ~(np.isnan(error) | np.isnan(bound))
    if known.any():
        top = float(max(times * np.percentile(bound[known], 90), 1.1 * np.percentile(np.abs(error[known]), 99)))
        ax.set_ylim(-top, top)


def lines(ax: Axes, flight: Flight, values: Array, names: tuple[str, ...]) -> None:
    """Plot the columns of `values`."""
    for i, name in enumerate(names):
        ax.plot(flight.minutes, values[:, i], color=COLORS[i], linewidth=0.8, label=name)


def limit_lines(ax: Axes, flight: Flight, measure: str, unit: str, *, scale: float = 1) -> None:
    """Draw the limits of all requirements on a measure, at `scale` times their values; the id of each is its label."""
    drawn: dict[float, list[str]] = {}
    for limit in flight.limits:
        if limit.measure == measure:
            drawn.setdefault(scale * limit.value, []).append(limit.requirement)
    for k, (y, ids) in enumerate(sorted(drawn.items())):
        color = LIMIT_COLORS[k % len(LIMIT_COLORS)]
        ax.axhline(y, color=color, linestyle="--", linewidth=1, label=f"{', '.join(ids)}: {y:.4g} {unit}")


def knowledge(flight: Flight) -> Figure:
    """Knowledge error per body axis inside the estimator's 3-sigma bounds."""
    fig, axes = figure("Attitude knowledge error and the filter's 3σ bounds", rows=3, height=1.9)
    valid = flight["attitude.valid"] == 1
    error = np.degrees(error_vector(flight["truth.q_bi"], flight["attitude.q_bi"]))
    sigma = np.degrees(3.0 * np.sqrt(np.abs(np.einsum("nii->ni", flight["attitude.p"])[:, :3])))
    for i, ax in enumerate(axes):
        bound = np.where(valid, sigma[:, i], np.nan)
        ax.fill_between(flight.minutes, -bound, bound, color=COLORS[i], alpha=0.2, linewidth=0, label="±3σ")
        shown = np.where(valid, error[:, i], np.nan)
        ax.plot(flight.minutes, shown, color=COLORS[i], linewidth=0.7, label="error")
        keep_in_view(ax, shown, bound, 2.0)
        ax.set_ylabel(f"{AXES[i]} [deg]")
    return finish(fig, axes, flight)


def rates(flight: Flight) -> Figure:
    """Body rates: whole range, then the fine range."""
    fig, axes = figure("Body rates (truth)", rows=2)
    rate = np.degrees(flight["truth.rate_bi_b_radps"])
    lines(axes[0], flight, rate, AXES)
    lines(axes[1], flight, rate, AXES)
    axes[1].set_ylim(-1.2, 1.2)
    for ax in axes:
        ax.set_ylabel("rate [deg/s]")
    return finish(fig, axes, flight)


def wheels(flight: Flight) -> Figure:
    """Wheel speeds and the momentum of body and wheels."""
    fig, axes = figure("Wheels and momentum", rows=2)
    lines(axes[0], flight, flight.wheel_speeds, tuple(f"wheel {i + 1}" for i in range(flight.wheels)))
    lines(axes[1], flight, 1e3 * flight["control.momentum_b_nms"], AXES)
    axes[0].set_ylabel("speed [rad/s]")
    axes[1].set_ylabel("momentum [mN m s]")
    return finish(fig, axes, flight)


def torquers(flight: Flight) -> Figure:
    """Dipoles asked of the torquers."""
    fig, axes = figure("Magnetorquer dipoles")
    lines(axes[0], flight, flight["control.dipole_b_am2"], AXES)
    axes[0].set_ylabel("dipole [A m²]")
    return finish(fig, axes, flight)


def power(flight: Flight) -> Figure:
    """State of charge and powers."""
    fig, axes = figure("Power", rows=2)
    axes[0].plot(
        flight.minutes, 100 * flight["samples.power.state_of_charge"], color=COLORS[1], label="state of charge"
    )
    limit_lines(axes[0], flight, "device_truth.power.state_of_charge", "%", scale=100)
    axes[0].set_ylabel("charge [%]")
    axes[1].plot(flight.minutes, flight["samples.power.array_power_w"], color=COLORS[0], linewidth=0.8, label="arrays")
    axes[1].plot(flight.minutes, flight["samples.power.load_power_w"], color=COLORS[2], linewidth=0.8, label="loads")
    axes[1].plot(flight.minutes, 20 * flight["truth.sunlit"], color="#d9a400", linewidth=0.6, label="sunlit share × 20")
    axes[1].set_ylabel("power [W]")
    return finish(fig, axes, flight)


def consistency(flight: Flight) -> Figure:
    """Normalised innovations squared of each sensor with their 99.7 % bounds."""
    fig, axes = figure("Filter consistency: normalised innovation squared", rows=3, height=1.7)
    rows = (("star tracker", "attitude.nis_str", 14.16), ("magnetometer", "attitude.nis_mag", 11.83),
            ("Sun sensors", "attitude.nis_sun", 11.83))  # fmt: skip
    for ax, (name, series, bound), color in zip(axes, rows, COLORS, strict=False):
        logarithmic(ax)
        ax.plot(flight.minutes, np.maximum(flight[series], 1e-4), ".", color=color, markersize=1.5, label=name)
        ax.axhline(bound, color="#333333", linestyle="--", linewidth=0.8, label="99.73 %")
        ax.set_ylim(1e-3, 100.0)
        ax.set_ylabel("NIS")
    return finish(fig, axes, flight)


def link(flight: Flight) -> Figure:
    """Telemetry ledger over time."""
    fig, axes = figure("Packet ledger, on board", rows=2, height=2.0)
    sent = flight["tm_frames.packets_sent"].sum(axis=1)
    rows = (("generated", flight["link.tm_generated"]), ("sent", sent), ("dropped", flight["link.tm_dropped"]))
    for (name, values), color in zip(rows, COLORS, strict=False):
        axes[0].plot(flight.minutes, values, color=color, linewidth=1.0, label=f"telemetry {name}")
    axes[0].set_ylabel("packets")
    axes[1].step(
        flight.minutes,
        flight["uplink.tc_packets"],
        color=COLORS[3],
        linewidth=2.0,
        zorder=3,
        label="telecommands received",
    )
    axes[1].plot(
        flight.minutes,
        flight["tm_frames.vc_packets"].sum(axis=1),
        color="#888888",
        linewidth=0.7,
        label="telemetry waiting",
    )
    axes[1].set_ylabel("packets")
    return finish(fig, axes, flight)


def ground_track(flight: Flight) -> Figure:
    """Sub-satellite track, coloured by mode; dark in eclipse."""
    fig, (ax,) = figure("Ground track", height=5.4)
    lat, lon = np.degrees(flight["truth.latitude_rad"]), np.degrees(flight["truth.longitude_rad"])
    lon = (lon + 180.0) % 360.0 - 180.0
    night = flight["truth.sunlit"] < 0.5
    ax.scatter(lon[night], lat[night], s=9, color="#203050", alpha=0.35, label="eclipse")
    for mode, color in MODE_COLORS.items():
        here = flight["mode.adcs"] == mode
        if here.any():
            ax.scatter(lon[here], lat[here], s=1.2, color=color, label=mode.name.replace("_", " ").lower())
    ax.set(xlim=(-180, 180), ylim=(-90, 90), xlabel="longitude [deg]", ylabel="latitude [deg]", aspect="equal")
    ax.set_xticks(range(-180, 181, 30))
    ax.set_yticks(range(-90, 91, 30))
    ax.grid(color="#e3e3e3", linewidth=0.6)
    ax.legend(loc="lower left", fontsize=8, markerscale=5, ncols=4)
    return fig


ALL = (knowledge, rates, wheels, torquers, power, consistency, link, ground_track)
