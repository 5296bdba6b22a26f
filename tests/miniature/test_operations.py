import keyword
from random import Random

import pytest

from dreamcode.miniature.inputs import candidate_inputs
from dreamcode.miniature.operations import OPERATIONS, Kind, Operation, right_form, wrong_forms
from dreamcode.miniature.style import NAMES
from dreamcode.miniature.tasks import Value, compile_body

INPUTS: dict[Kind, list[Value]] = {
    Kind.NUMBERS: list(candidate_inputs(Kind.NUMBERS, Random(1), 300)),
    Kind.TEXT: list(candidate_inputs(Kind.TEXT, Random(1), 300)),
    Kind.NUMBER: list(range(-40, 120)),
}
KINDS = {Kind.NUMBERS: list, Kind.NUMBER: int, Kind.TEXT: str}


def arguments(operation: Operation) -> tuple[int | None, ...]:
    return operation.parameter.values if operation.parameter else (None,)


def behaviour(operation: Operation, body: str, argument: int | None) -> list[Value | str]:
    found: list[Value | str] = []
    for value in INPUTS[operation.takes]:
        given = list(value) if isinstance(value, list) else value
        try:
            found.append(compile_body(operation, body)(given, argument))
        except (ValueError, IndexError, ZeroDivisionError) as error:
            found.append(f"raises {type(error).__name__}")
        assert given == value, "inputs must be left as they are"
    return found


def test_there_are_enough_of_them() -> None:
    assert len(OPERATIONS) >= 60
    assert all(len(operation.wordings) >= 3 for operation in OPERATIONS)
    assert all(len(operation.bodies) >= 2 for operation in OPERATIONS)


def test_names_are_distinct_and_usable() -> None:
    names = [operation.key for operation in OPERATIONS]
    assert len(set(names)) == len(names)
    assert not set(names) & {name for pool in NAMES.values() for name in pool}
    assert all(name.isidentifier() and not keyword.iskeyword(name) for name in names)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.key)
def test_all_right_bodies_do_the_same(operation: Operation) -> None:
    for argument in arguments(operation):
        first, *others = (behaviour(operation, right_form(b), argument) for b in operation.bodies)
        assert all(isinstance(value, KINDS[operation.gives]) for value in first)
        assert not any(str(value).startswith("raises") for value in first)
        assert all(other == first for other in others)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.key)
def test_every_mistake_shows_somewhere(operation: Operation) -> None:
    right = {
        a: behaviour(operation, right_form(operation.bodies[0]), a) for a in arguments(operation)
    }
    for body in operation.bodies:
        wrongs = list(wrong_forms(body))
        assert wrongs
        for wrong in wrongs:
            assert any(behaviour(operation, wrong, a) != right[a] for a in right), wrong
