"""Turns texts and JSON values into tests that fit the problem's function."""

import re
from typing import Any

from dreamcode.errors import InputError, shown
from dreamcode.problems.fits import fits
from dreamcode.problems.literals import parse_value, split_arguments
from dreamcode.problems.nodes import find_form, tidy
from dreamcode.problems.signature import Parameter, Signature
from dreamcode_sandbox.cases import CallTest, StdinTest, Test

_JUDGED_TOGETHER = re.compile(r"[^,\[]+,\s*\w+\s*=\s*\[")


class UnsupportedError(InputError):
    """The problem is of a kind whose tests cannot be run here yet."""


def make_test(input_text: str, output_text: str, signature: Signature | None, where: str) -> Test:
    """A test from two texts: read and printed, or arguments and result if there is a function.

    Args:
        input_text: what the program reads, or `name = value, ...`, or one value per line.
        output_text: what it must print or return.
        signature: the function tests call; None for programs that read standard input.
        where: what to call the test in errors.

    Raises:
        InputError: the texts are no values, or do not fit the signature.
    """
    if signature is None:
        return StdinTest(input_text, output_text)
    pairs = split_arguments(input_text)
    _refuse_links(pairs, signature.parameters or (), where)
    try:
        output = parse_value(output_text, signature.returns)
    except ValueError as error:
        if _JUDGED_TOGETHER.match(output_text):
            raise UnsupportedError(
                f"{where}: what is returned and what is changed are judged together "
                f"({output_text.strip()}), which is not supported yet."
            ) from None
        raise InputError(f"{where}: output {error}.") from None
    if signature.parameters is None:
        try:
            arguments = [parse_value(text) for _, text in pairs]
        except ValueError as error:
            raise InputError(f"{where}: argument {error}.") from None
        return CallTest(signature.name, tuple(arguments), output)
    ordered = _in_order(pairs, signature.parameters, signature.name, where)
    values = []
    for parameter, text in zip(signature.parameters, ordered, strict=False):
        try:
            values.append(parse_value(text, parameter.annotation))
        except ValueError as error:
            raise InputError(f"{where}: argument {parameter.name}: {error}.") from None
    return make_call(values, output, signature, where)


def make_call(arguments: Any, output: Any, signature: Signature | None, where: str) -> CallTest:
    """A test from JSON values; `arguments` is a list in order, or an object by name.

    Raises:
        InputError: there is no function, or the values do not fit its signature.
    """
    if signature is None:
        raise InputError(
            f"{where}: the test calls a function and the problem names none; add "
            "`function:` or `starter_code:` to its front matter."
        )
    parameters = signature.parameters
    if isinstance(arguments, dict):
        pairs = list(arguments.items())
        if parameters is None:
            arguments = list(arguments.values())
        else:
            arguments = _in_order(pairs, parameters, signature.name, where)
    if not isinstance(arguments, list):
        raise InputError(f"{where}: arguments must be a list, not {shown(arguments)}.")
    if parameters is not None:
        _check_count(len(arguments), parameters, signature.name, where)
        for parameter, value in zip(parameters, arguments, strict=False):
            _check(value, parameter.annotation, f"{where}: argument {parameter.name}")
    try:
        form = find_form(signature, arguments, output)
    except ValueError as error:
        raise UnsupportedError(f"{where}: {error}.") from None
    if form is None or form.changed is None:
        _check(output, signature.returns, f"{where}: output")
    if form is not None:
        output = tidy(output, form.answer)
    return CallTest(signature.name, tuple(arguments), output, form=form)


def _in_order(
    pairs: list[tuple[str, Any]], parameters: tuple[Parameter, ...], function: str, where: str
) -> list[Any]:
    """Values in the signature's order: by name, else by position."""
    _check_count(len(pairs), parameters, function, where)
    by_name = dict(pairs)
    names = [parameter.name for parameter in parameters[: len(pairs)]]
    if set(by_name) == set(names):
        return [by_name[name] for name in names]
    if any(given != name and given in names for (given, _), name in zip(pairs, names, strict=True)):
        raise InputError(
            f"{where}: arguments {', '.join(by_name)} do not match {function}("
            f"{', '.join(parameter.name for parameter in parameters)}); use the same names."
        )
    return [value for _, value in pairs]


def _refuse_links(
    pairs: list[tuple[str, str]], parameters: tuple[Parameter, ...], where: str
) -> None:
    """Stops at arguments that say how lists are linked: cycles, ends that lists share."""
    names = {parameter.name for parameter in parameters}
    extra = [name for name, _ in pairs if name and name not in names]
    unsaid = all(not one.annotation or "Node" in one.annotation for one in parameters)
    if extra and unsaid and len(pairs) > len(parameters) > 0:
        raise UnsupportedError(
            f"{where}: {', '.join(extra)} says how nodes are linked, or which of them is meant, "
            "which is not supported yet."
        )


def _check_count(count: int, parameters: tuple[Parameter, ...], function: str, where: str) -> None:
    least = sum(parameter.required for parameter in parameters)
    if not least <= count <= len(parameters):
        names = ", ".join(parameter.name for parameter in parameters)
        raise InputError(
            f"{where}: {count} argument(s) for {function}({names}); "
            "correct the test or the starter code."
        )


def _check(value: Any, annotation: str, what: str) -> None:
    if not fits(value, annotation):
        raise InputError(f"{what}: {shown(value)} is no {annotation}; correct one of the two.")
