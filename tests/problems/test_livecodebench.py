"""LiveCodeBench rows, honest and hostile."""

import base64
import json
import os
import pickle
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamcode.errors import InputError
from dreamcode.problems.livecodebench import read_row
from dreamcode.problems.packed import unpack_string
from dreamcode_sandbox.cases import CallTest, Limits, StdinTest

STATEMENT = "Add.\r\nTwo numbers, then print what comes out."
STDIN = [{"input": "3 4\n", "output": "7\n", "testtype": "stdin"}]
CALL = [{"input": '[1, 2]\n"a"', "output": "true", "testtype": "functional"}]


def pack(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data)).decode()


def make_row(**fields: Any) -> dict[str, Any]:
    return {
        "question_title": "Sum",
        "question_content": STATEMENT,
        "platform": "atcoder",
        "question_id": "abc999_a",
        "starter_code": "",
        "public_test_cases": json.dumps(STDIN),
        "private_test_cases": json.dumps(STDIN),
        "metadata": "{}",
    } | fields


def test_stdin_row() -> None:
    exam = read_row(make_row())
    problem = exam.problem
    assert (problem.id, problem.title, problem.function) == ("abc999_a", "Sum", None)
    assert problem.statement == "Add.\nTwo numbers, then print what comes out."
    assert problem.public_tests == (StdinTest("3 4\n", "7\n"),)
    assert problem.limits == Limits(seconds=6.0, names="livecodebench")
    assert exam.hidden.open() == problem.public_tests


def test_functional_row() -> None:
    row = make_row(
        starter_code="class Solution:\n    def pick(self, n: List[int], s: str) -> bool:\n        ",
        public_test_cases=json.dumps(CALL),
        private_test_cases="[]",
        metadata='{"func_name": "pick"}',
    )
    exam = read_row(row)
    assert exam.problem.function == "pick"
    assert exam.problem.public_tests == (CallTest("pick", ([1, 2], "a"), True),)
    assert exam.hidden.open() == ()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_packed_private_tests(protocol: int) -> None:
    packed = pack(pickle.dumps(json.dumps(STDIN), protocol))
    assert read_row(make_row(private_test_cases=packed)).hidden.open() == (
        StdinTest("3 4\n", "7\n"),
    )


def test_private_tests_stay_packed_until_opened() -> None:
    exam = read_row(make_row(private_test_cases="neither JSON nor base64"))
    with pytest.raises(InputError, match="abc999_a: private_test_cases: neither JSON nor base64"):
        exam.hidden.open()


@given(st.text(), st.integers(0, pickle.HIGHEST_PROTOCOL))
def test_any_pickled_string_is_unpacked(text: str, protocol: int) -> None:
    assert unpack_string(pack(pickle.dumps(text, protocol))) == text


class Touch:
    """Pickles to a call that makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


def hostile_pickles(mark: Path) -> dict[str, bytes]:
    folder = str(mark).encode()
    return {
        "reduce with a global": pickle.dumps(Touch(mark), 2),
        "reduce with a stack global": pickle.dumps(Touch(mark), 4),
        "inside a list": pickle.dumps([json.dumps(STDIN), Touch(mark)]),
        "inst": b"(V" + folder + b"\nios\nmkdir\n.",
        "obj": b"(cos\nmkdir\nV" + folder + b"\no.",
        "newobj": b"\x80\x02cos\nmkdir\nV" + folder + b"\n\x85\x81.",
        "extension registry": b"\x80\x02\x82\x01.",
        "persistent id": b"Psomething\n.",
        "string, then a call": b"V[]\n0cos\nmkdir\nV" + folder + b"\n\x85R0V[]\n.",
    }


@pytest.mark.parametrize("attack", hostile_pickles(Path()))
def test_hostile_pickles_are_refused_and_run_nothing(attack: str, tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    pickled = hostile_pickles(mark)[attack]
    exam = read_row(make_row(private_test_cases=pack(pickled)))
    with pytest.raises(InputError, match=r"abc999_a.*nothing in it was executed"):
        exam.hidden.open()
    assert not mark.exists()


@pytest.mark.parametrize(
    "attack",
    [
        "reduce with a global",
        "reduce with a stack global",
        "inside a list",
        "inst",
        "obj",
        "string, then a call",
    ],
)
def test_the_attacks_are_real(attack: str, tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    pickle.loads(hostile_pickles(mark)[attack])
    assert mark.exists()


@pytest.mark.parametrize(
    ("packed", "reason"),
    [
        ("%%%", "neither JSON nor base64"),
        (base64.b64encode(b"no zlib").decode(), "no zlib data"),
        (pack(b"not a pickle"), "nothing in it was executed"),
        (pack(b""), "nothing in it was executed"),
        (pack(pickle.dumps("[]")[:-1]), "nothing in it was executed"),
        (pack(pickle.dumps(b"[]")), "does more than hold a string"),
        (pack(pickle.dumps(7)), "does more than hold a string"),
        (pack(b"V[]\nV[]\n."), "2 strings instead of one"),
        (pack(pickle.dumps("not json")), "is not JSON"),
        (pack(pickle.dumps("{}")), "is not a list"),
        (pack(pickle.dumps(STATEMENT))[:40], "cut off"),
    ],
)
def test_damaged_private_tests(packed: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        read_row(make_row(private_test_cases=packed)).hidden.open()
    assert "abc999_a" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_decompression_bombs_are_bounded() -> None:
    packed = pack(pickle.dumps("x" * 1_000_000))
    with pytest.raises(ValueError, match="more than 1000 bytes"):
        unpack_string(packed, max_bytes=1000)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"question_id": None}, "'question_id' is missing"),
        ({"question_content": 7}, "'question_content' is 7, not a string"),
        ({"public_test_cases": None}, "'public_test_cases' is missing"),
        ({"public_test_cases": '[{"input": "1"}]'}, "test 1: .* lacks input and output"),
        ({"public_test_cases": '[{"input": "", "output": "", "testtype": "x"}]'}, "testtype"),
        ({"public_test_cases": json.dumps(CALL)}, "metadata has no func_name"),
        ({"metadata": "[]"}, "not a JSON object"),
        ({"metadata": "{"}, "is not JSON"),
        ({"metadata": '{"func_name": 3}'}, "func_name is 3"),
    ],
)
def test_malformed_rows(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        read_row(make_row(**fields))
    assert "\n" not in str(caught.value)


def test_row_without_the_fields_that_may_lack() -> None:
    row = make_row(
        starter_code="def pick(n, s):\n    ", public_test_cases=json.dumps(CALL), metadata=None
    )
    del row["private_test_cases"], row["question_title"]
    exam = read_row(row)
    assert exam.problem.public_tests == (CallTest("pick", ([1, 2], "a"), True),)
    assert exam.problem.title == "abc999_a"
    assert exam.hidden.open() == ()
