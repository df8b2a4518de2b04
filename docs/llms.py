"""Write the site for language models: `llms.txt` lists the pages, and `llms-full.txt` has their text."""

from pathlib import Path
from typing import Final, cast

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders.text import TextBuilder
from sphinx.writers.text import TextTranslator

_HEAD: Final = (
    "# capillary_async\n\n> A typed asyncio client for the customer, points, target, promotion and user-group APIs of"
    " Capillary's loyalty platform. It reads only.\n\nThe text of all pages is in llms-full.txt.\n"
)


def write_llms_txt(app: Sphinx, error: Exception | None) -> None:
    """Write both files beside the pages."""
    if error is not None or app.builder.name != "html":
        return
    names = sorted(app.env.found_docs, key=lambda name: (name.count("/") > 0, name))
    pages = {name: app.env.get_and_resolve_doctree(name, app.builder) for name in names}
    index = "".join(_line(name, page) for name, page in pages.items())
    folder = Path(app.outdir)
    (folder / "llms.txt").write_text(f"{_HEAD}\n## Pages\n\n{index}", "utf-8")
    text = "\n\n".join(_text(app, page) for page in pages.values())
    (folder / "llms-full.txt").write_text(f"{_HEAD}\n{text}\n", "utf-8")


def _line(name: str, page: nodes.document) -> str:
    title = next(iter(page.findall(nodes.title)), None)
    paragraph = next(iter(page.findall(nodes.paragraph)), None)
    about = f": {' '.join(paragraph.astext().split())}" if paragraph is not None else ""
    return f"- [{name if title is None else title.astext()}]({name}.html){about}\n"


def _text(app: Sphinx, page: nodes.document) -> str:
    translator = TextTranslator(page, cast("TextBuilder", app.builder))  # it reads only the settings
    page.walkabout(translator)
    return translator.body.strip()
