"""The page of two runs side by side: verdicts, overlaid plots, key figures, events."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from fsw.guidance.modes import AdcsMode
from ground.compare.engine import Outcome, Pair
from ground.compare.runs import Run
from ground.compare.words import difference, sentence, verdict_change
from ground.recordings.events import NAMES, FlightEvent, clock
from ground.report import plots
from ground.report.data import Array, Flight, nadir_angle_deg
from ground.report.figures import Table, knowledge_deg
from ground.report.page import head, image, table
from ground.report.words import achieved, limit
from hal.files import write_whole

FIRST, SECOND = "#2563a8", "#e0712f"
MAX_EVENTS = 100


def write(path: Path, first: Run, second: Run, outcome: Outcome) -> None:
    """Write the page; raise `hal.files.WriteError`."""
    good = not outcome.worse
    runs = "".join(
        f"<p class=sub><b style='color:{color}'>■ {name}</b> "
        f"{html.escape(str(run.folder))} ({html.escape(run.facts)})</p>"
        for name, color, run in (("first", FIRST, first), ("second", SECOND, second))
    )
    picture = ""
    if first.flight is not None and second.flight is not None:
        picture = image(figure(first.flight, second.flight))
    write_whole(
        path,
        f"{head('smartsat: two flights compared')}<h1>Two flights compared</h1>{runs}"
        f"<div class='banner {'ok' if good else 'bad'}'>{html.escape(sentence(outcome))}</div>"
        f"<p>{html.escape(difference(outcome))}</p>{_requirements(outcome.requirements)}{picture}"
        f"<h2>Events that only one has</h2>{_events(outcome)}<h2>Key figures</h2>{_figures(outcome)}</html>\n",
    )


def _requirements(pairs: Sequence[Pair]) -> str:
    rows = []
    for p in pairs:
        r = p.first or p.second
        if r is None:
            continue
        first, second = ("–" if x is None else achieved(x) for x in (p.first, p.second))
        change = "" if np.isnan(p.change) or not p.change else f"{p.change:+.3g}"
        kind = "bad" if p.worse else ""
        rows.append(
            f"<tr><td>{html.escape(r.id)}<td>{html.escape(r.text)}<td class=n>{limit(r)}<td class=n>{first}"
            f"<td class=n>{second}<td class=n>{change}<td>{html.escape(r.unit)}<td class='{kind}'>{verdict_change(p)}"
        )
    titles = (
        "<th>id<th>requirement<th class=n>limit<th class=n>first<th class=n>second<th class=n>change<th>unit<th>verdict"
    )
    return f"<table><tr>{titles}</tr>{''.join(rows)}</table>"


def figure(first: Flight, second: Flight) -> Figure:
    """Both flights in the same plots, over mission time."""
    rows = (
        ("mode", _mode), ("nadir error\n[deg]", _nadir), ("knowledge\n[deg]", _knowledge), ("rate\n[deg/s]", _rate),
        ("fastest wheel\n[rad/s]", _wheel), ("charge\n[%]", _charge),
    )  # fmt: skip
    fig, axes = plots.figure("Both flights", rows=len(rows), height=1.5, labels=0.85)
    for ax, (label, values) in zip(axes, rows, strict=True):
        for flight, color, width, name in ((first, FIRST, 1.6, "first"), (second, SECOND, 0.8, "second")):
            ax.plot(flight.minutes, values(flight), color=color, linewidth=width, label=name)
        ax.set_ylabel(label)
    for ax in axes[1:4]:
        plots.logarithmic(ax)
        ax.set_ylim(1e-5, 200.0)  # fixed: an empty axis has no scale of its own
    shown = [mode for mode in AdcsMode if any((f["mode.adcs"] == mode).any() for f in (first, second))]
    axes[0].set_yticks([int(m) for m in shown], [m.name.replace("_", " ").lower() for m in shown], fontsize=8)
    axes[0].legend(loc="lower right", ncols=2, fontsize=8)
    axes[-1].set_xlabel("mission time [min]")
    axes[-1].set_xlim(0.0, max(first.end_minutes, second.end_minutes))
    return fig


def _mode(flight: Flight) -> Array:
    number: Array = flight["mode.adcs"].astype(float)
    return number


def _nadir(flight: Flight) -> Array:
    error = nadir_angle_deg(flight["truth.q_bi"], flight["truth.pos_i_m"], flight["truth.vel_i_mps"])
    return np.where(flight["mode.adcs"] == AdcsMode.NADIR, error, np.nan)


def _knowledge(flight: Flight) -> Array:
    return np.where(flight["attitude.valid"] == 1, knowledge_deg(flight), np.nan)


def _rate(flight: Flight) -> Array:
    rate: Array = np.degrees(np.linalg.norm(flight["truth.rate_bi_b_radps"], axis=1))
    return np.maximum(rate, 1e-5)


def _wheel(flight: Flight) -> Array:
    """Of a satellite without wheels it is no number, which draws nothing."""
    fastest: Array = np.abs(flight.wheel_speeds).max(axis=1, initial=0.0 if flight.wheels else np.nan)
    return fastest


def _charge(flight: Flight) -> Array:
    percent: Array = 100.0 * flight["samples.power.state_of_charge"]
    return percent


def _events(outcome: Outcome) -> str:
    if outcome.events_note:
        return f"<p class=dim>Not compared: {html.escape(outcome.events_note)}."
    rows = [("first", FIRST, e) for e in outcome.events_gone] + [("second", SECOND, e) for e in outcome.events_new]
    if not rows:
        return "<p class=dim>None: the same events in the same order."
    rows.sort(key=lambda row: row[2].t_s)
    cells = "".join(_event(*row) for row in rows[:MAX_EVENTS])
    rest = f"<p class=dim>and {len(rows) - MAX_EVENTS} more." if len(rows) > MAX_EVENTS else ""
    return f"<table><tr><th>only in<th class=n>mission time<th>severity<th>event</tr>{cells}</table>{rest}"


def _event(name: str, color: str, e: FlightEvent) -> str:
    return (
        f"<tr><td style='color:{color}'>{name}<td class=n>{clock(e.t_s)}<td>{NAMES.get(e.severity, '?')}"
        f"<td>{html.escape(e.text)}"
    )


def _figures(outcome: Outcome) -> str:
    lines, tables = outcome.figures, []
    if not lines:
        return f"<p class=dim>Not compared: {html.escape(outcome.note)}."
    for title in dict.fromkeys(line.table for line in lines):
        rows = tuple((x.name, x.first, x.second, x.second - x.first) for x in lines if x.table == title)
        tables.append(table(Table(title, ("", "first", "second", "change"), rows)))
    return "".join(tables)
