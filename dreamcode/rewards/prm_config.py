"""`prm.json`: how a token-classification checkpoint is to be read as a reward model."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from dreamcode.codec import decode, encode
from dreamcode.errors import InputError
from dreamcode.rewards.aggregation import Aggregation

FILE = "prm.json"

EMBEDDED = Path(__file__).parent / "embedded"
"""Folder of the reward model that ships with the package."""


@dataclass(frozen=True, slots=True)
class PrmConfig:
    """What the file beside the weights says.

    Attributes:
        kind: "prm" judges every prefix, "orm" the finished chain alone.
        template: how the problem is put before the program: "bare" is the statement alone,
            "chat" the tokenizer's chat template with the program as the answer.
        separator: text put after every step, on whose last token the step is scored; "" scores
            on the step's own last token.
        positive_label: which of two labels means "right"; None for one logit.
        aggregation: how step rewards become one number.
        temperature: the logit is divided by this (calibration, fitted on validation).
        bias: then this is added.
        vocabulary: hash of the tokenizer's vocabulary at training; "" if it is not known.
        provenance: who made the weights, from what: data, method, seed, command.
    """

    kind: Literal["prm", "orm"] = "prm"
    template: Literal["bare", "chat"] = "bare"
    separator: str = ""
    positive_label: int | None = None
    aggregation: Aggregation = "last"
    temperature: float = 1.0
    bias: float = 0.0
    vocabulary: str = ""
    provenance: dict[str, Any] = field(default_factory=dict)


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
    (folder / FILE).write_text(json.dumps(encode(config), indent=2) + "\n", "utf-8")
