"""The reference of run.yaml: `python -m dreamcode_training.reference` for docs/training.md."""

from collections.abc import Iterator
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from dreamcode_training.config import LoraConfig, RunConfig


def describe_config() -> str:
    """One table per section, in Markdown: every name, its default and what it means."""
    own = [
        _row(name, field)
        for name, field in RunConfig.model_fields.items()
        if not _is_section(field)
    ]
    parts = ["\n".join(["| name | default | |", "|---|---|---|", *own])]
    for name, field in RunConfig.model_fields.items():
        if _is_section(field):
            parts.append(_section(name, type(field.default)))
    parts.insert(-1, _section("prm.correction", type(RunConfig().prm.correction)))
    parts.insert(-1, _section("prm.lora", LoraConfig))
    return "\n\n".join(parts) + "\n"


def _section(name: str, model: type[BaseModel]) -> str:
    purpose = " ".join((model.__doc__ or "").split())
    return "\n".join(
        [f"### `{name}`", "", purpose, "", "| name | default | |", "|---|---|---|", *_rows(model)]
    )


def _rows(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield _row(name, field)


def _row(name: str, field: FieldInfo) -> str:
    default = "see below" if _is_section(field) else f"`{_value(field.default)}`"
    return f"| `{name}` | {default} | {field.description or ''} |"


def _value(default: Any) -> str:
    return yaml.safe_dump(default, default_flow_style=True).removesuffix("...\n").strip()


def _is_section(field: FieldInfo) -> bool:
    return isinstance(field.default, BaseModel)


if __name__ == "__main__":
    print(describe_config(), end="")  # noqa: T201 - this is a command
