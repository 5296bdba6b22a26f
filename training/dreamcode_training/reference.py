"""The reference of run.yaml: `python -m dreamcode_training.reference` for docs/training.md."""

from typing import Any

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from dreamcode.grading.estimates import markdown_table
from dreamcode_training.config import LoraConfig, RunConfig

HEADER = ("name", "default", "")


def describe_config() -> str:
    """One table per section, in Markdown: every name, its default and what it means."""
    fields = RunConfig.model_fields
    own = [_row(name, field) for name, field in fields.items() if not _is_section(field)]
    parts = [markdown_table(HEADER, own)]
    parts += [_section(n, type(field.default)) for n, field in fields.items() if _is_section(field)]
    parts.insert(-1, _section("prm.correction", type(RunConfig().prm.correction)))
    parts.insert(-1, _section("prm.lora", LoraConfig))
    return "\n\n".join(parts) + "\n"


def _section(name: str, model: type[BaseModel]) -> str:
    purpose = " ".join((model.__doc__ or "").split())
    rows = [_row(name, field) for name, field in model.model_fields.items()]
    return f"### `{name}`\n\n{purpose}\n\n{markdown_table(HEADER, rows)}"


def _row(name: str, field: FieldInfo) -> tuple[str, str, str]:
    default = "see below" if _is_section(field) else f"`{_value(field.default)}`"
    return f"`{name}`", default, field.description or ""


def _value(default: Any) -> str:
    return yaml.safe_dump(default, default_flow_style=True).removesuffix("...\n").strip()


def _is_section(field: FieldInfo) -> bool:
    return isinstance(field.default, BaseModel)


if __name__ == "__main__":
    print(describe_config(), end="")  # noqa: T201 - this is a command
