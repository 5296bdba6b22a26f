"""Small checkpoints with random weights, made with plain transformers, and chains to score."""

import json
from importlib import resources
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer, LlamaConfig, LlamaForTokenClassification

from dreamcode.chain import parse
from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending, Proposal
from dreamcode.problems import Problem
from dreamcode.rewards.checkpoint import PrmConfig, write_prm_config

TOKENIZER = str(resources.files("dreamcode.policies") / "embedded")

CHAT = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}<assistant>"

PROBLEMS = [
    Problem("sum", "Sum", "Read numbers and print their sum.\n\nInput:\n1 2\n\nOutput:\n3\n"),
    Problem("max", "Max", "Read numbers, one a line, and print the largest of them all.\n"),
]

PROGRAM = '''import sys


def main():
    """Read, sum, print."""
    numbers = read()
    print(total(numbers))


def read():
    """Return the numbers."""
    return [int(word) for word in sys.stdin.read().split()]


def total(numbers):
    """Return the sum."""
    result = 0
    for number in numbers:
        result += number
    return result


main()
'''


SHAPE: dict[str, Any] = {
    "vocab_size": 1536,
    "hidden_size": 64,  # in heads of 32, the smallest that vLLM knows
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "max_position_embeddings": 1024,
    "initializer_range": 0.3,
    "pad_token_id": 0,
}


def tokenizer() -> Any:
    return AutoTokenizer.from_pretrained(TOKENIZER)


def tiny_model(labels: int = 1, **changes: Any) -> LlamaForTokenClassification:
    """A Llama whose random weights are large enough for scores all over (0, 1)."""
    torch.manual_seed(labels)
    model = LlamaForTokenClassification(LlamaConfig(num_labels=labels, **(SHAPE | changes)))
    return model.eval()


def save(
    folder: Path, model: Any, config: PrmConfig | None = None, chat_template: str | None = None
) -> Path:
    """The folder with the model, the embedded policy's tokenizer and, if given, a prm.json."""
    model.save_pretrained(folder)
    words = tokenizer()
    words.chat_template = chat_template
    words.save_pretrained(folder)
    if config is not None:
        write_prm_config(folder, config)
    return folder


def edit_json(file: Path, **changes: Any) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def draft(program: str = PROGRAM, *, finished: bool = True) -> Draft:
    """The program, one proposal a step."""
    steps = [step.source for step in parse(program).steps]
    endings = [Ending.STEP] * (len(steps) - 1) + [Ending.PROGRAM if finished else Ending.STEP]
    return Draft(
        tuple(Proposal(s, ending, tokens=0) for s, ending in zip(steps, endings, strict=True))
    )


def prefix(of: Draft, length: int) -> Draft:
    return Draft(of.proposals[:length])


def variants() -> list[Draft]:
    """Programs that begin alike and part at the first, second or third step."""
    return [
        draft(),
        draft(PROGRAM.replace("result = 0", "result = 1")),
        draft(PROGRAM.replace("int(word)", "float(word)")),
        draft(PROGRAM.replace("numbers = read()", "numbers = read()\n    numbers.sort()")),
        draft(PROGRAM.replace("def read():", "def read(")),
        draft("def main():\n    print(sum(map(int, input().split())))\n\n\nmain()\n"),
    ]
