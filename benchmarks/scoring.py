"""What scoring takes: every prefix in one pass, and going on from the parent in a beam.

    python -m benchmarks.scoring [--repeats 5] [--model FOLDER]

Prints tokens and time as ratios to the plain way: one row per prefix, and every chain from its
beginning. The ways take turns, so that a busy machine is busy for all alike. Without --model,
the backbone of the embedded policy with a random head, in fp32.
"""

import argparse
import asyncio
from collections.abc import Sequence
from functools import partial
from importlib import resources
from statistics import median
from typing import Any

import torch
from rich.console import Console
from rich.table import Table
from transformers import AutoModelForTokenClassification, AutoTokenizer
from transformers.utils import logging

from benchmarks.timing import take_turns
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
    "You are given a list of numbers, one per line. Keep the even ones, sort what is left, "
    "double each number and print the sum of the largest three.\n\n"
    "Input:\n4\n1\n8\n6\n2\n\nOutput:\n36\n",
)
Rounds = Sequence[Sequence[Draft]]
Way = tuple[str, Rounds, int | None]
"""Its name, what it scores, and the memory it may use to go on from parents (None: the default)."""


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


def compare(model: Any, tokenizer: Any, repeats: int, ours: Way, plain: Way) -> list[str]:
    """Tokens of both ways and their ratio, median milliseconds of both and their ratio."""
    tokens = {}

    async def score(name: str, rounds: Rounds, cache_bytes: int | None) -> None:
        reward = HfReward("benchmark", model, tokenizer, PrmConfig(), cache_bytes=cache_bytes)
        for drafts in rounds:
            await reward.score(PROBLEM, drafts)
        tokens[name] = reward.work.tokens

    def work(way: Way) -> None:
        asyncio.run(score(*way))

    seconds = take_turns({way[0]: partial(work, way) for way in (ours, plain)}, repeats)
    one, other = (1000 * median(seconds[name]) for name, _, _ in (ours, plain))
    few, many = tokens[ours[0]], tokens[plain[0]]
    return [
        *(f"{few:,}", f"{many:,}", f"{many / few:.2f}"),
        *(f"{one:.1f}", f"{other:.1f}", f"{other / one:.2f}"),
    ]


def make_table(title: str, first: str, ours: str, plain: str) -> Table:
    """A table for rows of `compare`, which `first` stands before."""
    return Table(
        *(first, f"tokens, {ours}", plain, "ratio", f"ms, {ours}", plain, "ratio"), title=title
    )


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

    console = Console()
    measure = partial(compare, model, tokenizer, options.repeats)
    table = make_table("every prefix of one chain", "steps", "one pass", "a row per prefix")
    for steps in STEPS:
        proposals = [write_step(place, 0) for place in range(steps)]
        prefixes = [Draft(tuple(proposals[: length + 1])) for length in range(steps)]
        row = measure(("one pass", [prefixes[-1:]], 0), ("a row per prefix", [prefixes], 0))
        table.add_row(str(steps), *row)
    console.print(table)

    rounds, title = grow_beam(), f"beam of width {WIDTH} with {EXPANSIONS} expansions"
    table = make_table(title, "rounds", "going on", "from the beginning")
    row = measure(("going on", rounds, None), ("from the beginning", rounds, 0))
    table.add_row(str(DEPTH), *row)
    console.print(table)


if __name__ == "__main__":
    main()
