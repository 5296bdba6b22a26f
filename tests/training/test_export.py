"""Labels for other programs, and pictures of them."""

import json
from pathlib import Path

import pytest

from dreamcode.errors import InputError
from dreamcode.runs.journal import Journal
from dreamcode_training.export import export_trl
from dreamcode_training.label_plots import label_by_position, plot_labels, read_rates
from dreamcode_training.records import Count, LabelledChain, ProblemRecord, Split
from tests.search.programs import DOUBLE

PROBLEMS = {DOUBLE.id: ProblemRecord("train", DOUBLE)}


def chain(counts: list[tuple[float, float]], *, passed: bool) -> LabelledChain:
    steps = tuple(f"def f{place}(): pass\n\n\n" for place in range(len(counts) + 1))
    return LabelledChain("double", 0, steps, passed, tuple(Count(k, n) for k, n in counts))


def export(path: Path, *chains: LabelledChain, threshold: float = 0.0) -> list[dict[str, object]]:
    count = export_trl(path, chains, PROBLEMS, threshold=threshold)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(lines) == count
    return lines


def test_a_chain_becomes_a_prompt_with_steps_and_labels(tmp_path: Path) -> None:
    one = chain([(4, 4), (1, 4), (0, 4)], passed=False)
    [line] = export(tmp_path / "trl.jsonl", one)
    assert DOUBLE.statement in str(line["prompt"])
    assert line["completions"] == list(one.steps)
    assert line["labels"] == [True, True, False, False]
    assert line["soft_labels"] == [1.0, 0.25, 0.0, 0.0]
    [strict] = export(tmp_path / "trl.jsonl", one, threshold=0.5)
    assert strict["labels"] == [True, False, False, False]


@pytest.mark.parametrize(
    ("counts", "passed", "labels"),
    [
        ([(0, 0), (1, 2), (0, 2), (0, 0)], False, [True, True, False, False, False]),
        ([(0, 0), (0, 0)], True, [True, True, True]),
        ([(0, 0), (0, 0)], False, None),
        ([(2, 2), (0, 0)], False, None),
        ([], False, [False]),
    ],
)
def test_gaps_are_filled_where_neighbours_decide(
    tmp_path: Path, counts: list[tuple[float, float]], passed: bool, labels: list[bool] | None
) -> None:
    lines = export(tmp_path / "trl.jsonl", chain(counts, passed=passed))
    assert [line["labels"] for line in lines] == ([labels] if labels else [])
    for line in lines:
        soft = line["soft_labels"]
        assert isinstance(soft, list)
        assert [share is None for share in soft] == [*(n == 0 for _, n in counts), False]


def test_other_splits_are_left_out_and_thresholds_checked(tmp_path: Path) -> None:
    one = chain([], passed=True)
    splits: list[Split] = ["meta", "validation", "test"]
    for split in splits:
        assert export_trl(tmp_path / "x.jsonl", [one], PROBLEMS, split) == 0
    for threshold in (-0.1, 1.0):
        with pytest.raises(InputError, match=r"outside \[0, 1\)"):
            export_trl(tmp_path / "x.jsonl", [one], PROBLEMS, threshold=threshold)


def test_the_mean_label_of_each_position(tmp_path: Path) -> None:
    chains = [
        chain([(4, 4), (1, 4), (0, 0)], passed=True),
        chain([(1, 2), (0, 8)], passed=False),
    ]
    assert label_by_position(chains) == [(1, 0.75, 2), (2, 0.125, 2)]
    pictures = plot_labels(tmp_path, chains)
    assert [picture.name for picture in pictures] == ["labels.png", "positions.png"]
    assert all(picture.read_bytes().startswith(b"\x89PNG") for picture in pictures)


def test_the_rate_adds_up_to_all_rollouts(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    lines = [
        {"kind": "rollout", "key": f"{at} {part}", "at": float(at)}
        for at in range(10, 71)
        for part in range(4)
    ]
    lines.append({"kind": "verdict", "key": "v", "at": 500.0})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    times, rates = read_rates(path)
    assert times[0] == pytest.approx(0.5)
    assert times[-1] == pytest.approx(59.5)
    assert sum(rates) * 1.0 == pytest.approx(4 * 61)
    assert [picture.name for picture in plot_labels(tmp_path, [], path)][-1] == "rate.png"
    Journal(tmp_path / "empty.jsonl").close()
    assert read_rates(tmp_path / "empty.jsonl") == ([], [])
    with pytest.raises(InputError, match="cannot read"):
        read_rates(tmp_path / "none.jsonl")
