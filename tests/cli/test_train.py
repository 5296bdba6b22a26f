"""`dreamcode train` as a person runs it: whole, stage by stage, killed, stopped, misused."""

import json
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from dreamcode_training.stages import STAGES
from tests.cli.command import COMMAND, dreamcode, environment
from tests.interrupts import take_interrupts
from tests.policies.server import ModelServer, hang
from tests.training.pipelines import open_server, results, tiny_config, write_config, write_rows

LONG = {"prm": {"epochs": 8}}
"""Enough steps of training to be killed among them."""


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with open_server() as opened:
        yield opened


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, server: ModelServer) -> Path:
    """A folder with a config and an undisturbed run of it."""
    folder = tmp_path_factory.mktemp("home")
    write_config(folder / "tiny.yaml", tiny_config(folder, **LONG))
    done = train(folder, server, "--run-dir", "whole")
    assert done.returncode == 0, done.stderr
    assert done.stdout == (folder / "whole" / "eval" / "report.md").read_text()
    return folder


def reach(server: ModelServer) -> dict[str, str]:
    """Variables by which the server is asked in the same way from the first request on.

    What it answers depends on which samples share a request.
    """
    return {
        "OPENAI_BASE_URL": server.url,
        "OPENAI_API_KEY": "none",
        "DREAMCODE_PREFILL": "off",
    }


