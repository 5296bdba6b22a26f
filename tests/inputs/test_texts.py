"""Inputs made from samples of standard input keep what these have in common."""

import re
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dreamcode.inputs.grids import cut, has_shape, join
from dreamcode.inputs.making import mutate_samples
from dreamcode.inputs.texts import mutate_text
from dreamcode.problems import Problem
from dreamcode_sandbox.cases import StdinTest


def many(samples: list[str], number: int = 200) -> list[str]:
    random = Random(1)
    return [mutate_text(samples, random) for _ in range(number)]


def numbers(text: str) -> list[list[int]]:
    return [[int(word) for word in line.split()] for line in text.splitlines()]


def test_a_number_that_counts_a_list_goes_with_it() -> None:
    found = many(["3\n1 2 9\n", "5\n4 4 1 2 8\n"])
    assert all(len(rows[1]) == rows[0][0] for rows in map(numbers, found))
    assert len({rows[0][0] for rows in map(numbers, found)}) > 3
    assert all(1 <= one <= 9 for rows in map(numbers, found) for one in rows[1])


def test_lists_that_one_number_counts_stay_equally_long() -> None:
    found = [numbers(text) for text in many(["3\n1 5 2\n7 7 9\n"])]
    assert all(len(one) == len(other) == size for [size], one, other in found)
    assert len({len(rows[1]) for rows in found}) > 2


def test_lines_that_a_number_counts_come_and_go_with_it() -> None:
    found = [numbers(text) for text in many(["6 3\n1 2\n2 3\n3 6\n"])]
    assert all(len(rows) == rows[0][1] + 1 for rows in found)
    assert len({len(rows) for rows in found}) > 2
    # The nodes of a graph are numbered up to the first number, which nothing else shows.
    assert all(rows[0][0] == 6 and max(map(max, rows[1:])) <= 6 for rows in found)


def test_cases_behind_each_other_keep_their_own_counts() -> None:
    for text in many(["2\n3\n1 2 2\n4\n4 3 2 9\n"]):
        rows = numbers(text)
        assert rows[0] == [2]
        assert [len(rows[2]), len(rows[4])] == [rows[1][0], rows[3][0]]


def test_a_row_that_begins_with_its_own_length_keeps_it() -> None:
    for text in many(["2\n3 4 9 5\n2 7 8\n"]):
        assert all(row[0] == len(row) - 1 for row in numbers(text)[1:])


def test_maps_keep_their_size_and_their_signs() -> None:
    found = many(["3 4\n#..#\n.#..\n....\n"])
    for text in found:
        height, width = map(int, text.split("\n")[0].split())
        rows = text.splitlines()[1:]
        assert (len(rows), {len(row) for row in rows}) == (height, {width})
        assert {sign for row in rows for sign in row} <= set("#.")
    assert len(set(found)) > 20


def test_a_counted_word_keeps_its_length() -> None:
    for text in many(["5\nabcde\n", "3\nxyz\n"]):
        count, word = text.split()
        assert len(word) == int(count)


def test_numbers_in_order_stay_in_order_and_numberings_stay_numberings() -> None:
    for text in many(["4\n1 3 3 9\n"]):
        assert (row := numbers(text)[1]) == sorted(row)
    for text in many(["6\n3 1 2 5 4 6\n"]):
        assert sorted(numbers(text)[1]) == [1, 2, 3, 4, 5, 6]


def test_decimals_words_and_punctuation_keep_their_form() -> None:
    for text in many(["ab 1.50\n", "c 22.25\n"]):
        assert re.fullmatch(r"[a-c]+ \d+\.\d\d\n", text)
    for text in many(["10:30, 11:45\n", "09:00, 23:59\n"]):
        assert re.fullmatch(r"\d\d:\d\d, \d\d:\d\d\n", text)
    assert all(re.fullmatch(r"[01]+\n", text) for text in many(["0110\n", "101\n"]))


def test_numbers_keep_to_what_samples_show() -> None:
    assert {int(text) for text in many(["7\n"])} <= {5, 6, 7, 8, 9}
    assert {int(text) for text in many(["0\n"])} <= {0, 1, 2}
    assert {int(text) for text in many(["1\n"])} <= {1, 2, 3}
    assert all(3 <= int(text) <= 90 for text in many(["3\n", "90\n"]))


@example(["0 0", "0 a"], 0)
@given(st.lists(st.text("ab 01\n.-", max_size=30), min_size=1, max_size=3), st.integers(0, 99))
def test_any_sample_can_be_changed(samples: list[str], seed: int) -> None:
    mutate_text(samples, Random(seed))
    texts = [sample.removesuffix("\n") + "\n" for sample in samples]
    assert [join(cut(text)) for text in texts] == texts


def test_inputs_are_new_each_once_and_the_same_for_the_same_seed() -> None:
    samples = tuple(StdinTest(text, "?") for text in ("3 1 2\n", "5 4\n"))
    problem = Problem("p", "p", "", public_tests=samples)
    found = mutate_samples(problem, samples, 8, 1)
    assert len({test.input for test in found if isinstance(test, StdinTest)}) == 8
    assert not {test.input for test in samples} & {
        test.input for test in found if isinstance(test, StdinTest)
    }
    assert mutate_samples(problem, samples, 8, 1) == found
    assert mutate_samples(problem, samples, 8, 2) != found
    assert not any("?" in test.output for test in found if isinstance(test, StdinTest))


@pytest.mark.parametrize("samples", [["\n"], [""], ["x\n"], ["0 0 0\n"]])
def test_what_hardly_changes_ends_all_the_same(samples: list[str]) -> None:
    tests = tuple(StdinTest(text, "") for text in samples)
    assert len(mutate_samples(Problem("p", "p", ""), tests, 50, 1)) < 50


def test_a_shape_is_what_all_samples_share() -> None:
    samples = ["2\n1 2\n", "3\n1 2 3\n"]
    assert has_shape("4\n1 2 3 4\n", samples)
    for other in ("", "\n", "4\n", "x\n1 2\n", "2 2\n1 2\n", "2\n1 2\n3\n", "2\n1 two\n"):
        assert not has_shape(other, samples)
    assert has_shape("anything\n", [])


def test_a_case_keeps_the_length_of_its_word_whatever_else_stands_in_its_line() -> None:
    for text in many(["3\n6 3\nWBWWWB\n5 4\nBWBWB\n3 2\nWWW\n"]):
        lines = text.splitlines()
        pairs = list(zip(lines[1::2], lines[2::2], strict=True))
        assert lines[0] == str(len(pairs))
        assert all(int(line.split()[0]) == len(word) for line, word in pairs)


def test_queries_of_several_kinds_keep_their_widths() -> None:
    kinds = {"1": 2, "2": 3, "3": 1}
    samples = ["4\n1 5\n2 1 4\n3\n1 2\n", "5\n3\n1 1\n1 3\n2 2 2\n3\n"]
    widths = {len(line.split()) for text in many(samples) for line in text.splitlines()[1:]}
    assert widths <= set(kinds.values())


def test_lists_and_tables_grow() -> None:
    assert max(len(rows[1]) for rows in map(numbers, many(["3\n1 2 9\n"]))) >= 6
    assert max(len(rows) for rows in map(numbers, many(["6 3\n1 2\n2 3\n3 6\n"]))) >= 7
