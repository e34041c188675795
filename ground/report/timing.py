"""The section "Real time" of the report: whether ticks and answers of the boards were on time."""

from __future__ import annotations

import html

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ground.report import plots
from ground.report.words import milliseconds
from sim.spacecraft.timing import BoardAnswers, Spread, Timing

SHORTEST_MS, LONGEST_MS = 0.01, 1000.0  # of the plot; what is shorter or longer goes into the outermost bin
BINS = np.geomspace(SHORTEST_MS, LONGEST_MS, 61).tolist()
COLOR, LIMIT_COLOR, IN_TIME_COLOR = "#3f83c4", "#b8281c", "#1b7a3d"
HEADINGS = ("board", "answers due", "in time", "missed", "of these came late", "actuations missed", "median", "99 %",
            "worst", "allowed")  # fmt: skip


def table(figures: Timing) -> str:
    """Counts and percentiles of the boards, as HTML."""
    head = "".join(f"<th class={'n' if i else 'l'}>{name}" for i, name in enumerate(HEADINGS))
    return f"<table><tr>{head}</tr>{''.join(_row(b) for b in figures.boards)}</table>"


def _row(b: BoardAnswers) -> str:
    counts = (b.due, b.answered, b.missed, b.late, b.actuations_missed)
    times = (*(b.latency.percentile(share) for share in (50.0, 99.0, 100.0)), b.deadline_ms)
    cells = "".join(f"<td class=n>{cell}" for cell in (*counts, *map(milliseconds, times)))
    return f"<tr><td>{html.escape(b.name)}{cells}</tr>"


def figure(figures: Timing) -> Figure:
    """Histograms over one logarithmic axis of time: start of the tick, then the answers of each board."""
    title = "Real time: everything left of the red line is in time"
    fig, axes = plots.figure(title, rows=1 + len(figures.boards), height=1.8, between=0.4)
    late = (figures.overruns, f"{figures.overruns} of {figures.ticks} too late")
    _histogram(axes[0], "ticks began late by", figures.start, (figures.period_ms, "next tick"), late)
    for ax, board in zip(axes[1:], figures.boards, strict=True):
        missed = (board.missed, f"{board.missed} of {board.due} missed")
        limit = (board.deadline_ms, "deadline")
        _histogram(ax, f"{board.name} board answered after", board.latency, limit, missed)
    axes[-1].set_xlabel("mission time after the tick's time")
    axes[-1].set_xscale("log")
    axes[-1].set_xlim(SHORTEST_MS, LONGEST_MS)
    decades = [10.0**k for k in range(-2, 4)]
    axes[-1].set_xticks(decades, [f"{d:g} ms" if d < LONGEST_MS else "1 s" for d in decades])
    return fig


def _histogram(ax: Axes, title: str, spread: Spread, limit: tuple[float, str], failed: tuple[int, str]) -> None:
    """One histogram; `limit` [ms] is drawn with its name, `failed` is the count of what is not in it, in words."""
    limit_ms, name = limit
    ax.hist(np.clip(spread.values_ms, SHORTEST_MS, LONGEST_MS * 0.999), BINS, color=COLOR)
    if spread.values_ms.size:
        half, most, worst = (milliseconds(spread.percentile(share)) for share in (50.0, 99.0, 100.0))
        title += f": half within {half}, 99 % within {most}, worst {worst}"
    ax.set_title(title, loc="left", fontsize=9)
    ax.set_title(failed[1], loc="right", fontsize=9, color=LIMIT_COLOR if failed[0] else IN_TIME_COLOR)
    ax.axvline(limit_ms, color=LIMIT_COLOR, linestyle="--", linewidth=1.2)
    ax.axvspan(limit_ms, LONGEST_MS, color=LIMIT_COLOR, alpha=0.06, linewidth=0)
    place = ax.get_xaxis_transform()  # x in milliseconds, y as a share of the axes' height
    ax.text(limit_ms, 0.98, f" {name}, {limit_ms:g} ms", transform=place, va="top", fontsize=8, color=LIMIT_COLOR)
    ax.set_ylabel("count")
    ax.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    ax.set_axisbelow(True)
