"""`hf/<id or folder>`: a token-classification checkpoint as a reward model, and `embedded`."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from transformers import AutoModelForTokenClassification, PreTrainedModel

from dreamcode.errors import InputError
from dreamcode.policies.adapters import find_base
from dreamcode.policies.batching import Batcher
from dreamcode.policies.loading import check_tokenizer, load_pretrained
from dreamcode.rewards.adapters import load_adapted
from dreamcode.rewards.aggregation import Aggregation
from dreamcode.rewards.checkpoint import EMBEDDED, PrmConfig, fingerprint_model
from dreamcode.rewards.encoding import Encoded
from dreamcode.rewards.heads import Form, find_form, load_form
from dreamcode.rewards.reading import (
    check_fit,
    choose_config,
    count_labels,
    describe_head,
    find_folder,
)
from dreamcode.rewards.scoring import PrefixScorer, Work
from dreamcode.rewards.textual import Odds, TextReward

BATCH_TOKENS = 32_768
"""Tokens of the chains that are served together; more requests wait for the next batch."""


class HfReward(TextReward):
    """A transformers model that judges prefixes. Waiting requests share one batch.

    Args:
        name: what to type after `--reward` to get it.
        model: a causal token-classification model, in eval mode, on its device.
        tokenizer: the model's own.
        config: how the model is to be read.
        fingerprint: what tells its weights from others.
        form: what kind of published checkpoint it is; None: plain token classification.
        warn: told, once per problem, that its statement is shortened.
        cache_bytes: most memory for attention states; see `PrefixScorer`.

    Raises:
        InputError: model, tokenizer and config do not fit each other.
    """

    def __init__(
        self,
        name: str,
        model: PreTrainedModel,
        tokenizer: Any,
        config: PrmConfig,
        *,
        fingerprint: str = "",
        form: Form | None = None,
        warn: Callable[[str], None] | None = None,
        cache_bytes: int | None = None,
    ) -> None:
        check_fit(name, count_labels(model.config), tokenizer, config)
        check_tokenizer(name, tokenizer, model)
        window = getattr(model.config.get_text_config(), "max_position_embeddings", None)
        super().__init__(name, tokenizer, config, window, fingerprint=fingerprint, warn=warn)
        self._model, self._form = model, form
        self._scorer = PrefixScorer(model, config.positive_label, cache_bytes=cache_bytes)
        self._closing = threading.Event()
        self._batcher: Batcher[list[Encoded], list[Odds]] = Batcher(self._serve, _choose_batch)

    @property
    def work(self) -> Work:
        """What scoring took so far."""
        return self._scorer.work

    def describe(self) -> list[str]:
        """What was understood of the checkpoint, in phrases."""
        count = self._model.num_parameters()
        return [
            describe_head(count_labels(self._model.config), self._form),
            f"{count / 1e6:,.0f} million parameters" if count > 1e6 else f"{count:,} parameters",
            *self.describe_reading(),
        ]

    async def read_odds(self, chains: Sequence[Encoded]) -> Sequence[Odds]:
        """The log-odds of the chains, batched with others.

        Raises:
            InfrastructureError: the model was closed.
        """
        return await self._batcher.ask(list(chains))

    async def close(self) -> None:
        """Ends the work under way before its next forward pass; frees what was kept of others."""
        self._closing.set()
        await self._batcher.close()
        self._scorer.forget()

    def _serve(self, requests: list[list[Encoded]]) -> list[list[Odds]]:
        chains = [chain for request in requests for chain in request]
        odds = iter(self._scorer.score(chains, self._closing.is_set))
        return [[next(odds) for _ in request] for request in requests]


def load_hf(
    name_or_path: str,
    aggregation: Aggregation | None = None,
    on_event: Callable[[str], None] | None = None,
) -> HfReward:
    """The reward model `hf/<name_or_path>`: a folder on disk, else an id on the model hub.

    Args:
        name_or_path: where the checkpoint is.
        aggregation: how step rewards become one number; None does as prm.json says.
        on_event: told, once per problem, that its statement is shortened.

    Raises:
        InputError: there is no such model, or it cannot be used as a reward model.
    """
    return _load(f"hf/{name_or_path}", name_or_path, aggregation, on_event)


def load_embedded(
    aggregation: Aggregation | None = None, on_event: Callable[[str], None] | None = None
) -> HfReward:
    """The small reward model that ships with the package, for the embedded policy's world."""
    return _load("embedded", str(EMBEDDED), aggregation, on_event)


def _load(
    name: str,
    source: str,
    aggregation: Aggregation | None,
    on_event: Callable[[str], None] | None,
) -> HfReward:
    form = None
    if find_base(Path(source)) is not None:
        model, tokenizer = load_adapted(name, Path(source))
    else:
        form = find_form(source)
        model, tokenizer = _load_whole(name, source, form)
    folder = find_folder(source)
    config = choose_config(folder, count_labels(model.config), tokenizer, form, aggregation)
    return HfReward(
        name,
        model,
        tokenizer,
        config,
        fingerprint=fingerprint_model(folder),
        form=form,
        warn=on_event,
    )


def _load_whole(name: str, source: str, form: Form | None) -> tuple[PreTrainedModel, Any]:
    if form is None:
        model, tokenizer, report = load_pretrained(AutoModelForTokenClassification, source)
    else:
        model, tokenizer, report = load_form(form, source)
    if missing := sorted(report["missing_keys"]):
        raise InputError(
            f"{name} lacks the weights {', '.join(missing[:3])} of {type(model).__name__}, so "
            "its scores would be random: it is no reward model, or one with a head of its own "
            "that plain transformers cannot load. Use a token-classification checkpoint."
        )
    return model, tokenizer


def _choose_batch(requests: Sequence[list[Encoded]]) -> list[int]:
    """The requests that wait longest, up to BATCH_TOKENS, one at least."""
    total = 0
    for place, chains in enumerate(requests):
        total += sum(len(chain.ids) for chain in chains)
        if place and total > BATCH_TOKENS:
            return list(range(place))
    return list(range(len(requests)))
