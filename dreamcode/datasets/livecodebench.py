"""LiveCodeBench: the releases of the hub's JSONL files, or rows of one's own.

Source: Jain et al. 2024, arXiv 2403.07974; release names as in its data set
livecodebench/code_generation_lite: `release_v5` is everything up to v5, `v5` what v5 added.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from dreamcode.datasets.hub import download
from dreamcode.errors import InputError
from dreamcode.problems.rows import read_rows
from dreamcode.problems.task import Task

REPOSITORY = "livecodebench/code_generation_lite"
NEWEST = "release_v6"
ADDED = (400, 111, 101, 101, 167, 175)
"""Problems that each of v1 to v6 added, one file each."""

_RELEASE = re.compile(r"(?P<whole>release_)?v(?P<first>\d+)(?:_v(?P<last>\d+))?")


class LiveCodeBench:
    """Contest problems of LeetCode, AtCoder and Codeforces, dated."""

    name = "livecodebench"
    summary = (
        "1,055 dated contest problems in releases v1 to v6; from the model hub, or --data with "
        "its test*.jsonl"
    )

    def read(self, data: Path | None, release: str | None) -> Iterable[Task]:
        """The problems of a release, or all rows of a file or folder of one's own.

        Args:
            data: a file of rows; or a folder of them, of which `release` may pick some by the
                names they have on the hub.
            release: `release_v1` to `release_v6`, `v1` to `v6`, or a range such as `v4_v5`.

        Raises:
            InputError: there is no such release, or rows are missing or damaged.
            InfrastructureError: the files cannot be downloaded.
        """
        if data is None:
            return self._read_release(None, release or NEWEST)
        if release is not None:
            if not data.is_dir():
                raise InputError(
                    f"release {release} picks files of a folder, but {data} is a file; "
                    "leave one of them out"
                )
            return self._read_release(data, release)
        return read_rows(data)

    def describe(self, data: Path | None, release: str | None) -> str:
        """The release and what it means, or the file."""
        if data is not None and release is None:
            return str(data)
        first, last = files_of(release or NEWEST)
        span = f"files v{first} to v{last}" if first < last else f"what v{first} added"
        return f"{release or NEWEST} ({span})"

    def _read_release(self, folder: Path | None, release: str) -> Iterator[Task]:
        first, last = files_of(release)
        for version in range(first, last + 1):
            name = f"test{version if version > 1 else ''}.jsonl"
            path = folder / name if folder else download(REPOSITORY, name)
            count = 0
            for task in read_rows(path):
                count += 1
                yield task
            if count != ADDED[version - 1]:
                raise InputError(
                    f"{path} has {count} rows, but v{version} has {ADDED[version - 1]}: it was "
                    "cut off or changed; delete it and get it again, or name your own rows "
                    "without a release"
                )


def files_of(release: str) -> tuple[int, int]:
    """The first and the last of the six files that make up a release.

    Raises:
        InputError: there is no such release.
    """
    found = _RELEASE.fullmatch(release)
    if found:
        first = int(found["first"])
        last = int(found["last"] or first)
        if found["whole"] and not found["last"]:
            first = 1
        if 1 <= first <= last <= len(ADDED) and not (found["whole"] and found["last"]):
            return first, last
    raise InputError(
        f"LiveCodeBench has no release {release!r}; there are release_v1 to release_v6 "
        "(everything up to then), v1 to v6 (what each added) and ranges such as v4_v5"
    )
