"""Folders of adapters (LoRA, as peft saves them), and whose adapters they are."""

import json
from pathlib import Path
from typing import Any

from dreamcode.errors import InputError

CONFIG = "adapter_config.json"


def find_base(folder: Path) -> str | None:
    """The base of a folder that holds adapters alone: a folder or a hub id; else None.

    Raises:
        InputError: adapter_config.json does not say.
    """
    file = folder / CONFIG
    if not file.is_file() or (folder / "config.json").is_file():
        return None
    base = _read(file).get("base_model_name_or_path")
    if not isinstance(base, str):
        raise InputError(f"{file} names no base_model_name_or_path; name the adapter's base there")
    return str(Path(base).expanduser()) if base.startswith("~") else base


def read_rank(folder: Path) -> int:
    """The rank of the folder's adapters, by adapter_config.json.

    Raises:
        InputError: adapter_config.json does not say.
    """
    rank = _read(folder / CONFIG).get("r")
    if not isinstance(rank, int):
        raise InputError(f"{folder / CONFIG} names no rank r; name the rank of the adapters there")
    return rank


def _read(file: Path) -> dict[str, Any]:
    try:
        config = json.loads(file.read_text("utf-8"))
    except ValueError:
        return {}
    return config if isinstance(config, dict) else {}
