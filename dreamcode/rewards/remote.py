"""Reward models that vLLM runs: in this process, or behind its pooling endpoint.

Nothing is read twice within one call: one pass scores every prefix of a chain. vLLM keeps no
states for per-token scores, though, so a longer chain is read from its beginning again.
"""

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from transformers import AutoConfig, AutoTokenizer, PreTrainedConfig

from dreamcode.concurrency import together
from dreamcode.errors import InfrastructureError, InputError
from dreamcode.policies.adapters import find_base
from dreamcode.policies.engine import Engine, open_engine
from dreamcode.policies.engine_options import EngineOptions
from dreamcode.policies.openai.connecting import connect
from dreamcode.policies.openai.wire import RefusedError, Wire
from dreamcode.policies.pulse import Pulse
from dreamcode.policies.server_options import ServerOptions
from dreamcode.rewards.aggregation import Aggregation
from dreamcode.rewards.checkpoint import PrmConfig, fingerprint_model
from dreamcode.rewards.encoding import Encoded
from dreamcode.rewards.heads import SEQUENCE, Form, find_form
from dreamcode.rewards.reading import (
    check_fit,
    choose_config,
    count_labels,
    describe_head,
    find_folder,
)
from dreamcode.rewards.textual import Odds, TextReward

Logits = Sequence[Sequence[float]]
"""Of every token, or of the last one alone, the logits of all labels."""


class Checkpoint:
    """A reward model's folder without its weights: all that is to be known to read its scores.

    Args:
        name: what to type after `--reward` to get it.
        source: folder or hub id.
        aggregation: how step rewards become one number; None does as prm.json says.

    Attributes:
        config: how it is read.
        tokenizer: the model's own.
        labels: how many it has.
        form: what kind of published checkpoint it is; None: plain token classification.
        fingerprint: what tells its weights, where they are in the folder, from others.

    Raises:
        InputError: there is no such checkpoint, it holds adapters alone, or its files do not fit.
    """

    def __init__(self, name: str, source: str, aggregation: Aggregation | None) -> None:
        folder = find_folder_of(name, source)
        self.form: Form | None = find_form(source)
        model: PreTrainedConfig = AutoConfig.from_pretrained(folder, trust_remote_code=False)
        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        self.labels = count_labels(model, self.form)
        self.config: PrmConfig = choose_config(
            folder, self.labels, self.tokenizer, self.form, aggregation
        )
        check_fit(name, self.labels, self.tokenizer, self.config)
        self.fingerprint = fingerprint_model(folder)

    @property
    def task(self) -> str:
        """What vLLM calls what it does."""
        return "classify" if self.form is SEQUENCE else "token_classify"

    def pick(self, chain: Encoded, logits: Logits) -> Odds:
        """The log-odds of a chain's prefixes among the logits of its tokens, or of its steps.

        Raises:
            InfrastructureError: there are as many as neither.
        """
        if self.task == "token_classify" and len(logits) == chain.ends[-1] + 1:
            found = [logits[end] for end in chain.ends]
        elif len(logits) == len(chain.ends):  # vLLM's step pooling, or the last token alone
            found = list(logits)
        else:
            raise InfrastructureError(
                f"vLLM gives {len(logits)} scores for {chain.ends[-1] + 1} tokens of "
                f"{len(chain.ends)} steps; start its server with --pooler-config "
                '\'{"tok_pooling_type": "ALL"}\''
            )
        right = self.config.positive_label
        if right is None:
            return tuple(labels[0] for labels in found)
        return tuple(labels[right] - labels[1 - right] for labels in found)


