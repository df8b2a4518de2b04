"""Draw the pictures of the documentation: `python docs/draw.py` writes them into `docs/pictures`.

The walks show requests to a sandbox, and the terminal shows a run of the demo.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Final, Literal

import attrs

from capillary_async import BasicAuth, CapillaryClient
from capillary_async.sandbox import Sandbox

PICTURES: Final = Path(__file__).parent / "pictures"
_INK, _LINE, _FILL, _ACCENT = "#1f2933", "#52606d", "#eef2f6", "#2a6f97"
# A customer with 24 events for a target.
_LISTING: Final = (565348, 79196)
_UNITS: Final[tuple[Literal["records"], Literal["pages"]]] = ("records", "pages")
_LEFT, _CELL = 180, 27
_FONT: Final = "font-family='system-ui, sans-serif' font-size='14'"


@attrs.define
class Picture:
    """An SVG picture under construction; sizes are in pixels."""

    width: int
    height: int
    parts: list[str] = attrs.field(factory=list[str])

    def box(self, x: float, y: float, width: float, text: str, *, fill: str = _FILL) -> None:
        """Draw a box with one line of text in it."""
        colour = "#ffffff" if fill == _ACCENT else _INK
        self.parts.append(f"<rect x='{x}' y='{y}' width='{width}' height='36' rx='6' fill='{fill}' stroke='{_LINE}'/>")
        self.text(x + width / 2, y + 23, text, anchor="middle", colour=colour)

    def text(self, x: float, y: float, text: str, *, anchor: str = "start", colour: str = _INK) -> None:
        """Write one line."""
        self.parts.append(f"<text x='{x}' y='{y}' text-anchor='{anchor}' fill='{colour}' {_FONT}>{escape(text)}</text>")

    def arrow(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """Draw an arrow."""
        self.parts.append(
            f"<line x1='{x1}' y1='{y1}' x2='{x2}' y2='{y2}' "
            f"stroke='{_LINE}' stroke-width='1.5' marker-end='url(#tip)'/>"
        )

    def cell(self, x: float, y: float, *, is_new: bool) -> None:
        """Draw a row of an answer as a square."""
        fill = _ACCENT if is_new else "#ffffff"
        self.parts.append(f"<rect x='{x}' y='{y}' width='20' height='26' fill='{fill}' stroke='{_LINE}'/>")

    def save(self, name: str, title: str) -> None:
        """Write the picture into `docs/pictures`."""
        marker = (
            "<defs><marker id='tip' markerWidth='8' markerHeight='8' refX='7' refY='4' orient='auto'>"
            f"<path d='M0,0 L8,4 L0,8 z' fill='{_LINE}'/></marker></defs>"
        )
        head = (
            f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {self.width} {self.height}' role='img' "
            f"width='{self.width}' height='{self.height}'><title>{escape(title)}</title>"
            f"<rect width='100%' height='100%' fill='#ffffff'/>{marker}"
        )
        (PICTURES / f"{name}.svg").write_text(f"{head}{''.join(self.parts)}</svg>\n", "utf-8")


def draw_pipeline() -> None:
    """Draw the stack of transports."""
    layers = (
        ("endpoint", "arguments → request"),
        ("dispatch", "deadline, numbers of the call, decoded answer"),
        ("lifecycle", "open or closed"),
        ("coalesce", "identical calls share one request"),
        ("retry", "backoff, budget"),
        ("authentication", "credentials, token"),
        ("admission", "a connection and a permit, one queue"),
        ("HTTP", "the only part that knows aiohttp"),
    )
    picture = Picture(640, 52 * len(layers) + 20)
    for place, (name, concern) in enumerate(layers):
        y = 10 + 52 * place
        picture.box(60, y, 170, name, fill=_ACCENT if name == "admission" else _FILL)
        picture.text(260, y + 23, concern)
        if place:
            picture.arrow(120, y - 16, 120, y)
            picture.arrow(170, y, 170, y - 16)
    picture.save("pipeline", "The path of a call from the endpoint to the socket and back")


@attrs.frozen
class Answer:
    """A request of a walk, and the rows of its answer.

    Attributes:
        query: Its `limit` and `offset`.
        first: Number of the first row, from 0.
        rows: Number of rows.
    """

    query: str
    first: int
    rows: int


async def walk(offset_unit: Literal["records", "pages"], *, page_size: int = 10) -> tuple[int, list[list[Answer]]]:
    """Read a listing twice with a new client; return its length and the answers of both walks."""
    walks: list[list[Answer]] = []
    async with (
        Sandbox(offset_unit=offset_unit) as sandbox,
        CapillaryClient(sandbox.base_url, BasicAuth(sandbox.till, sandbox.password)) as client,
    ):
        length = len(sandbox.event_ids(*_LISTING))
        for _ in range(2):
            before = len(sandbox.requests)
            await client.targets.list_events(*_LISTING, page_size=page_size).collect()
            walks.append([])
            for request in sandbox.requests[before:]:
                limit, offset = int(request.query["limit"]), int(request.query["offset"])
                first = offset if offset_unit == "records" else offset * limit
                walks[-1].append(Answer(f"limit={limit}&offset={offset}", first, max(0, min(limit, length - first))))
    return length, walks


def draw_walks() -> None:
    """Draw the rows of each answer of a first and of a later walk, under both readings of `offset`."""
    picture = Picture(860, 0)
    top = 30
    for unit in _UNITS:
        length, walks = asyncio.run(walk(unit))
        for name, answers in zip(("a first listing", "every later one"), walks, strict=True):
            picture.text(20, top, f"offset counts {unit}, {name}: {len(answers)} requests for {length} rows")
            seen = 0
            for place, answer in enumerate(answers):
                y = top + 12 + 34 * place
                picture.text(20, y + 19, answer.query)
                for row in range(answer.first, answer.first + answer.rows):
                    picture.cell(_LEFT + _CELL * row, y, is_new=row >= seen)
                seen = max(seen, answer.first + answer.rows)
            top += 34 * len(answers) + 46
    picture.text(20, top, "Each square is a row of the answer. Filled: a new row. Empty: a row of an earlier answer.")
    picture.height = top + 20
    picture.save("walks", "The requests of a first and of a later walk over the same listing")


def draw_terminal() -> None:
    """Record a run of the demo."""
    done = subprocess.run([sys.executable, "-m", "capillary_async", "demo"], check=True, capture_output=True, text=True)
    lines = ["$ capillary demo", *done.stdout.splitlines()]
    width = 9 * max(map(len, lines)) + 40
    picture = Picture(width, 20 * len(lines) + 30)
    picture.parts.append(f"<rect width='{width}' height='{picture.height}' rx='8' fill='{_INK}'/>")
    for place, line in enumerate(lines):
        picture.parts.append(
            f"<text x='20' y='{32 + 20 * place}' fill='#e4e7eb' font-family='monospace' font-size='14' "
            f"xml:space='preserve'>{escape(line)}</text>"
        )
    picture.save("demo", "A run of capillary demo in a terminal")


def draw_job() -> None:
    """Draw the states of a job."""
    picture = Picture(760, 210)
    states: Iterable[tuple[float, float, str]] = (
        (20, 80, "created"),
        (200, 80, "running"),
        (200, 160, "waiting for the API"),
        (390, 80, "stopped or killed"),
        (580, 80, "complete"),
    )
    for x, y, name in states:
        picture.box(x, y, 150, name, fill=_ACCENT if name == "complete" else _FILL)
    picture.arrow(170, 98, 200, 98)
    picture.arrow(350, 92, 390, 92)
    picture.arrow(390, 106, 350, 106)
    picture.arrow(255, 116, 255, 160)
    picture.arrow(295, 160, 295, 116)
    picture.parts.append(
        f"<path d='M275,80 C275,20 655,20 655,78' fill='none' stroke='{_LINE}' stroke-width='1.5' "
        "marker-end='url(#tip)'/>"
    )
    picture.text(430, 30, "every key has an outcome")
    picture.text(360, 140, "run again: continues with the pending keys")
    picture.save("job", "The states of a bulk job")


def main() -> None:
    """Draw all pictures."""
    PICTURES.mkdir(exist_ok=True)
    draw_pipeline()
    draw_job()
    draw_walks()
    draw_terminal()


if __name__ == "__main__":
    main()
