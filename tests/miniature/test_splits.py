import pytest

from dreamcode.miniature.exams import generate_task
from dreamcode.miniature.splits import Split, split_of


def test_every_split_asks_for_compositions_of_its_own() -> None:
    drawn = {split: {generate_task(split, i).composition for i in range(400)} for split in Split}
    for split, compositions in drawn.items():
        assert all(split_of(composition) is split for composition in compositions)
        assert len(compositions) > 350
    assert len(set.union(*drawn.values())) == sum(map(len, drawn.values()))


@pytest.mark.parametrize("split", Split)
def test_splits_are_large(split: Split) -> None:
    assert len({generate_task(split, index) for index in range(2700)}) > 2000
