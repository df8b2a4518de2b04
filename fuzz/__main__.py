"""Run the targets: `python -m fuzz [--seconds 60] [TARGET]`.

Each target runs in a separate process, because the fuzzer ends its process. Inputs with new coverage are stored in
`.fuzz/` and used by the next run. Inputs that break a target are stored in `.fuzz/found/`.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from fuzz.targets import TARGETS

_KEPT = Path(".fuzz")
_FOUND = _KEPT / "found"


def main() -> int:
    """Run the targets one after the other; return 1 if an input broke a target, else 0."""
    parser = argparse.ArgumentParser(
        prog="python -m fuzz", description="Search for bytes that break the code that reads them."
    )
    parser.add_argument("--seconds", type=int, default=60, help="time for all targets together")
    parser.add_argument("target", nargs="?", choices=TARGETS, help="run only this target")
    arguments = parser.parse_args()
    names = [arguments.target] if arguments.target else list(TARGETS)
    _FOUND.mkdir(parents=True, exist_ok=True)
    each = max(1, arguments.seconds // len(names))
    broken = [name for name in names if not _holds(name, each)]
    print(f"found something in: {', '.join(broken)}; see {_FOUND}" if broken else "nothing found")
    return bool(broken)


def _holds(name: str, seconds: int) -> bool:
    print(f"\n{name}: {seconds} s", flush=True)
    kept = _KEPT / name
    kept.mkdir(exist_ok=True)
    for number, seed in enumerate(TARGETS[name][1]):
        (kept / f"seed-{number}").write_bytes(seed)
    command = [sys.executable, "-m", "fuzz.one", name, f"-max_total_time={seconds}", "-max_len=4096", "-timeout=10"]
    return not subprocess.run([*command, f"-artifact_prefix={_FOUND / name}-", str(kept)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
