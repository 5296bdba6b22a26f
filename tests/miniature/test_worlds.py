"""The worlds beside the first one, and that the first one is what it was."""

import hashlib
import json
from itertools import islice

import pytest

from dreamcode.codec import encode
from dreamcode.errors import InputError
from dreamcode.miniature.exams import exams, generate_exam, generate_task
from dreamcode.miniature.splits import Split, split_of
from dreamcode.miniature.worlds import LONG, MINIATURE, WEAK, WORLDS, World, find_world
from dreamcode_sandbox.cases import StdinTest
from tests.miniature.test_exams import count_kills

KNOWN = {
    ("train", 0): "0fda7a3a38d1",
    ("train", 2999): "c59c0c543bd5",
    ("meta", 17): "b010af49c2f9",
    ("validation", 1000): "2127b6580252",
    ("test", 0): "3d6a3a5fb4ca",
    ("test", 499): "70ab8291b193",
}
"""Of problem and hidden tests, as they were before there were other worlds."""


@pytest.mark.parametrize(("place", "known"), KNOWN.items())
def test_problems_are_what_the_embedded_weights_were_measured_on(
    place: tuple[str, int], known: str
) -> None:
    exam = generate_exam(*place)
    assert exam.problem.id == f"miniature-{place[0]}-{place[1]:05d}"
    text = json.dumps([encode(exam.problem), encode(exam.hidden.open())], sort_keys=True)
    assert hashlib.sha256(text.encode()).hexdigest().startswith(known)


def test_weak_problems_are_those_of_miniature_with_one_test() -> None:
    for index in range(30):
        usual, weak = generate_exam("test", index), generate_exam("test", index, WEAK)
        assert generate_task("test", index) == generate_task("test", index, WEAK)
        assert weak.problem.id == f"miniature-weak-test-{index:05d}"
        assert weak.problem.title == usual.problem.title
        assert weak.hidden.open() == usual.hidden.open()
        (sample,) = weak.problem.public_tests
        assert isinstance(sample, StdinTest)
        assert sample.output.strip()
        assert weak.problem.statement.count("Sample Input") == 1
        assert f"```\n{sample.input}```" in weak.problem.statement


def test_long_problems_have_longer_chains_and_one_test() -> None:
    tasks = [generate_task("train", index, LONG) for index in range(120)]
    lengths = [len(task.calls) for task in tasks]
    assert set(lengths) == {5, 6, 7, 8}  # with main and the reader of input, 7 to 10 functions
    assert sum(length > 6 for length in lengths) > 20  # longer than any of miniature
    assert tasks[:20] != [generate_task("train", index) for index in range(20)]
    long = list(islice(exams("meta", world=LONG), 20))
    assert [exam.problem.id for exam in long[:2]] == [
        "miniature-long-meta-00000",
        "miniature-long-meta-00001",
    ]
    assert all(len(exam.problem.public_tests) == 1 for exam in long)
    assert long[3].problem == generate_exam(Split.META, 3, LONG).problem


@pytest.mark.parametrize("world", WORLDS.values(), ids=list(WORLDS))
def test_a_composition_has_one_split_in_all_worlds(world: World) -> None:
    for split in Split:
        for index in range(40):
            assert split_of(generate_task(split, index, world).composition) is split


def test_weak_tests_tell_less_and_hidden_ones_as_much() -> None:
    usual, weak, long = (
        count_kills(Split.VALIDATION, problems=12, inputs=400, world=world)
        for world in (MINIATURE, WEAK, LONG)
    )
    assert (weak.killed, weak.alive) == (usual.killed, usual.alive)
    assert weak.seen < 0.75 * usual.seen
    assert long.killed > 1.5 * usual.killed
    assert long.alive <= 0.01 * long.killed
    assert long.seen / long.killed < 0.6 < usual.seen / usual.killed


@pytest.mark.slow
def test_what_public_and_hidden_tests_find_is_what_the_documents_say() -> None:
    found = [count_kills(Split.VALIDATION, 60, 1000, world) for world in WORLDS.values()]
    assert [(kills.seen, kills.killed, kills.alive) for kills in found] == [
        (999, 1170, 0),
        (715, 1170, 0),
        (1127, 2142, 2),
    ]


def test_a_world_that_does_not_exist_is_named() -> None:
    assert find_world("miniature-long") is LONG
    with pytest.raises(InputError, match="no world 'chess'; choose one of miniature, miniature-w"):
        find_world("chess")
