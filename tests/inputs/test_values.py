"""Arguments made from samples, or from types alone."""

from random import Random
from typing import Any

import pytest

from dreamcode.inputs.making import mutate_samples
from dreamcode.inputs.values import Arguments, mutate_arguments
from dreamcode.problems import Problem
from dreamcode.problems.fits import fits
from dreamcode_sandbox.cases import CallForm, CallTest


def many(samples: list[Arguments], number: int = 200) -> list[Arguments]:
    random = Random(1)
    return [mutate_arguments(samples, random) for _ in range(number)]


def test_types_and_ranges_stay() -> None:
    for items, target, on, name in many([([2, 7, 11], 9, True, "abc"), ([3, 2], 6, False, "b")]):
        assert all(2 <= item <= 11 for item in items)
        assert 6 <= target <= 9
        assert isinstance(on, bool)
        assert set(name) <= set("abc")


def test_lists_change_in_length_order_and_items() -> None:
    found = [items for (items,) in many([([2, 9, 4, 4],)])]
    assert {len(items) for items in found} >= {3, 4, 5}
    assert [4, 4, 9, 2] in found
    assert [2, 2, 2, 2] in found


def test_a_number_that_is_a_length_and_lists_of_one_length_stay_together() -> None:
    assert all(size == len(items) == 3 for items, size in many([([5, 1, 7], 3)]))
    assert all(len(one) == len(other) for one, other in many([([1, 2, 9], [4, 5, 6])]))


def test_rows_of_a_table_stay_equally_long() -> None:
    tables = [table for (table,) in many([([[1, 2], [3, 4], [5, 6]],)])]
    assert all(len(row) == 2 for table in tables for row in table)
    assert len({len(table) for table in tables}) > 2
    words = [words for (words,) in many([(["ab", "cd"],)])]
    assert all(len(word) == 2 for own in words for word in own)


def test_sorted_lists_stay_sorted_and_numberings_numberings() -> None:
    assert all(items == sorted(items) for (items,) in many([([1, 3, 5, 5],)]))
    assert all(sorted(items) == [0, 1, 2, 3] for (items,) in many([([2, 0, 3, 1],)]))


def test_samples_are_left_as_they_are() -> None:
    samples: list[Arguments] = [({"a": 1}, [[1], [2]], None, 1.5)]
    found = many(samples)
    assert samples == [({"a": 1}, [[1], [2]], None, 1.5)]
    assert all(none is None and isinstance(real, float) for *_, none, real in found)


@pytest.mark.parametrize(
    "annotation",
    ["int", "str", "bool", "float", "List[int]", "list[list[str]]", "Optional[int]",
     "typing.List[int]", "int | None", "'List[str]'"],
)  # fmt: skip
def test_without_samples_types_are_enough(annotation: str) -> None:
    problem = Problem("p", "p", "", f"def f(a: {annotation}) -> int:\n    pass\n", "f")
    found = mutate_samples(problem, (), 4, 1)
    values: list[Any] = [test.arguments[0] for test in found if isinstance(test, CallTest)]
    assert values
    assert all(fits(value, annotation) and value is not None for value in values)


@pytest.mark.parametrize("parameters", ["a", "a: Tree", "a: ListNode", "a: int, b", ""])
def test_unknown_types_give_nothing(parameters: str) -> None:
    problem = Problem("p", "p", "", f"def f({parameters}):\n    pass\n", "f")
    assert mutate_samples(problem, (), 4, 1) == []


def test_methods_have_no_argument_self() -> None:
    starter = "class Solution:\n    def f(self, nums: List[int], k: int = 1) -> int:\n"
    found = mutate_samples(Problem("p", "p", "", starter, "f"), (), 3, 1)
    assert all(isinstance(test, CallTest) and len(test.arguments) == 1 for test in found)
    assert len(found) == 3


def test_trees_keep_their_shape() -> None:
    trees = [tree for (tree,) in many([([5, None, 7, 6],)])]
    assert all([item is None for item in tree] == [False, True, False, False] for tree in trees)
    assert len({str(tree) for tree in trees}) > 2


def test_calls_with_nodes_are_mutated_as_such() -> None:
    form = CallForm(("ListNode", "TreeNode"), changed=1)
    sample = CallTest("f", ([1, 2, 3], [4, None, 5]), [5], form=form)
    found = mutate_samples(Problem("p", "p", "", "", "f"), [sample], 8, 1)
    assert len(found) == 8
    assert all(isinstance(test, CallTest) and test.form == form for test in found)
