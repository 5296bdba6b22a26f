"""Runs in the sandbox, around a program: what do implementations of its functions return?

Each of the program's functions that is asked about is watched. Where it is called, every
implementation of it is called first, with copies of the arguments. What the program prints is
thrown away; what is found comes in its place. Standard library only.
"""

import ast
import contextlib
import copy
import functools
import hashlib
import io
import itertools
import json
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

Function = Callable[..., Any]
LATE = "!TimeoutError"


class Spy:
    """Watches a program's functions.

    Args:
        probes: by function, the texts of its implementations.
        space: the names of the program, which runs there.
    """

    CALLS = 24  # with different arguments, per function
    SECONDS = 0.1  # per call of an implementation, in user time; then it is not called again
    PATIENCE = 0.5  # for all of it, in CPU time
    ITEMS = 1000  # of what a generator yields
    DECIMAL = re.compile(r"-?\d+\.\d+(?:e[+-]?\d+)?")
    ADDRESS = re.compile(r" at 0x[0-9a-f]+")

    def __init__(self, probes: dict[str, list[str]], space: dict[str, Any]) -> None:
        self.probes = probes
        self.space = space
        self.types: dict[str, list[str]] = {}
        self.calls: dict[str, set[str]] = {name: set() for name in probes}
        self.done: dict[str, list[list[str]]] = {
            name: [[] for _ in texts] for name, texts in probes.items()
        }
        self.input: io.TextIOWrapper | None = None
        self.busy = False
        signal.signal(signal.SIGVTALRM, give_up)
        signal.signal(signal.SIGPROF, give_up)

    def print_deeds(self, program: str) -> None:
        """For a program that reads standard input."""
        out, sys.stdout = sys.stdout, io.TextIOWrapper(io.BytesIO())
        with os.fdopen(os.dup(0), "rb") as given:
            sys.stdin = self.input = io.TextIOWrapper(io.BytesIO(given.read()))
        with self.patience():
            self.run(program)
        out.write(self.tell())
        out.flush()

    def return_deeds(self, program: str, function: str) -> None:
        """For a program whose `function` is called: the call returns what is found."""
        with self.patience():
            self.run(program)
        owner = self.space.get("Solution")
        own = getattr(owner, function, None) if owner else self.space.get(function)

        def call(*args: Any) -> str:
            with self.patience():
                own(*args)  # type: ignore[misc]
            return self.tell()

        if owner:
            setattr(owner, function, call)
        else:
            self.space[function] = call

    def run(self, program: str) -> None:
        """Runs the program with its functions watched."""
        tree = ast.parse(program)
        for node in self.find_functions(tree):
            if node.name in self.probes:
                watch = ast.parse(f"dreamcode_watch({node.name!r})", mode="eval").body
                node.decorator_list.append(watch)
        self.space["dreamcode_watch"] = self.watch
        exec(compile(ast.fix_missing_locations(tree), "program", "exec"), self.space)

    @contextlib.contextmanager
    def patience(self) -> Iterator[None]:
        """Whatever the program raises is its own; one that takes too long is left."""
        signal.setitimer(signal.ITIMER_PROF, self.PATIENCE, 0.1)
        try:
            yield
        except BaseException:
            return
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)

    def find_functions(self, tree: ast.Module) -> Iterator[ast.FunctionDef]:
        """The functions that are steps: those at top level, and methods of `class Solution`."""
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                yield node
            elif isinstance(node, ast.ClassDef) and node.name == "Solution":
                yield from (one for one in node.body if isinstance(one, ast.FunctionDef))

    def watch(self, name: str) -> Callable[[Function], Function]:
        """Decorates the program's own function of that name."""

        def decorate(function: Function) -> Function:
            @functools.wraps(function)
            def call(*args: Any, **named: Any) -> Any:
                if not self.busy and len(self.calls[name]) < self.CALLS:
                    self.busy = True
                    try:
                        self.replay(name, args, named)
                    finally:
                        self.busy = False
                return function(*args, **named)

            return call

        return decorate

    def replay(self, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> None:
        """Calls every implementation as the program's own function is called."""
        given = [*args[owns(args) :], *named.values()]
        try:
            shown = self.show(given)
            copy.deepcopy((args, named))
        except Exception:  # such as a generator, which can be read once only
            return
        if shown in self.calls[name]:
            return
        self.calls[name].add(shown)
        self.types.setdefault(name, [name_type(one) for one in given])
        for deeds, text in zip(self.done[name], self.probes[name], strict=True):
            if LATE in deeds:
                continue
            deeds.append(self.call_apart(text, name, *copy.deepcopy((args, named))))

    def call_apart(self, text: str, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> str:
        """What an implementation returns, or leaves in its arguments if it returns nothing."""
        place = None
        if self.input is not None:
            with contextlib.suppress(OSError):  # inside `for line in sys.stdin`
                place = self.input.tell()
        signal.setitimer(signal.ITIMER_VIRTUAL, self.SECONDS)
        try:
            own = self.define(text, name)
            if owns(args):  # calls of itself stay calls of itself
                args[0].__class__ = type("Solution", (type(args[0]),), {name: own})
            returned = own(*args, **named)
            if isinstance(returned, Iterator):
                returned = [*itertools.islice(returned, self.ITEMS)]
            left = [*args[owns(args) :], *named.values()]
            return self.show(left if returned is None else [returned])
        except BaseException as error:
            return f"!{type(error).__name__}"  # LATE, for one
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            if self.input is not None and place is not None:
                self.input.seek(place)

    def define(self, text: str, name: str) -> Function:
        """The function that `text` defines, beside all else that the program has."""
        own = {**self.space}
        own.pop(name, None)
        exec(compile_definitions(text), own)
        is_method = text.lstrip("\n")[:1].isspace()
        found: Function = own["Solution"].__dict__[name] if is_method else own[name]
        return found

    def show(self, values: list[Any]) -> str:
        """Equal texts for equal values: sets are sorted, decimals have six digits."""
        values = [
            sorted(map(repr, one)) if isinstance(one, (set, frozenset)) else one for one in values
        ]
        text = self.ADDRESS.sub("", repr(values))
        return self.DECIMAL.sub(lambda number: f"{float(number[0]):.6g}", text)

    def tell(self) -> str:
        """By function that was called: its arguments' types, and a name per implementation."""
        return json.dumps(
            {
                name: [types, [name_deeds(deeds) for deeds in self.done[name]]]
                for name, types in self.types.items()
            }
        )


def owns(args: tuple[Any, ...]) -> bool:
    """Whether the first argument is the object that a method belongs to."""
    return bool(args) and type(args[0]).__name__ == "Solution"


def name_type(value: Any) -> str:
    """Numbers of all kinds are one type: a mistake before may make a float of an integer."""
    return "number" if isinstance(value, (int, float)) else type(value).__name__


def name_deeds(deeds: list[str]) -> str | None:
    """Equal names for equal deeds; None where all are failures."""
    if all(deed.startswith("!") for deed in deeds):
        return None
    return hashlib.blake2b(json.dumps(deeds).encode(), digest_size=6).hexdigest()


@functools.cache
def compile_definitions(text: str) -> CodeType:
    """What a step defines, without what it would run."""
    is_method = text.lstrip("\n")[:1].isspace()
    tree = ast.parse(f"class Solution:\n{text}" if is_method else text)
    kept = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
    tree.body = [node for node in tree.body if isinstance(node, kept)]
    return compile(tree, "function", "exec")


def give_up(*_: object) -> None:
    """Ends a call that takes too long."""
    raise TimeoutError
