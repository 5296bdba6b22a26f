"""`vllm/<id or folder>`: any language model that vLLM runs, in this process."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import aclosing
from typing import Any

import torch
from transformers import GenerationConfig

from dreamcode.policies.asking import Asker, Asking, find_ends, wants_bare
from dreamcode.policies.engine import Engine, open_engine
from dreamcode.policies.engine_options import EngineOptions
from dreamcode.policies.policy import BATCH, Answer, Request, Usage
from dreamcode.policies.pulse import Pulse
from dreamcode.prompting import Grain


class VllmPolicy:
    """A model that vLLM runs. Every sample is a request of its own, the engine batches them.

    So each has its own seed, and ends on its own where its step is over. Samples of one prefix
    share the reading of it all the same: through the engine's cache of prefixes.

    Args:
        name: what to type after `--model` to get it.
        engine: an engine that writes; the policy closes it.
        asker: asks the model.
        pulse: shows what is under way.

    Attributes:
        engine: the engine.
        asker: who asks the model.
    """

    def __init__(self, name: str, engine: Engine, asker: Asker, pulse: Pulse | None = None) -> None:
        self._name = name
        self.engine = engine
        self.asker = asker
        self._pulse = pulse or Pulse()

    @property
    def name(self) -> str:
        """What to type after `--model` to get this policy."""
        return self._name

    @property
    def grain(self) -> Grain:
        """Whole programs where the model thinks first: an answer begun for it would not let it."""
        return self.asker.grain

    @property
    def wave(self) -> int:
        """Several programs at once on a GPU."""
        return BATCH if torch.cuda.is_available() else 1

    async def write(self, request: Request) -> Answer:
        """Samples what follows the prefix.

        Raises:
            TooLongError: prompt, prefix and a first token together exceed the model's window.
            InfrastructureError: the engine died.
        """
        asking = self.asker.ask(request)
        prompt, tokens, logprobs, cached = asking.prompt, [], [], 0
        asked = self.engine.generate(prompt, self.make_params(asking, request))
        with self._pulse.follow(1) as tell:
            async with aclosing(asked) as outputs:  # which ends the request where we stop
                async for output in outputs:
                    cached = output.num_cached_tokens or cached
                    for token, logprob in _read(output):
                        tokens.append(token)
                        logprobs.append(logprob)
                        if asking.is_done(tokens):
                            break
                    else:
                        tell(len(tokens))
                        continue
                    break
        usage = Usage(1, len(prompt), len(tokens), cached)
        return Answer(asking.read(tokens, logprobs), usage)

    async def close(self) -> None:
        """Ends the engine; work under way fails."""
        await asyncio.to_thread(self.engine.close)

    def make_params(self, asking: Asking, request: Request) -> Any:
        """How vLLM is to sample: its `SamplingParams`."""
        from vllm.sampling_params import RequestOutputKind, SamplingParams

        return SamplingParams(
            temperature=request.sampling.temperature,
            top_p=request.sampling.top_p,
            seed=request.seed,
            max_tokens=asking.most_tokens,
            stop_token_ids=list(self.asker.ends),
            logprobs=0,  # that of the token itself
            detokenize=False,
            output_kind=RequestOutputKind.DELTA,
        )


async def open_vllm(
    name_or_path: str,
    options: EngineOptions,
    on_event: Callable[[str], None] | None = None,
    pulse: Pulse | None = None,
) -> VllmPolicy:
    """The policy `vllm/<name_or_path>`: a folder on disk, else an id on the model hub.

    Args:
        name_or_path: where the model is, or adapters to one.
        options: how it uses the machine.
        on_event: told of what keeps the model from its best, one line each.
        pulse: shows what is under way.

    Raises:
        InputError: vLLM is not installed, there is no such model, or vLLM cannot run it.
    """
    name = f"vllm/{name_or_path}"
    engine = await open_engine(name, name_or_path, options, "generate")
    try:
        config = GenerationConfig.from_pretrained(name_or_path)
    except OSError:
        config = engine.config
    asker = Asker(
        name,
        engine.tokenizer,
        find_ends(engine.tokenizer, config),
        engine.window,
        bare=wants_bare(name_or_path),
        on_event=on_event,
    )
    return VllmPolicy(name, engine, asker, pulse)


def _read(output: Any) -> Iterator[tuple[int, float]]:
    """The new tokens and their log-likelihoods at temperature 1."""
    [sample] = output.outputs
    for token, told in zip(sample.token_ids, sample.logprobs or (), strict=True):
        yield token, told[token].logprob
