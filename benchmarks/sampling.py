"""How fast `hf/` writes, beside the `generate` of transformers.

    python -m benchmarks.sampling [--repeats 5] [--rows 8] [--tokens 48 120] [--model FOLDER]

Both sample the same number of tokens for the same plain prompt, in one batch of fp32 on one
thread, with a cache, at temperature 0.8 and without an end token. They take turns, so that a busy
machine is busy for both; a ratio is one of neighbours. `hf/` reads the prompt once for all rows
(`generate` reads it per row) and has the weights laid out for the processor; the first ratio is
without that. Without --model: the folder that `make real-model` builds.
"""

import argparse
import copy
import statistics
import time
from typing import Any

import torch
from rich.console import Console
from rich.table import Table
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging

from dreamcode.chain.prompts import chat_messages
from dreamcode.policies.generation import Row, sample
from dreamcode.policies.loading import keep_freed_memory
from dreamcode.policies.packing import pack_weights
from dreamcode.policies.reading import PromptReader
from dreamcode.problems.read import read_problem
from tests.real_model import FOLDER

TEMPERATURE = 0.8


def write_ours(model: Any, prompt: list[int], rows: int, tokens: int) -> float:
    """Seconds that `hf/` takes, the prompt's reading included."""
    wanted = [Row(prompt, seed, TEMPERATURE, 1.0, tokens, _never) for seed in range(rows)]
    reader = PromptReader(model)
    started = time.perf_counter()
    sample(model, wanted, reader=reader)
    return time.perf_counter() - started


def write_theirs(model: Any, prompt: list[int], rows: int, tokens: int) -> float:
    """Seconds that `generate` takes."""
    ids = torch.tensor([prompt] * rows)
    started = time.perf_counter()
    with torch.inference_mode():
        model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            do_sample=True,
            temperature=TEMPERATURE,
            top_k=0,
            top_p=1.0,
            min_new_tokens=tokens,
            max_new_tokens=tokens,
        )
    return time.perf_counter() - started


def _never(_: Row) -> bool:
    return False


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--rows", type=int, default=8)
    parser.add_argument("--tokens", type=int, nargs="+", default=[48, 120])
    parser.add_argument("--model", default=str(FOLDER))
    parser.add_argument("--problem", default="examples/mini-2.md")
    options = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    plain: Any = AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.float32)
    plain.eval()
    packed = copy.deepcopy(plain)
    pack_weights(packed)
    tokenizer: Any = AutoTokenizer.from_pretrained(options.model)
    messages = chat_messages(read_problem(options.problem), "plain")
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    prompt = list(tokenizer(text, add_special_tokens=False)["input_ids"])
    table = Table(
        "tokens", "generate, s", "hf/, s", "ratio, weights as loaded", "ratio, as hf/ runs",
        title=f"{options.rows} rows behind a prompt of {len(prompt)} tokens: median (least, most)",
    )  # fmt: skip
    for tokens in options.tokens:
        work = (prompt, options.rows, tokens)
        for model in (plain, packed):  # warms up
            write_ours(model, prompt, options.rows, 4)
        write_theirs(plain, prompt, options.rows, 4)
        times = [
            (write_theirs(plain, *work), write_ours(plain, *work), write_ours(packed, *work))
            for _ in range(options.repeats)
        ]
        theirs, loaded, laid_out = zip(*times, strict=True)
        table.add_row(
            str(tokens),
            spread(theirs),
            spread(laid_out),
            spread([one / other for one, other in zip(theirs, loaded, strict=True)]),
            spread([one / other for one, other in zip(theirs, laid_out, strict=True)]),
        )
    Console().print(table)


def spread(values: Any) -> str:
    """Median, least and most."""
    return f"{statistics.median(values):.2f} ({min(values):.2f}, {max(values):.2f})"


if __name__ == "__main__":
    main()
