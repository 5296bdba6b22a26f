"""Which stages run and which do not, what is refused, and the shipped configurations."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

import dreamcode_training
from dreamcode.errors import InfrastructureError, InputError
from dreamcode.runs.folder import lock_folder
from dreamcode.runs.journal import read_records
from dreamcode_training.config import read_run_config
from dreamcode_training.pipeline import check_config, run_pipeline
from dreamcode_training.progress import Progress
from dreamcode_training.reference import describe_config
from dreamcode_training.shipped import list_configs
from dreamcode_training.smoke import shrink
from dreamcode_training.stages import STAGES, Stage
from tests.policies.server import ModelServer
from tests.training.pipelines import open_server, results, tiny_config, workplace, write_rows

torch.set_num_threads(1)
CONFIGS = Path(dreamcode_training.__file__).parents[1] / "configs"


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with open_server() as opened:
        yield opened


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, server: ModelServer) -> Path:
    """A folder with everything that a run needs, and a whole run in `run`."""
    folder = tmp_path_factory.mktemp("finished")
    place = workplace(folder / "run", tiny_config(folder), server)
    assert run_pipeline(place) == list(STAGES)
    return folder


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    """A copy of the whole run that may be changed."""
    return Path(shutil.copytree(finished / "run", tmp_path / "run"))


def test_a_run_leaves_labels_a_checkpoint_and_a_report(finished: Path) -> None:
    run = finished / "run"
    assert read_run_config(run / "config.yaml") == tiny_config(finished)
    for name in ("data/labels.png", "eval/best_of.png", "eval/reliability.png"):
        assert (run / name).read_bytes().startswith(b"\x89PNG")
    report = json.loads((run / "eval" / "report.json").read_text())
    assert report["problems"] == 3
    assert "test programs" in (run / "eval" / "report.md").read_text()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"eval": {"resamples": 200}}, ["eval"]),
        ({"prm": {"epochs": 2}}, ["prm", "eval"]),
        ({"prm": {"save_every": 5}}, []),
        ({"labels": {"rollouts": 3}}, ["labels", "prm", "eval"]),
        ({"chains": {"per_problem": 4}}, list(STAGES)),
    ],
)
def test_stages_run_where_their_inputs_have_changed(
    finished: Path, run: Path, server: ModelServer, changes: dict[str, Any], expected: list[str]
) -> None:
    place = workplace(run, tiny_config(finished, **changes), server)
    before, _ = read_records(run / "data" / "journal.jsonl")
    assert run_pipeline(place) == expected
    assert run_pipeline(place) == []
    after, _ = read_records(run / "data" / "journal.jsonl")
    assert after[: len(before)] == before


def test_a_chains_stage_that_comes_to_the_same_makes_nothing_stale(
    finished: Path, run: Path, server: ModelServer
) -> None:
    (run / "data" / "chains.jsonl").unlink()
    asked = len(server.requests)
    place = workplace(run, tiny_config(finished), server)
    assert run_pipeline(place) == ["chains"]
    assert len(server.requests) == asked  # all of it was in the journal


def test_labels_from_elsewhere_are_trained_on(
    finished: Path, run: Path, server: ModelServer
) -> None:
    labels = run / "data" / "labels.jsonl"
    labels.write_text("".join(sorted(labels.read_text().splitlines(keepends=True))))
    place = workplace(run, tiny_config(finished), server)
    assert run_pipeline(place) == ["prm", "eval"]


@pytest.mark.parametrize(("stage", "first"), [("labels", "chains"), ("prm", "chains"),
                                              ("eval", "chains")])  # fmt: skip
def test_a_stage_without_what_it_reads_says_what_to_run_first(
    finished: Path, tmp_path: Path, server: ModelServer, stage: Stage, first: str
) -> None:
    place = workplace(tmp_path / "new", tiny_config(finished), server)
    with pytest.raises(InputError, match=rf"run `dreamcode train {first}` .* first"):
        run_pipeline(place, stage)


def test_a_named_stage_runs_again_and_alone(finished: Path, run: Path, server: ModelServer) -> None:
    before = results(run)
    (run / "prm" / "metrics.jsonl").unlink()
    assert run_pipeline(workplace(run, tiny_config(finished), server), "prm") == ["prm"]
    assert (run / "prm" / "metrics.jsonl").exists()  # the steps were taken again
    assert results(run) == before
    assert run_pipeline(workplace(run, tiny_config(finished), server)) == []


def test_a_run_folder_is_for_one_process(finished: Path, run: Path, server: ModelServer) -> None:
    with lock_folder(run), pytest.raises(InfrastructureError, match="in use by another process"):
        run_pipeline(workplace(run, tiny_config(finished), server))


def test_a_disk_in_the_way_is_one_error_and_the_same_command_goes_on(
    finished: Path, run: Path, server: ModelServer
) -> None:
    before = results(run)
    shutil.rmtree(run / "prm")
    (run / "prm").write_text("a file where the folder should be")
    with pytest.raises(InfrastructureError, match=r"stage prm in .* stopped: .* goes on"):
        run_pipeline(workplace(run, tiny_config(finished), server))
    (run / "prm").unlink()
    assert "prm" in run_pipeline(workplace(run, tiny_config(finished), server))
    assert results(run) == before


def test_several_processes_share_stage_prm_only(
    finished: Path, run: Path, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(InputError, match="2 processes can share stage prm only"):
        run_pipeline(workplace(run, tiny_config(finished), server))


def test_best_of_more_than_there_are_is_refused_at_once(
    finished: Path, tmp_path: Path, server: ModelServer
) -> None:
    config = tiny_config(finished, eval={"n": [8]})
    with pytest.raises(InputError, match=r"best of 8, but chains\.candidates is 4"):
        run_pipeline(workplace(tmp_path / "new", config, server))


def tear_labels(run: Path) -> None:
    labels = run / "data" / "labels.jsonl"
    labels.write_bytes(labels.read_bytes()[:-20])


def exceed_labels(run: Path) -> None:
    labels = run / "data" / "labels.jsonl"
    labels.write_text(labels.read_text().replace('"n": 2.0', '"n": -1.0', 1).replace(
        '"n": 2,', '"n": -1,', 1).replace('"n": 2}', '"n": -1}', 1))  # fmt: skip


def repeat_problem(run: Path) -> None:
    problems = run / "data" / "problems.jsonl"
    first = problems.read_text().splitlines(keepends=True)[0]
    problems.write_text(problems.read_text() + first.replace('"train"', '"meta"', 1))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (tear_labels, "the last line is torn .* run the stage that writes the file again"),
        (exceed_labels, r"lies outside \[0, 1\]; give 0 <= k <= n"),
        (repeat_problem, r"stands in two splits \(train and meta\); splits must share no problem"),
    ],
)
def test_damaged_labels_are_named(
    finished: Path, run: Path, server: ModelServer, damage: Any, message: str
) -> None:
    damage(run)
    with pytest.raises(InputError, match=message):
        run_pipeline(workplace(run, tiny_config(finished), server), "prm")


def test_a_checkpoint_with_another_tokenizer_is_named(
    finished: Path, run: Path, tmp_path: Path, server: ModelServer
) -> None:
    base = Path(shutil.copytree(finished / "base", tmp_path / "base"))
    words = json.loads((base / "tokenizer.json").read_text())
    most = max(words["model"]["vocab"].values())
    words["model"]["vocab"] |= {f"extra{n}": most + 1 + n for n in range(9)}
    (base / "tokenizer.json").write_text(json.dumps(words))
    config = tiny_config(finished, prm={"base": str(base)})
    with pytest.raises(InputError, match=r"another model's tokenizer: put its own beside"):
        run_pipeline(workplace(run, config, server), "prm")


def test_attention_without_forward_mode_is_named(
    finished: Path, run: Path, server: ModelServer
) -> None:
    config = tiny_config(finished, prm={"attention": "flex_attention"})
    with pytest.raises(InputError, match=r"cannot do forward mode; set attention: eager"):
        run_pipeline(workplace(run, config, server), "prm")


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({}, r"prm\.gradient_checkpointing: true, with which the same command goes on"),
        ({"gradient_checkpointing": True}, r"prm\.batch: 1 and prm\.accumulation: 2"),
        ({"gradient_checkpointing": True, "batch": 1}, r"prm\.lora"),
        (
            {"gradient_checkpointing": True, "batch": 1, "lora": {"rank": 2}},
            r"prm\.lora\.frozen: bf16",
        ),
    ],
)
def test_a_full_gpu_is_named_with_what_needs_less_of_it(
    finished: Path, run: Path, server: ModelServer, changes: dict[str, Any], remedy: str
) -> None:
    def fill(progress: Progress) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    config = tiny_config(finished, prm=changes)
    with pytest.raises(InfrastructureError, match=rf"more memory than the GPU has; .*{remedy}"):
        run_pipeline(replace(workplace(run, config, server), on_progress=fill), "prm")


@pytest.mark.parametrize(
    ("name", "writer", "completer"),
    [
        ("livecodebench", ("o4-mini", 1.0), ("Qwen/Qwen2.5-Coder-7B-Instruct", 0.3)),
        (
            "dreamprm-code",
            ("Qwen/Qwen3-Coder-30B-A3B-Instruct", 0.2),
            ("Qwen/Qwen3-Coder-30B-A3B-Instruct", 0.3),
        ),
    ],
)
def test_configurations_for_livecodebench_run_with_stand_ins(
    finished: Path,
    tmp_path: Path,
    server: ModelServer,
    name: str,
    writer: tuple[str, float],
    completer: tuple[str, float],
) -> None:
    shipped = read_run_config(CONFIGS / f"{name}.yaml")
    small = shrink(shipped)
    rows = write_rows(tmp_path / "rows.jsonl")
    stand_ins = {
        "sandbox": "local",
        "problems": small.problems.model_copy(update={"path": str(rows)}),
        "chains": small.chains.model_copy(update={"base_url": None, "per_problem": 3}),
        "labels": small.labels.model_copy(update={"base_url": None}),
        "prm": small.prm.model_copy(update={"base": str(finished / "base")}),
    }
    config = small.model_copy(update=stand_ins)
    assert config.prm.lora == shipped.prm.lora
    assert shipped.labels.rollouts == 16
    run = tmp_path / "run"
    assert run_pipeline(workplace(run, config, server)) == list(STAGES)
    asked = {(body["model"], body["temperature"]) for body in server.bodies}
    assert asked >= {writer, completer}
    moved = [
        json.loads(line) for line in (run / "prm" / "corrected.jsonl").read_text().split("\n")[:-1]
    ]
    assert any(row["weight"] != 1 for row in moved) == (name == "dreamprm-code")


def test_the_authors_configuration_says_what_their_code_does() -> None:
    config = read_run_config(CONFIGS / "dreamprm-code.yaml")
    prm, correction = config.prm, config.prm.correction
    chains = config.problems.train * config.chains.per_problem
    step = prm.batch * prm.accumulation
    steps = prm.epochs * chains / step
    first = correction.warmup * steps
    assert steps - first == pytest.approx(10_000, rel=0.01)  # bi-level iterations
    assert prm.warmup * steps == pytest.approx(250, abs=5)  # in which the rate rises
    assert first * step / chains == pytest.approx(5, rel=0.01)  # epochs of warm-up
    visits = (steps - first) * step / chains  # with a correction after every step
    assert correction.visits == pytest.approx(visits, rel=0.01)
    assert correction.reach / correction.visits == pytest.approx(0.01)  # the meta learning rate


@pytest.mark.parametrize("name", list_configs())
def test_every_shipped_configuration_is_valid(name: str) -> None:
    config = read_run_config(CONFIGS / f"{name}.yaml")
    check_config(config)
    check_config(shrink(config))


def test_the_document_lists_every_setting() -> None:
    text = (Path(dreamcode_training.__file__).parents[2] / "docs" / "training.md").read_text()
    assert describe_config() in text  # else: python -m dreamcode_training.reference
