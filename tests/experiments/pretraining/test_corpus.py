import hashlib
from collections import Counter
from itertools import islice

import pytest

from dreamcode.miniature.exams import generate_task
from dreamcode.miniature.operations import OPERATIONS
from dreamcode.miniature.splits import Split
from dreamcode.miniature.statements import sentence
from dreamcode.miniature.worlds import LONG, MINIATURE, WORLDS, World
from experiments.pretraining.corpus import documents


@pytest.mark.parametrize(
    ("worlds", "lengths"), [([MINIATURE], {2, 3, 4, 5, 6}), ([LONG], {5, 6, 7, 8})]
)
def test_no_composition_of_another_split_is_in_the_corpus(
    worlds: list[World], lengths: set[int]
) -> None:
    """Recognises the operations by the wording of the statements, not by the generator's word."""
    wordings = {
        sentence(wording).split("{k}")[0]: operation.key
        for operation in OPERATIONS
        for wording in operation.wordings
    }
    starts = sorted(wordings, key=len, reverse=True)
    held_out = {
        generate_task(split, i, world).composition
        for world in worlds
        for split in (Split.META, Split.VALIDATION, Split.TEST)
        for i in range(1000)
    }
    seen = Counter[tuple[str, ...]]()
    for prompt, _ in islice(documents(3, worlds), 2000):
        asked = prompt.split("Input\n")[0]
        lines = [line.removeprefix("- ") for line in asked.splitlines()]
        lines = [line[3:] if line[:1].isdigit() else line for line in lines]
        keys = (next((wordings[s] for s in starts if line.startswith(s)), "") for line in lines)
        seen[tuple(key for key in keys if key)] += 1
    assert {len(composition) for composition in seen} == lengths
    assert len(seen) > 1600
    assert not seen.keys() & held_out


def test_the_corpus_of_the_first_world_is_what_it_was() -> None:
    found = islice(documents(3, [MINIATURE]), 40)
    text = "\0".join(prompt + written.source for prompt, written in found)
    assert hashlib.sha256(text.encode()).hexdigest().startswith("ddb4b249430e")


def test_worlds_share_the_corpus_equally() -> None:
    """Of the three worlds one has all long chains, and one more than a sample per statement."""
    found = list(islice(documents(5, list(WORLDS.values())), 900))
    long = sum(len(written.steps) > 8 for _, written in found)
    rich = sum(prompt.count("Sample Input") > 1 for prompt, _ in found)
    alone = list(islice(documents(5, [LONG]), 300))
    assert 0.7 < long / sum(len(written.steps) > 8 for _, written in alone) < 1.4
    assert max(len(written.steps) for _, written in found) == 10
    assert 300 * 0.2 < rich < 300 * 0.4
    assert all(prompt.count("Sample Input") < 2 for prompt, _ in alone)
