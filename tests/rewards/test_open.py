"""What can be typed after --reward, and the rewards that need no weights."""

import math
from pathlib import Path

import pytest

from dreamcode.errors import InputError
from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending, Proposal
from dreamcode.rewards.checkpoint import PrmConfig
from dreamcode.rewards.reward_names import find_evidence, load_reward
from tests.rewards.checkpoints import PROBLEMS, save, tiny_model

STEPS = Draft(
    (
        Proposal("a\n", Ending.STEP, 3, logprob=-3.0, scored_tokens=2),
        Proposal("b\n", Ending.STEP, 3, logprob=-1.0, scored_tokens=6),
        Proposal("c\n", Ending.PROGRAM, 3, logprob=None),
    )
)


@pytest.mark.parametrize("name", ["", "prm", "hf", "hf/", "embedded/x", "likelihood/x", "none/x"])
def test_unknown_names_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"hf/<folder or hub id>"):
        find_evidence(name)


async def test_likelihood_is_the_geometric_mean_of_all_tokens_so_far() -> None:
    reward = load_reward("likelihood", "min")
    assert (reward.name, reward.aggregation, reward.judges) == ("likelihood", "min", "prefixes")
    [found] = await reward.score(PROBLEMS[0], [STEPS])
    assert found == (pytest.approx(math.exp(-1.5)), pytest.approx(math.exp(-0.5)), None)


async def test_none_knows_nothing() -> None:
    reward = load_reward("none")
    assert reward.judges == "nothing"
    assert await reward.score(PROBLEMS[0], [STEPS, Draft()]) == [(None, None, None), ()]


async def test_a_folder_is_opened_by_its_name(tmp_path: Path) -> None:
    folder = save(tmp_path, tiny_model(), PrmConfig())
    reward = load_reward(f"hf/{folder}", "mean")
    assert (reward.name, reward.aggregation) == (f"hf/{folder}", "mean")
    [found] = await reward.score(PROBLEMS[0], [STEPS])
    assert len(found) == 3
