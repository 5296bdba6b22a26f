"""`hf/<id or folder>`: a token-classification checkpoint as a reward model, and `embedded`."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from transformers import AutoModelForTokenClassification, PreTrainedModel
from transformers.utils.hub import cached_file

from dreamcode.errors import InputError, TooLongError
from dreamcode.policies.batching import Batcher
from dreamcode.policies.draft import Draft
from dreamcode.policies.loading import check_tokenizer, load_pretrained
from dreamcode.policies.policy import Ending
from dreamcode.problems import Problem
from dreamcode.rewards.adapters import load_adapted
from dreamcode.rewards.aggregation import Aggregation
from dreamcode.rewards.checkpoint import (
    EMBEDDED,
    FILE,
    PrmConfig,
    describe_reading,
    find_base,
    fingerprint_model,
    hash_vocabulary,
    read_prm_config,
)
from dreamcode.rewards.encoding import ChainEncoder, Encoded
from dreamcode.rewards.heads import Form, find_form, load_form
from dreamcode.rewards.reward import Judged, StepRewards
from dreamcode.rewards.scoring import PrefixScorer, Work

BATCH_TOKENS = 32_768
"""Tokens of the chains that are served together; more requests wait for the next batch."""


class HfReward:
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
        check_fit(name, model, tokenizer, config)
        self._name = name
        self._fingerprint = fingerprint
        self._config = config
        self._is_prm = config.kind == "prm"
        window = getattr(model.config.get_text_config(), "max_position_embeddings", None)
        self._model, self._form = model, form
        self._warn = warn or (lambda _: None)
        self._encoder = ChainEncoder(tokenizer, config, window, self._warn)
        self._scorer = PrefixScorer(model, config.positive_label, cache_bytes=cache_bytes)
        self._closing = threading.Event()
        self._batcher: Batcher[list[Encoded], list[tuple[float, ...]]] = Batcher(
            self._serve, _choose_batch
        )

    @property
    def name(self) -> str:
        """What to type after `--reward` to get this model."""
        return self._name

    @property
    def fingerprint(self) -> str:
        """Differs where the weights or how they are read differ."""
        return self._fingerprint

    @property
    def aggregation(self) -> Aggregation:
        """How the rewards of a chain's steps become one number."""
        return self._config.aggregation

    @property
    def judges(self) -> Judged:
        """Prefixes if it is a PRM, finished programs if it is an ORM."""
        return "prefixes" if self._is_prm else "programs"

    @property
    def calibrated(self) -> bool:
        """Whether a program's reward is a chance: it was fitted to be one, and nothing changes it.

        Training fits temperature and bias (`dreamcode.rewards.calibration`).
        """
        fitted = (self._config.temperature, self._config.bias) != (1.0, 0.0)
        return fitted and self._config.aggregation == "last"

    @property
    def work(self) -> Work:
        """What scoring took so far."""
        return self._scorer.work

    def describe(self) -> list[str]:
        """What was understood of the checkpoint, in phrases."""
        labels = self._model.config.num_labels
        count = self._model.num_parameters()
        head = f"{labels} label" if labels == 1 else f"{labels} labels"
        return [
            self._form.words if self._form else f"token classification with {head}",
            f"{count / 1e6:,.0f} million parameters" if count > 1e6 else f"{count:,} parameters",
            *describe_reading(self._config),
            f"reads {self._encoder.window or 'any number of'} tokens",
        ]

    async def score(self, problem: Problem, drafts: Sequence[Draft]) -> list[StepRewards]:
        """The chance, step by step, that the program ends up right; batched with others.

        Programs longer than the model's window get no reward, if others fit.

        Raises:
            TooLongError: no program fits the model's window.
            InfrastructureError: the model was closed.
        """
        encoded = [self._encode(problem, draft) for draft in drafts]
        if misfits := [one for one in encoded if isinstance(one, TooLongError)]:
            if len(misfits) == len(drafts):
                raise misfits[0]
            self._warn(str(misfits[0]))
        chains = [one for one in encoded if isinstance(one, Encoded)]
        odds = iter(await self._batcher.ask(chains) if chains else ())
        return [
            self._rewards(draft, next(odds)) if isinstance(one, Encoded) else _unknown(draft)
            for draft, one in zip(drafts, encoded, strict=True)
        ]

    async def close(self) -> None:
        """Ends the work under way before its next forward pass; frees what was kept of others."""
        self._closing.set()
        await self._batcher.close()
        self._scorer.forget()

    def _judges(self, draft: Draft) -> bool:
        if not draft.proposals:
            return False
        return self._is_prm or draft.ending is Ending.PROGRAM

    def _encode(self, problem: Problem, draft: Draft) -> Encoded | TooLongError | None:
        """The chain in tokens, why it does not fit, or None if it is not to be judged."""
        if not self._judges(draft):
            return None
        try:
            chain = self._encoder.encode(problem, draft.steps)
        except TooLongError as error:
            return error
        return chain if self._is_prm else replace(chain, ends=chain.ends[-1:])

    def _rewards(self, draft: Draft, odds: tuple[float, ...]) -> StepRewards:
        """The odds as chances, each calibrated as what it is about; an ORM has the last alone."""
        config = self._config
        last = config.of_programs if draft.ending is Ending.PROGRAM else config.of_prefixes
        rewards = (*map(config.of_prefixes.chance, odds[:-1]), last.chance(odds[-1]))
        return (*_unknown(draft)[len(rewards) :], *rewards)

    def _serve(self, requests: list[list[Encoded]]) -> list[list[tuple[float, ...]]]:
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


