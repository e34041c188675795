"""One self-contained HTML page: verdict first, then the flight at a glance, key figures, events and plots."""

from __future__ import annotations

import base64
import contextlib
import gc
import html
import io
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from ground.recordings import events as flight_events
from ground.report import figures, overview, plots, timing
from ground.report.data import Flight, Limit
from ground.report.words import achieved, causes, conclusion, limit, punctuality, tally
from hal.files import write_whole
from sim.requirements.verdict import Judgement, Verdict
from sim.results.result import Result
from sim.spacecraft.timing import Timing

STYLE = """
body{font:15px/1.45 system-ui,sans-serif;color:#1d2733;max-width:1120px;margin:24px auto;padding:0 16px}
h1{font-size:24px;margin:0 0 4px}h2{font-size:18px;margin:28px 0 4px}h3{font-size:15px;margin:16px 0 0}
.sub{color:#5b6775;margin:0 0 18px}nav{margin:8px 0}nav a{margin-right:16px;color:#2563a8}
table{border-collapse:collapse;width:100%;margin:8px 0 24px}
th,td{text-align:left;padding:4px 10px;border-bottom:1px solid #e3e7ec}
td.n{text-align:right;font-variant-numeric:tabular-nums}th.n{text-align:right}
.ok{color:#1b7a3d;font-weight:600}.bad{color:#b8281c;font-weight:600}.dim{color:#7b8694}
.banner{padding:10px 14px;border-radius:6px;font-weight:600;margin:12px 0}
.banner.ok{background:#e4f4ea}.banner.bad{background:#fbe6e3}
.two{display:grid;grid-template-columns:1fr 1fr;gap:0 36px}
pre{background:#f5f6f8;padding:8px 12px;overflow-x:auto;font-size:13px}
img{width:100%;height:auto;margin:6px 0 18px}
"""
VERDICTS = {Verdict.PASS: "ok", Verdict.FAIL: "bad", Verdict.NOT_SHOWN: "dim"}
SEVERITIES = {1: "", 2: "dim", 3: "bad", 4: "bad"}
MAX_EVENTS = 200
DPI = 110  # of pictures


def write(path: Path, recording: Path | None, result: Result, facts: dict[str, str]) -> None:
    """Write the page; without a full recording it has the verdict only. Raises `hal.files.WriteError`."""
    passed, banner = conclusion(result.requirements)
    parts = [_causes(result), _verdict(result.requirements), _exceptions(result)]
    if recording is not None:
        with _uncollected():
            parts += _flight(Flight(recording, limits(result.requirements)), recording.parent)
    else:
        parts.append("<p class=dim>No plots and key figures: the flight was not recorded whole (--record full).")
    if result.real_time is not None:
        parts.append(_real_time(result.real_time))
    kind = "ok" if passed else "bad"
    words = html.escape(f"{banner[0].upper()}{banner[1:]}: {tally(result)}")
    facts_text = " · ".join(f"{html.escape(k)} {html.escape(v)}" for k, v in facts.items())
    write_whole(
        path,
        f"{head('smartsat flight report')}<h1>Flight report</h1><p class=sub>{facts_text}</p>"
        f"<div class='banner {kind}'>{words}</div>{''.join(parts)}</html>\n",
    )


def limits(requirements: Sequence[Judgement]) -> tuple[Limit, ...]:
    """Return the limits of a flight, by what they are limits of, for its plots."""
    return tuple(Limit(r.measure, r.id, r.limit) for r in requirements if r.measure and math.isfinite(r.limit))


def head(title: str) -> str:
    """The head of a page."""
    return f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><style>{STYLE}</style>"


def table(t: figures.Table) -> str:
    """A table of figures as HTML: numbers to the right, nan as a dash."""
    numeric = [all(not isinstance(row[i], str) or not row[i] for row in t.rows) for i in range(len(t.head))]
    titles = "".join(f"<th{' class=n' if n else ''}>{html.escape(h)}" for h, n in zip(t.head, numeric, strict=True))
    rows = "".join("<tr>" + "".join(map(_cell, row)) for row in t.rows)
    return f"<div><h3>{html.escape(t.title)}</h3><table><tr>{titles}</tr>{rows}</table></div>"


