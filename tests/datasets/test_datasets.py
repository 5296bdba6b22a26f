"""Which problems a benchmark is made of, and what is refused."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from dreamcode.datasets.dataset import Part, parse_shard, select
from dreamcode.datasets.dataset_names import DATASETS, open_dataset
from dreamcode.datasets.livecodebench import ADDED, LiveCodeBench, files_of
from dreamcode.errors import InputError
from dreamcode.problems.rows import read_rows
from tests.problems.test_livecodebench import make_row


def rows(count: int, prefix: str = "q", **fields: Any) -> str:
    return "".join(
        json.dumps(
            make_row(question_id=f"{prefix}{number}", contest_date=f"2024-0{1 + number % 3}-15")
            | fields
        )
        + "\n"
        for number in range(count)
    )


@pytest.fixture
def twelve(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text(rows(6, "a", difficulty="easy") + rows(6, "b", platform="leetcode"))
    return path


def names(path: Path, part: Part) -> list[str]:
    return [task.id for task in select(read_rows(path), part)]


@pytest.mark.parametrize(
    ("release", "files", "problems"),
    [
        ("release_v1", (1, 1), 400),
        ("release_v2", (1, 2), 511),
        ("release_v3", (1, 3), 612),
        ("release_v4", (1, 4), 713),
        ("release_v5", (1, 5), 880),
        ("release_v6", (1, 6), 1055),
        ("v6", (6, 6), 175),
        ("v4_v5", (4, 5), 268),
    ],
)
def test_releases_are_made_of_the_files_that_they_are_known_by(
    release: str, files: tuple[int, int], problems: int
) -> None:
    assert files_of(release) == files
    assert sum(ADDED[files[0] - 1 : files[1]]) == problems


@pytest.mark.parametrize("release", ["v0", "v7", "release_v7", "v5_v4", "release_v1_v2", "six", ""])
def test_a_release_that_does_not_exist_is_named(release: str) -> None:
    with pytest.raises(InputError, match="has no release"):
        files_of(release)


def test_windows_and_filters_choose_problems(twelve: Path) -> None:
    assert names(twelve, Part()) == [*(f"a{i}" for i in range(6)), *(f"b{i}" for i in range(6))]
    assert names(twelve, Part(since=date(2024, 2, 15), before=date(2024, 3, 15))) == [
        "a1", "a4", "b1", "b4",
    ]  # fmt: skip
    assert names(twelve, Part(difficulties=("easy",), limit=2)) == ["a0", "a1"]
    assert names(twelve, Part(platforms=("leetcode",), problems=("b5", "b2"))) == ["b2", "b5"]


def test_shards_share_the_problems_out(twelve: Path) -> None:
    parts = [names(twelve, Part(limit=11, shard=(number, 4))) for number in range(1, 5)]
    assert sorted(name for part in parts for name in part) == sorted(names(twelve, Part(limit=11)))
    assert {len(part) for part in parts} == {2, 3}
    assert parse_shard("2/4") == (2, 4)
    for wrong in ("0/4", "5/4", "2", "a/b", "-1/4", "2/4/8"):
        with pytest.raises(InputError, match="shard"):
            parse_shard(wrong)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (Part(since=date(2025, 1, 1)), r"none of the 12 problems is left \(from 2025-01-01\)"),
        (Part(problems=("a1", "z")), "no problem 'z'"),
        (Part(difficulties=("hard",), before=date(2030, 1, 1)), "before 2030-01-01, hard"),
    ],
)
def test_a_part_without_problems_is_refused(twelve: Path, part: Part, said: str) -> None:
    with pytest.raises(InputError, match=said):
        names(twelve, part)


def test_a_date_that_is_needed_and_missing_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(make_row()) + "\n")
    assert names(path, Part()) == ["abc999_a"]
    with pytest.raises(InputError, match=r"rows\.jsonl:1: contest_date is missing"):
        names(path, Part(since=date(2024, 1, 1)))


def test_a_release_of_a_folder_is_counted(tmp_path: Path) -> None:
    (tmp_path / "test2.jsonl").write_text(rows(111))
    (tmp_path / "test3.jsonl").write_text(rows(100, "c"))
    data_set = LiveCodeBench()
    assert len(list(data_set.read(tmp_path, "v2"))) == 111
    with pytest.raises(InputError, match=r"test3\.jsonl has 100 rows, but v3 has 101"):
        list(data_set.read(tmp_path, "v3"))
    with pytest.raises(InputError, match=r"cannot read .*test\.jsonl"):
        list(data_set.read(tmp_path, "release_v2"))
    with pytest.raises(InputError, match="is a file"):
        data_set.read(tmp_path / "test2.jsonl", "v2")
    assert "files v1 to v6" in data_set.describe(None, None)


def test_a_file_that_was_cut_off_is_named(tmp_path: Path) -> None:
    path = tmp_path / "test2.jsonl"
    text = rows(3)
    path.write_text(text[: len(text) - 40])
    with pytest.raises(InputError, match=r"test2\.jsonl:3 is not JSON.*download it again"):
        list(LiveCodeBench().read(path, None))


@contextmanager
def hub(files: dict[str, bytes]) -> Iterator[tuple[str, list[str]]]:
    """A server that hands out a data set's files as the model hub does."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.answer(body=False)

        def do_GET(self) -> None:
            self.answer(body=True)

        def answer(self, *, body: bool) -> None:
            asked.append(f"{self.command} {self.path}")
            content = files.get(self.path.rpartition("/")[2])
            if content is None:
                self.send_response(404)
                self.send_header("X-Error-Code", "EntryNotFound")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(200)
            self.send_header("ETag", '"0123456789abcdef0123456789abcdef01234567"')
            self.send_header("X-Repo-Commit", "0123456789abcdef0123456789abcdef01234567")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if body:
                self.wfile.write(content)

        def log_message(self, *arguments: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def read_release(endpoint: str, cache: Path, release: str) -> subprocess.CompletedProcess[str]:
    program = (
        "from dreamcode.datasets.livecodebench import LiveCodeBench\n"
        "from dreamcode.errors import DreamcodeError\n"
        f"try: print(sum(1 for _ in LiveCodeBench().read(None, {release!r})))\n"
        "except DreamcodeError as error: print(error)\n"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    return subprocess.run(
        [sys.executable, "-c", program],
        env=kept | {"HF_ENDPOINT": endpoint, "HF_HOME": str(cache), "NO_PROXY": "127.0.0.1"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_the_hub_is_asked_once_and_then_the_cache(tmp_path: Path) -> None:
    with hub({"test2.jsonl": rows(111).encode()}) as (endpoint, asked):
        for _ in range(2):
            done = read_release(endpoint, tmp_path, "v2")
            assert done.stdout == "111\n", done.stderr
        downloads = [request for request in asked if request.startswith("GET /datasets/")]
        assert len(downloads) == 1
        assert "livecodebench/code_generation_lite" in downloads[0]
        missing = read_release(endpoint, tmp_path, "v3")
        assert "cannot get test3.jsonl" in missing.stdout
        assert "--data" in missing.stdout
    assert read_release(endpoint, tmp_path, "v2").stdout == "111\n"  # there is no hub any more


def test_every_benchmark_that_is_listed_can_be_opened() -> None:
    for name in DATASETS:
        data_set = open_dataset(name)
        assert data_set.name == name
        assert len(data_set.summary) > 20
    with pytest.raises(InputError, match="none of the datasets"):
        open_dataset("chess")
