"""Published reward models with heads that transformers' token classification does not have.

A checkpoint is known by the architecture that its config.json names. The backbone is that of
transformers, the head is built here, and its weights are read under their published names: no
code that comes with a checkpoint is run.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn
from transformers import (
    MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING,
    AutoConfig,
    PreTrainedConfig,
    PreTrainedModel,
)

from dreamcode.errors import InputError
from dreamcode.policies.loading import load_pretrained
from dreamcode.rewards.checkpoint import PrmConfig

SEQUENCE_CLASSIFICATION = "ForSequenceClassification"


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of published checkpoint.

    Attributes:
        words: what it is called to people.
        head: builds its head from the width of the backbone and the number of labels.
        reading: how it is read where no prm.json says otherwise.
        labels: how many it has; None: as its config.json says.
        published: what names of the head's weights begin with in its files.
    """

    words: str
    head: Callable[[int, int], nn.Module]
    reading: PrmConfig
    labels: int | None = None
    published: str = "score."


def _two_layers(width: int, labels: int) -> nn.Module:
    return nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, labels))


def _one_layer(width: int, labels: int) -> nn.Module:
    return nn.Linear(width, labels)


def _without_bias(width: int, labels: int) -> nn.Module:
    return nn.Linear(width, labels, bias=False)


FORMS: Mapping[str, Form] = {
    # Zhang et al. 2025, The Lessons of Developing Process Reward Models (arXiv 2501.07301).
    "Qwen2ForProcessRewardModel": Form(
        "a PRM as Qwen2.5-Math-PRM: head of two layers, read at <extra_0> behind every step",
        _two_layers,
        PrmConfig(template="chat", separator="<extra_0>", positive_label=1),
        labels=2,
    ),
    # Yang et al. 2024, Qwen2.5-Math Technical Report (arXiv 2409.12122).
    "Qwen2ForRewardModel": Form(
        "an ORM as Qwen2.5-Math-RM: head of two layers, read at the end of the answer",
        _two_layers,
        PrmConfig(kind="orm", template="chat", closed=True),
        labels=1,
    ),
    # Skywork o1 Open (2024); a value head as TRL's.
    "Qwen2ForPrmModel": Form(
        "a PRM as Skywork-o1-Open-PRM: value head, read at the line break behind every step",
        _one_layer,
        PrmConfig(separator="\n", begin=True),
        labels=1,
        published="v_head.summary.",
    ),
}
"""By architecture."""

SEQUENCE = Form(
    "an ORM of sequence classification: read at the end of the answer",
    _without_bias,
    PrmConfig(kind="orm", template="chat", closed=True),
)


def find_form(source: str) -> Form | None:
    """The form of a folder or hub id; None if it is plain token classification or no model."""
    try:
        config = AutoConfig.from_pretrained(source, trust_remote_code=False)
    except (OSError, ValueError):
        return None  # whoever loads it finds the same, and says so
    named = (config.architectures or [""])[0]
    return SEQUENCE if named.endswith(SEQUENCE_CLASSIFICATION) else FORMS.get(named)


def load_form(form: Form, source: str) -> tuple[PreTrainedModel, Any, dict[str, Any]]:
    """A checkpoint of that form as a token-classification model; see `load_pretrained`.

    Raises:
        InputError: it cannot be loaded, or its backbone classifies no tokens.
    """
    config = AutoConfig.from_pretrained(source, trust_remote_code=False)
    base: Any = MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING.get(type(config), None)
    if base is None:
        raise InputError(
            f"cannot load model {source!r}: transformers has no token classification for "
            f"{config.model_type}, of which {form.words.split(':')[0]} is made here. Use another."
        )
    labels = {} if form.labels is None else {"num_labels": form.labels}
    return load_pretrained(
        _with_head(base, form), source, key_mapping={f"^{form.published}": "score."}, **labels
    )


def _with_head(base: Any, form: Form) -> type[PreTrainedModel]:
    """The token-classification class with another head."""

    class WithHead(base):  # type: ignore[misc]
        def __init__(self, config: PreTrainedConfig) -> None:
            super().__init__(config)
            width = config.get_text_config().hidden_size
            self.score = form.head(width, config.num_labels or 1)

    WithHead.__name__ = f"{base.__name__} with {form.words.split(':')[0]}"
    return WithHead
