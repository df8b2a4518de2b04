"""Run every benchmark and write the report: `make bench`.

Writes `README.md` beside this file, and a plot of each question as SVG and PNG into `plots/`.
"""

# pyright: reportUnknownMemberType=false
# (matplotlib's own annotations are partly unknown)
import argparse
import json
import platform
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt  # the backend has to be chosen first

HERE = Path(__file__).parent
SCRIPTS = ("decode", "throughput", "paging", "lookups", "jobs", "parquet", "export", "imports", "limiter")
PACKAGES = (
    *("aiohttp", "attrs", "cattrs", "msgspec", "pydantic", "httpx", "aiometer", "aiolimiter", "uvloop"),
    *("openapi-python-client", "dlt", "mashumaro", "pyrate-limiter", "requests"),
)


def run(script: str, *, is_quick: bool) -> list[dict[str, Any]]:
    """Run one script in a separate process; return its results."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.json"
        quick = ["--quick"] if is_quick else []
        subprocess.run([sys.executable, str(HERE / f"{script}.py"), "--json", str(out), *quick], check=True)
        results: list[dict[str, Any]] = json.loads(out.read_text())
        return results


def plot(name: str, result: dict[str, Any]) -> str:
    """Draw a question's bars; return the file's name."""
    figures: dict[str, float] = result["figures"]
    fig, axes = plt.subplots(figsize=(7, 0.5 * len(figures) + 1.2))
    colours = ["#2a6f97" if contestant.startswith("ours") else "#b8c4cc" for contestant in figures]
    bars = axes.barh(list(figures), list(figures.values()), color=colours)
    axes.bar_label(bars, fmt="{:,.4g}", padding=4)
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.set_xlabel(result["unit"])
    axes.set_title(result["question"], fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    fig.tight_layout()
    (HERE / "plots").mkdir(exist_ok=True)
    for kind in ("svg", "png"):
        fig.savefig(HERE / "plots" / f"{name}.{kind}", metadata={"Date": None} if kind == "svg" else None)
    plt.close(fig)
    return f"plots/{name}.svg"


def table(result: dict[str, Any], image: str) -> str:
    """Write a question as Markdown."""
    lines = [f"## {result['question']}", "", f"| | {result['unit']} |", "|---|---:|"]
    lines += [f"| {name} | {figure:,.4g} |" for name, figure in result["figures"].items()]
    for judgement in result["judgements"]:
        sign = "≥" if judgement["at_least"] else "≤"
        ratio, bound = judgement["ratio"], judgement["bound"]
        is_met = ratio >= bound if judgement["at_least"] else ratio <= bound
        judged = f"target {sign} {bound:.3g}: {'met' if is_met else '**missed**'}."
        lines += ["", f"{judgement['name']}: {judgement['what']} {ratio:.3g}, {judged}"]
    return "\n".join([*lines, "", f"![{result['question']}]({image})", ""])


def conditions() -> str:
    """Return the date, the machine and the versions of the run."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    processor = model[1] if model else platform.processor()
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, commit {commit.stdout.strip() or 'unknown'}, "
        f"Python {platform.python_version()}, {platform.system()}, {processor}; {versions}."
    )


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds; the figures are rough")
    arguments = parser.parse_args()
    parts = [
        "# Benchmarks",
        "",
        "`make bench` runs all benchmarks and writes this page. Each figure is the median of rounds in which the",
        "programs take turns. A target is a ratio of two programs in one run.",
        "[SCALE.md](SCALE.md) has the limits of long runs.",
        "",
        conditions(),
        "",
    ]
    for script in SCRIPTS:
        for number, result in enumerate(run(script, is_quick=arguments.quick)):
            name = f"{script}-{number}" if number else script
            parts.append(table(result, plot(name, result)))
    (HERE / "README.md").write_text("\n".join(parts))


if __name__ == "__main__":
    main()
