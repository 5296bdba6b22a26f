"""A real language model: a tokenizer, a chat template and a size that tests' own models lack."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from itertools import accumulate, chain
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings

from dreamcode.concurrency import together
from dreamcode.policies.hf import HfPolicy, load_hf
from dreamcode.policies.policy import Request, Sampling
from dreamcode.policies.reading import PromptReader, cut_prompt
from dreamcode.problems import Problem
from dreamcode.problems.read import read_problem
from tests.interrupts import take_interrupts
from tests.policies.asking import ask
from tests.real_chains import chains
from tests.real_model import FOLDER

pytestmark = pytest.mark.real_model
EXAMPLE = Path(__file__).parents[2] / "examples" / "mini-2.md"


def interrupt(run: Path, times: int) -> tuple[int, float]:
    """Exit code of a run that Ctrl-C stops while it reads its prompt, and seconds that took."""
    arguments = [EXAMPLE, "--model", f"hf/{FOLDER}", "--run-dir", run, "--sandbox", "local"]
    process = subprocess.Popen(
        [sys.executable, "-m", "dreamcode", "solve", *map(str, arguments)],
        stderr=subprocess.PIPE,
        preexec_fn=take_interrupts,
        text=True,
    )
    services = run / "services.json"  # written when all is loaded
    while not services.exists() and process.poll() is None:
        time.sleep(0.01)
    time.sleep(0.5)
    started = time.monotonic()
    for _ in range(times):
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
    _, errors = process.communicate(timeout=60)
    assert "stopped; nothing done is lost" in errors
    assert "Traceback" not in errors
    return process.returncode, time.monotonic() - started


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_ends_a_run_that_reads_a_long_prompt(tmp_path: Path, times: int) -> None:
    code, seconds = interrupt(tmp_path / "run", times)
    assert code == 130
    assert seconds < 5 * (1 + os.getloadavg()[0] / (os.cpu_count() or 1))


@pytest.fixture(scope="module")
def policy() -> HfPolicy:
    return load_hf(str(FOLDER))


@pytest.fixture(scope="module")
def problem() -> Problem:
    return read_problem(str(EXAMPLE))


def wish(problem: Problem, prefix: str = "", seed: int = 0, tokens: int = 24) -> Request:
    return Request(problem, prefix, Sampling(max_step_tokens=tokens), seed)


@settings(max_examples=40)
@given(steps=chains())
def test_a_prefix_in_text_is_a_prefix_in_tokens(
    policy: HfPolicy, problem: Problem, steps: tuple[str, ...]
) -> None:
    whole = policy.asker.ask(wish(problem, "".join(steps))).parts
    assert [policy.asker._decode(piece) for piece in whole[1:]] == list(steps)
    for length in range(1, len(steps)):
        assert policy.asker.ask(wish(problem, "".join(steps[:length]))).parts == whole[: length + 1]
    first = policy.asker.ask(wish(problem)).parts
    assert first[0] == whole[0]
    assert [policy.asker._decode(piece) for piece in first[1:]] == ["def main():"]


async def test_the_first_function_is_begun_and_costs_nothing(
    policy: HfPolicy, problem: Problem
) -> None:
    proposals, usage = await ask(policy, wish(problem), 4)
    for proposal in proposals:
        assert proposal.text.startswith("def main():")
        assert proposal.scored_tokens <= proposal.tokens <= 24
    assert usage.calls == 1
    solution = replace(
        problem, starter_code="class Solution:\n    def add(self, a):\n        ", function="add"
    )
    [method], _ = await ask(policy, wish(solution))
    assert method.text.startswith("class Solution:\n    def add(self, a):\n")


async def test_a_prompt_is_read_once_and_each_step_once(problem: Problem) -> None:
    policy = load_hf(str(FOLDER))
    first = [f"def main():\n    print({number})\n\n\n" for number in range(4)]
    second = [step + "def help(x):\n    return x\n\n\n" for step in first]
    read = written = 0
    for prefixes in ([""] * 4, first, second):
        wishes = [wish(problem, prefix, seed, 8) for seed, prefix in enumerate(prefixes)]
        for answer in await together(map(policy.write, wishes)):
            read += answer.usage.prompt_tokens - answer.usage.cached_tokens
            written += answer.usage.completion_tokens
    prompt = policy.asker.ask(wish(problem)).parts
    steps = sum(len(policy.asker._tokens(step)) for step in second)
    assert read <= sum(map(len, prompt)) + steps
    assert policy._reader is not None
    assert policy._reader.tokens == read


def test_logits_behind_what_was_kept_are_those_of_the_whole_prompt(
    policy: HfPolicy, problem: Problem
) -> None:
    model, reader = policy._model, PromptReader(policy._model)
    prefix = "def main():\n    print(read())\n\n\n"
    for text in ("", prefix, prefix + "def read():\n    return input()\n\n\n"):
        pieces = policy.asker.ask(wish(problem, text)).parts
        path = cut_prompt([*chain.from_iterable(pieces)], [*accumulate(map(len, pieces))])
        with torch.inference_mode():
            found = reader.read([path], lambda: False)
            plain = model(torch.tensor([path.ids]), logits_to_keep=1).logits[0, -1]
        assert found is not None
        assert torch.allclose(found[0][0].logits, plain, atol=1e-3, rtol=1e-3)
