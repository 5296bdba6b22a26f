"""A reward model's folder: `prm.json`, which says how it is read, and a name for its content."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from dreamcode.codec import decode, encode
from dreamcode.errors import InputError
from dreamcode.files import write_whole
from dreamcode.policies.adapters import CONFIG, find_base
from dreamcode.rewards.aggregation import Aggregation, sigmoid

FILE = "prm.json"

EMBEDDED = Path(__file__).parent / "embedded"
"""Folder of the reward model that ships with the package."""


EDGE_BYTES = 2**20
"""Of each weight file, this much is read from either end."""

_WEIGHTS = ("*.safetensors", "*.bin")
_TEXTS = ("config.json", "tokenizer.json", "tokenizer_config.json", "*.jinja", FILE, CONFIG)


@dataclass(frozen=True, slots=True)
class Calibration:
    """How a logit becomes a chance: sigmoid(logit / temperature + bias), fitted on validation."""

    temperature: float = 1.0
    bias: float = 0.0

    def chance(self, logit: float) -> float:
        """The chance, in [0, 1]."""
        return sigmoid(logit / self.temperature + self.bias)


@dataclass(frozen=True, slots=True)
class PrmConfig:
    """What the file beside the weights says.

    Attributes:
        kind: "prm" judges every prefix, "orm" the finished chain alone.
        template: how the problem is put before the program: "bare" is the statement alone,
            "chat" the tokenizer's chat template with the program as the answer.
        separator: text put after every step, on whose last token the step is scored; "" scores
            on the step's own last token.
        begin: whether the tokenizer's begin token stands before a bare prompt, even where the
            tokenizer itself writes none.
        closed: whether fence and turn are closed behind the program, which is scored on the last
            token of that; of an ORM with a chat template.
        positive_label: which of two labels means "right"; None for one logit.
        aggregation: how step rewards become one number.
        temperature: of finished programs the logit is divided by this; see `Calibration`.
        bias: this is added to the divided logit.
        unfinished: calibration of prefixes that are no finished programs; None: the same.
        window: most tokens that the model was trained to read; None: what its base reads.
        vocabulary: hash of the tokenizer's vocabulary at training; "" if it is not known.
        provenance: who made the weights, from what: data, method, seed, command.
    """

    kind: Literal["prm", "orm"] = "prm"
    template: Literal["bare", "chat"] = "bare"
    separator: str = ""
    begin: bool = False
    closed: bool = False
    positive_label: int | None = None
    aggregation: Aggregation = "last"
    temperature: float = 1.0
    bias: float = 0.0
    unfinished: Calibration | None = None
    window: int | None = None
    vocabulary: str = ""
    provenance: dict[str, Any] = field(default_factory=dict)

    @property
    def of_programs(self) -> Calibration:
        """Calibration of finished programs."""
        return Calibration(self.temperature, self.bias)

    @property
    def of_prefixes(self) -> Calibration:
        """Calibration of all other prefixes."""
        return self.unfinished or self.of_programs


def describe_reading(config: PrmConfig) -> list[str]:
    """How a checkpoint is read, in phrases."""
    judged = "every prefix" if config.kind == "prm" else "finished programs only"
    prompt = {
        "bare": "statement and starter code",
        "chat": "chat template, the program in a fence as the answer",
    }[config.template]
    if config.closed:
        read = "the end of the answer's turn"
    elif config.separator:
        read = f"{config.separator!r} behind every step"
    else:
        read = "the last token of every step"
    label = "" if config.positive_label is None else f", label {config.positive_label} is right"
    neither = config.of_programs == config.of_prefixes == Calibration()
    return [
        f"judges {judged}",
        f"prompt: {prompt}",
        f"scored on {read}{label}",
        f"a chain's reward: {config.aggregation}",
        "not calibrated" if neither else "calibrated",
    ]


def hash_vocabulary(tokenizer: Any) -> str:
    """The same for tokenizers with the same pieces under the same numbers."""
    pieces = json.dumps(sorted(tokenizer.get_vocab().items()))
    return hashlib.blake2b(pieces.encode(), digest_size=8).hexdigest()


def read_prm_config(folder: Path) -> PrmConfig | None:
    """The folder's prm.json; None where there is none.

    Raises:
        InputError: the file is no valid prm.json; says what is wrong with it.
    """
    file = folder / FILE
    if not file.is_file():
        return None
    try:
        return decode(PrmConfig, json.loads(file.read_text("utf-8")))
    except ValueError as error:
        raise InputError(f"{file} is not a valid prm.json: {error}") from error


def write_prm_config(folder: Path, config: PrmConfig) -> None:
    """Writes `config` into the folder's prm.json."""
    write_whole(folder / FILE, json.dumps(encode(config), indent=2) + "\n")


def fingerprint_model(folder: Path) -> str:
    """Hash of config, prm.json and tokenizer, and of size, first and last MiB of the weights.

    A training step changes nearly every weight, so both ends of a file tell two checkpoints
    apart without reading gigabytes. Of adapters the base counts too, on the hub by its name.
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
    if (base := find_base(folder)) is not None and Path(base).is_dir():
        digest.update(fingerprint_model(Path(base)).encode())
    return digest.hexdigest()
