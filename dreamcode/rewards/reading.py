"""How a checkpoint is to be read, by its prm.json or by what is conventional."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from transformers import PreTrainedConfig
from transformers.utils.hub import cached_file

from dreamcode.errors import InputError
from dreamcode.rewards.aggregation import Aggregation
from dreamcode.rewards.checkpoint import FILE, PrmConfig, hash_vocabulary, read_prm_config
from dreamcode.rewards.heads import Form


def choose_config(
    folder: Path,
    labels: int,
    tokenizer: Any,
    form: Form | None = None,
    aggregation: Aggregation | None = None,
) -> PrmConfig:
    """How the checkpoint is read: by its prm.json, else as `conventional_config` says.

    Args:
        folder: the checkpoint's.
        labels: how many it has.
        tokenizer: its own.
        form: what kind of published checkpoint it is; None: plain token classification.
        aggregation: what is wanted instead of what the file says.

    Raises:
        InputError: prm.json is not valid.
    """
    config = read_prm_config(folder) or conventional_config(labels, tokenizer, form)
    return config if aggregation is None else replace(config, aggregation=aggregation)


def conventional_config(labels: int, tokenizer: Any, form: Form | None = None) -> PrmConfig:
    """How a checkpoint without prm.json is read.

    As its form says, if it has one; what wants a chat template that is missing is read without.
    Else with two labels as TRL's PRMTrainer makes them (a newline after every step, scored on
    it, label 1 is right), with one label on the step's last token.
    """
    if form is not None:
        chat = form.reading.template == "chat" and bool(tokenizer.chat_template)
        template: Literal["bare", "chat"] = "chat" if chat else "bare"
        return replace(form.reading, template=template, closed=form.reading.closed and chat)
    if labels == 2:
        return PrmConfig(separator="\n", positive_label=1)
    return PrmConfig(template="chat" if tokenizer.chat_template else "bare")


def check_fit(name: str, labels: int, tokenizer: Any, config: PrmConfig) -> None:
    """Checks that labels, tokenizer and config belong together.

    Raises:
        InputError: they do not fit; says where and what to change.
    """
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
    if config.vocabulary not in ("", hash_vocabulary(tokenizer)):
        raise InputError(
            f"{name}: its tokenizer has another vocabulary than the one that {FILE} was written "
            "with; put the tokenizer back that was saved with the weights"
        )


def count_labels(config: PreTrainedConfig, form: Form | None = None) -> int:
    """How many labels a checkpoint has."""
    return (form and form.labels) or config.num_labels or 0


def describe_head(labels: int, form: Form | None) -> str:
    """What kind of checkpoint it is, as a phrase."""
    head = f"{labels} label" if labels == 1 else f"{labels} labels"
    return form.words if form else f"token classification with {head}"


def find_folder(source: str) -> Path:
    """The folder that `source` names, or that a hub id's files were put into, prm.json included."""
    folder = Path(source)
    if folder.is_dir():
        return folder
    cached_file(source, FILE, _raise_exceptions_for_missing_entries=False)
    return Path(str(cached_file(source, "config.json"))).parent
