"""Makes the sandbox image: once, on first use, under a name made from its content."""

import contextlib
import hashlib
import io
import json
import os
import platform
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from dreamcode_sandbox.errors import SandboxError
from dreamcode_sandbox.machine import MachinePython, find_python, library_files

if TYPE_CHECKING:
    from docker import DockerClient

REPOSITORY = "dreamcode-sandbox"
BASE_IMAGE = "python:3.11-slim"
LABEL = "dreamcode.sandbox"
_IMAGE = Path(__file__).parent / "image"
_PACKAGES = "/opt/packages"
_FORMAT = "1"  # counted up when this file changes what an image holds

Progress = Callable[[str], None]


def build_image(
    client: "DockerClient",
    *,
    base: str | None = None,
    rebuild: bool = False,
    on_event: Progress = lambda _: None,
) -> str:
    """The name of the sandbox image; builds it where it is not there yet.

    The base is an ordinary Python image where it is present or a registry has it, else this
    machine's own Python, packed (Linux only).

    Args:
        client: the engine to build on.
        base: the image to build on instead; what is built is used from then on.
        rebuild: build even if the image is there.
        on_event: told in lines what is going on.

    Raises:
        SandboxError: no base could be found, or the build failed.
    """
    from docker.errors import DockerException, ImageNotFound

    name = f"{REPOSITORY}:{_content_hash()}"
    try:
        if base is None and not rebuild:
            try:
                client.images.get(name)
                return name
            except ImageNotFound:
                on_event(f"building the sandbox image {name} (once)")
        found = base or _find_base(client, on_event)
        _build(client, found, name, "Dockerfile")
    except (DockerException, OSError) as error:
        raise SandboxError(
            f"The sandbox image could not be built: {first_line(error)}.",
            "See `docker info` and the disk space, then: dreamcode sandbox build",
        ) from error
    on_event(f"built {name} on {found}")
    return name


def _content_hash() -> str:
    digest = hashlib.sha256(f"{_FORMAT}\n{sys.version_info[:2]}\n".encode())
    for path in _image_files():
        digest.update(str(path.relative_to(_IMAGE)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _image_files() -> list[Path]:
    files = sorted(path for path in _IMAGE.rglob("*") if path.is_file())
    return [path for path in files if "__pycache__" not in path.parts]


def _find_base(client: "DockerClient", on_event: Progress) -> str:
    from docker.errors import DockerException, ImageNotFound

    try:
        client.images.get(BASE_IMAGE)
    except ImageNotFound:
        on_event(f"pulling {BASE_IMAGE}")
        try:
            client.images.pull(BASE_IMAGE)
        except DockerException as error:
            on_event(f"{BASE_IMAGE} cannot be pulled ({first_line(error)})")
            return _import_machine(client, on_event)
    return _add_numpy(client, on_event)


def _add_numpy(client: "DockerClient", on_event: Progress) -> str:
    from docker.errors import DockerException

    name = f"{REPOSITORY}-base:{BASE_IMAGE.replace(':', '-')}-numpy"
    try:
        _build(client, BASE_IMAGE, name, "Dockerfile.numpy")
    except DockerException as error:
        on_event(f"numpy cannot be installed in the image ({first_line(error)}): going without")
        return BASE_IMAGE
    return name


def _build(client: "DockerClient", base: str, name: str, dockerfile: str) -> None:
    with tempfile.TemporaryFile() as context:
        with tarfile.open(fileobj=context, mode="w") as archive:
            for path in _image_files():
                _add_file(archive, path, path.relative_to(_IMAGE))
        context.seek(0)
        client.images.build(
            fileobj=context,
            custom_context=True,
            dockerfile=dockerfile,
            buildargs={"BASE_IMAGE": base},
            tag=name,
            rm=True,
            forcerm=True,
            pull=False,
            labels={LABEL: "image"},
        )


def _import_machine(client: "DockerClient", on_event: Progress) -> str:
    """A base image with this machine's Python and nothing else: no shell, no tools."""
    if sys.platform != "linux":
        raise SandboxError(
            f"The image {BASE_IMAGE} is not there and cannot be pulled.",
            f"Connect to a registry, or load it: docker load < {BASE_IMAGE.replace(':', '-')}.tar",
        )
    from docker.errors import ImageNotFound

    python = find_python()
    repository, tag = f"{REPOSITORY}-base", f"machine-{_machine_hash(python)}"
    with contextlib.suppress(ImageNotFound):
        client.images.get(f"{repository}:{tag}")
        return f"{repository}:{tag}"
    on_event(f"packing this machine's Python {platform.python_version()} instead")
    with tempfile.NamedTemporaryFile(suffix=".tar") as file:
        with tarfile.open(fileobj=file, mode="w") as archive:
            _pack_python(archive, python)
        file.flush()
        said = client.api.import_image_from_file(file.name, repository=repository, tag=tag)
        imported = client.images.get(json.loads(said.splitlines()[-1])["status"])
        imported.tag(repository, tag)  # which Podman has overlooked
        on_event(f"packed {file.tell() >> 20} MiB")
    return f"{repository}:{tag}"


def _machine_hash(python: MachinePython) -> str:
    """Changes when the packed files do, as far as their names, sizes and dates tell."""
    digest = hashlib.sha256(f"{_FORMAT}\n{sys.version}\n".encode())
    for path in (python.executable, *python.libraries, *python.packages):
        digest.update(f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]


def _pack_python(archive: tarfile.TarFile, python: MachinePython) -> None:
    made: set[Path] = set()

    def add(path: Path, target: Path) -> None:
        # Jobs run as users without rights: every folder above a file must let them through.
        for parent in reversed(target.relative_to("/").parents[:-1]):
            if parent not in made:
                made.add(parent)
                _add_folder(archive, parent)
        _add_file(archive, path, target.relative_to("/"))

    for path in (python.executable, *python.libraries, *library_files(python.standard_library)):
        add(path, path)
    for folder in python.packages:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "tests" not in path.parts:
                add(path, Path(_PACKAGES) / path.relative_to(folder.parent))
    link = tarfile.TarInfo("usr/local/bin/python3")
    link.type, link.linkname = tarfile.SYMTYPE, str(python.executable)
    for parent in (Path("usr"), Path("usr/local"), Path("usr/local/bin")):
        if parent not in made:
            _add_folder(archive, parent)
    if python.executable != Path("/usr/local/bin/python3"):
        archive.addfile(link)


def _add_folder(archive: tarfile.TarFile, path: Path) -> None:
    entry = tarfile.TarInfo(str(path))
    entry.type, entry.mode = tarfile.DIRTYPE, 0o755
    archive.addfile(entry)


def _add_file(archive: tarfile.TarFile, path: Path, target: Path) -> None:
    data = path.read_bytes()
    entry = tarfile.TarInfo(str(target))
    entry.size = len(data)
    entry.mode = 0o755 if os.access(path, os.X_OK) else 0o644
    archive.addfile(entry, io.BytesIO(data))


def first_line(error: Exception) -> str:
    """What the error says in its first line, cut where that is long; else the error's name."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
