"""The worlds of the embedded models as data sets."""

from itertools import islice
from pathlib import Path

import pytest

from dreamcode.datasets.dataset_names import open_dataset
from dreamcode.errors import InputError
from dreamcode.miniature.exams import generate_exam
from dreamcode.miniature.worlds import WORLDS


@pytest.mark.parametrize("name", WORLDS)
def test_a_world_is_its_first_test_problems(name: str) -> None:
    tasks = list(open_dataset(name).read(None, None))
    assert [task.id for task in tasks] == [f"{name}-test-{index:05d}" for index in range(500)]
    assert tasks[7].exam.problem == generate_exam("test", 7, WORLDS[name]).problem
    lengths = {f"{length} operations" for length in WORLDS[name].lengths}
    assert {task.difficulty for task in tasks} == lengths


@pytest.mark.parametrize("name", WORLDS)
def test_a_world_says_what_it_is_and_takes_no_file(name: str) -> None:
    dataset = open_dataset(name)
    assert dataset.name == name
    assert "functions" in dataset.summary or "one public test" in dataset.summary
    for place in ((Path("rows.jsonl"), None), (None, "v2")):
        with pytest.raises(InputError, match=f"{name} generates its problems: leave --data"):
            next(islice(dataset.read(*place), 1))
