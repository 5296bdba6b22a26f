"""Blocks of an answer that need each other, as one program."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from dreamcode.chain.indentation import dedent, indent
from dreamcode.chain.names import reads_input
from dreamcode.chain.pieces import DEFINITIONS, FUNCTIONS, Piece, is_method, pieces
from dreamcode.chain.quality import is_example, is_sketch, quality, runs_code
from dreamcode.chain.references import exported_names, free_names, references
from dreamcode.chain.syntax import parse_module

MOST_BLOCKS = 40
"""Who has written more of them goes round in circles; those before are not joined."""

_METHOD = "."  # before the name of a method of `class Solution`


@dataclass(frozen=True, slots=True)
class _Part:
    """A block that parses.

    Attributes:
        number: of the block in the answer.
        text: the block.
        pieces: its statements.
        binds: names that it gives to others.
        needs: names that it takes from others.
        is_whole: it is a program without them.
        is_example: it only shows how the others are used.
    """

    number: int
    text: str
    pieces: list[Piece]
    binds: frozenset[str]
    needs: tuple[str, ...]
    is_whole: bool
    is_example: bool


def join_continued(blocks: list[str], function: str | None = None) -> list[str]:
    """`blocks`, each that goes on inside of what the one before began joined to it."""
    found = blocks[:-MOST_BLOCKS]
    for block in blocks[-MOST_BLOCKS:]:
        before = found[-1].rstrip("\n") + "\n\n" if found else ""
        whole = bool(before) and quality(before, function).is_whole
        texts = [block] if whole or not before else _continued(before, block)
        found.append(next((text for text in texts if parse_module(text)), block))
    return found


def _continued(before: str, block: str) -> list[str]:
    """How `block` could go on inside of `before`: as it is, or as methods of its class."""
    if block.startswith((" ", "\t")):
        return [before + block]
    tree, more = parse_module(before), parse_module(block)
    last = tree.body[-1] if tree and tree.body else None
    if isinstance(last, ast.ClassDef) and more and more.body and all(map(is_method, more.body)):
        return [before + indent(block, " " * last.body[0].col_offset)]
    return [block]


def joined(blocks: list[str], function: str | None = None) -> Iterator[tuple[int, str]]:
    """Programs made of several of `blocks`, each with the number of the last block in it.

    A block that has the entry, or anything but an example of use where none is named, gets
    the blocks that bind what it lacks, the last one first. Later blocks that only define
    anew what is there replace it.
    """
    recent = list(enumerate(blocks))[-MOST_BLOCKS:]
    parts = [part for number, text in recent if (part := _part(number, text, function))]
    for part in parts:
        if part.is_example or (function and not {function, _METHOD + function} & part.binds):
            continue
        chosen = _with_needed(part, parts)
        if len(chosen) > 1:
            yield chosen[-1].number, _compose(chosen)
        newest = chosen[-1].number
        better = [part for part in parts if part.number > newest and _corrects(part, chosen)]
        if better:
            yield better[-1].number, _compose([*chosen, *better])


def _part(number: int, block: str, function: str | None) -> _Part | None:
    text = dedent(block)
    tree = parse_module(text)
    if tree is None or not tree.body:
        return None
    free = [name for name, _ in free_names(text)]
    methods = [_METHOD + name for name, is_method in references(text).unresolved if is_method]
    return _Part(
        number,
        text,
        pieces(text, tree.body),
        frozenset(name for node in tree.body for name in _bound(node)),
        (*free, *methods),
        quality(text, function).is_whole,
        is_example(tree),
    )


def _bound(node: ast.stmt) -> Iterator[str]:
    """The names that a statement at top level binds, methods of `class Solution` included."""
    if isinstance(node, DEFINITIONS):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from ((item.asname or item.name).partition(".")[0] for item in node.names)
        yield from exported_names(str(getattr(node, "module", ""))) if _is_star(node) else ()
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        names = (item for item in ast.walk(node) if isinstance(item, ast.Name))
        yield from (name.id for name in names if isinstance(name.ctx, ast.Store))
    elif isinstance(node, ast.If | ast.Try):
        yield from (name for child in node.body for name in _bound(child))
    if isinstance(node, ast.ClassDef) and node.name == "Solution":
        yield from (_METHOD + item.name for item in node.body if isinstance(item, FUNCTIONS))


def _is_star(node: ast.Import | ast.ImportFrom) -> bool:
    return node.names[0].name == "*"


def _with_needed(anchor: _Part, parts: list[_Part]) -> list[_Part]:
    """`anchor` and the parts that it cannot do without, in the order of the answer."""
    chosen = {anchor.number: anchor}
    others = [part for part in reversed(parts) if not part.is_example and part != anchor]
    while True:
        have = frozenset[str]().union(*(part.binds for part in chosen.values()))
        wanted = [name for part in chosen.values() for name in part.needs if name not in have]
        found = next((part for name in wanted for part in others if name in part.binds), None)
        if found is None:
            return [chosen[number] for number in sorted(chosen)]
        # A program of its own only lends what it defines.
        chosen[found.number] = _definitions(found) if found.is_whole else found


def _definitions(part: _Part) -> _Part:
    kept = [
        piece
        for piece in part.pieces
        if not any(
            runs_code(node) or (isinstance(node, ast.Assign) and reads_input(node))
            for node in piece.nodes
        )
    ]
    return replace(part, pieces=kept)


def _corrects(part: _Part, program: list[_Part]) -> bool:
    """Whether a part is nothing but other bodies for functions of a program."""
    shapes = {name: shape for one in program for name, shape in _shapes(one).items()}
    new = _shapes(part)
    nodes = [node for piece in part.pieces for node in piece.nodes]
    quiet = (*DEFINITIONS, ast.Import, ast.ImportFrom)
    return (
        bool(new)
        and all(isinstance(node, quiet) for node in nodes)
        and all(shapes.get(name) == shape for name, shape in new.items())
        and not is_sketch(part.text, ast.Module(nodes, []))
        and not part.is_whole
    )


def _shapes(part: _Part) -> dict[str, int]:
    """How many parameters each function has, methods of classes included."""
    nodes = [node for piece in part.pieces for node in piece.nodes]
    found = {node.name: len(node.args.args) for node in nodes if isinstance(node, FUNCTIONS)}
    for owner in nodes:
        if isinstance(owner, ast.ClassDef):
            methods = [node for node in owner.body if isinstance(node, FUNCTIONS)]
            found |= {f"{owner.name}.{node.name}": len(node.args.args) for node in methods}
    return found


def _compose(parts: list[_Part]) -> str:
    """One program: what is needed first comes first, and the last definition of a name counts."""
    newest = {name: part.number for part in parts for name in _defined(part)}
    lent: dict[str, list[Piece]] = defaultdict(list)
    texts: list[tuple[int, str]] = []
    for part in parts:
        kept = []
        for piece in part.pieces:
            old = [node for node in piece.nodes if newest.get(_name(node), -1) > part.number]
            if not old:
                kept.append(piece.text + _lent_to(piece, lent))
            elif isinstance(old[0], ast.ClassDef):
                lent[old[0].name] += pieces(part.text, old[0].body, above=old[0].lineno)
        texts.append((_rank(part), "".join(kept).strip("\n")))
    ordered = sorted(texts, key=lambda item: item[0])
    return "\n\n\n".join(text for _, text in ordered if text) + "\n"


def _defined(part: _Part) -> Iterator[str]:
    yield from (_name(node) for piece in part.pieces for node in piece.nodes if _name(node))


def _name(node: ast.stmt) -> str:
    return node.name if isinstance(node, DEFINITIONS) else ""


def _lent_to(piece: Piece, lent: dict[str, list[Piece]]) -> str:
    """What older definitions of the class in `piece` have and it has not, as its last lines."""
    text = ""
    for node in piece.nodes:
        if isinstance(node, ast.ClassDef) and node.name in lent:
            own = {_name(item) for item in node.body}
            older = [old for old in lent[node.name] if not own & set(map(_name, old.nodes))]
            added = "".join(old.text for old in older).strip("\n")
            text += "\n" + indent(added, " " * node.body[0].col_offset) + "\n" if added else ""
    return text


def _rank(part: _Part) -> int:
    """Where a part stands in a program: imports, definitions, what needs those at once, code."""
    nodes = [node for piece in part.pieces for node in piece.nodes]
    if any(map(runs_code, nodes)):
        return 3
    if all(isinstance(node, ast.Import | ast.ImportFrom) for node in nodes):
        return 0
    at_once = {
        name.id
        for node in nodes
        for start in _evaluated_at_once(node)
        for name in ast.walk(start)
        if isinstance(name, ast.Name)
    }
    return 2 if at_once & set(part.needs) else 1


def _evaluated_at_once(node: ast.stmt) -> list[ast.expr]:
    if isinstance(node, FUNCTIONS):
        return [*node.decorator_list, *node.args.defaults]
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases]
    value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    return [value] if value else []
