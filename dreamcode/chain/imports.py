"""The imports that a program takes for granted, written into it.

LiveCodeBench runs every program behind `from X import *` of many modules, and so do judges of
`class Solution`. Models know, and write `List`, `deque` or `math.gcd` without an import.
Anywhere else such a program crashes.

Filled in are names that can hardly mean anything else:

- what `collections`, `heapq`, `bisect`, `itertools`, `functools`, `math` and `typing` bring,
  but plain words (`count`, `merge`, `dist`): a program that calls `merge` without having it
  has forgotten a function of its own, and is broken even where a judge's star import makes it
  run;
- a few unmistakable names of other modules (`stdin`, `deepcopy`, `ascii_lowercase`). The rest
  of those is plain words: `add`, `sub`, `index` of `operator`; `search`, `split` of `re`;
  `choice`, `sample` of `random`; `mean`, `mode` of `statistics`; `date`, `time` of `datetime`;
- a module's own name, where it is asked for an attribute: `math.sqrt`, `string.digits`.
"""

import ast
import re
from collections import defaultdict
from itertools import islice

from dreamcode.chain.references import exported_names, free_names
from dreamcode.chain.syntax import parse_module

# In this order: `Counter` is the one of collections, although typing has one too.
_WHOLE = ("collections", "heapq", "bisect", "itertools", "functools", "math", "typing")
_PLAIN_WORDS = frozenset(
    {"compress", "count", "cycle", "repeat", "merge", "dist", "remainder", "trunc", "degrees"}
    | {"radians", "e", "tau", "nan", "cast", "final", "overload", "override"}
)
_SINGLE = {
    "copy": ("deepcopy",),
    "io": ("BytesIO", "StringIO"),
    "operator": ("attrgetter", "itemgetter"),
    "random": ("randint", "randrange"),
    "string": ("ascii_letters", "ascii_lowercase", "ascii_uppercase"),
    "sys": ("maxsize", "setrecursionlimit", "stderr", "stdin", "stdout"),
}
_MODULES = frozenset({*_WHOLE[:-1], *_SINGLE, "datetime", "json", "re", "statistics"})
_ABOVE = re.compile(r"(?:#(?:!|[^\r\n]*coding[:=])[^\r\n]*(?:\r\n|\r|\n)){0,2}")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_STATEMENT = re.compile(r"(?!import\b|from\b)\S")


def with_imports(source: str) -> str:
    """`source` with an import for each well-known name that it uses and does not provide.

    The imports stand as far up as they may: behind what has to be first (docstring,
    `__future__`). Everything else stays byte for byte, and so does a text that no Python
    takes as a program.
    """
    if source.startswith("\ufeff"):
        return f"\ufeff{with_imports(source[1:])}"
    lines = _imports_for(free_names(source))
    tree = parse_module(source)
    if not lines or tree is None:
        return source
    place = _top(source, tree)
    newline = "\r\n" if "\r\n" in source else "\n"
    lines += ["", ""] if _STATEMENT.match(source, place) else []
    above = source[:place]
    above += newline if above and above[-1] not in "\r\n" else ""
    return above + "".join(line + newline for line in lines) + source[place:]


def run_before(given: str, source: str) -> str:
    """A program that runs the code `given` first, in its own place.

    One line does it, as far up as it may stand, so that `__future__` imports stay first. What is
    no program by itself, such as the body of the function that `given` ends with, goes on from it.
    """
    if not given:
        return source
    tree = parse_module(source)
    if tree is None:
        return given + source
    place = _top(source, tree)
    above = source[:place]
    above += "\n" if above and above[-1] not in "\r\n" else ""
    return f"{above}exec({given!r}, globals())\n{source[place:]}"


def _imports_for(names: list[tuple[str, bool]]) -> list[str]:
    """Import statements for those of `names` that are well known."""
    modules = sorted(name for name, is_asked in names if is_asked and name in _MODULES)
    wanted: dict[str, list[str]] = defaultdict(list)
    for name, _ in names:
        if module := _module_of(name):
            wanted[module].append(name)
    parts = [f"from {module} import {', '.join(sorted(wanted[module]))}" for module in wanted]
    return [f"import {module}" for module in modules] + sorted(parts)


def _module_of(name: str) -> str | None:
    """The module whose `name` is meant where nothing else is said."""
    if name in _PLAIN_WORDS | _MODULES:
        return None
    single = [module for module, names in _SINGLE.items() if name in names]
    whole = [module for module in _WHOLE if name in exported_names(module)]
    return next(iter(single + whole), None)


def _top(source: str, tree: ast.Module) -> int:
    """The offset at which the first import may stand."""
    lines = 0
    for number, node in enumerate(tree.body):
        is_docstring = number == 0 and ast.get_docstring(tree) is not None
        if not is_docstring and getattr(node, "module", None) != "__future__":
            # One that shares a line with the docstring has to stay below the imports.
            lines = lines if node.lineno > lines else 0
            break
        lines = node.end_lineno or node.lineno
    if not lines:
        found = _ABOVE.match(source)
        return found.end() if found else 0
    ends = [line.end() for line in islice(_LINE.finditer(source), lines)]
    return ends[-1]
