"""What a run ran on, for whoever wants to repeat it."""

import json
import os
import platform
import shlex
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from dreamcode.files import write_whole

ENVIRONMENT = "environment.json"
PACKAGES = ("dreamcode", "torch", "transformers", "tokenizers", "openai", "vllm")


def save_environment(folder: Path, sandbox: str) -> None:
    """Puts it on record in the run's folder, if an earlier session has not done so.

    Raises:
        InfrastructureError: the disk does not take the record.
    """
    file = folder / ENVIRONMENT
    if not file.exists():
        write_whole(file, json.dumps(describe_environment(sandbox), indent=2) + "\n")


def describe_environment(sandbox: str) -> dict[str, Any]:
    """Versions, machine and command, as JSON values.

    Args:
        sandbox: name of what isolated the programs.
    """
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
    }


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
