"""Build the documentation site: `make docs`."""

import re
import sys
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any, cast

from docutils.nodes import Element
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.domains.python import PythonDomain
from sphinx.environment import BuildEnvironment
from sphinx.ext.napoleon.docstring import GoogleDocstring

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))

from catalogue import write_pages
from llms import write_llms_txt

import capillary_async

project = "capillary_async"
author = "The capillary_async developers"
copyright = author  # noqa: A001  (Sphinx's name)
version = release = version_of("capillary-async")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
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
maximum_signature_line_length = 80
python_use_unqualified_type_names = True
python_display_short_literal_types = True
add_module_names = False
toc_object_entries = False
autodoc_mock_imports = ["vcr"]  # needs polyfactory

html_theme = "furo"
html_title = f"capillary_async {release}"
html_copy_source = False
html_theme_options = {"footer_icons": [], "navigation_with_keys": True}
copybutton_prompt_text = "$ "

_FENCE = re.compile(r"^```\w*$")

write_pages(Path(__file__).parent / "reference" / "generated")


def indent_fences(_app: Sphinx, _what: str, _name: str, _thing: Any, _options: Any, lines: list[str]) -> None:
    """Replace the code fences of a docstring by code blocks of reStructuredText."""
    is_code, written = False, list[str]()
    for line in lines:
        if _FENCE.match(line.strip()):
            is_code = not is_code
            written += ["", ".. code-block:: python", ""] if is_code else [""]
        else:
            written.append(f"   {line}" if is_code else line)
    lines[:] = written


def keep_colons(app: Sphinx, what: str, _name: str, _thing: Any, _options: Any, lines: list[str]) -> None:
    """Read a property's docstring as a method's, because napoleon treats the text before its first colon as a type."""
    if what in ("attribute", "property"):
        lines[:] = ["..", "", *GoogleDocstring(lines, app.config).lines()]


def find_public(app: Sphinx, env: BuildEnvironment, node: Element, contnode: Element) -> Element | None:
    """Link a class in a signature to the page of its public name."""
    name = str(node.get("reftarget", "")).rpartition(".")[2]
    if node.get("refdomain") != "py" or name not in capillary_async.__all__:
        return None
    target = f"capillary_async.{name}"
    kind = "data" if name == "Outcome" else "class"
    return env.domains["py"].resolve_xref(
        env, node["refdoc"], app.builder, kind, target, cast("pending_xref", node), contnode
    )


def setup(app: Sphinx) -> None:
    """Connect the functions above."""
    python_class: Any = PythonDomain.directives["class"]
    for field in python_class.doc_field_types:
        field.label = "Attributes" if field.name == "variable" else field.label  # the names in docstrings
    app.connect("autodoc-process-docstring", indent_fences, priority=100)  # runs before napoleon
    app.connect("autodoc-process-docstring", keep_colons, priority=200)
    app.connect("missing-reference", find_public)
    app.connect("build-finished", write_llms_txt)
