import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamcode.errors import InputError
from dreamcode.runs.journal import Journal, make_key

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(values=st.lists(VALUES, min_size=1, max_size=6), data=st.data())
def test_a_file_cut_anywhere_keeps_all_whole_records_and_takes_new_ones(
    tmp_path_factory: pytest.TempPathFactory, values: list[object], data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("run") / "journal.jsonl"
    journal = Journal(path)
    ends = []
    for index, value in enumerate(values):
        journal.add("answer", str(index), value=value)
        ends.append(path.stat().st_size)
    journal.close()

    cut = data.draw(st.integers(0, ends[-1]))
    with path.open("r+b") as file:
        file.truncate(cut)
    whole = sum(end <= cut for end in ends)

    reopened = Journal(path)
    assert len(reopened) == whole
    for index, value in enumerate(values):
        record = reopened.find(str(index))
        assert (record is None) == (index >= whole)
        if record is not None:
            assert record["value"] == value
    reopened.add("answer", "new", value="after the crash")
    reopened.close()

    lines = path.read_text().splitlines()
    assert len(lines) == whole + 1
    assert [json.loads(line)["key"] for line in lines] == [*map(str, range(whole)), "new"]


def test_garbage_before_the_last_line_is_refused_by_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text('{"kind":"a","key":"1"}\nnot json\n{"kind":"a","key":"2"}\n')
    with pytest.raises(InputError, match=r"journal\.jsonl:2"):
        Journal(path)


def test_listeners_hear_new_and_reused_records(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.add("answer", "early", value=1)
    heard: list[str] = []
    journal.listen(lambda record: heard.append(record["key"]))
    journal.add("answer", "late", value=2)
    assert journal.find("early") is not None
    assert journal.find("never") is None
    assert heard == ["late", "early"]


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
    assert make_key("run", inputs) != make_key("propose", inputs)
    changed = inputs | {names[0]: [inputs[names[0]]]}
    assert make_key("run", inputs) != make_key("run", changed)
