"""Libraries that only some commands need, and how to install them."""

from importlib.util import find_spec

from dreamcode.errors import InputError

EXTRAS = {
    "bench": ("huggingface_hub", "matplotlib", "numpy", "scipy"),
    "train": ("accelerate", "matplotlib", "numpy", "peft", "scipy", "sklearn", "tensorboard"),
}
"""The import names of what each extra of the distribution installs."""


def require(extra: str) -> None:
    """Names the libraries of an extra that are not installed.

    Raises:
        InputError: libraries are missing.
    """
    missing = [name for name in EXTRAS[extra] if find_spec(name) is None]
    if missing:
        raise InputError(
            f"dreamcode {extra} needs {', '.join(missing)}; run pip install 'dreamcode[{extra}]'"
        )
