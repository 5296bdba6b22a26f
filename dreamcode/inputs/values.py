"""Arguments for functions, made from those of the samples or from the signature alone."""

import ast
from collections.abc import Sequence
from random import Random
from typing import Any

from dreamcode.inputs.bounds import Bounds, widen
from dreamcode.inputs.draw import (
    draw_decimal,
    draw_number,
    draw_word,
    is_numbering,
    is_sorted,
    reorder,
)
from dreamcode.problems.signature import Parameter
from dreamcode_sandbox.cases import CallTest

Arguments = tuple[Any, ...]

MOST_MOVES = 3
MOST_ITEMS = 6
"""Of a list that only its type is known of."""


def call_like(samples: Sequence[CallTest], function: str, arguments: Arguments) -> CallTest:
    """A call whose values stand for the same things as those of `samples`: lists, trees."""
    forms = (one.form for one in samples if len(one.arguments) == len(arguments))
    return CallTest(function, arguments, None, form=next(forms, None))


def mutate_arguments(
    samples: Sequence[Arguments], random: Random, bounds: Sequence[Bounds | None] = ()
) -> Arguments:
    """Arguments of the shape of one of `samples`, of which there is one at least.

    A number that is the length of another argument stays, and so do lengths that go together.

    Args:
        samples: arguments of known calls.
        random: what decides.
        bounds: what the numbers in each argument may be, as far as that is known.
    """
    arguments = list(random.choice(samples))
    free = [place for place in range(len(arguments)) if not _is_length(arguments, place)]
    for _ in range(random.randint(1, MOST_MOVES)):
        if free:
            place = random.choice(free)
            known = [sample[place] for sample in samples if place < len(sample)]
            if place < len(bounds) and (own := bounds[place]):
                known += _widen(known, own)
            bound = _is_bound(arguments, place)
            arguments[place] = mutate_value(arguments[place], known, random, resize=not bound)
    return tuple(arguments)


def _widen(known: Sequence[Any], bounds: Bounds) -> list[Any]:
    """What else might be known if there were more samples."""
    if all(type(one) is int for one in known):
        return list(widen(known, bounds))
    if not all(isinstance(one, list) for one in known):
        return []
    more = _widen([item for one in known for item in one], bounds)
    return [sorted([*more, *more[-1:]])] if more else []  # what is sorted stays so


def mutate_value(value: Any, known: Sequence[Any], random: Random, *, resize: bool) -> Any:
    """A value of the same type and shape.

    Args:
        value: a JSON value.
        known: values that stand for the same thing.
        random: what decides.
        resize: whether lists and texts may become longer or shorter.
    """
    known = [one for one in known if type(one) is type(value)] or [value]
    match value:
        case bool():
            return random.random() < 0.5
        case int():
            return draw_number(known, random)
        case float():
            return draw_decimal(known, random)
        case str():
            return draw_word(known if resize else [value], random, resize=resize)
        case list() if value:
            return _mutate_list(value, known, random, resize=resize)
        case dict() if value:
            key = random.choice(sorted(value))
            return value | {
                key: mutate_value(value[key], list(value.values()), random, resize=True)
            }
    return random.choice(known) if resize else value


def _mutate_list(
    items: list[Any], lists: Sequence[list[Any]], random: Random, *, resize: bool
) -> list[Any]:
    if None in items:  # a tree, level by level: it keeps its shape
        lists = [[item for item in own if item is not None] for own in lists]
        own = [item for item in items if item is not None]
        rest = iter(_mutate_list(own, lists, random, resize=False) if own else own)
        return [None if item is None else next(rest) for item in items]
    known = [item for own in lists for item in own]
    numbers = all(type(item) in (int, float) for item in known)
    ascends = numbers and all(is_sorted(own) for own in lists)
    changed = list(items)
    if numbers and is_numbering(items) and not ascends:
        reorder(changed, random)
        return changed
    inner = not _are_even(items)
    match random.randrange(5):
        case 0:
            place = random.randrange(len(items))
            changed[place] = mutate_value(items[place], known, random, resize=inner)
        case 1:
            changed = [mutate_value(item, known, random, resize=inner) for item in items]
        case 2:
            reorder(changed, random)
        case 3:
            changed = [random.choice(items)] * len(items)
        case _ if resize:
            place = random.randrange(len(items))
            if random.random() < 0.3:
                changed = changed[:place] or changed
            else:
                changed[place:place] = [
                    mutate_value(random.choice(items), known, random, resize=inner)
                    for _ in range(random.randint(1, max(3, len(items))))
                ]
    return sorted(changed) if ascends else changed


def _are_even(items: Sequence[Any]) -> bool:
    """Whether these are lists or texts of one length, as the rows of a table are."""
    return all(isinstance(one, list | str) for one in items) and len(set(map(len, items))) == 1


def _is_length(arguments: Sequence[Any], place: int) -> bool:
    lengths = [len(one) for one in arguments if isinstance(one, list | str)]
    return type(arguments[place]) is int and arguments[place] in lengths


def _is_bound(arguments: Sequence[Any], place: int) -> bool:
    """Whether another argument says how long this one is, or is as long."""
    own = arguments[place]
    if not isinstance(own, list | str):
        return False
    others = [other for at, other in enumerate(arguments) if at != place]
    return any(
        len(other) == len(own) if isinstance(other, list | str) else other == len(own)
        for other in others
        if isinstance(other, list | str) or type(other) is int
    )


def draw_arguments(parameters: Sequence[Parameter], random: Random) -> Arguments | None:
    """Arguments of the annotated types; None where a type is not known."""
    required = [parameter for parameter in parameters if parameter.required]
    values = [draw_value(parameter.annotation, random) for parameter in required]
    return tuple(values) if required and all(map(_is_known, values)) else None


def _is_known(value: Any) -> bool:
    return all(map(_is_known, value)) if isinstance(value, list) else value is not None


def draw_value(annotation: str, random: Random) -> Any:
    """A small value of that type; None where the type is not known."""
    try:
        return _draw(ast.parse(annotation, mode="eval").body, random)
    except SyntaxError:
        return None


def _draw(node: ast.expr, random: Random) -> Any:
    match node:
        case ast.Constant(value=str(quoted)):
            return draw_value(quoted, random)
        case ast.BinOp(left=left, op=ast.BitOr()):
            return _draw(left, random)
        case ast.Attribute(attr=name):  # typing.List
            return _draw(ast.Name(name), random)
        case ast.Subscript(value=ast.Attribute(attr=name), slice=inner):  # typing.List[int]
            return _draw(ast.Subscript(ast.Name(name), inner), random)
        case ast.Subscript(value=ast.Name(id="Optional"), slice=inner):
            return _draw(inner, random)
        case ast.Subscript(value=ast.Name(id="list" | "List"), slice=inner):
            return [_draw(inner, random) for _ in range(random.randint(1, MOST_ITEMS))]
        case ast.Name(id="int"):
            return random.choice((0, 1, 2, random.randint(0, 20)))
        case ast.Name(id="float"):
            return round(random.uniform(0, 10), 2)
        case ast.Name(id="bool"):
            return random.random() < 0.5
        case ast.Name(id="str"):
            return "".join(random.choices("abc", k=random.randint(1, MOST_ITEMS)))
    return None
