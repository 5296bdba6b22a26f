"""What scoring takes: every prefix in one pass, and going on from the parent in a beam.

    python -m benchmarks.scoring [--repeats 5] [--model FOLDER]

Prints tokens and time as ratios to the plain way: one row a prefix, and every chain from its
beginning. The ways take turns, so that a busy machine is busy for all alike. Without --model,
the backbone of the embedded policy with a random head, in fp32.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Sequence
from importlib import resources
from typing import Any

import torch
from rich.console import Console
from rich.table import Table
from transformers import AutoModelForTokenClassification, AutoTokenizer
from transformers.utils import logging

from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending, Proposal
from dreamcode.problems import Problem
from dreamcode.rewards.checkpoint import PrmConfig
from dreamcode.rewards.hf import HfReward

STEPS = range(2, 13)
WIDTH, EXPANSIONS, DEPTH = 4, 4, 8
PROBLEM = Problem(
    "benchmark",
    "Benchmark",
    "You are given a list of numbers, one a line. Keep the even ones, sort what is left, "
    "double each number and print the sum of the largest three.\n\n"
    "Input:\n4\n1\n8\n6\n2\n\nOutput:\n36\n",
)
Rounds = Sequence[Sequence[Draft]]


def write_step(place: int, child: int) -> Proposal:
    """A function like those of the miniature world; another text for every child."""
    text = (
        f"def step_{place}_{child}(numbers):\n"
        f'    """Return the numbers above {child}, each plus {place}."""\n'
        "    result = []\n"
        "    for number in numbers:\n"
        f"        if number > {child}:\n"
        f"            result.append(number + {place})\n"
        "    return result\n\n\n"
    )
    return Proposal(text, Ending.STEP, tokens=0)


def write_chain(steps: int) -> Draft:
    """A chain of so many steps."""
    return Draft(tuple(write_step(place, 0) for place in range(steps)))


def grow_beam() -> Rounds:
    """The drafts that a beam search scores, round by round."""
    live = [Draft()]
    rounds = []
    for place in range(DEPTH):
        share = WIDTH * EXPANSIONS // len(live)
        drafts = [d.extend(write_step(place, child)) for d in live for child in range(share)]
        rounds.append(drafts)
        live = drafts[:: len(drafts) // WIDTH][:WIDTH]
    return rounds


def measure(
    model: Any, tokenizer: Any, ways: dict[str, tuple[Rounds, int | None]], repeats: int
) -> dict[str, tuple[int, float]]:
    """Tokens and median seconds of each way: what it scores, and the memory it may use."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    tokens = {}
    for repeat in range(repeats + 1):
        for name, (rounds, cache_bytes) in ways.items():
            reward = HfReward("benchmark", model, tokenizer, PrmConfig(), cache_bytes=cache_bytes)
            started = time.perf_counter()
            asyncio.run(score_rounds(reward, rounds))
            if repeat:  # the first warms up
                seconds[name].append(time.perf_counter() - started)
            tokens[name] = reward.work.tokens
    return {name: (tokens[name], statistics.median(seconds[name])) for name in ways}


async def score_rounds(reward: HfReward, rounds: Rounds) -> None:
    """Scores one round after the other."""
    for drafts in rounds:
        await reward.score(PROBLEM, drafts)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--model", default=str(resources.files("dreamcode.policies") / "embedded"))
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = AutoModelForTokenClassification.from_pretrained(
        options.model, num_labels=1, dtype=torch.float32 if device == "cpu" else "auto"
    )
    model.eval().to(device)
    tokenizer = AutoTokenizer.from_pretrained(options.model)

    table = Table(
        "steps", "tokens, one pass", "a row a prefix", "ratio", "ms, one pass", "a row a prefix",
        "ratio", title="every prefix of one chain",
    )  # fmt: skip
    for steps in STEPS:
        chain = write_chain(steps)
        prefixes = [Draft(chain.proposals[: length + 1]) for length in range(steps)]
        found = measure(
            model,
            tokenizer,
            {"one": ([[chain]], 0), "each": ([prefixes], 0)},
            options.repeats,
        )
        table.add_row(str(steps), *compare(found["one"], found["each"]))
    console = Console()
    console.print(table)

    rounds = grow_beam()
    found = measure(
        model, tokenizer, {"going on": (rounds, None), "anew": (rounds, 0)}, options.repeats
    )
    table = Table(
        "rounds", "tokens, going on", "from the beginning", "ratio", "ms, going on",
        "from the beginning", "ratio",
        title=f"beam of width {WIDTH} with {EXPANSIONS} expansions",
    )  # fmt: skip
    table.add_row(str(DEPTH), *compare(found["going on"], found["anew"]))
    console.print(table)


def compare(ours: tuple[int, float], plain: tuple[int, float]) -> list[str]:
    """Tokens of both and their ratio, milliseconds of both and their ratio."""
    return [
        f"{ours[0]:,}",
        f"{plain[0]:,}",
        f"{plain[0] / ours[0]:.2f}",
        f"{ours[1] * 1000:.1f}",
        f"{plain[1] * 1000:.1f}",
        f"{plain[1] / ours[1]:.2f}",
    ]


if __name__ == "__main__":
    main()
