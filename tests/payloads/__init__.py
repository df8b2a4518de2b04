"""Answers as the documentation shows them, with invented people, and the test that models hold all of them.

`*_documented_*` are written from tables of keys for which the documentation shows no sample.
"""

from pathlib import Path
from typing import Final

SAMPLES: Final = tuple(sorted(Path(__file__).parent.glob("*.json")))
