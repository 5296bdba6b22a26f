"""What an evaluation says of planted scores and of a real checkpoint."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from dreamcode.chain.parse import parse
from dreamcode.errors import InputError
from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending, Proposal
from dreamcode.rewards.checkpoint import PrmConfig
from dreamcode.rewards.hf import load_hf
from dreamcode_training.chains import SampledChain
from dreamcode_training.config import EvalConfig
from dreamcode_training.evaluation import (
    Candidate,
    choose,
    measure_choices,
    measure_scores,
    run_eval,
)
from dreamcode_training.metrics import Scored, count_pairs
from dreamcode_training.records import Count, LabelledChain, ProblemRecord, write_lines
from tests.rewards.checkpoints import save, tiny_model
from tests.search.programs import DOUBLE, RIGHT, WRONG
from tests.training.world import LATE

torch.set_num_threads(1)


def candidate(passed: bool, reward: float | None, logprob: float | None = -1.0) -> Candidate:
    return Candidate(passed, reward, logprob)


def test_the_best_is_chosen_and_ties_go_to_the_earlier() -> None:
    pool = [
        candidate(False, None, -0.1),
        candidate(False, 0.4, -0.3),
        candidate(True, 0.9, -0.9),
        candidate(True, 0.9, -0.3),
    ]
    assert choose(pool, "first") == 0
    assert choose(pool, "reward") == 2
    assert choose(pool, "likelihood") == 1  # not the unfinished one
    assert choose(pool[:1], "reward") == 0


def test_rates_and_regret_are_counted_by_problem() -> None:
    right, wrong = (
        (lambda reward: candidate(True, reward)),
        (lambda reward: candidate(False, reward)),
    )
    problems = [
        [wrong(0.1), right(0.9), wrong(0.2)],  # the reward finds it
        [wrong(0.9), right(0.1), wrong(0.2)],  # it does not
        [right(0.5), wrong(0.4), right(0.3)],  # already the first
        [wrong(0.5), wrong(0.4), right(0.9)],  # the right one is the third
    ]
    two = measure_choices(problems, 2, 500, seed=0)
    values = {way: rate["value"] for way, rate in two["rates"].items()}
    assert values == {"reward": 0.5, "first": 0.25, "likelihood": 0.25, "oracle": 0.75}
    assert two["regret"]["value"] == 0.25
    assert two["differences"]["first"]["value"] == 0.25
    assert two["differences"]["first"]["mcnemar"] == {
        "only_first": 1,
        "only_second": 0,
        "p_value": 1.0,
    }
    assert two["pass_at_1"] == pytest.approx((1 + 1 + 2 + 1) / 12)
    assert two["pass_at_n"] == pytest.approx((2 / 3 + 2 / 3 + 1 + 2 / 3) / 4)
    # pass@1 is 5/12 and pass@2 is 3/4: the chosen half lies a quarter of the way.
    assert two["gap_closed"]["value"] == pytest.approx((1 / 2 - 5 / 12) / (3 / 4 - 5 / 12))
    assert 0 <= two["regret"]["low"] <= 0.25 <= two["regret"]["high"] <= 1
    three = measure_choices(problems, 3, 500, seed=0)
    assert three["rates"]["reward"]["value"] == 0.75
    with pytest.raises(InputError, match="best of 4 needs 4 candidates"):
        measure_choices(problems, 4, 500, seed=0)


def test_without_log_likelihoods_nothing_is_said_of_them() -> None:
    pools = [[candidate(True, 0.5, None), candidate(False, 0.6, None)]]
    found = measure_choices(pools, 2, 100, seed=0)
    assert set(found["rates"]) == {"reward", "first", "oracle"}


def test_scores_are_measured_over_all_problems_and_drawn_by_problem() -> None:
    scored = [
        Scored((0.9, 0.2, 0.6), (1.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
        Scored((), (), ()),
        Scored((0.7, 0.3), (1.0, 1.0), (1.0, 1.0)),
    ]
    found = measure_scores(scored, 200, seed=0)
    reference = roc_auc_score([1, 0, 0, 1, 1], [0.9, 0.2, 0.6, 0.7, 0.3])
    assert found["auroc"]["value"] == pytest.approx(reference)
    assert (found["count"], found["problems"]) == (5, 2)
    assert found["pairs"]["value"] == 1  # 0.9 against 0.2 and 0.6; the other problem has no pair
    assert found["auroc"]["low"] <= reference <= found["auroc"]["high"]
    assert measure_scores([Scored((), (), ())], 200, seed=0) == {}


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=1, max_size=12))
def test_accuracy_within_one_problem_is_its_auroc(rows: list[tuple[int, bool]]) -> None:
    scores, passed = zip(*rows, strict=True)
    right, total = count_pairs(scores, passed)
    assert total == sum(passed) * (len(passed) - sum(passed))
    if total:
        assert right / total == pytest.approx(roc_auc_score(passed, scores))


def test_half_passed_prefixes_are_no_pair_with_themselves() -> None:
    assert count_pairs([0.3], [0.5]) == (0.0, 0.0)
    assert count_pairs([0.3, 0.6], [0.5, 1.0]) == (0.5, 0.5)


def write_run(folder: Path, aggregation: str = "last") -> list[SampledChain]:
    """Two test problems and one of validation, and a reward model that knows nothing."""
    model = folder / "prm" / "model"
    model.mkdir(parents=True)
    save(model, tiny_model(), PrmConfig(aggregation=aggregation))  # type: ignore[arg-type]
    (folder / "prm" / "corrected.jsonl").write_text("")
    data = folder / "data"
    data.mkdir()

    def steps(program: str) -> tuple[str, ...]:
        return tuple(step.source for step in parse(program).steps)

    problems = [
        ProblemRecord(split, replace(DOUBLE, id=name))  # type: ignore[arg-type]
        for name, split in (("a", "test"), ("b", "test"), ("v", "validation"))
    ]
    programs = [(RIGHT, True), (WRONG, False), (LATE, False)]
    chains = [
        SampledChain(name, sample, steps(text), True, passed, -0.1 * sample, 9)
        for name in ("a", "b")
        for sample, (text, passed) in enumerate(programs)
    ]
    chains.append(SampledChain("b", 3, steps(RIGHT)[:2], False, False, None, 9))
    chains.append(SampledChain("a", 3, ("",), False, False, None, 0))
    labels = [
        LabelledChain("v", sample, steps(text), passed, (Count(1.0, 4.0), Count(0.0, 0.0)))
        for sample, (text, passed) in enumerate(programs[:2])
    ]
    write_lines(data / "problems.jsonl", problems)
    write_lines(data / "chains.jsonl", chains)
    write_lines(data / "labels.jsonl", labels)
    return chains


def test_a_checkpoint_is_measured_as_the_reward_model_scores(tmp_path: Path) -> None:
    chains = write_run(tmp_path, aggregation="min")
    report = run_eval(tmp_path, EvalConfig(n=[2, 4], resamples=100), seed=0)
    assert report == json.loads((tmp_path / "eval" / "report.json").read_text())
    assert (report["problems"], report["finished"]["count"]) == (2, 6)
    # Both chains of validation begin alike: one measured prefix, which counts once.
    assert report["prefixes"]["count"] == 1

    model = load_hf(str(tmp_path / "prm" / "model"))
    own = [chain for chain in chains if chain.problem == "a" and chain.finished]
    drafts = [
        Draft(
            tuple(
                Proposal(t, Ending.PROGRAM if t is chain.steps[-1] else Ending.STEP, 0)
                for t in chain.steps
            )
        )
        for chain in own
    ]
    scores = asyncio.run(model.score(DOUBLE, drafts))
    best = max(range(3), key=lambda place: min(s for s in scores[place] if s is not None))
    assert report["best_of"]["4"]["rates"]["reward"]["value"] == float(own[best].passed)
    assert report["best_of"]["4"]["rates"]["oracle"]["value"] == 1.0
    assert report["best_of"]["2"]["rates"]["first"]["value"] == 1.0
    assert "| 2 |" in (tmp_path / "eval" / "report.md").read_text()


def test_without_test_problems_there_is_nothing_to_say(tmp_path: Path) -> None:
    write_run(tmp_path)
    (tmp_path / "data" / "chains.jsonl").write_text("")
    with pytest.raises(InputError, match=r"raise problems\.test above 0"):
        run_eval(tmp_path, EvalConfig(n=[2], resamples=100), seed=0)
