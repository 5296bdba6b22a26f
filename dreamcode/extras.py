"""Libraries that only some commands need, and how to install them."""

from importlib.util import find_spec
from typing import Literal

from dreamcode.errors import InputError

EXTRAS = {
    "bench": ("huggingface_hub", "matplotlib", "numpy", "scipy"),
    "serve": ("starlette", "uvicorn"),
    "train": ("accelerate", "matplotlib", "numpy", "peft", "scipy", "sklearn", "tensorboard"),
    "vllm": ("vllm",),
    "ray": ("ray",),
}
Extra = Literal["bench", "serve", "train", "vllm", "ray"]
"""The import names of what each extra of the distribution installs."""


def require(extra: Extra, *libraries: str, what: str = "") -> None:
    """Names the libraries that are not installed, and the command that installs them.

    Args:
        extra: the extra of the distribution that has them.
        libraries: those that are needed; all of the extra if none is named.
        what: what needs them; by default the command of the extra's name.

    Raises:
        InputError: a library is missing.
    """
    missing = [name for name in libraries or EXTRAS[extra] if find_spec(name) is None]
    if missing:
        raise InputError(
            f"{what or f'dreamcode {extra}'} needs {', '.join(missing)}; "
            f"run pip install 'dreamcode[{extra}]'"
        )
