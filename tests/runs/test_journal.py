import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamcode.errors import InputError
from dreamcode.runs.journal import Journal, make_key, read_records

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def say(journal: Journal, name: str, value: object = None) -> None:
    """Puts on record that somebody asked for `name` and got `value`."""

    async def work() -> object:
        return value

    asyncio.run(journal.remember("answer", {"name": name}, work, Any, {"name": name}))


@given(values=st.lists(VALUES, min_size=1, max_size=6), data=st.data())
def test_a_file_cut_anywhere_keeps_all_whole_records_and_takes_new_ones(
    tmp_path_factory: pytest.TempPathFactory, values: list[object], data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("run") / "journal.jsonl"
    journal = Journal(path)
    ends = []
    for index, value in enumerate(values):
        say(journal, str(index), value)
        ends.append(path.stat().st_size)
    journal.close()

    # A share, since the lengths of the lines hang on the time they tell.
    cut = round(data.draw(st.floats(0, 1)) * ends[-1])
    with path.open("r+b") as file:
        file.truncate(cut)
    whole = sum(end <= cut for end in ends)

    reopened = Journal(path)
    assert len(reopened) == whole
    say(reopened, "new", "after the crash")
    reopened.close()

    records, _ = read_records(path)
    assert [record.asked["name"] for record in records] == [*map(str, range(whole)), "new"]
    assert [record.answer for record in records] == [*values[:whole], "after the crash"]


def test_garbage_before_the_last_line_is_refused_by_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text('{"kind":"a","key":"1"}\nnot json\n{"kind":"a","key":"2"}\n')
    with pytest.raises(InputError, match=r"journal\.jsonl:2"):
        Journal(path)


def test_listeners_hear_new_and_reused_records(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    say(journal, "early")
    heard: list[str] = []
    journal.listen(lambda record: heard.append(record.asked["name"]))
    say(journal, "late")
    say(journal, "early")
    assert heard == ["late", "early"]


@given(
    questions=st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=6), min_size=1, max_size=5)
)
async def test_each_question_is_answered_once_however_it_is_asked(
    tmp_path_factory: pytest.TempPathFactory, questions: list[list[int]]
) -> None:
    journal = Journal(tmp_path_factory.mktemp("run") / "journal.jsonl")
    answered: list[int] = []

    async def ask(wanted: list[int]) -> list[int]:
        async def square(places: Sequence[int]) -> list[int]:
            await asyncio.sleep(0)
            answered.extend(wanted[place] for place in places)
            return [wanted[place] ** 2 for place in places]

        inputs = [{"number": number} for number in wanted]
        return await journal.remember_all("square", inputs, square, int, inputs)

    found = await asyncio.gather(*map(ask, questions))  # some at once, some asking the same
    assert found == [[number**2 for number in wanted] for wanted in questions]
    assert sorted(answered) == sorted({number for wanted in questions for number in wanted})


async def test_what_fails_is_not_on_record_and_is_asked_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")

    async def fail() -> int:
        raise InputError("not now")

    async def work() -> int:
        return 7

    with pytest.raises(InputError, match="not now"):
        await journal.remember("answer", {}, fail, int, {})
    assert len(journal) == 0
    assert await journal.remember("answer", {}, work, int, {}) == 7


def test_time_goes_on_where_an_earlier_session_stopped(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text('{"kind":"a","key":"1","at":100.0}\n')
    assert 100.0 <= Journal(path).seconds < 160.0


@given(
    inputs=st.dictionaries(st.text(), VALUES, min_size=1, max_size=4),
    order=st.randoms(use_true_random=False),
)
def test_a_key_depends_on_what_is_asked_and_not_on_the_order_of_its_parts(
    inputs: dict[str, object], order: object
) -> None:
    names = list(inputs)
    order.shuffle(names)  # type: ignore[attr-defined]
    assert make_key("run", inputs) == make_key("run", {name: inputs[name] for name in names})
    assert make_key("run", inputs) != make_key("write", inputs)
    changed = inputs | {names[0]: [inputs[names[0]]]}
    assert make_key("run", inputs) != make_key("run", changed)


async def test_what_comes_in_one_moment_is_on_record_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    seen: list[int] = []
    journal.listen(lambda _: seen.append(path.read_bytes().count(b"\n")))

    async def work() -> int:
        await asyncio.sleep(0.01)
        return 1

    asked = (journal.remember("kind", {"number": n}, work, int, {}) for n in range(16))
    await asyncio.gather(*asked)
    journal.close()
    assert seen == [16] * 16