def conventional_config(
    model: PreTrainedModel, tokenizer: Any, form: Form | None = None
) -> PrmConfig:
    """How a checkpoint without prm.json is read.

    As its form says, if it has one; what wants a chat template that is missing is read without.
    Else with two labels as TRL's PRMTrainer makes them (a newline after every step, scored on
    it, label 1 is right), with one label on the step's last token.
    """
    if form is not None:
        chat = form.reading.template == "chat" and bool(tokenizer.chat_template)
        template: Literal["bare", "chat"] = "chat" if chat else "bare"
        return replace(form.reading, template=template, closed=form.reading.closed and chat)
    if model.config.num_labels == 2:
        return PrmConfig(separator="\n", positive_label=1)
    return PrmConfig(template="chat" if tokenizer.chat_template else "bare")


def check_fit(name: str, model: PreTrainedModel, tokenizer: Any, config: PrmConfig) -> None:
    """Checks that the three belong together.

    Raises:
        InputError: they do not fit; says where and what to change.
    """
    labels = model.config.num_labels
    if labels not in (1, 2):
        raise InputError(f"{name} has {labels} labels; a reward model has 1 or 2")
    if labels == 1 and config.positive_label is not None:
        raise InputError(f"{name} has one label, but {FILE} names a positive_label; set it to null")
    if labels == 2 and config.positive_label not in (0, 1):
        raise InputError(
            f"{name} has two labels, but positive_label in {FILE} is {config.positive_label}; "
            "set it to 0 or 1"
        )
    for temperature in (config.of_programs.temperature, config.of_prefixes.temperature):
        if temperature <= 0:
            raise InputError(f"{name}: temperature {temperature} in {FILE} must be above 0")
    if config.template == "chat" and not tokenizer.chat_template:
        raise InputError(
            f'{name}: {FILE} asks for template "chat", but the tokenizer has no chat template; '
            'add one, or set template to "bare"'
        )
    if config.closed and (config.kind, config.template) != ("orm", "chat"):
        raise InputError(
            f'{name}: closed in {FILE} is for kind "orm" with template "chat"; set it to false'
        )
    check_tokenizer(name, tokenizer, model)
    if config.vocabulary not in ("", hash_vocabulary(tokenizer)):
        raise InputError(
            f"{name}: its tokenizer has another vocabulary than the one that {FILE} was written "
            "with; put the tokenizer back that was saved with the weights"
        )


def _load(
    name: str,
    source: str,
    aggregation: Aggregation | None,
    on_event: Callable[[str], None] | None,
) -> HfReward:
    folder, form = Path(source), None
    if find_base(folder) is not None:
        model, tokenizer = load_adapted(name, folder)
    else:
        form = find_form(source)
        model, tokenizer = _load_whole(name, source, form)
    if not folder.is_dir():
        folder = _find_snapshot(source)
    config = read_prm_config(folder) or conventional_config(model, tokenizer, form)
    if aggregation is not None:
        config = replace(config, aggregation=aggregation)
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


def _find_snapshot(hub_id: str) -> Path:
    """The folder that the hub's files were put into, prm.json included where there is one."""
    cached_file(hub_id, FILE, _raise_exceptions_for_missing_entries=False)
    return Path(str(cached_file(hub_id, "config.json"))).parent


def _unknown(draft: Draft) -> StepRewards:
    return (None,) * len(draft.proposals)


def _choose_batch(requests: Sequence[list[Encoded]]) -> list[int]:
    """The requests that wait longest, up to BATCH_TOKENS, one at least."""
    total = 0
    for place, chains in enumerate(requests):
        total += sum(len(chain.ids) for chain in chains)
        if place and total > BATCH_TOKENS:
            return list(range(place))
    return list(range(len(requests)))
