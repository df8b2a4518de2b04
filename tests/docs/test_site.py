"""The built site: every public name has a place, no page complains, nothing comes from elsewhere, search finds.

`make docs-check` builds it, and runs these tests with the variable SITE; without it they are skipped.
"""

import os
import re
import zlib
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import pytest

from capillary_async import errors
from tests.docs.browser import BROWSER, open_tab, url_of

SITE = Path(os.environ.get("SITE", "docs/_build/html"))
PAGES: Final = sorted(SITE.rglob("*.html")) if "SITE" in os.environ else []
MODULES: Final = ("", ".distributed", ".jobs", ".sandbox", ".sync", ".telemetry")
WIDTHS: Final = (1280, 390)
LOADING: Final = {"script": "src", "img": "src", "iframe": "src", "link": "href", "source": "src"}
# What people search, and a page that must be among the results.
SEARCHES: Final = {
    "CustomerMergedError": "reference/errors.html",
    "8015": "reference/errors.html",
    "rate limit": "explanation/rate-limits.html",
    "FastAPI": "how-to/fastapi.html",
}
RESULTS: Final = """
new Promise((resolve) => {
  const look = () => {
    const done = document.querySelector("#search-results > p.search-summary");
    const links = [...document.querySelectorAll("#search-results ul.search li a")].map((link) => link.href);
    if (done && /finished|did not match/.test(done.textContent)) resolve(links);
    else setTimeout(look, 100);
  };
  look();
})
"""

pytestmark = pytest.mark.skipif("SITE" not in os.environ, reason="make docs-check builds the site first")
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")


class Tags(HTMLParser):
    """Collects what a page loads, where it leads, and the anchors that it has."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(page.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take one tag."""
        values = dict(attrs)
        self.anchors.add(values.get("id") or "")
        loaded = values.get(LOADING.get(tag, ""))
        if loaded and values.get("rel") not in ("search", "index", "next", "prev", "author", "canonical"):
            self.loads.append(loaded)
        if tag == "a" and values.get("href"):
            self.links.append(values["href"] or "")


def inventory() -> set[str]:
    """Return every name that the site documents, without its module."""
    lines = (SITE / "objects.inv").read_bytes().split(b"\n", 4)
    return {line.split(" ", 1)[0] for line in zlib.decompress(lines[4]).decode().splitlines() if " py:" in line}


@pytest.mark.parametrize("module_name", MODULES)
def test_every_public_name_has_a_place(module_name: str) -> None:
    """The documentation must cover everything that is exported."""
    module = import_module(f"capillary_async{module_name}")

    assert not {f"{module.__name__}.{name}" for name in module.__all__} - inventory()


def test_every_method_of_an_endpoint_has_a_place() -> None:
    """Users look up methods most often."""
    names = inventory()
    methods = re.findall(r"^\| `(\w+\.\w+)` \|", Path("docs/explanation/endpoints.md").read_text("utf-8"), re.MULTILINE)

    assert not {f"capillary_async.CapillaryClient.{method}" for method in methods} - names


def test_every_code_of_the_api_has_a_row() -> None:
    """Users look up codes that they find in logs."""
    text = re.sub(r"<[^>]+>", " ", (SITE / "reference" / "errors.html").read_text("utf-8"))

    for code in errors.ERROR_CLASSES:
        assert re.search(rf"\b{code}\b", text), code


def test_every_error_says_what_to_do() -> None:
    """The name of a class does not help enough."""
    text = (SITE / "reference" / "errors.html").read_text("utf-8")
    classes = [name for name in vars(errors) if name.endswith(("Error", "Exceeded"))]

    assert text.count("What to do:") == len(classes)


def test_nothing_is_loaded_from_elsewhere() -> None:
    """The site must work without a network, and must not tell other servers about its readers."""
    loads = [load for page in PAGES for load in Tags(page).loads]
    styles = "".join(style.read_text("utf-8") for style in SITE.rglob("*.css"))

    assert len(loads) > len(PAGES)
    assert not [load for load in loads if urlsplit(load).netloc]
    assert not re.search(r"url\(['\"]?(?:https?:)?//|@import", styles)


def test_links_lead_to_pages_and_anchors() -> None:
    """Readers give up at a dead link."""
    tags = {page.resolve(): Tags(page) for page in PAGES}
    dead: list[str] = []
    for page, found in tags.items():
        for link in found.links:
            parts = urlsplit(link)
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            if parts.scheme or parts.netloc:
                continue
            is_there = target.exists() and (
                target not in tags or unquote(parts.fragment) in tags[target].anchors | {""}
            )
            dead += [] if is_there else [f"{page.name}: {link}"]

    assert not dead


def test_language_models_find_every_page() -> None:
    """They read llms.txt first."""
    index = (SITE / "llms.txt").read_text("utf-8")

    for page in PAGES:
        name = page.relative_to(SITE).as_posix()
        assert name in ("search.html", "genindex.html", "py-modindex.html") or f"({name})" in index
    assert "CustomerMergedError" in (SITE / "llms-full.txt").read_text("utf-8")


@needs_browser
@pytest.mark.parametrize("width", WIDTHS)
async def test_no_page_has_console_errors_or_is_too_wide(width: int) -> None:
    """Pages must be readable on a desktop screen and on a phone."""
    too_wide: list[str] = []
    async with open_tab() as browser:
        await browser.set_width(width)
        for page in PAGES:
            await browser.open(url_of(page))
            if await browser.evaluate("document.documentElement.scrollWidth") > width:
                too_wide.append(page.name)

    assert not browser.messages
    assert not [url for url in browser.requests if not url.startswith(("file:", "data:"))]
    assert not too_wide


@needs_browser
@pytest.mark.parametrize("query", SEARCHES)
async def test_search_finds_the_right_pages(query: str) -> None:
    """Many readers search first."""
    async with open_tab() as browser:
        await browser.open(f"{url_of(SITE / 'search.html')}?q={query.replace(' ', '+')}")
        links = await browser.evaluate(RESULTS)

    assert any(SEARCHES[query] in link for link in links), links
