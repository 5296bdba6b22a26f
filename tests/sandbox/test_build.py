"""Where the sandbox's Python comes from, and how its image is made."""

import contextlib
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dreamcode_sandbox import build
from dreamcode_sandbox.docker import connect, docker_status
from dreamcode_sandbox.errors import SandboxError
from dreamcode_sandbox.machine import choose_python, library_files
from tests.sandbox.conftest import require_docker

if TYPE_CHECKING:
    from docker import DockerClient


@pytest.fixture
def client() -> "Iterator[DockerClient]":
    require_docker()
    with contextlib.closing(connect()) as client:
        yield client


def test_the_machines_python_is_found_whole() -> None:
    python = choose_python()
    assert os.access(python.executable, os.X_OK)
    names = {
        str(p.relative_to(python.standard_library)) for p in library_files(python.standard_library)
    }
    assert {"os.py", "json/decoder.py", "encodings/idna.py"} <= names
    assert not any("site-packages" in name for name in names)
    assert all(library.is_file() for library in python.libraries)
    assert {"numpy", "sortedcontainers"} <= {package.name for package in python.packages}


def test_the_packed_machine_opens_every_folder_to_all_and_names_nothing_twice(
    tmp_path: Path,
) -> None:
    with tarfile.open(tmp_path / "packed.tar", "w") as archive:
        build._pack_python(archive, choose_python())
    with tarfile.open(tmp_path / "packed.tar") as archive:
        members = archive.getmembers()
    names = [member.name for member in members]
    assert len(set(names)) == len(names)
    folders = {member.name for member in members if member.isdir()}
    for member in members:
        assert member.mode & 0o005 == 0o005 or not member.isdir()
        parent = str(Path(member.name).parent)
        assert parent == "." or parent in folders


@pytest.mark.docker
def test_the_image_is_built_once(client: "DockerClient") -> None:
    build.build_image(client)
    said: list[str] = []
    name = build.build_image(client, on_event=said.append)
    assert said == []
    assert client.images.get(name).labels[build.LABEL] == "image"


@pytest.mark.docker
def test_a_chosen_base_is_used_from_then_on(client: "DockerClient") -> None:
    name = build.build_image(client)
    base = client.images.list(name=f"{build.REPOSITORY}-base")[0].tags[0]
    said: list[str] = []
    assert build.build_image(client, base=base, on_event=said.append) == name
    assert f"on {base}" in said[-1]


@pytest.mark.docker
def test_a_base_that_does_not_exist_is_an_error_of_ours(client: "DockerClient") -> None:
    with pytest.raises(SandboxError, match="could not be built") as caught:
        build.build_image(client, base="dreamcode-no-such-base:1")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("unix:///nowhere/docker.sock", "systemctl start docker"),
        ("tcp://127.0.0.1:1", "No Docker engine answers on tcp://127.0.0.1:1"),
        ("nonsense://", "does not answer"),
    ],
)
def test_the_status_says_why_there_is_no_engine(
    host: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", host)
    status = docker_status()
    assert not status.reachable
    assert reason in status.detail
    assert "\n" not in status.detail


@pytest.mark.docker
def test_the_status_names_the_engine() -> None:
    require_docker()
    assert docker_status().detail.startswith("Docker ")