def train(
    home: Path, server: ModelServer, *arguments: str, before: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    return dreamcode(
        "train", *before, "--config", "tiny.yaml", *arguments,
        home=home, **reach(server),
    )  # fmt: skip


def count_lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def count_records(run: Path, stage: str) -> int:
    """How far a stage is, as its files say."""
    if stage == "prm":
        return count_lines(run / "prm" / "metrics.jsonl")
    if stage == "eval":
        return int((run / "prm" / "model" / "prm.json").exists())
    journal = run / "data" / "journal.jsonl"
    if not journal.exists():
        return 0
    kind = b'"kind": "chain"' if stage == "chains" else b'"kind": "rollout"'
    return journal.read_bytes().count(kind)


def stop(
    home: Path,
    server: ModelServer,
    run: Path,
    reached: Callable[[], bool],
    delay: float,
    how: signal.Signals,
) -> tuple[int, str]:
    """Runs the pipeline and signals it `delay` seconds after `reached`; code and errors."""
    process = subprocess.Popen(
        [*COMMAND, "train", "--config", "tiny.yaml", "--run-dir", str(run)],
        cwd=home,
        env=environment(home, **reach(server)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=take_interrupts,
    )
    while process.poll() is None:
        if reached():
            time.sleep(delay)
            process.send_signal(how)
            break
        time.sleep(0.002)
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors


def test_what_is_done_is_skipped(home: Path, server: ModelServer) -> None:
    done = train(home, server, "--run-dir", "whole")
    assert done.returncode == 0
    for stage in STAGES:
        assert f"stage {stage}: up to date" in done.stderr


def test_stages_are_commands_too(home: Path, server: ModelServer) -> None:
    for stage in STAGES:
        done = train(home, server, "--run-dir", "steps", before=(stage,))
        assert done.returncode == 0, done.stderr
    assert results(home / "steps") == results(home / "whole")


@pytest.mark.timeout(900)
def test_killed_in_every_stage_a_run_ends_the_same(
    home: Path, server: ModelServer, tmp_path: Path
) -> None:
    chance = random.Random(3)
    run = tmp_path / "run"
    for stage in ("chains", "labels", "prm"):
        total = count_records(home / "whole", stage)
        goal = chance.randint(1, max(1, total // 2))
        reached = lambda stage=stage, goal=goal: count_records(run, stage) >= goal  # noqa: E731
        code, _ = stop(home, server, run, reached, chance.uniform(0, 0.02), signal.SIGKILL)
        assert code == -signal.SIGKILL
    done = train(home, server, "--run-dir", str(run))
    assert done.returncode == 0, done.stderr
    assert "stage chains: up to date" in done.stderr
    assert results(run) == results(home / "whole")


def test_two_processes_share_the_training(home: Path, server: ModelServer, tmp_path: Path) -> None:
    run = Path(shutil.copytree(home / "whole", tmp_path / "run"))
    steps = count_records(run, "prm")
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    command = [*launch, "-m", "dreamcode", "train", "prm", "--config", "tiny.yaml"]
    done = subprocess.run(
        [*command, "--run-dir", str(run)],
        capture_output=True, text=True, check=False, cwd=home, timeout=200,
        env=environment(home, OMP_NUM_THREADS="1"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert count_records(run, "prm") == steps  # each takes half of every step
    assert done.stderr.count("run folder:") == 1  # only one of them speaks
    done = train(home, server, "--run-dir", str(run))
    assert done.returncode == 0, done.stderr
    assert "stage prm: up to date" in done.stderr


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("stage", STAGES)
def test_killed_at_twenty_moments_of_a_stage_it_ends_the_same(
    home: Path, server: ModelServer, tmp_path: Path, stage: str
) -> None:
    chance = random.Random(stage)
    expected = results(home / "whole")
    total = count_records(home / "whole", stage)
    for moment in range(20):
        run = tmp_path / f"run-{moment}"
        shutil.copytree(home / "whole", run)
        for later in STAGES[STAGES.index(stage) :]:
            (run / "stages" / f"{later}.json").unlink()
            if later in ("prm", "eval"):
                shutil.rmtree(run / later, ignore_errors=later == "eval" != stage)
        if stage == "chains":
            (run / "data" / "journal.jsonl").unlink()
        elif stage == "labels":
            journal = run / "data" / "journal.jsonl"
            lines = journal.read_text().splitlines(keepends=True)
            journal.write_text("".join(one for one in lines if '"kind": "rollout"' not in one))
        if stage == "eval":
            began = run / "stages" / "eval.json"
            reached = lambda began=began: began.exists()  # noqa: E731
        else:
            goal = chance.randint(0, total - 1)
            reached = lambda run=run, goal=goal: count_records(run, stage) >= goal  # noqa: E731
        stop(home, server, run, reached, chance.uniform(0, 0.2), signal.SIGKILL)
        done = train(home, server, "--run-dir", str(run))
        assert done.returncode == 0, done.stderr
        assert results(run) == expected
        shutil.rmtree(run)


def test_ctrl_c_says_how_to_go_on(home: Path, server: ModelServer, tmp_path: Path) -> None:
    run = tmp_path / "run"
    with open_server() as slow:
        slow.script.extend([hang] * 50)  # so that it is certainly still at work
        code, errors = stop(home, slow, run, lambda: bool(slow.requests), 0.1, signal.SIGINT)
    assert code == 130
    assert f"the same command goes on in {run}" in " ".join(errors.split())
    assert "Traceback" not in errors


def test_a_plan_counts_and_writes_nothing(home: Path, server: ModelServer) -> None:
    done = train(home, server, "--run-dir", "planned", "--dry-run", "--no-calibrate")
    assert done.returncode == 0, done.stderr
    assert not (home / "planned").exists()
    rows = [line.split("│") for line in done.stdout.splitlines() if line.startswith("│")]
    programs = {row[1].strip(): row[5].strip() for row in rows if row[1].strip()}
    assert programs["chains"] == str(11 * 3 + 3 * 4)
    assert programs["eval"] == str(3 * 4 + 2 * 3)
    assert programs["labels"] == "?"


def test_a_plan_is_counted_on_a_short_try(home: Path, server: ModelServer) -> None:
    done = train(home, server, "--run-dir", "planned", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert not (home / "planned").exists()
    assert "?" not in done.stdout
    assert "counted on 3 problems, 9 programs" in done.stdout
    assert re.search(r"training holds about \d+ MB", done.stdout)
    assert "in all about" in done.stdout


def test_a_plan_of_what_is_done_costs_nothing(home: Path, server: ModelServer) -> None:
    done = train(home, server, "--run-dir", "whole", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("up to date") == 4


@pytest.mark.parametrize(("name", "programs"), [("dreamprm-code", 550), ("livecodebench", 4400)])
def test_configurations_for_livecodebench_are_planned_on_a_folder_of_rows(
    tmp_path: Path, name: str, programs: int
) -> None:
    (tmp_path / "livecodebench").mkdir()
    write_rows(tmp_path / "livecodebench" / "test.jsonl", 600)
    arguments = ("--config", name, "--dry-run", "--no-calibrate")
    done = dreamcode("train", *arguments, home=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = [line.split("│") for line in done.stdout.splitlines() if line.startswith("│")]
    counts = {row[1].strip(): row[5].strip() for row in rows if row[1].strip()}
    assert counts["chains"] == f"{programs + 50 * 16:,}"
    assert [row[2].strip() for row in rows if row[1].strip()] == ["runs: never ran"] * 4


def test_what_ships_is_listed_with_what_it_is_for(tmp_path: Path) -> None:
    listed = " ".join(dreamcode("train", "--list", home=tmp_path).stdout.split())
    for name in ("dreamprm-code", "embedded", "livecodebench", "miniature"):
        assert f"│ {name} │" in listed
    assert "DreamPRM-Code as its authors ran it" in listed


def test_labels_are_exported_for_trl(home: Path, server: ModelServer) -> None:
    labels = home / "whole" / "data" / "labels.jsonl"
    done = dreamcode("train", "export", labels, "-o", "trl.jsonl", home=home)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in (home / "trl.jsonl").read_text().splitlines()]
    assert f"{len(lines)} chains written" in done.stderr
    assert all(len(line["labels"]) == len(line["completions"]) for line in lines)


@pytest.mark.parametrize(
    ("arguments", "text", "message"),
    [
        ([], None, "needs --config with a file"),
        (["--config", "minature"], None, "one of dreamprm-code, embedded, livecodebench, mini"),
        (["--config", "none.yaml"], None, "cannot read none.yaml"),
        (["--config", "bad.yaml"], "prm: {methd: mc}", "methd"),
        (["--config", "bad.yaml"], "prm: [", "not valid YAML"),
        (["--config", "bad.yaml"], "chains: {policy: gpt}", "unknown model 'gpt'"),
        (["--config", "bad.yaml", "--stage", "prn"], "", "unknown stage 'prn'"),
        (["--config", "bad.yaml", "prm"], "", "--config belongs behind `dreamcode train prm`"),
        (["--smoke", "labels"], None, "--smoke belongs behind `dreamcode train labels`"),
        (["--dry-run", "prm", "--config", "bad.yaml"], "", "--dry-run goes with `dreamcode train"),
        (["--config", "bad.yaml", "--stage", "prm", "--dry-run"], "", "plans all stages"),
        (["--config", "bad.yaml", "--no-calibrate"], "", "goes with --dry-run"),
        (
            ["labels", "--config", "bad.yaml"],
            "labels: {share: true, search: binary}",
            "labels.share needs labels.search: all",
        ),
        (
            ["labels", "--config", "bad.yaml", "--run-dir", "new"],
            "",
            "run `dreamcode train chains`",
        ),
        (["export", "labels.jsonl", "-o", "x.jsonl"], None, "cannot read problems.jsonl"),
        (["export", "labels.jsonl", "-o", "x", "--split", "dev"], None, "unknown split 'dev'"),
    ],
)
def test_bad_input_is_one_line(
    tmp_path: Path, arguments: list[str], text: str | None, message: str
) -> None:
    if text is not None:
        (tmp_path / "bad.yaml").write_text(text)
    done = dreamcode("train", *arguments, home=tmp_path)
    assert done.returncode == 2
    errors = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert len(errors) == 1
    assert message in errors[0]
    assert "Traceback" not in done.stderr


def test_missing_libraries_are_named_with_the_command_that_installs_them(tmp_path: Path) -> None:
    (tmp_path / "run.yaml").write_text("")
    program = (
        "import sys\n"
        "sys.modules['peft'] = sys.modules['sklearn'] = None\n"
        "sys.argv = ['dreamcode', 'train', '--config', 'run.yaml']\n"
        "from dreamcode.cli.app import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True, text=True, check=False, cwd=tmp_path, env=environment(tmp_path),
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == (
        "error: dreamcode train needs peft, sklearn; run pip install 'dreamcode[train]'\n"
    )


@pytest.mark.skipif(find_spec("ray") is not None, reason="Ray is installed")
def test_a_cluster_without_ray_is_answered_with_the_command_that_installs_it(
    tmp_path: Path,
) -> None:
    for command in (
        ["bench", "miniature", "--limit", "1", "--run-dir", "run"],
        ["train", "chains", "--config", "miniature"],
    ):
        done = dreamcode(*command, "--ray", "local", home=tmp_path)
        assert done.returncode == 2
        assert "error: --ray needs ray; run pip install 'dreamcode[ray]'" in done.stderr
