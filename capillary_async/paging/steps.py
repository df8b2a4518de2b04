"""The machine of a walk: what a request asks for, what the answers show, and what is asked for next.

A walk loses no row, because a request begins at or before the end of what was read, under every reading of `offset`
that is left. It repeats none, because rows whose key came before are dropped. A step costs this on top of a request for
each page. NEXT: one, once for each endpoint, while it is unknown what `offset` or `total` counts, or whether a total
above all earlier ones is a search engine's ceiling, or with which limit a total of one full page was counted. Traits
that are given and wrong: one. Where `total` counts nothing: one more for AGAIN, BEYOND, or the rows by which pages
overlap, but for one of them only, if pages have ten rows or more. A total of pages that is as high as a page has rows,
and higher with the smaller limit of a capped page: two, once for each endpoint, because such a total of records says
that rows came. While rows come and go: one BACK for each fall of `total`, two requests if they come between the first
pages, AGAIN and BEYOND at an end that is promised and does not come (so also at a ceiling, which may count pages), and
all pages for the one FRONT. A walk always ends: each answer with new rows earns one request that may bring none, on top
of `SPARE` and, for the FRONT, of twice the pages. A list that grows faster than it is read is DONE when the rest did
not become shorter over `PATIENCE` answers.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from capillary_async.pipeline.request import InternalValue

SPARE: Final = 6
PATIENCE: Final = 50
SELDOM: Final = 1000
NOWHERE: Final = 10**9  # no listing is that long, and no server too small to count so far


class Step(Enum):
    """What a request asks for."""

    NEXT = "the rows behind those that were read"
    AGAIN = "the last known row, and what is behind it"
    BEYOND = "the page behind that"
    BACK = "rows before, because rows moved up"
    FRONT = "all rows once more"
    FAR = "rows where none can be"
    DONE = "nothing"


class Sight(Enum):
    """What the answers so far show."""

    MORE = "rows follow, or may follow"
    EARLY = "the rows end, and nothing else says so"
    GAP = "a page is empty, and nothing says where the rows end"
    BEHIND = "rows stand behind a page that is empty"
    MOVED = "the answer does not join the rows that were read"
    EQUAL = "a page is equal to an earlier one, and rows may well be equal"
    LACKING = "the rows end, and some that `total` counts have not come"
    WHOLE = "all rows have come"


_ALWAYS: Final = {
    Sight.MORE: Step.NEXT,
    Sight.EARLY: Step.AGAIN,
    Sight.GAP: Step.BEYOND,
    Sight.BEHIND: Step.AGAIN,
    Sight.MOVED: Step.BACK,
    Sight.EQUAL: Step.FAR,
    Sight.LACKING: Step.FRONT,
    Sight.WHOLE: Step.DONE,
}
TRANSITIONS: Final[Mapping[Step, Mapping[Sight, Step]]] = {
    Step.NEXT: _ALWAYS,
    Step.AGAIN: {**_ALWAYS, Sight.EARLY: Step.BEYOND, Sight.BEHIND: Step.BEYOND},
    Step.BEYOND: {**_ALWAYS, Sight.EARLY: Step.FRONT},
    Step.BACK: _ALWAYS,
    Step.FRONT: _ALWAYS,
    Step.FAR: _ALWAYS,
}


class PageRequest(InternalValue, frozen=True):
    """One page to ask for: offset, counted from 0, limit, the position of its first row, and why it is asked for."""

    offset: int
    limit: int
    start: int
    step: Step = Step.NEXT
    turn: int = 0  # number of the surprise it follows: what was asked for before one is out of date
    may_end: bool = False  # nothing promises rows there, so a refusal (204, 400, 404) says that there are none
