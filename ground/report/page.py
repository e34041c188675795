"""One self-contained HTML page: verdict first, then the plots."""

from __future__ import annotations

import base64
import html
import io
import math
from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from ground.report import plots, real_time
from ground.report.data import Flight
from sim.real_time import RealTime
from sim.requirements import Requirement

STYLE = """
body{font:15px/1.45 system-ui,sans-serif;color:#1d2733;max-width:1120px;margin:24px auto;padding:0 16px}
h1{font-size:24px;margin:0 0 4px}h2{font-size:18px;margin:24px 0 4px}.sub{color:#5b6775;margin:0 0 18px}
table{border-collapse:collapse;width:100%;margin:12px 0 28px}
th,td{text-align:left;padding:5px 10px;border-bottom:1px solid #e3e7ec}
td.n{text-align:right;font-variant-numeric:tabular-nums}th.n{text-align:right}
.ok{color:#1b7a3d;font-weight:600}.bad{color:#b8281c;font-weight:600}
.banner{padding:10px 14px;border-radius:6px;font-weight:600;margin:12px 0}
.banner.ok{background:#e4f4ea}.banner.bad{background:#fbe6e3}
img{width:100%;height:auto;margin:6px 0 18px}
"""


def number(value: float) -> str:
    """Four significant digits, or a dash."""
    return "not shown" if math.isnan(value) else f"{value:.4g}"


def write(
    path: Path,
    recording: Path | None,
    requirements: Sequence[Requirement],
    facts: dict[str, str],
    figures: RealTime | None = None,
) -> None:
    """Write the page; without a full recording it holds no plots of the flight, without `figures` no real time."""
    failed = [r for r in requirements if not r.passed]
    banner = f"{len(failed)} of {len(requirements)} requirements failed" if failed else "All requirements met"
    kind = "bad" if failed else "ok"
    rows = "".join(_row(r) for r in requirements)
    images = "" if recording is None else "".join(_image(f) for f in _figures(recording))
    facts_text = " · ".join(f"{html.escape(k)} {html.escape(v)}" for k, v in facts.items())
    path.write_text(
        f"<!doctype html><html lang=en><meta charset=utf-8><title>smartsat flight report</title>"
        f"<style>{STYLE}</style><h1>Flight report</h1><p class=sub>{facts_text}</p>"
        f"<div class='banner {kind}'>{banner}</div>"
        f"<table><tr><th>id<th>requirement<th class=n>limit<th class=n>achieved<th>unit<th>verdict</tr>{rows}</table>"
        f"{'' if figures is None else _real_time(figures)}{images}</html>\n"
    )


def _real_time(figures: RealTime) -> str:
    sentence, in_time = real_time.summary(figures)
    plot = _image(real_time.figure(figures))
    return (
        f"<h2>Real time</h2><p class={'ok' if in_time else 'bad'}>{html.escape(sentence)}</p>"
        f"{real_time.table(figures)}{plot}"
    )


def _row(r: Requirement) -> str:
    sign = "≥" if r.at_least else "<"
    verdict = "<td class=ok>pass" if r.passed else "<td class=bad>FAIL"
    return (
        f"<tr><td>{html.escape(r.id)}<td>{html.escape(r.text)}<td class=n>{sign} {number(r.limit)}"
        f"<td class=n>{number(r.achieved)}<td>{html.escape(r.unit)}{verdict}</tr>"
    )


def _figures(recording: Path) -> list[Figure]:
    flight = Flight(recording)
    flight.load(plots.SERIES)
    return [plot(flight) for plot in plots.ALL]


def _image(fig: Figure) -> str:
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=110)
    data = base64.b64encode(buffer.getvalue()).decode()
    return f"<img alt='{html.escape(fig.get_suptitle())}' src='data:image/png;base64,{data}'>"