class RemoteReward(TextReward):
    """A reward model that is asked in tokens, chain by chain.

    Args:
        name: what to type after `--reward` to get it.
        checkpoint: how it is read.
        window: most tokens that it reads; None if that is not known.
        warn: told, once per problem, that its statement is shortened.
    """

    def __init__(
        self,
        name: str,
        checkpoint: Checkpoint,
        window: int | None,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(
            name,
            checkpoint.tokenizer,
            checkpoint.config,
            window,
            fingerprint=checkpoint.fingerprint,
            warn=warn,
        )
        self._checkpoint = checkpoint

    def describe(self) -> list[str]:
        """What was understood of the checkpoint, in phrases."""
        head = describe_head(self._checkpoint.labels, self._checkpoint.form)
        return [head, *self.describe_reading()]

    async def read_odds(self, chains: Sequence[Encoded]) -> Sequence[Odds]:
        """The log-odds of the chains, in their order.

        Raises:
            InfrastructureError: the model could not answer.
        """
        asked = [self.read_logits(list(chain.ids[: chain.ends[-1] + 1])) for chain in chains]
        logits = await together(asked)
        return list(map(self._checkpoint.pick, chains, logits))

    @abstractmethod
    async def read_logits(self, tokens: list[int]) -> Logits:
        """What the model says of these tokens.

        Raises:
            InfrastructureError: it could not answer.
        """


class VllmReward(RemoteReward):
    """`vllm/<id or folder>`: in this process. Takes an engine that judges, and closes it."""

    def __init__(
        self,
        name: str,
        checkpoint: Checkpoint,
        engine: Engine,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(name, checkpoint, engine.window, warn)
        self._engine = engine

    async def read_logits(self, tokens: list[int]) -> Logits:
        """See `RemoteReward`."""
        from vllm import PoolingParams

        params = PoolingParams(task=self._checkpoint.task, use_activation=False)
        data = (await self._engine.encode(tokens, params)).float()
        logits: Logits = data.reshape(-1, self._checkpoint.labels).tolist()
        return logits

    async def close(self) -> None:
        """Ends the engine; work under way fails."""
        await asyncio.to_thread(self._engine.close)


class ServedReward(RemoteReward):
    """`served/<id or folder>`: the folder's model, whose weights a server of vLLM has.

    Args:
        name: what to type after `--reward` to get it.
        checkpoint: how it is read.
        wire: connection to the server, or to several; closed with the reward.
        model: what the server calls it.
        window: most tokens that it reads; None if the server does not say.
        warn: told, once per problem, that its statement is shortened.
    """

    def __init__(
        self,
        name: str,
        checkpoint: Checkpoint,
        wire: Wire,
        model: str,
        window: int | None,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(name, checkpoint, window, warn)
        self._wire = wire
        self._model = model

    async def read_logits(self, tokens: list[int]) -> Logits:
        """See `RemoteReward`.

        Raises:
            InputError: the server refuses: it serves no reward model.
            InfrastructureError: it answers what no pooling endpoint does, or nothing.
        """
        body = {
            "model": self._model,
            "input": tokens,
            "task": self._checkpoint.task,
            "use_activation": False,
            "encoding_format": "float",
        }
        try:
            async with self._wire.slots:
                answer = await self._wire.post("//pooling", body)
        except RefusedError as error:
            raise InputError(
                f"{self._wire.base_url} does not score: {error}. Start it as "
                "vllm serve FOLDER --runner pooling, and name it with --reward-base-url"
            ) from error
        try:
            data = answer["data"][0]["data"]
            rows = data if isinstance(data[0], list) else [data]
            return [[float(logit) for logit in row] for row in rows]
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise InfrastructureError(
                f"{self._wire.base_url}/pooling answers what is no score: {str(answer)[:200]}"
            ) from error

    async def close(self) -> None:
        """Closes the connections."""
        await self._wire.close()


async def open_vllm(
    name_or_path: str,
    options: EngineOptions,
    aggregation: Aggregation | None = None,
    on_event: Callable[[str], None] | None = None,
) -> VllmReward:
    """The reward model `vllm/<name_or_path>`: a folder on disk, else an id on the model hub.

    Args:
        name_or_path: where the checkpoint is.
        options: how it uses the machine.
        aggregation: how step rewards become one number; None does as prm.json says.
        on_event: told, once per problem, that its statement is shortened.

    Raises:
        InputError: vLLM is not installed, there is no such model, or vLLM cannot run it.
    """
    name = f"vllm/{name_or_path}"
    checkpoint = Checkpoint(name, name_or_path, aggregation)
    engine = await open_engine(name, name_or_path, options, "pooling")
    return VllmReward(name, checkpoint, engine, on_event)


async def open_served(
    name_or_path: str,
    options: ServerOptions,
    aggregation: Aggregation | None = None,
    on_event: Callable[[str], None] | None = None,
) -> ServedReward:
    """The reward model `served/<name_or_path>`: the checkpoint's files without weights are enough.

    Args:
        name_or_path: where prm.json, configuration and tokenizer are.
        options: where the servers are.
        aggregation: how step rewards become one number; None does as prm.json says.
        on_event: told about retries, and of shortened statements.

    Raises:
        InputError: no server is named, or there is no such checkpoint.
        InfrastructureError: the server does not tell what it serves.
    """
    name = f"served/{name_or_path}"
    if not options.base_urls:
        raise InputError(f"{name}: say where its server is with --reward-base-url")
    checkpoint = Checkpoint(name, name_or_path, aggregation)
    wire = connect(options, None, on_event or (lambda _: None), Pulse())
    served = await wire.list_models()
    if not served:
        await wire.close()
        raise InfrastructureError(
            f"{wire.base_url} does not tell which model it serves; start it, or correct "
            "--reward-base-url"
        )
    return ServedReward(name, checkpoint, wire, served[0].name, served[0].window, on_event)


def find_folder_of(name: str, source: str) -> Path:
    """The checkpoint's folder.

    Raises:
        InputError: there is none, or it holds adapters alone.
    """
    try:
        folder = find_folder(source)
    except (OSError, ValueError) as error:
        first_line = str(error).strip().splitlines()[0]
        raise InputError(f"cannot load model {source!r}: {first_line}") from error
    if find_base(folder) is not None:
        raise InputError(
            f"{name} holds adapters alone, whose head vLLM does not load; use hf/{source}, or "
            "train with lora.merge: true"
        )
    return folder
