"""The transformers policy, on the model that ships with the package."""

import asyncio
import json
import shutil
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from dreamcode.chain.parse import parse
from dreamcode.chain.prompts import begin_program
from dreamcode.errors import InfrastructureError, InputError
from dreamcode.policies.draft import Draft
from dreamcode.policies.hf import HfPolicy, load_embedded, load_hf
from dreamcode.policies.policy import Ending, Proposal, Request, Sampling, Usage
from dreamcode.policies.pulse import Pulse
from dreamcode.problems import Problem
from dreamcode.problems.read import read_exam
from tests.policies.asking import ask, finish

EXAMPLES = Path(__file__).parents[2] / "examples"
SAMPLING = Sampling(temperature=0.8, max_step_tokens=256)


@pytest.fixture(scope="module")
def policy() -> HfPolicy:
    return load_embedded()


@pytest.fixture(scope="module")
def problems() -> list[Problem]:
    return [read_exam(EXAMPLES / f"mini-{number}.md").problem for number in (1, 2, 3)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the embedded model, to change."""
    with resources.as_file(resources.files("dreamcode.policies") / "embedded") as source:
        shutil.copytree(source, tmp_path / "model")
    return tmp_path / "model"


def wish(
    problem: Problem, prefix: str = "", seed: int = 0, sampling: Sampling = SAMPLING
) -> Request:
    return Request(problem, prefix, sampling, seed)


async def test_the_first_step_is_main_and_ends_before_the_second(
    policy: HfPolicy, problems: list[Problem]
) -> None:
    proposals, usage = await ask(policy, wish(problems[0]), 8)
    assert len({proposal.text for proposal in proposals}) > 1
    for proposal in proposals:
        [step] = parse(proposal.text).steps
        assert step.name == "main"
        assert proposal.ending is Ending.STEP
        assert proposal.text.endswith("\n\n\n")
        assert proposal.logprob is not None
        assert proposal.logprob < 0
        assert 0 < proposal.scored_tokens < proposal.tokens
    assert usage.calls == 1
    assert usage.completion_tokens == sum(proposal.tokens for proposal in proposals)


async def test_samples_of_one_prompt_share_its_cost_and_the_first_pays(
    policy: HfPolicy, problems: list[Problem]
) -> None:
    alone = await policy.write(wish(problems[0], seed=1))
    asked = [wish(problems[0], seed=1), wish(problems[0], seed=2), wish(problems[1], seed=1)]
    first, second, other = await asyncio.gather(*map(policy.write, asked))
    assert first.proposal.text == alone.proposal.text
    assert (first.usage.calls, second.usage.calls, other.usage.calls) == (1, 0, 1)
    assert first.usage.prompt_tokens == alone.usage.prompt_tokens > 0
    assert second.usage.prompt_tokens == 0
    for answer in (first, second, other):
        assert answer.usage.completion_tokens == answer.proposal.tokens


async def test_a_limits_room_ends_a_sample(policy: HfPolicy, problems: list[Problem]) -> None:
    for until in ("step", "program"):
        request = replace(wish(problems[0]), until=until, room=9)
        proposal = (await policy.write(request)).proposal
        assert (proposal.ending, proposal.tokens) == (Ending.LENGTH, 9)


async def test_a_program_grows_to_its_end(policy: HfPolicy, problems: list[Problem]) -> None:
    prefix = ""
    for _ in range(12):
        proposal = (await policy.write(wish(problems[1], prefix, 3))).proposal
        prefix += proposal.text
        if proposal.ending is Ending.PROGRAM:
            break
    assert proposal.ending is Ending.PROGRAM
    assert prefix.endswith('if __name__ == "__main__":\n    main()\n')
    assert len(parse(prefix).steps) >= 3
    compile(prefix, "program", "exec")


async def test_mixed_prefixes_in_one_batch_get_what_they_get_alone(
    policy: HfPolicy, problems: list[Problem]
) -> None:
    (one, two), _ = await ask(policy, wish(problems[0], seed=1), 2)
    greedy = Sampling(temperature=0.0, max_step_tokens=256)
    requests = [
        wish(problems[0], one.text, 5),
        wish(problems[0], two.text, 6),
        wish(problems[0], two.text, 7),
        wish(problems[1], "", 8),
        wish(problems[2], "", 8, greedy),
        wish(problems[2], "", 9, greedy),
    ]
    together = await asyncio.gather(*map(policy.write, requests))
    for request, answer in zip(requests, together, strict=True):
        assert (await policy.write(request)).proposal.text == answer.proposal.text
    assert together[-1].proposal.text == together[-2].proposal.text


def texts(found: tuple[list[Proposal], Usage]) -> list[str]:
    return [proposal.text for proposal in found[0]]


async def test_a_step_that_does_not_fit_is_a_dead_end(
    policy: HfPolicy, problems: list[Problem]
) -> None:
    short = Sampling(max_step_tokens=5)
    proposal = (await policy.write(wish(problems[0], sampling=short))).proposal
    assert proposal.ending is Ending.LENGTH
    assert proposal.tokens == 5


async def test_a_prompt_that_exceeds_the_window_is_refused(policy: HfPolicy) -> None:
    long = Problem("long", "long", "word " * 5000)
    with pytest.raises(InputError, match=r"problem long .* tokens"):
        await policy.write(wish(long))


async def test_a_local_folder_is_loaded_like_the_embedded_one(
    policy: HfPolicy, problems: list[Problem], folder: Path
) -> None:
    loaded = load_hf(str(folder))
    assert loaded.name == f"hf/{folder}"
    request = wish(problems[0], seed=1)
    assert texts(await ask(loaded, request, 3)) == texts(await ask(policy, request, 3))


@pytest.fixture
def chat(folder: Path) -> HfPolicy:
    """A chat model, by a template that keeps nothing but the statement."""
    (folder / "dreamcode.json").unlink()
    config = json.loads((folder / "tokenizer_config.json").read_text())
    config["chat_template"] = (
        "{{ bos_token }}# Problem\n"
        "{% set user = messages[1]['content'] %}"
        "{{ user.split('Problem:\n')[1].split('\n\nAnswer:')[0] }}\n\n# Program\n"
    )
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return load_hf(str(folder))


async def test_a_chat_models_first_step_is_begun_for_it(
    chat: HfPolicy, problems: list[Problem]
) -> None:
    """After the fence that opens the answer the model sees what it never saw, but it is asked."""
    solution = Problem(
        "sums", "Sums", "Add.", "class Solution:\n    def add(self, a, b):\n", function="add"
    )
    for problem in (problems[0], solution):
        begun = begin_program(problem)
        for ask_for in (ask, finish):
            [proposal], usage = await ask_for(chat, wish(problem, seed=1))
            assert proposal.text.startswith(begun)
            assert proposal.scored_tokens <= proposal.tokens == usage.completion_tokens > 0


async def test_a_model_with_a_chat_template_is_told_of_a_failure_and_others_are_not(
    chat: HfPolicy, policy: HfPolicy, problems: list[Problem]
) -> None:
    for one, told in ((chat, True), (policy, False)):
        spent = []
        for feedback in ("", "It printed 3 where 4 was right. " * 3):
            answer = await one.write(replace(wish(problems[0]), feedback=feedback))
            spent.append(answer.usage.prompt_tokens)
        assert (spent[1] > spent[0]) is told


async def test_begun_text_costs_no_tokens_and_later_steps_are_not_begun(
    chat: HfPolicy, problems: list[Problem]
) -> None:
    short = Sampling(temperature=0.0, max_step_tokens=3)
    [first], _ = await ask(chat, wish(problems[0], sampling=short))
    assert first.tokens == first.scored_tokens == 3
    assert first.text.startswith("def main():")
    begun = "def main():\n    print(read_line())\n\n\n"
    [second], _ = await ask(chat, wish(problems[0], begun, sampling=short))
    assert not second.text.startswith("def main():")


@pytest.mark.parametrize("broken", ["missing", "no config", "not a language model"])
def test_a_model_that_cannot_be_loaded_is_named(tmp_path: Path, broken: str) -> None:
    path = tmp_path / "model"
    if broken != "missing":
        path.mkdir()
    if broken == "not a language model":
        (path / "config.json").write_text('{"model_type": "no such architecture"}')
    with pytest.raises(InputError, match="cannot load model"):
        load_hf(str(path))


async def test_closing_ends_the_work_under_way(problems: list[Problem]) -> None:
    policy = load_embedded()
    writing = asyncio.create_task(ask(policy, wish(problems[0]), 64))
    await asyncio.sleep(0.01)
    await policy.close()
    with pytest.raises(InfrastructureError, match="closed"):
        await asyncio.wait_for(writing, 30)


async def test_a_closed_policy_says_so(problems: list[Problem]) -> None:
    policy = load_embedded()
    await policy.close()
    await policy.close()
    with pytest.raises(InfrastructureError, match="closed"):
        await policy.write(wish(problems[0]))


def run_out_of_memory(policy: HfPolicy, most_rows: int) -> list[int]:
    """Makes the model's passes over more rows fail as a full GPU does; returns rows of passes."""
    rows: list[int] = []

    def refuse(_module: object, arguments: dict[str, torch.Tensor]) -> None:
        rows.append(len(arguments["input_ids"]))
        # In the middle of the work too: what was drawn then is drawn again.
        if rows[-1] > most_rows and len(rows) % 5 == 0:
            raise torch.OutOfMemoryError("CUDA out of memory.")

    policy._model.register_forward_pre_hook(
        lambda module, _, arguments: refuse(module, arguments), with_kwargs=True
    )
    return rows


async def test_what_does_not_fit_the_memory_is_sampled_in_smaller_batches(
    policy: HfPolicy, problems: list[Problem]
) -> None:
    wanted = texts(await ask(policy, wish(problems[0]), 12))
    full = load_embedded()
    rows = run_out_of_memory(full, 3)
    found = await ask(full, wish(problems[0]), 12)
    assert texts(found) == wanted
    assert found[1].completion_tokens == sum(proposal.tokens for proposal in found[0])
    rows.clear()
    await ask(full, wish(problems[1]), 12)  # it has been learned
    assert max(rows) <= 3


async def test_memory_that_does_not_take_one_sample_is_an_error_with_a_remedy(
    problems: list[Problem],
) -> None:
    policy = load_embedded()
    run_out_of_memory(policy, 0)
    with pytest.raises(InfrastructureError, match=r"out of memory .* --max-step-tokens"):
        await ask(policy, wish(problems[0]), 3)


async def test_it_shows_how_far_a_batch_is(problems: list[Problem], folder: Path) -> None:
    pulse, seen = Pulse(), set()
    policy = load_hf(str(folder), None, pulse)
    task = asyncio.create_task(ask(policy, wish(problems[0]), 4))
    while not task.done():
        seen.add(str(pulse))
        await asyncio.sleep(0.002)
    assert any(line.startswith(" · 4 under way: ") for line in seen)
    assert len(seen) > 3
    assert str(pulse) == ""


async def test_a_model_that_thinks_is_said_not_to_where_its_answer_is_begun(
    problems: list[Problem], folder: Path
) -> None:
    (folder / "dreamcode.json").unlink()
    config = json.loads((folder / "tokenizer_config.json").read_text())
    config["chat_template"] = "{{ messages[1]['content'] }}{# <think> #}"
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    said: list[str] = []
    policy = load_hf(str(folder), said.append)
    assert policy.grain == "program"
    short = wish(problems[0], sampling=Sampling(max_step_tokens=5))
    await finish(policy, short)
    assert not said
    await ask(policy, short, 2)
    assert len(said) == 1
    assert "--grain program" in said[0]


async def test_programs_are_finished_in_one_go_behind_their_prefix(
    policy: HfPolicy, problems: list[Problem]
) -> None:
    first = (await policy.write(wish(problems[0], seed=1))).proposal
    for prefix in ("", first.text):
        proposals, usage = await finish(policy, wish(problems[0], prefix), 3)
        assert usage.calls == 1
        assert usage.completion_tokens == sum(proposal.tokens for proposal in proposals)
        for proposal in proposals:
            assert proposal.ending is Ending.PROGRAM
            program = prefix + proposal.text
            compile(program, "program", "exec")
            steps = [step.source for step in parse(program).steps]
            assert len(steps) > 1
            assert all(step.endswith("\n\n\n") for step in steps[:-1])
            assert program.endswith('if __name__ == "__main__":\n    main()\n')
            assert proposal.logprob is not None
            assert proposal.scored_tokens == proposal.tokens


async def test_a_greedy_program_is_the_same_in_one_go_and_step_by_step(
    policy: HfPolicy, problems: list[Problem]
) -> None:
    greedy = Sampling(temperature=0.0, max_step_tokens=512)
    for problem in problems[:2]:
        [whole], _ = await finish(policy, wish(problem, sampling=greedy))
        stepwise = Draft()
        while stepwise.ending is Ending.STEP:
            request = wish(problem, stepwise.source, sampling=greedy)
            stepwise = stepwise.extend((await policy.write(request)).proposal)
        assert whole.text == stepwise.source
        assert whole.ending is stepwise.ending is Ending.PROGRAM
        assert Draft().extend(whole, "program").steps == stepwise.steps


async def test_finishing_in_mixed_company_gives_what_it_gives_alone(
    policy: HfPolicy, problems: list[Problem]
) -> None:
    first = (await policy.write(wish(problems[0], seed=1))).proposal
    short = Sampling(temperature=0.8, max_step_tokens=25)
    wishes = [
        (wish(problems[0], first.text, 5, short), 2),
        (wish(problems[1], "", 0, short), 70),
        (wish(problems[2], "", 0, short), 70),  # too many for one batch
        (wish(problems[0], "", 7, short), 1),
    ]
    together = await asyncio.gather(*(finish(policy, request, n) for request, n in wishes))
    for (_, n), (proposals, _) in zip(wishes, together, strict=True):
        assert len(proposals) == n
    for place in (0, 3):
        assert texts(await finish(policy, *wishes[place])) == texts(together[place])


async def test_a_program_that_does_not_fit_is_a_dead_end(
    policy: HfPolicy, problems: list[Problem]
) -> None:
    short = Sampling(max_step_tokens=30)
    [proposal], _ = await finish(policy, wish(problems[0], sampling=short))
    assert proposal.ending is Ending.LENGTH
    assert proposal.tokens == 30


async def test_a_code_fence_ends_a_program(problems: list[Problem], folder: Path) -> None:
    """The same model, made to close a fence where it would end its answer."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    [fence] = tokenizer("```", add_special_tokens=False)["input_ids"]
    greedy = wish(problems[0], sampling=Sampling(temperature=0.0, max_step_tokens=400))
    policy = HfPolicy("fencing", model, tokenizer, bare=True)
    [ended], _ = await finish(policy, greedy)

    def close_fence(_module: object, _inputs: object, logits: torch.Tensor) -> torch.Tensor:
        logits = logits.clone()
        logits[..., fence] = logits[..., tokenizer.eos_token_id]
        logits[..., tokenizer.eos_token_id] = -1e4
        return logits

    model.get_output_embeddings().register_forward_hook(close_fence)
    [fenced], _ = await finish(policy, greedy)
    assert fenced.ending is Ending.PROGRAM
    assert (fenced.text, fenced.tokens) == (ended.text, ended.tokens)
