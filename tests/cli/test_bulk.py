"""`capillary bulk` with a sandbox over real sockets."""

import io
import json
import os
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from capillary_async.cli.error_messages import explain
from capillary_async.errors import CapillaryError, TransportError
from capillary_async.jobs import LOOKUPS, BulkJob, JobRefusedError
from capillary_async.jobs.lock import Lock
from capillary_async.sandbox import Answer, Sandbox
from tests.cli.conftest import Capillary, Done

RULE = 79196

Write = Callable[[Iterable[int]], str]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to an empty directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    return tmp_path


@pytest.fixture
def keys(place: Path) -> Write:
    """Write `keys.csv`, with a column `customer_id`."""

    def write(customer_ids: Iterable[int]) -> str:
        (place / "keys.csv").write_text(
            "\n".join(["customer_id", *(str(customer_id) for customer_id in customer_ids)]), "utf-8"
        )
        return "keys.csv"

    return write


Run = Callable[..., Done]


@pytest.fixture
def run(capillary: Capillary, keys: Write) -> Run:
    """Run `bulk run job` for the targets of some customers."""

    def call(customer_ids: Iterable[int], *options: str) -> Done:
        return capillary("bulk", "run", "job", "--lookup", "active-targets", "--keys", keys(customer_ids), *options)

    return call


