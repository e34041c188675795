"""The documentation site: `make docs` builds it, warnings are errors."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "extensions")]

project = "smartsat"
author = "the smartsat authors"
copyright = author

extensions = ["myst_parser", "sphinx.ext.autodoc", "formulas", "reference"]
exclude_patterns = ["_build", "examples", "README.md"]
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 4
suppress_warnings = ["ref.python"]  # annotations with a name that two modules have are not linked

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "undoc-members": False, "show-inheritance": False}
default_role = "code"  # what docstrings put in single quotes of this kind is code
add_module_names = False

html_theme = "furo"
html_title = "smartsat"
html_math_renderer = "svg"
html_static_path = ["site"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"sidebar_hide_name": False}
pygments_style = "friendly"
