"""labels.jsonl in the form that TRL's trainers of stepwise reward models read."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dreamcode.chain.prompts import bare_prompt
from dreamcode.errors import InputError
from dreamcode_training.records import LabelledChain, ProblemRecord, Split, write_lines


@dataclass(frozen=True, slots=True)
class StepwiseExample:
    """One line of the export: TRL's stepwise supervision, and the labels before rounding.

    Source: https://huggingface.co/docs/trl/dataset_formats, "Stepwise supervision".

    Attributes:
        prompt: the problem.
        completions: text of each step.
        labels: one truth value per step; the last one's is whether the tests passed.
        soft_labels: the shares that they come from; None where nothing was measured.
    """

    prompt: str
    completions: tuple[str, ...]
    labels: tuple[bool, ...]
    soft_labels: tuple[float | None, ...]


def export_trl(
    path: Path,
    chains: Sequence[LabelledChain],
    problems: dict[str, ProblemRecord],
    split: Split = "train",
    threshold: float = 0.0,
) -> int:
    """Writes the chains of a split as JSON lines and says how many they are.

    A step is right if more than `threshold` of its prefix's rollouts passed. A step that was
    not measured is right where a longer prefix is, and wrong where a shorter one is, as in a
    binary search; chains with a step about which that says nothing are left out.

    Args:
        path: the file to write.
        chains: chains of any split.
        problems: the chains' problems, by id.
        split: whose chains to write.
        threshold: in [0, 1); 0 is the "hard estimation" of Math-Shepherd (arXiv 2312.08935).

    Raises:
        InputError: the threshold lies outside [0, 1).
    """
    if not 0 <= threshold < 1:
        raise InputError(f"threshold {threshold} lies outside [0, 1); 0 asks for any success")
    examples = []
    for chain in chains:
        record = problems[chain.problem]
        if record.split == split:
            soft = [count.k / count.n if count.n else None for count in chain.counts]
            if chain.passed is not None:
                soft.append(float(chain.passed))
            labels = _decide([None if share is None else share > threshold for share in soft])
            if labels is not None:
                prompt = bare_prompt(record.problem)
                examples.append(StepwiseExample(prompt, chain.steps, labels, tuple(soft)))
    write_lines(path, examples)
    return len(examples)


def _decide(known: list[bool | None]) -> tuple[bool, ...] | None:
    """`known` with its gaps filled from their neighbours; None if that is impossible."""
    labels = []
    for place, label in enumerate(known):
        if label is None and True in known[place:]:
            label = True
        elif label is None and False in known[:place]:
            label = False
        if label is None:
            return None
        labels.append(label)
    return tuple(labels)