def rows(path: Path) -> list[dict[str, Any]]:
    """Read JSON lines."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_the_output_has_all_rows_of_the_api(capillary: Capillary, server: Sandbox, place: Path) -> None:
    """This is the purpose of a job."""
    pairs = [(customer_id, RULE) for customer_id in range(1, 40)]
    (place / "keys.jsonl").write_text("\n".join(json.dumps(pair) for pair in pairs), "utf-8")

    done = capillary("bulk", "run", "job", "--lookup", "events", "--keys", "keys.jsonl", "--export", "jsonl")

    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[-1] == "exported: job/output.jsonl"
    written = sorted((row["customer_id"], row["event_log_id"]) for row in rows(place / "job/output.jsonl"))
    assert written == sorted(
        (customer_id, event) for customer_id, _ in pairs for event in server.event_ids(customer_id, RULE)
    )


def test_a_run_prints_its_result(run: Run, place: Path) -> None:
    """Operators read the result in the log of a nightly run."""
    done = run([1, 2, 2, 3, 1])

    made, counted = done.out.splitlines()
    assert made == "job: 3 keys; repeated rows: 2 (line 4, 6)"
    assert counted.startswith("3 of 3 (100 %); found 3, empty 0, not found 0, merged 0, invalid 0, failed 0; ")
    assert "requests/s, 64 at once, p50 " in counted


def test_failed_keys_have_an_exit_code_and_can_be_retried(
    run: Run, capillary: Capillary, server: Sandbox, place: Path
) -> None:
    """A script decides by the code whether somebody must look."""
    server.script(lambda request: "/7/" in request.path, Answer(status=403, body="{}"), times=2)

    done = run(range(1, 11), "--export", "jsonl")
    again = capillary("bulk", "retry", "job")

    assert (done.code, done.err) == (3, "")
    assert done.out.splitlines()[-2:] == [
        "failed keys: 1; `capillary bulk export` lists them with the reasons in outcomes.csv",
        "try them again with: capillary bulk retry job",
    ]
    assert (again.code, again.err) == (0, "")
    assert {row["customer_id"] for row in rows(place / "job/output.jsonl")} == set(range(1, 11))


def test_a_refused_password_costs_two_requests(
    run: Run, capillary: Capillary, server: Sandbox, environment: pytest.MonkeyPatch, place: Path
) -> None:
    """Thousands of refused logins would lock the till out."""
    environment.setenv("CAPILLARY_PASSWORD", "wrong")
    stopped = run(range(1, 100), "--rate", "6000/6", "--export", "csv")
    requests = server.request_count
    environment.setenv("CAPILLARY_PASSWORD", server.password)
    done = capillary("bulk", "resume", "job")

    assert (stopped.code, requests) == (4, 2)  # a second key shows that the first one is not to blame
    assert stopped.err.endswith("; continue with: capillary bulk resume job\n")
    assert done.code == 0
    assert "requests/s of 1,000.0" in done.out
    assert done.out.endswith("exported: job/output.csv\n")


def test_run_continues_its_own_job(run: Run, server: Sandbox) -> None:
    """The definition of a service can contain the same command for every start."""
    run(range(1, 10))
    server.forget_requests()

    done = run(range(1, 10))

    assert (done.code, done.err, server.request_count) == (0, "", 0)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("--lookup customers --keys keys.csv", "the job looks up active-targets, not customers"),
        ("--lookup active-targets --keys more.csv", "more.csv does not hold the keys"),
    ],
)
def test_another_lookup_in_the_same_directory_is_refused(
    run: Run, capillary: Capillary, place: Path, arguments: str, text: str
) -> None:
    """Nobody would notice two jobs in one output."""
    run([1, 2])
    (place / "more.csv").write_text("customer_id\n1\n2\n3\n", "utf-8")

    done = capillary("bulk", "run", "job", *arguments.split())

    assert (done.code, done.out) == (2, "")
    assert text in done.err


def test_a_changed_key_file_is_reported_and_ignored(
    run: Run, capillary: Capillary, keys: Write, server: Sandbox
) -> None:
    """The job has a copy of its keys; a nightly export may overwrite the file."""
    server.script(lambda request: "/2/" in request.path, Answer(status=403, body="{}"), times=2)
    run([1, 2])
    keys([1, 2, 3])

    done = capillary("bulk", "retry", "job")

    assert (done.code, done.err) == (0, "")
    assert "keys.csv has changed since the job was created" in done.out


def test_a_complete_job_prints_since_when_and_sends_nothing(run: Run, server: Sandbox, place: Path) -> None:
    """A repeated run must not deliver old data as new."""
    run([1, 2, 3], "--export", "jsonl")
    server.forget_requests()
    before = {path.name: path.stat().st_mtime_ns for path in (place / "job").iterdir() if "output" in path.name}

    done = run([1, 2, 3], "--export", "jsonl")

    assert (done.code, done.err, server.request_count) == (0, "", 0)
    assert "complete since 20" in done.out
    assert "use a new directory or --refresh" in done.out
    assert {path.name: path.stat().st_mtime_ns for path in (place / "job").iterdir() if "output" in path.name} == before


def test_refresh_looks_up_all_keys_again(run: Run, capillary: Capillary, server: Sandbox, place: Path) -> None:
    """Users want new data in the same directory."""
    run([1, 2, 3])
    server.forget_requests()

    done = capillary("bulk", "run", "job", "--refresh", "--export", "jsonl")

    assert (done.code, done.err) == (0, "")
    assert server.request_count >= 3
    assert json.loads(capillary("bulk", "status", "job", "--json").out)["generation"] == 2


def test_a_job_is_split_run_in_parts_and_exported(capillary: Capillary, server: Sandbox, place: Path) -> None:
    """Each shard may run on another machine."""
    BulkJob.create("job", "active-targets", range(1, 30))

    parts = capillary("bulk", "split", "job", "--into", "3")
    codes = [capillary("bulk", "run", "job", "--shard", str(number)).code for number in range(3)]
    done = capillary("bulk", "export", "job", "--format", "jsonl")

    assert parts.out.startswith("job: 29 keys in 3 shards\n")
    assert codes == [0, 0, 0]
    assert (done.code, done.out) == (0, "job/output.jsonl\n")
    assert {row["customer_id"] for row in rows(place / "job/output.jsonl")} == {
        user for user in range(1, 30) if server.target_rule_ids(user)
    }


def test_what_to_do_with_a_split_job_is_said_by_shard(capillary: Capillary, server: Sandbox, place: Path) -> None:
    """`resume` would refuse the whole of a split job."""
    BulkJob.create("job", "active-targets", range(400, 406)).split(2)
    capillary("bulk", "run", "job", "--shard", "0")

    export = capillary("bulk", "export", "job", "--format", "jsonl")
    whole = capillary("bulk", "resume", "job")
    capillary("bulk", "run", "job", "--shard", "1")
    retry = capillary("bulk", "retry", "job", "--status", "invalid,not_found")
    capillary("bulk", "run", "job", "--shard", "1")
    again = capillary("bulk", "retry", "job")

    assert "run its shards with keys left: 1 (capillary bulk run job --shard 1)" in export.err
    assert "run its shards with keys left: 1 (capillary bulk run job --shard 1)" in whole.err
    assert retry.out.splitlines() == [
        "job: 2 keys are looked up again",
        "run: capillary bulk run job --shard 0",
        "run: capillary bulk run job --shard 1",
    ]
    assert (again.code, again.out) == (0, "job: 0 keys are looked up again\nrun: capillary bulk run job --shard 0\n")


def test_rows_are_printed_while_the_job_runs(run: Run, capillary: Capillary, place: Path) -> None:
    """Users check the first rows early."""
    run([1, 2], "--export", "jsonl")

    done = capillary("bulk", "rows", "job")

    assert done.out == (place / "job/output.jsonl").read_text("utf-8")


def test_a_retry_makes_an_export_stale(run: Run, capillary: Capillary, server: Sandbox) -> None:
    """Otherwise the old file would look current."""
    server.script(lambda request: "/2/" in request.path, Answer(status=403, body="{}"), times=2)
    run([1, 2], "--export", "csv")
    BulkJob.open("job").retry()

    status = json.loads(capillary("bulk", "status", "job", "--json").out)

    assert status["stale_outputs"] == ["job/output.csv"]


def test_lookups_take_the_options_of_their_endpoints(capillary: Capillary, server: Sandbox, place: Path) -> None:
    """A customer without points may be useless."""
    (place / "keys.csv").write_text("customer_id\n5\n", "utf-8")

    done = capillary("bulk", "run", "job", "--lookup", "customers", "--keys", "keys.csv", "--embed", "points,mlp")

    assert (done.code, done.err) == (0, "")
    assert BulkJob.open("job").manifest.arguments == {"embed": ["points", "mlp"]}
    assert any("points" in str(request.query) for request in server.requests)


def test_an_option_may_be_repeated_and_a_typo_prints_a_warning(
    capillary: Capillary, server: Sandbox, place: Path
) -> None:
    """The API ignores `--embed point` in all answers."""
    (place / "keys.csv").write_text("Phone\n919988123456\n", "utf-8")
    options = ("--by", "mobile", "--map", "mobile=Phone", "--embed", "points", "--embed", "point")

    done = capillary("bulk", "run", "job", "--lookup", "customers", "--keys", "keys.csv", *options)

    assert done.code == 0
    assert "--embed: 'point' is sent unchanged" in done.err
    assert BulkJob.open("job").manifest.arguments == {"embed": ["points", "point"]}


def test_customers_are_looked_up_by_another_identifier(capillary: Capillary, server: Sandbox, place: Path) -> None:
    """Many users have mobile numbers, in a column with another name."""
    mobile = "0"
    (place / "keys.csv").write_text(f"Phone\n{mobile}\n", "utf-8")

    done = capillary(
        *("bulk", "run", "job", "--lookup", "customers", "--keys", "keys.csv"),
        "--by",
        "mobile",
        "--map",
        "mobile=Phone",
    )

    assert (done.code, done.err) == (0, "")
    assert BulkJob.open("job").manifest.columns == ("mobile",)


def test_another_account_is_refused_by_default(
    run: Run, capillary: Capillary, environment: pytest.MonkeyPatch, server: Sandbox
) -> None:
    """Another till may belong to another organisation."""
    server.script(lambda request: "/2/" in request.path, Answer(status=403, body="{}"), times=2)
    run([1, 2])
    BulkJob.open("job").retry()
    environment.setenv("CAPILLARY_TILL", "another.till")
    server.till = "another.till"

    refused = capillary("bulk", "resume", "job")
    accepted = capillary("bulk", "resume", "job", "--any-account")

    assert (refused.code, accepted.code) == (2, 0)
    assert "another.till" in refused.err


def test_a_second_process_is_refused(run: Run, capillary: Capillary, place: Path) -> None:
    """Two processes would look up the same keys."""
    BulkJob.create(place / "job", "active-targets", [1, 2])

    with Lock(place / "job"):
        refused = capillary("bulk", "resume", "job")
        asked = capillary("bulk", "status", "job")

    assert refused.code == 2
    assert "is working on this job" in refused.err
    assert "running      " in asked.out


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("run job --lookup active-targets", "keys"),
        ("run job --lookup active-targets --keys no.csv", "there is no file no.csv"),
        ("run job --lookup active-targets --keys bad.csv", "bad.csv, line 3, column customer_id"),
        ("run job --lookup trackers --keys bad.csv", "no column user_group_id"),
        ("run job --lookup customer --keys bad.csv", "no lookup 'customer'"),
        ("run job --lookup bad:look --keys bad.csv", "bad"),
        ("run job --lookup active-targets --keys bad.csv --concurrency 0", "concurrency"),
        ("run job --lookup active-targets --keys bad.csv --concurrency many", "many"),
        ("run job --lookup active-targets --keys bad.csv --max-failures few", "few"),
        ("run job --lookup active-targets --keys bad.csv --rate often", "1000/60"),
        ("run job --lookup active-targets --keys bad.csv --export xml", "xml"),
        ("run job --lookup active-targets --keys - --secret-file -", "standard input"),
        ("resume job", "no job in job"),
        ("status job", "no job in job"),
        ("retry job", "no job in job"),
        ("export job --format csv", "no job in job"),
        ("plan --keys no.csv", "no file"),
        ("plan --keys bad.csv", "bad.csv, line 3"),
        ("plan --keys other.csv", "customers customer_id"),
        ("plan --keys -", "--lookup"),
        ("plan --keys bad.csv --rate 0/60", "--rate must be"),
    ],
)
def test_a_mistake_is_one_line_and_a_code(
    capillary: Capillary, place: Path, server: Sandbox, arguments: str, text: str
) -> None:
    """The mistake must be found before a request is sent and before a job is created."""
    (place / "bad.csv").write_text("customer_id\n1\nx\n", "utf-8")
    (place / "other.csv").write_text("number\n1\n", "utf-8")

    done = capillary("bulk", *arguments.split())

    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert text in done.err
    assert not (place / "job/job.sqlite").exists()
    assert server.request_count == 0


def test_parquet_without_its_extra_is_refused_at_once(run: Run, environment: pytest.MonkeyPatch, place: Path) -> None:
    """At the end, all lookups would have been made."""
    environment.setitem(sys.modules, "pyarrow", None)

    done = run([1, 2], "--export", "parquet")

    assert done.code == 2
    assert "pip install 'capillary-async[parquet]'" in done.err
    assert not (place / "job").exists()


def test_too_many_failures_stop_the_job(run: Run, capillary: Capillary, server: Sandbox) -> None:
    """Many failures are a sign of wrong keys. A higher limit continues the job."""
    server.script(lambda request: "/3/" in request.path, Answer(status=403, body="{}"), times=None)

    stopped = run(range(1, 8), "--max-failures", "10%", "--concurrency", "1")
    done = capillary("bulk", "resume", "job", "--max-failures", "1", "--concurrency", "8")

    assert stopped.code == 4
    assert "more than the job allows; continue with" in stopped.err
    assert done.code == 3
    assert ", 8 at once" in done.out


def test_an_interrupted_export_can_be_repeated(
    run: Run, capillary: Capillary, environment: pytest.MonkeyPatch, place: Path
) -> None:
    """The export runs outside the event loop, which handles signals."""

    def export(_: BulkJob, _form: str) -> None:
        signal.raise_signal(signal.SIGTERM)

    environment.setattr(BulkJob, "export", export)
    stopped = run([1, 2], "--export", "jsonl")
    environment.undo()

    assert stopped.code == 4
    assert stopped.err == "capillary: interrupted; continue with: capillary bulk resume job\n"
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_keys_come_from_standard_input(capillary: Capillary, environment: pytest.MonkeyPatch, place: Path) -> None:
    """The result of a database query can be piped in."""
    environment.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"5\n6\n")))

    done = capillary("bulk", "run", "job", "--lookup", "customers", "--keys", "-", "--export", "jsonl")

    assert done.code == 0
    assert [row["customer_id"] for row in rows(place / "job/output.jsonl")] == [5, 6]


def test_keys_come_from_a_pipe(capillary: Capillary, place: Path) -> None:
    """The shell makes a pipe of <(zcat keys.csv.gz)."""
    reader, writer = os.pipe()
    os.write(writer, b'"customer_id"\n5\n6\n')
    os.close(writer)

    done = capillary("bulk", "run", "job", "--lookup", "customers", "--keys", f"/dev/fd/{reader}", "--export", "jsonl")
    os.close(reader)

    assert (done.code, done.err) == (0, "")
    assert [row["customer_id"] for row in rows(place / "job/output.jsonl")] == [5, 6]


def test_a_lookup_can_be_a_function_of_a_local_file(capillary: Capillary, place: Path) -> None:
    """Users write the function in a file beside the keys."""
    (place / "mine.py").write_text(
        "async def names(client, customer_id: int) -> dict:\n"
        "    customer = await client.customers.get(customer_id)\n"
        "    return {'name': customer.profiles[0].first_name}\n",
        "utf-8",
    )
    (place / "keys.csv").write_text("customer_id\n5\n", "utf-8")

    done = capillary("bulk", "run", "job", "--lookup", "mine:names", "--keys", "keys.csv", "--export", "jsonl")

    assert (done.code, done.err) == (0, "")
    assert list(rows(place / "job/output.jsonl")[0]) == ["customer_id", "name"]


def test_concurrency_can_be_automatic(run: Run) -> None:
    """Users do not know how many calls an API can handle."""
    done = run(range(1, 60), "--concurrency", "auto")

    assert done.code == 0
    assert ", 64 at once" not in done.out


def test_status_is_text_or_json(run: Run, capillary: Capillary, place: Path) -> None:
    """People read text, and programs read JSON."""
    run([1, 2, 404], "--export", "csv")

    words = capillary("bulk", "status", "job").out
    document = json.loads(capillary("bulk", "status", "job", "--json").out)

    assert "not found     1\n" in words
    assert "empty         0\n" in words
    assert "is complete   yes\n" in words
    assert (document["found"], document["not_found"], document["done"], document["total"]) == (2, 1, 3, 3)
    assert document["outputs"] == ["job/output.csv"]


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_job_is_exported_in_any_format(run: Run, capillary: Capillary, place: Path, form: str) -> None:
    """One job can have several exports."""
    run([1, 2])

    done = capillary("bulk", "export", "job", "--format", form)

    assert (done.code, done.out) == (0, f"job/output.{form}\n")
    assert (place / "job" / f"output.{form}").is_file()


def test_outcomes_are_written_as_parquet_on_request(run: Run, capillary: Capillary, place: Path) -> None:
    """An older file in the other format would contradict the new one."""
    pq: Any = pytest.importorskip("pyarrow.parquet")
    run([1, 2], "--export", "csv")

    done = capillary("bulk", "export", "job", "--format", "parquet", "--outcomes", "parquet")

    assert done.code == 0
    assert pq.read_table(place / "job" / "outcomes.parquet")["status"].to_pylist() == ["found", "found"]
    assert not (place / "job" / "outcomes.csv").exists()


def test_an_incomplete_job_is_exported_only_with_partial(
    run: Run, capillary: Capillary, environment: pytest.MonkeyPatch, place: Path
) -> None:
    """A file that looks complete must be complete."""
    environment.setenv("CAPILLARY_PASSWORD", "wrong")
    run([1, 2])

    refused = capillary("bulk", "export", "job", "--format", "csv")
    partial = capillary("bulk", "export", "job", "--format", "csv", "--partial")

    assert (refused.code, partial.code) == (2, 0)
    assert (place / "job/output.csv").read_text("utf-8").count("\n") == 1


@pytest.mark.parametrize(
    ("header", "lookup"),
    [("customer_id", "customers"), ("user_group_id", "trackers")],
)
def test_a_plan_needs_only_the_keys(
    capillary: Capillary, server: Sandbox, place: Path, header: str, lookup: str
) -> None:
    """Users plan before they choose anything else."""
    (place / "keys.csv").write_text("\n".join([header, *map(str, range(1, 1001)), "5"]), "utf-8")

    done = capillary("bulk", "plan", "--keys", "keys.csv", "--rate", "1000/60")

    assert (done.code, server.request_count) == (0, 0)
    assert done.out.splitlines() == [
        f"1,000 keys for {lookup}; repeated rows: 1",
        "1,000 requests at least; further pages and retries need more",
        "1 min at 1000/60",
    ]


def test_a_plan_without_a_rate_has_no_duration(capillary: Capillary, place: Path) -> None:
    """The speed of the API is unknown."""
    (place / "keys.csv").write_text("customer_id,target_rule_id\n1,7\n", "utf-8")

    done = capillary("bulk", "plan", "--keys", "keys.csv")

    assert done.out.splitlines()[0] == "1 keys for events; repeated rows: 0"
    assert len(done.out.splitlines()) == 2


def test_the_help_lists_every_exit_code(capillary: Capillary) -> None:
    """Authors of scripts look there."""
    for arguments in (["--help"], ["bulk", "--help"], ["bulk", "run", "--help"]):
        text = capillary(*arguments).out

        assert "3 bulk: done, but some keys failed" in text
        assert "4 bulk: stopped before the end" in text


def test_a_terminal_shows_a_progress_bar(run: Run, environment: pytest.MonkeyPatch) -> None:
    """Lines of text would fill the screen."""
    environment.setenv("FORCE_COLOR", "1")
    environment.setenv("TERM", "xterm-256color")

    done = run(range(1, 30))

    assert done.code == 0
    assert "━" in done.out
    assert "29 of 29 (100 %)" in done.out


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("run job --shard 0", "the job in job is not split; capillary bulk split job --into N splits it"),
        ("export job --format csv", "keys are still pending; resume the job first, or add --partial"),
        ("export job --format csv --to no/x.csv", "--to: there is no directory no"),
        ("retry job --status foo", "--status cannot be foo"),
        ("run other --lookup customers --keys phones.csv --gap-to-renew 5", "--gap-to-renew needs --embed mlp"),
        ("run other --lookup customers --keys phones.csv --by mobile", "it has another name, add --map mobile=Phone"),
    ],
)
def test_a_refusal_names_the_option_that_helps(capillary: Capillary, place: Path, line: str, message: str) -> None:
    """Users type that option next."""
    BulkJob.create(place / "job", "customers", [1, 2])
    (place / "phones.csv").write_text("Phone,Name\n1,x\n", "utf-8")

    done = capillary("bulk", *line.split())

    assert done.code == 2
    assert message in done.err


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (TransportError("give the authority's certificate as ca_file"), "certificate as --ca-file"),
        (JobRefusedError("not as till b; give any_account=True if both may"), "add --any-account if both may"),
    ],
)
def test_an_error_of_a_run_names_options_and_not_arguments(error: CapillaryError, message: str) -> None:
    """The message comes from the library, where they have other names."""
    assert message in explain(error)


@pytest.mark.parametrize("command", ["bulk status job", "watch job"])
def test_the_status_needs_no_lookup(capillary: Capillary, place: Path, keys: Write, command: str) -> None:
    """A monitor runs in another directory, where the user's module cannot be imported."""
    (place / "mine_alone.py").write_text("async def look(client, customer_id: int) -> int:\n    return 1\n", "utf-8")
    done = capillary("bulk", "run", "job", "--lookup", "mine_alone:look", "--keys", keys([1]))
    assert done.code == 0
    (place / "mine_alone.py").unlink()
    del sys.modules["mine_alone"]

    done = capillary(*command.split())

    assert (done.code, done.err) == (0, "")


def test_a_wrong_shard_number_is_refused(capillary: Capillary, place: Path) -> None:
    """Shards are counted from 0."""
    BulkJob.create(place / "job", "customers", [1, 2]).split(2)

    assert "--shard must be from 0 to 1" in capillary("bulk", "run", "job", "--shard", "2").err


def test_the_help_lists_every_lookup(capillary: Capillary) -> None:
    """Otherwise users would see the names only in an error."""
    shown = " ".join(capillary("bulk", "run", "--help").out.replace("│", " ").split())

    assert [name for name in LOOKUPS if name not in shown] == []
