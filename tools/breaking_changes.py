"""List the breaking changes since a release: `python -m tools.breaking_changes v1.0.0`.

griffe compares the sources. Only the names that the packages below export are public.
"""

import argparse
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Final

import griffe

PACKAGES: Final = (
    "capillary_async",
    "capillary_async.jobs",
    "capillary_async.sandbox",
    "capillary_async.sync",
    "capillary_async.telemetry",
)


def public_paths() -> frozenset[str]:
    """Return the paths at which public names are defined."""
    paths: set[str] = set()
    for package in map(import_module, PACKAGES):
        for name in package.__all__:
            public = getattr(package, name)
            paths |= {f"{package.__name__}.{name}"}
            if hasattr(public, "__qualname__"):
                paths |= {f"{public.__module__}.{public.__qualname__}"}
    return frozenset(paths)


def breaking_changes(tag: str) -> Iterator[str]:
    """Yield a line for each breaking change since `tag`."""
    public = public_paths()
    before, now = griffe.load_git("capillary_async", ref=tag), griffe.load("capillary_async", search_paths=["."])
    for change in griffe.find_breaking_changes(before, now):
        path = change.obj.path
        if path in public or path.rpartition(".")[0] in public:
            yield change.explain(griffe.ExplanationStyle.ONE_LINE)


def main() -> None:
    """Print the changes; the exit code is 1 if there are any."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("tag", help="the tag of the release to compare with")
    changes = [*breaking_changes(parser.parse_args().tag)]
    sys.stdout.writelines(f"{line}\n" for line in changes)
    sys.exit(bool(changes))


if __name__ == "__main__":
    main()
