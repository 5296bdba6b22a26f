"""What a field of `Settings` says of itself, and what it is called where."""

from dataclasses import dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

PREFIX = "DREAMCODE_"


@dataclass(frozen=True, slots=True)
class Option:
    """Stands in the annotation of a field, behind its type and bounds.

    Attributes:
        help: what the setting means; `{choices}` becomes the names that it may have.
        panel: where help shows the setting; None for the first one.
        commands: the commands that take it as a flag.
        flag: name of the flag, if it is not the field's.
        short: a flag of one letter.
        shown: the default in words, where None stands for something.
        metavar: what help calls the value, if not by its type.
    """

    help: str
    panel: str | None = None
    commands: tuple[str, ...] = ("solve", "bench", "serve")
    flag: str | None = None
    short: str | None = None
    shown: str | None = None
    metavar: str | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """A field of `Settings`.

    Attributes:
        name: name of the field.
        kind: its type, without None.
        bounds: bounds of its values.
        default: its value where nobody says anything.
        option: what it says of itself.
    """

    name: str
    kind: Any
    bounds: tuple[Any, ...]
    default: Any
    option: Option

    @classmethod
    def read(cls, name: str, annotation: Any, default: Any) -> "Setting":
        """The setting behind a field of type `Annotated[type, *bounds, Option]`."""
        kind, *bounds, option = get_args(annotation)
        if get_origin(kind) in (Union, UnionType):
            [kind] = [part for part in get_args(kind) if part is not NoneType]
        return cls(name, kind, tuple(bounds), default, option)

    @property
    def flag(self) -> str:
        """As it is typed behind a command."""
        return self.option.flag or f"--{self.name.replace('_', '-')}"

    @property
    def key(self) -> str:
        """As it is written in dreamcode.toml."""
        return self.flag.removeprefix("--").replace("-", "_")

    @property
    def variable(self) -> str:
        """As the environment has it."""
        return PREFIX + self.key.upper()

    @property
    def many(self) -> bool:
        """Whether it has several values."""
        return get_origin(self.kind) is tuple

    @property
    def choices(self) -> tuple[str, ...]:
        """The names that it may have; none if any will do."""
        return get_args(self.kind) if get_origin(self.kind) is Literal else ()

    @property
    def meaning(self) -> str:
        """A phrase for people."""
        return self.option.help.format(choices=", ".join(self.choices))

    @property
    def shown(self) -> str:
        """The default in words; "" if there is nothing to say."""
        return self.option.shown or ("" if self.default is False else show_value(self.default))

    @property
    def parsed(self) -> Any:
        """The type that a flag is read as; `Settings` itself sees to the rest."""
        if self.many:
            parts = get_args(self.kind)
            return list[str] if parts[-1] is ... else self.kind
        return self.kind if self.kind in (bool, int, float, Path) else str


def show_value(value: Any) -> str:
    """A value as people write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return ", ".join(map(show_value, value))
    return "" if value is None else str(value)
