"""The reward model that ships: what it is, how large, and that it tells right from wrong."""

from random import Random

import pytest

from dreamcode.cli.assembly import choose_reward
from dreamcode.cli.settings import Settings
from dreamcode.miniature.exams import generate_exam, generate_task
from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending, Proposal
from dreamcode.rewards.checkpoint import EMBEDDED
from dreamcode.rewards.hf import load_embedded
from experiments.pretraining.programs import reference_program, write_program

MEGABYTE = 1e6


def draft(steps: tuple[str, ...]) -> Draft:
    endings = [Ending.STEP] * (len(steps) - 1) + [Ending.PROGRAM]
    return Draft(tuple(Proposal(t, e, tokens=0) for t, e in zip(steps, endings, strict=True)))


def test_it_is_small_and_says_how_it_was_made() -> None:
    assert sum(file.stat().st_size for file in EMBEDDED.iterdir()) < 14 * MEGABYTE
    card = (EMBEDDED / "README.md").read_text()
    assert "dreamcode train prm --config embedded" in card


def test_the_embedded_policy_gets_it_and_no_other() -> None:
    assert choose_reward(Settings(model="embedded")) == "embedded"
    assert choose_reward(Settings(model="hf/elsewhere")) == "likelihood"


async def test_it_mostly_prefers_the_right_one_of_two_programs() -> None:
    reward = load_embedded()
    assert reward.judges == "prefixes"
    random, right, number = Random(0), 0, 60
    for index in range(number):
        task, problem = generate_task("test", index), generate_exam("test", index).problem
        good = reference_program(task, random)
        bad = write_program(task, random)
        while not bad.mistakes:
            bad = write_program(task, random)
        scores = await reward.score(problem, [draft(good.steps), draft(bad.steps)])
        assert [len(own) for own in scores] == [len(good.steps), len(bad.steps)]
        better, worse = (own[-1] for own in scores)
        assert better is not None
        assert worse is not None
        right += better > worse
    await reward.close()
    # By chance it would be 30 with a standard deviation of 4.
    assert right >= 45


@pytest.mark.parametrize("index", range(3))
async def test_every_score_is_a_chance(index: int) -> None:
    reward = load_embedded()
    problem = generate_exam("validation", index).problem
    written = write_program(generate_task("validation", index), Random(index))
    (scores,) = await reward.score(problem, [draft(written.steps)])
    assert all(score is not None and 0 <= score <= 1 for score in scores)
    await reward.close()
