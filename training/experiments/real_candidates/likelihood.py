"""What a language model that was trained for nothing here thinks of a program: its likelihood."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import torch

from dreamcode.errors import TooLongError
from dreamcode.policies.loading import load_pretrained
from dreamcode.rewards.checkpoint import PrmConfig, fingerprint_model
from dreamcode.rewards.encoding import ChainEncoder
from dreamcode.rewards.reward import StepRewards
from dreamcode.runs.journal import Journal
from dreamcode_training.chains import SampledChain
from dreamcode_training.evaluation.scoring import Material
from dreamcode_training.progress import Meter
from dreamcode_training.records import ProblemRecord

Likelihoods = dict[tuple[str, int], float | None]


async def score_likelihoods(
    base: Path, config: PrmConfig, material: Material, journal: Journal, meter: Meter
) -> Likelihoods:
    """Mean log-likelihood per token of every program given its problem, nats.

    The problem is put as the reward model reads it. None for programs that do not fit.

    Args:
        base: folder of a language model; loaded only if something is not in the journal.
        config: how the problem is put.
        material: problems and programs.
        journal: what was scored before.
        meter: told of every problem.
    """
    fingerprint = fingerprint_model(base)
    put = {"template": config.template, "window": config.window}

    @cache
    def load() -> tuple[Any, ChainEncoder]:
        from transformers import AutoModelForCausalLM

        model, tokenizer, _ = load_pretrained(AutoModelForCausalLM, str(base))
        window = getattr(model.config, "max_position_embeddings", None)
        return model, ChainEncoder(tokenizer, config, window)

    found: Likelihoods = {}
    for name, chains in material.chains.items():
        problem, fresh = material.problems[name], False

        async def work(
            problem: ProblemRecord = problem, chains: Sequence[SampledChain] = chains
        ) -> StepRewards:
            nonlocal fresh
            fresh = True
            return measure_likelihoods(*load(), problem, chains)

        shown = [problem.problem.statement, problem.problem.starter_code]
        steps = [one.steps for one in chains]
        inputs = {"model": fingerprint, "put": put, "prompt": shown, "steps": steps}
        means = await journal.remember("likelihood", inputs, work, StepRewards, {"problem": name})
        found |= {(name, one.sample): mean for one, mean in zip(chains, means, strict=True)}
        meter.sampled(len(chains) if fresh else 0)
        meter.finished(known=not fresh)
    return found


@torch.inference_mode()
def measure_likelihoods(
    model: Any, encoder: ChainEncoder, problem: ProblemRecord, chains: Sequence[SampledChain]
) -> StepRewards:
    """One number per program; a prompt that several share is read once."""
    from transformers import DynamicCache

    found: list[float | None] = []
    read: tuple[int, ...] = ()
    states = DynamicCache(config=model.config)
    for chain in chains:
        try:
            encoded = encoder.encode(problem.problem, chain.steps)
        except TooLongError:
            found.append(None)
            continue
        prompt, code = encoded.ids[: encoded.start], encoded.ids[encoded.start :]
        if prompt[:-1] != read:
            read, states = prompt[:-1], DynamicCache(config=model.config)
            ids = torch.tensor([read], device=model.device)
            model(input_ids=ids, past_key_values=states, use_cache=True, logits_to_keep=1)
        ids = torch.tensor([[prompt[-1], *code[:-1]]], device=model.device)
        logits = model(input_ids=ids, past_key_values=states, use_cache=True).logits[0].float()
        states.crop(-len(code))  # the prompt is left, for the next program
        right = torch.tensor(code, device=model.device)
        found.append(-float(torch.nn.functional.cross_entropy(logits, right)))
    return tuple(found)
