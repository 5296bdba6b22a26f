"""Settings: built-in defaults, then dreamcode.toml, then DREAMCODE_* variables, then flags."""

import tomllib
from pathlib import Path
from typing import Any, Literal

from platformdirs import user_config_path
from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from dreamcode.chain.prompts import Prompting
from dreamcode.errors import InputError
from dreamcode.rewards.aggregation import Aggregation


class Settings(BaseSettings):
    """Everything that can be set outside the command line too."""

    model_config = SettingsConfigDict(
        env_prefix="DREAMCODE_", extra="forbid", env_ignore_empty=True, validate_default=True
    )

    model: str = Field("embedded", description="policy that writes the code")
    search: str = Field("best-of-n", description="how to search")
    n: int = Field(16, ge=1, le=10_000, description="programs; with beams, functions a round")
    width: int | None = Field(
        None, ge=1, description="chains that beam keeps, subtrees of diverse-beam; null: half of n"
    )
    prompt: Prompting = Field("cof", description="what the model is asked for: cof or plain")
    reward: str = Field("auto", description="who scores what is written")
    aggregation: Aggregation | None = Field(
        None, description="how functions' rewards become one number; default: the reward's own"
    )
    temperature: float = Field(0.8, ge=0, le=5, description="0 is greedy")
    top_p: float = Field(1.0, gt=0, le=1, description="nucleus mass")
    seed: int = Field(0, ge=0, description="seed of everything random")
    max_step_tokens: int = Field(
        1024, ge=1, description="most tokens in one function; with plain prompts, in one answer"
    )
    max_steps: int = Field(24, ge=1, description="most functions in one program")
    max_tokens: int | None = Field(None, ge=1, description="budget of completion tokens")
    max_calls: int | None = Field(None, ge=1, description="budget of policy calls")
    max_seconds: float | None = Field(None, gt=0, description="budget of search time")
    sandbox: Literal["auto", "docker", "local"] = Field("auto", description="where programs run")
    workers: int | None = Field(None, ge=1, description="programs run at once; default: cores")
    base_url: str | None = Field(None, description="OpenAI-compatible server")
    prefill: Literal["auto", "on", "off"] = Field("auto", description="begin answers for the model")
    endpoint: Literal["chat", "completions"] = Field("chat", description="server's endpoint")
    timeout: float = Field(120.0, gt=0, description="seconds until a request counts as lost")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags first, then the environment, then the files, nearest first."""
        files = (TomlConfigSettingsSource(settings_cls, file) for file in reversed(toml_files()))
        return (init_settings, env_settings, *files)


def toml_files() -> list[Path]:
    """Where dreamcode.toml is looked for, weakest first: the user's, then this folder's."""
    return [user_config_path("dreamcode") / "dreamcode.toml", Path("dreamcode.toml")]


def load_settings(**flags: Any) -> Settings:
    """The settings in force; flags that are None were not given.

    Raises:
        InputError: a value is not allowed; says which, where it stands and what is allowed.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        return Settings(**given)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"dreamcode.toml is not valid TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        if first["type"] == "extra_forbidden":
            raise InputError(
                f"{find_source(name, given)} sets {name!r}, which is no setting; "
                "`dreamcode config` lists them"
            ) from error
        raise InputError(
            f"{name} = {first['input']!r} ({find_source(name, given)}): {first['msg']}"
        ) from error


def find_source(name: str, flags: dict[str, Any]) -> str:
    """Where the value of `name` comes from, in words."""
    if name in flags:
        return f"flag --{name.replace('_', '-')}"
    if name in EnvSettingsSource(Settings)():
        return f"environment variable DREAMCODE_{name.upper()}"
    for file in reversed(toml_files()):
        if file.exists() and name in TomlConfigSettingsSource(Settings, file)():
            return str(file)
    return "default"
