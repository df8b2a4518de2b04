"""Run one target in this process: `python -m fuzz.one TARGET [arguments of libFuzzer]`."""

import sys
from typing import Any

import atheris

fuzzer: Any = atheris
with fuzzer.instrument_imports(include=["capillary_async", "fuzz", "json", "email"]):
    from fuzz.targets import TARGETS

program, name, *rest = sys.argv
fuzzer.Setup([program, *rest], TARGETS[name][0])
fuzzer.Fuzz()
