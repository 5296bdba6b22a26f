from collections import Counter
from itertools import islice

from dreamcode.miniature.exams import generate_task
from dreamcode.miniature.operations import OPERATIONS
from dreamcode.miniature.splits import Split
from dreamcode.miniature.statements import sentence
from experiments.pretraining.corpus import documents


def test_no_composition_of_another_split_is_in_the_corpus() -> None:
    """Recognises the operations by the wording of the statements, not by the generator's word."""
    wordings = {
        sentence(wording).split("{k}")[0]: operation.key
        for operation in OPERATIONS
        for wording in operation.wordings
    }
    starts = sorted(wordings, key=len, reverse=True)
    held_out = {
        generate_task(split, i).composition
        for split in (Split.META, Split.VALIDATION, Split.TEST)
        for i in range(1500)
    }
    seen = Counter[tuple[str, ...]]()
    for prompt, _ in islice(documents(seed=3), 3000):
        asked = prompt.split("Input\n")[0]
        lines = [line.removeprefix("- ") for line in asked.splitlines()]
        lines = [line[3:] if line[:1].isdigit() else line for line in lines]
        keys = (next((wordings[s] for s in starts if line.startswith(s)), "") for line in lines)
        seen[tuple(key for key in keys if key)] += 1
    assert all(2 <= len(composition) <= 6 for composition in seen)
    assert len(seen) > 2500
    assert not seen.keys() & held_out
