"""vLLM in this process: one engine, opened in one way for policies and reward models."""

import asyncio
import os
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any, Literal

import torch
from transformers import AutoTokenizer

from dreamcode.errors import InfrastructureError, InputError
from dreamcode.extras import require
from dreamcode.policies.adapters import find_base, read_rank
from dreamcode.policies.engine_options import EngineOptions

CPU_CACHE_GIB = 2
"""Memory for attention states on a CPU, where VLLM_CPU_KVCACHE_SPACE does not say."""

CPU_BATCHED_TOKENS = 32_768
"""Tokens of one step on a CPU, where prompts are read whole."""


class Engine:
    """An engine that runs, and the tokenizer of its model.

    Args:
        name: of the model, for messages.
        engine: vLLM's `AsyncLLM`.
        tokenizer: the model's own.
        adapters: what every request is made with; None where the model is whole.
    """

    def __init__(self, name: str, engine: Any, tokenizer: Any, adapters: Any) -> None:
        self._name = name
        self._engine = engine
        self._adapters = adapters
        self.tokenizer = tokenizer

    @property
    def window(self) -> int:
        """Most tokens that are read and written."""
        return int(self._engine.model_config.max_model_len)

    @property
    def config(self) -> Any:
        """The model's configuration, as transformers has it."""
        return self._engine.model_config.hf_config

    async def generate(self, prompt: list[int], params: Any) -> AsyncGenerator[Any, None]:
        """What vLLM says of a request, piece by piece; the request ends with the generator.

        Raises:
            InfrastructureError: the engine died.
        """
        async for output in self._listen(self._engine.generate, prompt, params):
            yield output

    async def encode(self, prompt: list[int], params: Any) -> torch.Tensor:
        """What the model's pooler makes of a prompt.

        Raises:
            InfrastructureError: the engine died.
        """
        data = torch.empty(0)
        async for output in self._listen(self._engine.encode, prompt, params):
            data = output.outputs.data
        return data

    def close(self) -> None:
        """Ends the engine's processes and frees its memory."""
        self._engine.shutdown()
        # It shuts down once more when Python ends, by when half of what that needs is gone.
        self._engine.shutdown = lambda *_, **__: None

    async def _listen(self, ask: Any, prompt: list[int], params: Any) -> AsyncGenerator[Any, None]:
        from vllm.v1.engine.exceptions import EngineDeadError, EngineGenerateError

        asked = ask(
            {"prompt_token_ids": prompt}, params, uuid.uuid4().hex, lora_request=self._adapters
        )
        try:
            async with aclosing(asked) as outputs:
                async for output in outputs:
                    yield output
        except (EngineDeadError, EngineGenerateError) as error:
            raise InfrastructureError(
                f"{self._name}: the engine of vLLM died: {error}. What it said of it is above; "
                "--resume goes on"
            ) from error


async def open_engine(
    name: str, source: str, options: EngineOptions, runner: Literal["generate", "pooling"]
) -> Engine:
    """An engine with the model of a folder or hub id; of a folder of adapters with their base.

    Args:
        name: of the model, for messages.
        source: folder or hub id.
        options: how it uses the machine.
        runner: whether it writes or judges.

    Raises:
        InputError: vLLM is not installed, there is no such model, or vLLM cannot run it.
    """
    require("vllm", what=name)
    base = find_base(Path(source))
    model = source if base is None else base
    try:
        tokenizer = AutoTokenizer.from_pretrained(model, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise InputError(
            f"cannot load model {model!r}: {str(error).strip().splitlines()[0]} Give a folder "
            "with config.json and weights, or an id on the model hub."
        ) from error
    # In a thread, so that Ctrl-C is heard: engines take seconds to minutes until they run.
    engine, adapters = await asyncio.to_thread(_start, name, source, base, options, runner)
    return Engine(name, engine, tokenizer, adapters)


def _start(
    name: str,
    source: str,
    base: str | None,
    options: EngineOptions,
    runner: Literal["generate", "pooling"],
) -> tuple[Any, Any]:
    """The engine, and what requests are made with where `source` holds adapters alone."""
    on_cpu = not torch.cuda.is_available()
    _set_defaults(on_cpu=on_cpu)
    from vllm.config import PoolerConfig
    from vllm.engine.arg_utils import AsyncEngineArgs
    from vllm.lora.request import LoRARequest
    from vllm.v1.engine.async_llm import AsyncLLM

    given: dict[str, Any] = {}
    if runner == "pooling":
        # All tokens, also of models whose steps vLLM would look for by a tag of their own.
        given |= {"pooler_config": PoolerConfig(tok_pooling_type="ALL")}
    if base is not None:
        given |= {"enable_lora": True, "max_lora_rank": read_rank(Path(source))}
    if on_cpu:
        given |= {
            "dtype": "float32",  # as `hf/` has it there
            "enforce_eager": True,
            "block_size": 32,
            # A seed after a prompt that was read in parts kills the engine (0.32).
            "enable_chunked_prefill": False,
            "max_num_batched_tokens": max(CPU_BATCHED_TOKENS, options.window or 0),
        }
    try:
        arguments = AsyncEngineArgs(
            model=base or source,
            runner=runner,
            skip_tokenizer_init=True,  # it is asked in tokens, and answers in tokens
            generation_config="vllm",  # sampling is ours
            max_model_len=options.window,
            gpu_memory_utilization=options.gpu_memory,
            tensor_parallel_size=options.gpus,
            enable_prefix_caching=True,
            trust_remote_code=False,
            disable_log_stats=True,
            use_tqdm_on_load=False,
            **given,
        )
        engine = AsyncLLM.from_engine_args(arguments)
    except (OSError, ValueError, RuntimeError, NotImplementedError) as error:
        first_line = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
        raise InputError(
            f"{name}: vLLM cannot run this model here: {first_line} What it said itself is "
            "above; --gpu-memory, --gpus and --window say how much of the machine it takes."
        ) from error
    return engine, None if base is None else LoRARequest("adapters", 1, source)


def _set_defaults(*, on_cpu: bool) -> None:
    """What vLLM reads from the environment, where nobody has said otherwise."""
    os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")  # the terminal belongs to the views
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
    if on_cpu:
        os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", str(CPU_CACHE_GIB))
        os.environ.setdefault("TORCH_COMPILE_DISABLE", "1")  # compiling takes minutes there
