"""The prose of the documentation has short sentences, right spelling and working links."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean

import pytest

from tests.docs.prose import DOCS, PAGES, ROOT, sentences, without_blocks

# Pages whose text is not theirs alone: the changelog is an index of what others wrote.
OWN_PAGES = [page for page in PAGES if page.name != "changelog.md"]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|^```\{(?:image|include)\} (\S+)", re.MULTILINE)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
# British words that codespell takes for misspelt American ones, and names of the API.
WORDS_THAT_ARE_RIGHT = "slab,optin,ans"
LONGEST_AVERAGE = 25
LONGEST_SENTENCE = 60


def name_of(page: Path) -> str:
    """Return the name of a page for the report."""
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", OWN_PAGES, ids=name_of)
def test_sentences_are_short(page: Path) -> None:
    """Most readers are not native speakers, and all are in a hurry."""
    lengths = {sentence: len(sentence.split()) for sentence in sentences(page)}

    assert not lengths or fmean(lengths.values()) <= LONGEST_AVERAGE
    assert not [sentence for sentence, length in lengths.items() if length > LONGEST_SENTENCE]


def test_sentences_are_found() -> None:
    """The test above would pass without sentences."""
    assert sum(1 for page in PAGES for _ in sentences(page)) > 500


@pytest.mark.skipif(find_spec("codespell_lib") is None, reason="codespell is not installed")
def test_words_are_spelt_right() -> None:
    """Search does not find a misspelt word."""
    command = (sys.executable, "-m", "codespell_lib", "-L", WORDS_THAT_ARE_RIGHT, "--skip", "*.svg,*/_build/*")
    done = subprocess.run(
        [*command, *(str(page) for page in PAGES), str(ROOT / "CONTRIBUTING.md"), str(ROOT / "CHANGELOG.md")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def slugs(page: Path) -> set[str]:
    """Return the anchors that the headings of a page have."""
    headings = HEADING.findall(without_blocks(page))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES[1:], ids=name_of)
def test_links_inside_lead_to_pages_and_headings(page: Path) -> None:
    """Readers give up at a dead link. Another test checks the anchors of generated pages in the built site."""
    for found in LINK.findall(page.read_text("utf-8")):
        link = found[0] or found[1]
        path, _, anchor = link.partition("#")
        if link.startswith("https://") or path.startswith("generated/"):
            continue
        target = (page.parent / path).resolve() if path else page
        assert target.is_file(), link
        if anchor and target.parent != DOCS / "reference":
            assert anchor in slugs(target), link


def test_every_page_is_in_a_table_of_contents() -> None:
    """Otherwise readers find the page only by search."""
    toctrees = "".join(page.read_text("utf-8") for page in PAGES if page.name == "index.md")

    for page in PAGES[1:]:
        assert page.name == "index.md" or re.search(rf"^{page.stem}$", toctrees, re.MULTILINE), page
