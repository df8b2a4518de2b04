"""Build the documentation site: `make docs`."""

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))

from catalogue import write_pages

project = "capillary_async"
author = "The capillary_async developers"
copyright = author  # noqa: A001  (Sphinx's name)
version = release = version_of("capillary-async")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_llm.txt",
]
exclude_patterns = ["_build", "reference/generated/*"]
myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 3
nitpicky = False
language = "en"

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
default_role = "code"
python_use_unqualified_type_names = True
python_display_short_literal_types = True
add_module_names = False

html_theme = "furo"
html_title = f"capillary_async {release}"
html_static_path = ["_static"]
html_copy_source = False
html_theme_options = {"footer_icons": [], "navigation_with_keys": True}
copybutton_prompt_text = "$ "

write_pages(Path(__file__).parent / "reference" / "generated")
