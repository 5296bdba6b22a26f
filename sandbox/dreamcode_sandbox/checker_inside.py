"""What stands around a checker while it judges. Runs in the sandbox, with the checker.

`checker.py` makes a program of this file's text and the checker's. There are no files to be had
in the sandbox, so the few that a checker may open are made of memory. Standard library only.
"""

import builtins
import importlib.abc
import importlib.util
import io
import json
import linecache
import os
import stat
import sys
import types
from collections.abc import Callable, Sequence
from inspect import Parameter, signature
from typing import Any

FOLDER = "/judge/"
INPUT, ANSWER, FEEDBACK = FOLDER + "input.in", FOLDER + "answer.ans", FOLDER + "feedback/"

Json = dict[str, Any]
Modules = Sequence[tuple[str, str]]


def check(name: str, source: str, modules: Modules, question: Json) -> Json:
    """Runs a checker as a program, then its function `check` if it has not decided by then.

    Args:
        name: the checker's file.
        source: its text.
        modules: name and text of what it imports from beside itself.
        question: `input`, `answer` and `output` as texts; `arguments` for its command line;
            `values`: whether the texts are JSON, which is what a function `check` gets.

    Returns:
        `code`: its exit status, null if it left none; `right`: what `check` returned, null if
        there is none; `message`: what it wrote into its feedback folder.
    """
    sys.set_int_max_str_digits(0)
    desk = _Desk(question)
    desk.take_over()
    sys.argv[:] = [name, INPUT, ANSWER, FEEDBACK, *question["arguments"]]
    sys.meta_path.insert(0, _Beside(modules))
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    code = _leave_with(lambda: _execute(source, name, main))
    function, right = getattr(main, "check", None), None
    if not code and isinstance(function, types.FunctionType) and _takes_three(function):
        texts = [question[key] for key in ("input", "answer", "output")]
        right = function(*(json.loads(text) if question["values"] else text for text in texts))
        if isinstance(right, tuple):
            desk.message += "".join(map(str, right[1:]))
            right = right[0]
        right = None if right is None else bool(right)
    sys.stdout.flush()
    return {"code": code, "right": right, "message": desk.message[:4000]}


class _Desk:
    """The files of a checker: those that it may read, and what it writes.

    Attributes:
        message: what it wrote.
    """

    def __init__(self, question: Json) -> None:
        self._pages = {INPUT: question["input"], ANSWER: question["answer"], 0: question["output"]}
        self._open, self._stat, self._mkdir = builtins.open, os.stat, os.mkdir
        self.message = ""

    def take_over(self) -> None:
        """Lets everything that opens files see these."""
        sys.stdin = self.open(0)
        setattr(os, "_exit", _stop)  # noqa: B010 - its type says that it never returns
        builtins.open = io.open = self.open
        os.stat = self.stat
        os.mkdir = self.make_folder

    def open(self, file: Any, mode: str = "r", *rest: Any, **how: Any) -> Any:
        """As `open`; a page's bytes are UTF-8."""
        path = file if isinstance(file, int) else os.fspath(file)
        if path in self._pages and "r" in mode:
            page = io.BytesIO(self._read(path))
        elif isinstance(path, str) and path.startswith(FEEDBACK):
            page = _Note(self)
        else:
            return self._open(file, mode, *rest, **how)
        if "b" in mode:
            return page
        errors, newline = how.get("errors"), how.get("newline")
        return io.TextIOWrapper(page, how.get("encoding") or "utf-8", errors, newline)

    def stat(self, path: Any, *rest: Any, **how: Any) -> os.stat_result:
        """As `os.stat`, on which `os.path` and `pathlib` rely."""
        name = os.fspath(path) if isinstance(path, os.PathLike) else path
        if isinstance(name, str) and f"{name.rstrip('/')}/" in (FOLDER, FEEDBACK):
            mode, size = stat.S_IFDIR | 0o777, 0
        elif isinstance(name, str) and name in self._pages:
            mode, size = stat.S_IFREG | 0o444, len(self._read(name))
        else:
            return self._stat(path, *rest, **how)
        return os.stat_result((mode, 0, 0, 1, 0, 0, size, 0, 0, 0))

    def make_folder(self, path: Any, *rest: Any, **how: Any) -> None:
        """As `os.mkdir`, where there is a place to write: in the feedback folder."""
        if not os.fspath(path).startswith(FEEDBACK.rstrip("/")):
            self._mkdir(path, *rest, **how)

    def _read(self, page: str | int) -> bytes:
        return str(self._pages[page]).encode("utf-8", "surrogatepass")


class _Note(io.BytesIO):
    """A file in the feedback folder."""

    def __init__(self, desk: _Desk) -> None:
        super().__init__()
        self._desk = desk

    def close(self) -> None:
        if not self.closed:
            self._desk.message += self.getvalue().decode("utf-8", "replace")
        super().close()


class _Beside(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules that stand beside the checker."""

    def __init__(self, modules: Modules) -> None:
        self._sources = dict(modules)

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        return importlib.util.spec_from_loader(name, self) if name in self._sources else None

    def exec_module(self, module: types.ModuleType) -> None:
        _execute(self._sources[module.__name__], module.__name__ + ".py", module)


class _StopError(BaseException):
    """`os._exit` was called."""


def _stop(code: int) -> None:
    raise _StopError(code)


def _execute(source: str, name: str, module: types.ModuleType) -> None:
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    module.__dict__["__file__"] = name
    exec(compile(source, name, "exec", dont_inherit=True), module.__dict__)


def _leave_with(action: Callable[[], None]) -> int | None:
    """The exit status that `action` leaves with; None if it returns."""
    try:
        action()
    except SystemExit as error:
        if isinstance(error.code, str):
            sys.stderr.write(error.code + "\n")
            return 1
        return error.code or 0
    except _StopError as error:
        return int(error.args[0])
    return None


def _takes_three(function: types.FunctionType) -> bool:
    needed = [
        one
        for one in signature(function).parameters.values()
        if one.default is Parameter.empty and one.kind is not Parameter.VAR_KEYWORD
    ]
    return len(needed) == 3
