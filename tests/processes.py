"""Processes that a test has started, and what they have."""

from pathlib import Path


def descendants(pid: int) -> set[int]:
    found = set()
    for child in _children(pid):
        found |= {child} | descendants(child)
    return found


def _children(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(n) for task in tasks for n in (task / "children").read_text().split()]
    except OSError:
        return []


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
