"""Where settings come from: dreamcode.toml, its profiles, the environment, a protocol, flags."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from platformdirs import user_config_path
from pydantic import TypeAdapter, ValidationError

from dreamcode.bench.protocols import find_protocol
from dreamcode.cli.option import Setting
from dreamcode.cli.settings import Settings, list_settings
from dreamcode.errors import InputError
from dreamcode.files import read_text

PROFILES = "profile"
"""The table of dreamcode.toml that holds the profiles."""


class Value(NamedTuple):
    """A value as it was found.

    Attributes:
        value: the value before it is checked.
        source: where it stands, in words.
    """

    value: Any
    source: str


Values = dict[str, Value]
"""By the name of the field."""


def load_settings(flags: Mapping[str, Any] | None = None) -> Settings:
    """The settings in force.

    Args:
        flags: all that the command takes, by the names of the fields; None where one is not
            given. A protocol means nothing to a command that does not take one.

    Raises:
        InputError: a value is not allowed; says which, where it stands and what is allowed.
    """
    flags = flags or {}
    values = find_values(flags)
    settings = make_settings(values)
    if "protocol" not in flags or settings.protocol is None:
        return settings
    fixed = find_protocol(settings.protocol).settings
    source = f"protocol {settings.protocol}"
    values |= {name: Value(value, source) for name, value in fixed.items()}
    return make_settings(values | _read_flags(flags))


def find_values(flags: Mapping[str, Any]) -> Values:
    """Everything that is set: what comes later goes before what comes earlier.

    Raises:
        InputError: a file cannot be read or sets what is no setting; there is no such profile.
    """
    files = [(file, _read_toml(file)) for file in toml_files() if file.exists()]
    values: Values = {}
    profiles: dict[str, Values] = {}
    for file, content in files:
        for name, table in _read_profiles(file, content).items():
            profiles[name] = profiles.get(name, {}) | _read_table(table, f"{file}, profile {name}")
        values |= _read_table(content, str(file))
    above = _read_environment() | _read_flags(flags)
    if PROFILES in above:
        wanted, source = above[PROFILES]
        if wanted not in profiles:
            there = f"there are {', '.join(sorted(profiles))}" if profiles else "there are none"
            places = " or ".join(str(file) for file in toml_files())
            raise InputError(f"unknown profile {wanted!r} ({source}); in {places} {there}")
        values |= profiles[wanted]
    return values | above


def make_settings(values: Values) -> Settings:
    """The settings of these values, checked; defaults for the others.

    Raises:
        InputError: a value is not allowed.
    """
    try:
        return TypeAdapter(Settings).validate_python(
            {name: found.value for name, found in values.items()}
        )
    except ValidationError as error:
        first = error.errors()[0]
        [setting] = [known for known in list_settings() if known.name == first["loc"][0]]
        value, source = values[setting.name]
        form = f"; write {setting.option.metavar}" if setting.option.metavar else ""
        raise InputError(f"{setting.key} = {value!r} ({source}): {first['msg']}{form}") from error


def toml_files() -> list[Path]:
    """Where dreamcode.toml is looked for, weakest first: the user's, then this folder's."""
    return [user_config_path("dreamcode") / "dreamcode.toml", Path("dreamcode.toml")]


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(read_text(file))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{file} is not valid TOML: {error}") from error


def _read_profiles(file: Path, content: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The profiles of a file, which then has them no longer."""
    profiles: dict[str, dict[str, Any]] = content.pop(PROFILES, {})
    if not isinstance(profiles, dict) or not all(isinstance(t, dict) for t in profiles.values()):
        raise InputError(
            f"{file}: a profile is a table such as [profile.work]; choose one with --profile "
            "or DREAMCODE_PROFILE"
        )
    return profiles


def _read_table(table: dict[str, Any], source: str) -> Values:
    known = {setting.key: setting for setting in list_settings() if setting.key != PROFILES}
    for key in table:
        if key not in known:
            raise InputError(
                f"{source} sets {key!r}, which is no setting; `dreamcode config` lists them"
            )

    def read(setting: Setting, value: Any) -> Value:
        # One of what may be many needs no brackets.
        return Value([value] if setting.many and isinstance(value, str) else value, source)

    return {known[key].name: read(known[key], value) for key, value in table.items()}


def _read_environment() -> Values:
    return {
        setting.name: Value(
            text.split(",") if setting.many else text, f"environment variable {setting.variable}"
        )
        for setting in list_settings()
        if (text := os.environ.get(setting.variable))  # empty is not set
    }


def _read_flags(flags: Mapping[str, Any]) -> Values:
    return {
        setting.name: Value(flags[setting.name], f"flag {setting.flag}")
        for setting in list_settings()
        if flags.get(setting.name) not in (None, [])
    }
