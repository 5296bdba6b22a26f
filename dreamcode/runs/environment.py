"""What a run ran on, for whoever wants to repeat it."""

import json
import os
import platform
import shlex
import sys
import time
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType
from typing import Any

from dreamcode.errors import InputError
from dreamcode.files import write_whole

ENVIRONMENT = "environment.json"
PACKAGES = ("dreamcode", "torch", "transformers", "tokenizers", "openai", "vllm")


def save_environment(
    folder: Path, sandbox: str, facts: Mapping[str, Any] = MappingProxyType({})
) -> None:
    """Puts it on record in the run's folder, if an earlier session has not done so.

    Args:
        folder: the run's folder.
        sandbox: name of what isolates the programs.
        facts: what the sandbox says of itself; none where no program runs.

    Raises:
        InfrastructureError: the disk does not take the record.
        InputError: the programs of an earlier session ran on another Python.
    """
    file = folder / ENVIRONMENT
    if file.exists():
        if facts:
            _check_python(file, facts["python"])
        return
    write_whole(file, json.dumps(describe_environment(sandbox, facts), indent=2) + "\n")


def describe_environment(sandbox: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Versions, machine and command, as JSON values. See `save_environment`."""
    gpus = []
    if "torch" in sys.modules:  # else nothing of the run has used one, and loading it takes seconds
        import torch

        gpus = [torch.cuda.get_device_name(place) for place in range(torch.cuda.device_count())]
    return {
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "command": shlex.join(["dreamcode", *sys.argv[1:]]),
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "memory_gib": _memory_gib(),
        "gpus": gpus,
        "sandbox": sandbox,
        "sandbox_python": facts.get("python"),
        "sandbox_packages": facts.get("packages", {}),
    }


def _check_python(file: Path, now: str) -> None:
    """Prompts name the version and verdicts depend on it: what a run has of them must fit."""
    known = json.loads(file.read_text("utf-8"))
    # Before sandboxes had a Python of their own they ran ours.
    before = minor_version(known.get("sandbox_python") or known["python"])
    if before != minor_version(now):
        raise InputError(
            f"{file.parent} began with programs on Python {before}, and the sandbox now runs "
            f"{minor_version(now)}; add --python {before} (`python` in a configuration), or choose "
            "another folder"
        )


def minor_version(version: str) -> str:
    """As in "3.13" for "3.13.0"."""
    return ".".join(version.split(".")[:2])


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _memory_gib() -> float | None:
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):  # a system that does not say
        return None
    return round(total / 2**30, 1)
