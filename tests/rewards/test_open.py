"""What can be typed after --reward, and the rewards that need no weights."""

import math
from importlib.util import find_spec
from pathlib import Path

import pytest

from dreamcode.errors import InfrastructureError, InputError
from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending, Proposal
from dreamcode.policies.policy_names import open_policy
from dreamcode.policies.server_options import ServerOptions
from dreamcode.rewards.checkpoint import PrmConfig
from dreamcode.rewards.reward_names import find_evidence, open_reward
from tests.rewards.checkpoints import PROBLEMS, save, tiny_model

STEPS = Draft(
    (
        Proposal("a\n", Ending.STEP, 3, logprob=-3.0, scored_tokens=2),
        Proposal("b\n", Ending.STEP, 3, logprob=-1.0, scored_tokens=6),
        Proposal("c\n", Ending.PROGRAM, 3, logprob=None),
    )
)


@pytest.mark.parametrize(
    "name", ["", "prm", "hf", "hf/", "embedded/x", "likelihood/x", "none/x", "judge/"]
)
def test_unknown_names_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"hf/<folder or hub id>"):
        find_evidence(name)


async def test_likelihood_is_the_geometric_mean_of_all_tokens_so_far() -> None:
    async with open_reward("likelihood", "min") as reward:
        assert (reward.name, reward.aggregation, reward.judges) == ("likelihood", "min", "prefixes")
        [found] = await reward.score(PROBLEMS[0], [STEPS])
    assert found == (pytest.approx(math.exp(-1.5)), pytest.approx(math.exp(-0.5)), None)


async def test_none_knows_nothing() -> None:
    async with open_reward("none") as reward:
        assert reward.judges == "nothing"
        assert await reward.score(PROBLEMS[0], [STEPS, Draft()]) == [(None, None, None), ()]


async def test_a_folder_is_opened_by_its_name(tmp_path: Path) -> None:
    folder = save(tmp_path, tiny_model(), PrmConfig())
    async with open_reward(f"hf/{folder}", "mean") as reward:
        assert (reward.name, reward.aggregation) == (f"hf/{folder}", "mean")
        [found] = await reward.score(PROBLEMS[0], [STEPS])
    assert len(found) == 3


@pytest.mark.parametrize("kind", ["vllm/", "served/", "judge/", "hf/"])
def test_kinds_that_go_by_the_text(kind: str) -> None:
    assert find_evidence(f"{kind}name") == "text"


@pytest.mark.skipif(find_spec("vllm") is not None, reason="vLLM is installed")
async def test_vllm_that_is_not_installed_is_named_with_its_remedy(tmp_path: Path) -> None:
    folder = save(tmp_path, tiny_model(), PrmConfig())
    with pytest.raises(InputError, match=r"needs vllm; run pip install 'dreamcode\[vllm\]'"):
        async with open_reward(f"vllm/{folder}"):
            pass
    with pytest.raises(InputError, match=r"pip install 'dreamcode\[vllm\]'"):
        async with open_policy(f"vllm/{folder}"):
            pass


async def test_a_served_reward_needs_a_server(tmp_path: Path) -> None:
    folder = save(tmp_path, tiny_model(), PrmConfig())
    with pytest.raises(InputError, match="say where its server is with --reward-base-url"):
        async with open_reward(f"served/{folder}"):
            pass
    nobody = ServerOptions(("http://127.0.0.1:9/v1",), retries=0)
    with pytest.raises(InfrastructureError, match="does not tell which model it serves"):
        async with open_reward(f"served/{folder}", server=nobody):
            pass
