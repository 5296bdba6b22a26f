"""What the experiment made, in two archives beside its page, from which others can go on."""

import tarfile
from collections.abc import Iterator
from pathlib import Path

DATA = "data.tar.xz"
RESULTS = "results.tar.xz"

PARTS = {
    DATA: (
        "data/*.json",
        "data/problems.jsonl",
        "data/c*.jsonl",
        "labels-*/rollouts.jsonl",
        "labels-*/k*/*.jsonl",
        "reference/reference.jsonl",
        "base/done",
        "base/labels/*.jsonl",
        "base/network/*.json",
        "base/network/model.safetensors",
        "base/model/*",
    ),
    RESULTS: (
        "runs/*/result.json",
        "tuning/reference.jsonl",
        "tuning/*/result.json",
        "searches.jsonl",
    ),
}
"""Files of each archive; journals, checkpoints and trained models are left out."""


def pack(out: Path, folder: Path) -> list[Path]:
    """Writes both archives into `folder`; the same files give the same bytes.

    Args:
        out: the experiment's folder.
        folder: made if missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    archives = [folder / name for name in PARTS]
    for archive in archives:
        with tarfile.open(archive, "w:xz", preset=9) as tar:
            for path in _find(out, PARTS[archive.name]):
                member = tar.gettarinfo(path, str(path.relative_to(out)))
                member.mtime = member.uid = member.gid = 0
                member.uname = member.gname = ""
                member.mode = 0o644
                with path.open("rb") as content:
                    tar.addfile(member, content)
    return archives


def _find(out: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    for pattern in patterns:
        yield from sorted(path for path in out.glob(pattern) if path.is_file())
