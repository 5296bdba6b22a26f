"""Solving measured: against planted outcomes, and from end to end with the shipped policy."""

import json
from pathlib import Path

import pytest

from dreamcode_training.chains import SampledChain
from experiments.pretraining.solving import Solved, main, summarise


def chains(*passed: bool) -> list[SampledChain]:
    return [
        SampledChain("p", number, ("pass\n",), True, ok, -1.0, 5)
        for number, ok in enumerate(passed)
    ]


def test_rates_and_differences_are_taken_problem_by_problem() -> None:
    solved = [Solved(True, True, 9), Solved(True, True, 9), Solved(False, True, 9)]
    found = summarise(solved, [chains(True, False), chains(False, True), chains(False, False)])
    assert {name: one.value for name, one in found.items()} == {
        "solved": pytest.approx(2 / 3),
        "first sample": pytest.approx(1 / 3),
        "any of 2 samples": pytest.approx(2 / 3),
        "solved, of those that any of 2 samples solves": 1.0,
        "solved - first sample": pytest.approx(1 / 3),
    }


def test_a_measured_search_is_not_run_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {"problems": 3, "reward": "likelihood", "n": 2, "samples": 2, "sandbox": "local"}
    main(**settings, search="best-of-n", width=2, temperature=0.8, seed=0, out=tmp_path)  # type: ignore[arg-type]
    journal = (tmp_path / "journal.jsonl").read_bytes()
    first, result = capsys.readouterr().out, json.loads((tmp_path / "result.json").read_text())
    assert "share of problems" in first
    assert 0 <= result["solved"]["value"] <= 1
    main(**settings, search="best-of-n", width=2, temperature=0.8, seed=0, out=tmp_path)  # type: ignore[arg-type]
    assert capsys.readouterr().out == first
    assert (tmp_path / "journal.jsonl").read_bytes() == journal
