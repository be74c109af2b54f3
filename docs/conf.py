"""How the site is built: `make docs`."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE / "_extensions")]

import bayespanel  # noqa: E402

project = "bayespanel"
author = "The bayespanel authors"
project_copyright = "the bayespanel authors, Apache-2.0"
version = release = bayespanel.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "written_pages",  # ours: pages of cards, commands, names and known answers, written before each build
]
exclude_patterns = ["_build", "_extensions", "_static", "_templates", "generated/fragments/**"]

# MyST: plain Markdown that GitHub shows as well
myst_enable_extensions = ["deflist", "attrs_inline"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # code runs in tests/docs; notebooks are stored with their results, see run_notebooks.py
nb_ipywidgets_js = {}  # no page loads anything from elsewhere
highlight_language = "text"
default_role = "autolink"  # single backticks in docstrings name what may be looked up
templates_path = ["_templates"]

# The interface, from docstrings
autosummary_generate = True
# Card and card, Fit and fit: two files on every disk, also where case makes no difference.
autosummary_filename_map = {
    f"bayespanel.{name}": f"bayespanel.{name}_class"
    for name in bayespanel.__all__
    if name != name.lower() and name.lower() in bayespanel.__all__
}
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_default_options = {"exclude-members": "__init__, __new__"}
numpydoc_show_class_members = False  # autodoc lists them, each with its own docstring
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 80

# How it looks
html_theme = "pydata_sphinx_theme"
html_title = "bayespanel"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_extra_path = ["llms.txt"]  # for machines that read, at the site's root
html_show_sourcelink = False
html_sidebars = {"first-steps": [], "choose": []}  # pages without others below them
html_copy_source = False
html_theme_options = {
    "logo": {"text": "bayespanel"},
    "header_links_before_dropdown": 8,
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_prev_next": True,
    "navigation_with_keys": False,
    "search_bar_text": "Search these pages",
    "pygments_light_style": "a11y-light",
    "pygments_dark_style": "a11y-dark",
}
