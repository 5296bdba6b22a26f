"""A short name for a checkpoint's content, cheap enough to take at every start."""

import hashlib
from pathlib import Path

EDGE_BYTES = 2**20
"""Of each weight file, this much is read from either end."""

_WEIGHTS = ("*.safetensors", "*.bin")
_TEXTS = ("config.json", "prm.json", "tokenizer.json", "tokenizer_config.json", "*.jinja")


def fingerprint_model(folder: Path) -> str:
    """Hash of config, prm.json and tokenizer, and of size, first and last MiB of the weights.

    A training step changes nearly every weight, so both ends of a file tell two checkpoints
    apart without reading gigabytes.
    """
    digest = hashlib.blake2b(digest_size=16)
    for file in sorted(path for pattern in _TEXTS for path in folder.glob(pattern)):
        digest.update(f"{file.name}\x00{file.stat().st_size}\x00".encode())
        digest.update(file.read_bytes())
    for file in sorted(path for pattern in _WEIGHTS for path in folder.glob(pattern)):
        size = file.stat().st_size
        digest.update(f"{file.name}\x00{size}\x00".encode())
        with file.open("rb") as content:
            digest.update(content.read(EDGE_BYTES))
            content.seek(max(0, size - EDGE_BYTES))
            digest.update(content.read(EDGE_BYTES))
    return digest.hexdigest()
