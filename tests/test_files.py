import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dreamcode.errors import InfrastructureError, InputError
from dreamcode.files import read_standard_input, read_text, write_whole


def test_text_comes_with_one_kind_of_line_end(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"\xef\xbb\xbfone\r\ntwo\rthree\n")
    assert read_text(file) == "one\ntwo\nthree\n"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "no such file"),
        (b"a\0b", r"a binary file \(byte 1 is zero\)"),
        (b"caf\xe9", r"not UTF-8 \(byte 3 is 0xe9\); save it"),
        (b" \n", "empty; a program is wanted"),
    ],
)
def test_what_is_no_text_is_named(content: bytes | None, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputError, match=rf"a\.txt: {reason}"):
        read_text(file, "a program")


def test_folders_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*: Is a directory; check the path"):
        read_text(tmp_path)


def test_standard_input_may_be_empty_where_nothing_is_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert read_standard_input() == ""
    with pytest.raises(InputError, match="standard input: empty; a program is wanted"):
        read_standard_input("a program")


def test_files_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    def pieces() -> Iterator[str]:
        yield "new"
        raise RuntimeError("in the middle")

    file = write_whole(tmp_path / "a.txt", "old")
    with pytest.raises(RuntimeError):
        write_whole(file, pieces())
    assert file.read_text() == "old"
    write_whole(file, iter(["n", "ew"]))
    assert file.read_text() == "new"


def test_links_and_devices_stay_what_they_are(tmp_path: Path) -> None:
    file, link = tmp_path / "a.txt", tmp_path / "link"
    link.symlink_to(file)
    write_whole(link, "text")
    assert link.is_symlink()
    assert file.read_text() == "text"
    write_whole(Path("/dev/null"), "text")
    assert not Path("/dev/null").is_file()


def test_what_cannot_be_written_comes_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(InfrastructureError, match=r"a\.txt: No such .*; make the folder first"):
        write_whole(tmp_path / "none" / "a.txt", "text", "make the folder first")
