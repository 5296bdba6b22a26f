"""The services' frozen types as JSON values and back: the form they have in a journal."""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")
_adapter: Callable[[Any], TypeAdapter[Any]] = cache(TypeAdapter)


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
