"""The transformers policy, on the model that ships with the package."""

import asyncio
import json
import shutil
from importlib import resources
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from dreamcode.chain.parse import parse
from dreamcode.errors import InfrastructureError, InputError
from dreamcode.policies.finishing import write_by_steps
from dreamcode.policies.hf import HfPolicy, load_embedded, load_hf
from dreamcode.policies.policy import Answer, Ending, Request, Sampling
from dreamcode.problems import Problem
from dreamcode.problems.read import read_exam
from tests.policies.asking import finish

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


def ask(problem: Problem, prefix: str = "", *seeds: int, sampling: Sampling = SAMPLING) -> Request:
    return Request(problem, prefix, sampling, seeds or (0,))


async def test_the_first_step_is_main_and_ends_before_the_second(
    policy: HfPolicy, problems: list[Problem]
) -> None:
    answer = await policy.write(ask(problems[0], "", *range(8)))
    assert len(answer.proposals) == 8
    for proposal in answer.proposals:
        [step] = parse(proposal.text).steps
        assert step.name == "main"
        assert proposal.ending is Ending.STEP
        assert proposal.text.endswith("\n\n\n")
        assert proposal.logprob is not None
        assert proposal.logprob < 0
        assert 0 < proposal.scored_tokens < proposal.tokens
    assert answer.usage.calls == 1
    assert answer.usage.completion_tokens == sum(p.tokens for p in answer.proposals)


async def test_a_program_grows_to_its_end(policy: HfPolicy, problems: list[Problem]) -> None:
    prefix = ""
    for _ in range(12):
        [proposal] = (await policy.write(ask(problems[1], prefix, 3))).proposals
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
    first = (await policy.write(ask(problems[0], "", 1, 2))).proposals
    requests = [
        ask(problems[0], first[0].text, 5),
        ask(problems[0], first[1].text, 6, 7),
        ask(problems[1], "", 8),
        ask(problems[2], "", 8, 9, sampling=Sampling(temperature=0.0, max_step_tokens=256)),
    ]
    together = await asyncio.gather(*map(policy.write, requests))
    for request, answer in zip(requests, together, strict=True):
        alone = await policy.write(request)
        assert texts(alone) == texts(answer)
    greedy = texts(together[3])
    assert greedy[0] == greedy[1]


def texts(answer: Answer) -> list[str]:
    return [proposal.text for proposal in answer.proposals]


async def test_a_step_that_does_not_fit_is_a_dead_end(
    policy: HfPolicy, problems: list[Problem]
) -> None:
    short = Sampling(max_step_tokens=5)
    [proposal] = (await policy.write(ask(problems[0], sampling=short))).proposals
    assert proposal.ending is Ending.LENGTH
    assert proposal.tokens == 5


async def test_a_prompt_that_exceeds_the_window_is_refused(policy: HfPolicy) -> None:
    long = Problem("long", "long", "word " * 5000)
    with pytest.raises(InputError, match=r"problem long .* tokens"):
        await policy.write(ask(long))


async def test_a_local_folder_is_loaded_like_the_embedded_one(
    policy: HfPolicy, problems: list[Problem], folder: Path
) -> None:
    loaded = load_hf(str(folder))
    assert loaded.name == f"hf/{folder}"
    request = ask(problems[0], "", 1, 2, 3)
    assert texts(await loaded.write(request)) == texts(await policy.write(request))


async def test_a_chat_model_is_prompted_through_its_template(
    problems: list[Problem], folder: Path
) -> None:
    """A template that drops everything but the statement makes chat and bare prompt equal."""
    (folder / "dreamcode.json").unlink()
    config = json.loads((folder / "tokenizer_config.json").read_text())
    config["chat_template"] = (
        "{{ bos_token }}# Problem\n"
        "{% set user = messages[1]['content'] %}"
        "{{ user.split('Problem:\n')[1].split('\n\nAnswer:')[0] }}\n\n# Program\n"
    )
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    chat = load_hf(str(folder))
    [proposal] = (await chat.write(ask(problems[0], "", 1))).proposals
    # After the fence that opens the answer the model sees what it never saw, but it is asked.
    assert proposal.tokens > 0


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
    writing = asyncio.create_task(policy.write(ask(problems[0], "", *range(64))))
    await asyncio.sleep(0.01)
    await policy.close()
    with pytest.raises(InfrastructureError, match="closed"):
        await writing


async def test_programs_are_finished_in_one_go_behind_their_prefix(
    policy: HfPolicy, problems: list[Problem]
) -> None:
    [first] = (await policy.write(ask(problems[0], "", 1))).proposals
    for prefix in ("", first.text):
        answer = await finish(policy, ask(problems[0], prefix, *range(3)))
        assert answer.usage.calls == 1
        assert answer.usage.completion_tokens == sum(p.tokens for p in answer.proposals)
        for proposal in answer.proposals:
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
        request = ask(problem, "", 0, sampling=greedy)
        [whole] = (await finish(policy, request)).proposals
        [stepwise] = (await write_by_steps(policy, request)).proposals
        assert whole.text == stepwise.text
        assert whole.ending is stepwise.ending is Ending.PROGRAM


async def test_finishing_in_mixed_company_gives_what_it_gives_alone(
    policy: HfPolicy, problems: list[Problem]
) -> None:
    [first] = (await policy.write(ask(problems[0], "", 1))).proposals
    short = Sampling(temperature=0.8, max_step_tokens=25)
    requests = [
        ask(problems[0], first.text, 5, 6, sampling=short),
        ask(problems[1], "", *range(70), sampling=short),
        ask(problems[2], "", *range(70), sampling=short),  # too many for one batch
        ask(problems[0], "", 7, sampling=short),
    ]
    together = await asyncio.gather(*(finish(policy, request) for request in requests))
    for request, answer in zip(requests, together, strict=True):
        assert len(answer.proposals) == len(request.seeds)
    for place in (0, 3):
        assert texts(await finish(policy, requests[place])) == texts(together[place])


async def test_a_program_that_does_not_fit_is_a_dead_end(
    policy: HfPolicy, problems: list[Problem]
) -> None:
    short = Sampling(max_step_tokens=30)
    [proposal] = (await finish(policy, ask(problems[0], sampling=short))).proposals
    assert proposal.ending is Ending.LENGTH
    assert proposal.tokens == 30


async def test_a_code_fence_ends_a_program(problems: list[Problem], folder: Path) -> None:
    """The same model, made to close a fence where it would end its answer."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    [fence] = tokenizer("```", add_special_tokens=False)["input_ids"]
    greedy = ask(problems[0], "", 0, sampling=Sampling(temperature=0.0, max_step_tokens=400))
    policy = HfPolicy("fencing", model, tokenizer, bare=True)
    [ended] = (await finish(policy, greedy)).proposals

    def close_fence(_module: object, _inputs: object, logits: torch.Tensor) -> torch.Tensor:
        logits = logits.clone()
        logits[..., fence] = logits[..., tokenizer.eos_token_id]
        logits[..., tokenizer.eos_token_id] = -1e4
        return logits

    model.get_output_embeddings().register_forward_hook(close_fence)
    [fenced] = (await finish(policy, greedy)).proposals
    assert fenced.ending is Ending.PROGRAM
    assert (fenced.text, fenced.tokens) == (ended.text, ended.tokens)
