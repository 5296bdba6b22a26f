"""The services' frozen types as JSON values and back: the form they have in a journal."""

from collections.abc import Callable
from dataclasses import is_dataclass
from functools import cache
from typing import Any, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

T = TypeVar("T")


def _make_adapter(kind: Any) -> TypeAdapter[Any]:
    # Frozen types keep infinite numbers by themselves; of plain lists they would become null.
    config = None if is_dataclass(kind) else ConfigDict(ser_json_inf_nan="constants")
    return TypeAdapter(kind, config=config)


_adapter: Callable[[Any], TypeAdapter[Any]] = cache(_make_adapter)


def encode(value: Any) -> Any:
    """`value` as JSON types."""
    return _adapter(type(value)).dump_python(value, mode="json")


def decode(kind: type[T], data: object) -> T:
    """The `kind` that `encode` turned into `data`.

    Raises:
        ValueError: `data` is no `kind`; says in one line what is wrong.
    """
    try:
        value: T = _adapter(kind).validate_python(data)
    except ValidationError as error:
        raise ValueError(first_complaint(error)) from None
    return value


def first_complaint(error: ValidationError) -> str:
    """The first thing pydantic found wrong, as one line: where and what."""
    complaint = error.errors(include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in complaint["loc"])
    return f"{place}: {complaint['msg']}" if place else complaint["msg"]
