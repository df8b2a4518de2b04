"""The prose of the documentation's pages, without code, tables, links and list markers."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
DOCS: Final = ROOT / "docs"
PAGES: Final = (ROOT / "README.md", *sorted(DOCS.glob("*.md")), *sorted(DOCS.glob("*/*.md")))

_BLOCK: Final = re.compile(r"^(`{3,}|:{3,}).*?^\1$", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_CODE: Final = re.compile(r"`[^`\n]+(?:\n[^`\n]+)?`")
_END: Final = re.compile(r"(?<=[.!?:])\s+(?=[A-Z`*])")


def without_blocks(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return _BLOCK.sub("", page.read_text("utf-8"))


def paragraphs(text: str) -> Iterator[str]:
    """Yield the paragraphs and the items of lists, each on one line, with code as one word."""
    for paragraph in re.split(r"\n\s*\n|\n(?=\s*(?:[*-]|\d+\.) )", _LINK.sub(r"\1", text)):
        line = _CODE.sub("Code", " ".join(paragraph.split())).lstrip("*- ")
        if line and not line.startswith(("#", "|", "<!--", "(")):
            yield line


def sentences(page: Path) -> Iterator[str]:
    """Yield the sentences of a page's prose."""
    for paragraph in paragraphs(without_blocks(page)):
        for sentence in _END.split(paragraph):
            if len(sentence.split()) > 2:
                yield sentence
