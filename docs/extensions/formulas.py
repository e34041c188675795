"""Formulas as SVG, drawn while the site is built: a page needs no script, no font and no network to show them."""

from __future__ import annotations

import html
import xml.etree.ElementTree as ET
from functools import cache

import ziamath
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.writers.html5 import HTML5Translator

SIZE = 17.0  # of a formula's letters, in pixels, beside text of 16


@cache
def svg(latex: str, inline: bool) -> tuple[str, float]:
    """Return the picture of a formula and how far it reaches below the line, in pixels."""
    drawn = ziamath.Latex(latex, size=SIZE, inline=inline, color="currentColor")
    return ET.tostring(drawn.svgxml(), encoding="unicode"), drawn.getyofst()


def picture(self: HTML5Translator, node: nodes.Element, inline: bool) -> str:
    """Return the markup of one formula; its LaTeX is what a screen reader hears."""
    latex = node.astext().strip()
    try:
        drawn, below = svg(latex, inline)
    except Exception as error:
        raise ExtensionError(f"{self.builder.current_docname}: formula {latex!r}: {error}") from error
    style = f' style="vertical-align: {below:.2f}px"' if inline else ""
    return drawn.replace("<svg ", f'<svg role="img" aria-label="{html.escape(latex)}"{style} ', 1)


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    """Write a formula within a line."""
    self.body.append(f'<span class="math">{picture(self, node, inline=True)}</span>')
    raise nodes.SkipNode


def visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula of its own, with its number if it has a label."""
    number = f'<span class="number">({node["number"]})</span>' if node.get("number") else ""
    anchor = f' id="{html.escape(node["ids"][0])}"' if node["ids"] else ""
    self.body.append(f'<div class="math"{anchor}>{picture(self, node, inline=False)}{number}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer `svg`."""
    app.add_html_math_renderer("svg", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