def image(fig: Figure) -> str:
    """A figure as an image inside the page."""
    buffer = io.BytesIO()
    fig.set_dpi(DPI)
    canvas: Any = FigureCanvasAgg(fig)  # which has no types
    canvas.draw()  # once: `savefig` lays out and draws everything twice
    drawn = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba(), "raw", "RGBA", 0, 1)
    opaque = drawn.convert("RGB")
    opaque.save(buffer, "png", dpi=(DPI, DPI), compress_level=3)  # as small as RGBA by 6, in half the time
    data = base64.b64encode(buffer.getvalue()).decode()
    return f"<img alt='{html.escape(fig.get_suptitle())}' src='data:image/png;base64,{data}'>"


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Collect no garbage while figures are drawn: that takes an eighth of the time, and finds 10 MB in all of them."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _cell(value: str | float) -> str:
    if isinstance(value, str):
        return f"<td>{html.escape(value)}"
    text = "–" if math.isnan(value) else f"{value:.0f}" if value.is_integer() else f"{value:.4g}"
    return f"<td class=n>{text}"


def _verdict(requirements: Sequence[Judgement]) -> str:
    rows = "".join(
        f"<tr><td>{html.escape(r.id)}<td>{html.escape(r.text)}<td class=n>{limit(r)}<td class=n>{achieved(r)}"
        f"<td>{html.escape(r.unit)}<td class={VERDICTS[r.verdict]}>{r.verdict}"
        for r in requirements
    )
    titles = "<th>id<th>requirement, judged on truth<th class=n>limit<th class=n>achieved<th>unit<th>verdict"
    return f"<table><tr>{titles}</tr>{rows}</table>"


def _causes(result: Result) -> str:
    """Failures besides the mission's requirements."""
    return "".join(f"<p class=bad>{html.escape(cause)}" for cause in causes(result))


def _exceptions(result: Result) -> str:
    """The last traceback of each application or driver that raised an exception."""
    if not result.raised:
        return ""
    texts = (f"<h3>{html.escape(r.name)}: {r.count}</h3><pre>{html.escape(r.traceback)}</pre>" for r in result.raised)
    return f"<h2 id=exceptions>Exceptions, the last of each</h2>{''.join(texts)}"


def _flight(flight: Flight, folder: Path) -> list[str]:
    """The part of the page that comes from the recording and the events."""
    flight.load(figures.names((*overview.SERIES, *plots.SERIES)))
    events = flight_events.load(folder / "events.jsonl", flight.tai_offset_ns)
    attitude, *others = figures.tables(flight)
    links = "".join(f"<a href='#{name}'>{name}</a>" for name in ("figures", "events", "plots"))
    detail = (overview.navigation, *plots.ALL)
    return [
        f"<nav>{links}</nav>{image(overview.overview(flight, events))}",
        f"<h2 id=figures>Key figures</h2>{table(attitude)}<div class=two>{''.join(map(table, others))}</div>",
        f"<h2 id=events>Events</h2>{_events(events)}",
        f"<h2 id=plots>Plots</h2>{''.join(image(plot(flight)) for plot in detail)}",
    ]


def _events(events: Sequence[flight_events.FlightEvent]) -> str:
    """The events that the ground received, the first of them when there are very many."""
    if not events:
        return "<p class=dim>None was received."
    rows = "".join(
        f"<tr><td class=n>{flight_events.clock(e.t_s)}<td class='{SEVERITIES.get(e.severity, '')}'>"
        f"{flight_events.NAMES.get(e.severity, '?')}<td>{html.escape(e.text)}"
        for e in events[:MAX_EVENTS]
    )
    rest = f"<p class=dim>{len(events) - MAX_EVENTS} more are in events.jsonl." if len(events) > MAX_EVENTS else ""
    return f"<table><tr><th class=n>mission time<th>severity<th>event</tr>{rows}</table>{rest}"


def _real_time(figures: Timing) -> str:
    sentence, in_time = punctuality(figures)
    plot = image(timing.figure(figures))
    return (
        f"<h2>Real time</h2><p class={'ok' if in_time else 'bad'}>{html.escape(sentence)}</p>"
        f"{timing.table(figures)}{plot}"
    )
