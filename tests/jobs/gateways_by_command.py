"""Does `capillary bulk run` survive a gateway that answers in the API's place for five minutes?

Run as `python -m tests.jobs.gateways_by_command --keys 20000 --seconds 300`; it takes these five minutes and some more
for each kind of refusal, or for all at once with `--together`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, cast, get_args

from capillary_async.sandbox.settings import Gateway
from tests.distributed.serving import running_sandbox

CUSTOMERS = ("--lookup", "customers")


def try_one(kind: Gateway, keys: int, seconds: float, folder: Path) -> None:
    """Let the command run while a gateway comes and goes, and see that every key has the outcome that it should."""
    place = folder / kind.replace(" ", "-")
    place.mkdir()
    (place / "keys.csv").write_text("customer_id\n" + "\n".join(map(str, range(1, keys + 1))), "utf-8")
    with running_sandbox(log_size=0) as server:
        environment = os.environ | {
            "CAPILLARY_BASE_URL": server.base_url,
            "CAPILLARY_TILL": server.till,
            "CAPILLARY_PASSWORD": server.password,
        }
        command = (sys.executable, "-m", "capillary_async", "bulk", "run", "job", *CUSTOMERS, "--keys", "keys.csv")
        with (place / "log").open("wb") as log:
            process = subprocess.Popen(command, cwd=place, env=environment, stdout=log, stderr=log)
            while server.request_count < keys // 4:
                time.sleep(0.05)
            server.gateway = kind
            time.sleep(seconds)
            server.gateway = None
            code = process.wait()
    asked = (sys.executable, "-m", "capillary_async", "bulk", "status", "job", "--json")
    status: dict[str, Any] = json.loads(subprocess.run(asked, cwd=place, check=True, capture_output=True).stdout)
    waited = [line for line in (place / "log").read_text("utf-8").splitlines() if "waiting for the API" in line]
    counts = {name: status[name] for name in ("found", "not_found", "merged", "invalid", "failed", "pending")}
    sys.stdout.write(f"{kind}: code {code}, {counts}\n  {waited[-1] if waited else 'never waited'}\n")
    sys.stdout.flush()
    # Ids that end in 403 may not be seen, those in 404 are unknown, 409 are merged and 410 are gone.
    special = {ending: sum(key % 1000 == ending for key in range(1, keys + 1)) for ending in (403, 404, 409, 410)}
    assert counts["found"] == keys - sum(special.values())
    assert counts["pending"] == 0
    assert counts["not_found"] + counts["merged"] + counts["invalid"] + counts["failed"] == sum(special.values())
    assert counts["not_found"] <= special[404] + special[410]


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--kinds", nargs="*", default=get_args(Gateway))
    parser.add_argument("--together", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        arguments = (options.keys, options.seconds, Path(folder))
        threads = [threading.Thread(target=try_one, args=(cast("Gateway", kind), *arguments)) for kind in options.kinds]
        for thread in threads:
            thread.start()
            if not options.together:
                thread.join()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    main()
