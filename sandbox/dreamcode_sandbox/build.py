"""Makes the sandbox image: once, on first use, under a name made from its content."""

import contextlib
import hashlib
import io
import json
import os
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from dreamcode_sandbox.cache import states_of
from dreamcode_sandbox.errors import SandboxError, UnusablePythonError
from dreamcode_sandbox.interpreters import Interpreter, read_version
from dreamcode_sandbox.machine import (
    AUTO,
    MachinePython,
    choose_python,
    find_interpreter,
    library_files,
    package_files,
)
from dreamcode_sandbox.packages import REQUIREMENTS, SPOKEN

if TYPE_CHECKING:
    from docker import DockerClient

REPOSITORY = "dreamcode-sandbox"
NEWEST_IMAGE = (3, 13)
LABEL = "dreamcode.sandbox"
_IMAGE = Path(__file__).parent / "image"
_PACKAGES = "/opt/packages"
_FORMAT = "2"  # counted up when this file changes what an image holds

Progress = Callable[[str], None]


def build_image(
    client: "DockerClient",
    *,
    python: str = AUTO,
    base: str | None = None,
    rebuild: bool = False,
    on_event: Progress = lambda _: None,
) -> str:
    """The name of the sandbox image; builds it where it is not there yet.

    The base is an ordinary Python image where it is present or a registry has it, else a Python
    of this machine, packed (Linux only). One that is named by its path is always packed.

    Args:
        client: the engine to build on.
        python: what programs run on: a version, a path, or "auto": 3.13, or the newest on this
            machine where that is newer.
        base: the image to build on instead; what is built is used from then on.
        rebuild: build even if the image is there.
        on_event: told in lines what is going on.

    Raises:
        UnusablePythonError: there is no such Python.
        SandboxError: no base could be found, or the build failed.
    """
    from docker.errors import DockerException, ImageNotFound

    version, here = _look_up(python)
    name = f"{REPOSITORY}:{_content_hash(python, here)}"
    try:
        if base is None and not rebuild:
            try:
                client.images.get(name)
                return name
            except ImageNotFound:
                on_event(f"building the sandbox image {name} (once)")
        found = base or _find_base(client, python, version, on_event)
        _build(client, found, name, "Dockerfile")
    except (DockerException, OSError) as error:
        raise SandboxError(
            f"The sandbox image could not be built: {first_line(error)}.",
            "See `docker info` and the disk space, then: dreamcode sandbox build",
        ) from error
    on_event(f"built {name} on {found}")
    return name


def _look_up(python: str) -> tuple[str | None, Interpreter | None]:
    """The version to ask a registry for, if it is to be asked, and the Python of this machine."""
    if python != AUTO and read_version(python) is None:
        return None, find_interpreter(python)
    try:
        here = find_interpreter(python)
    except UnusablePythonError:
        return read_version(python), None
    if python != AUTO:
        return read_version(python), here
    return ".".join(map(str, max(here.minor, NEWEST_IMAGE))), here


def _content_hash(python: str, here: Interpreter | None) -> str:
    """Changes with the runner, with what is wished for, and with what the machine has of it."""
    parts = [_FORMAT, python, *REQUIREMENTS, *([here.version, here.abi] if here else [])]
    digest = hashlib.sha256("\n".join(parts).encode())
    for path in _image_files():
        digest.update(str(path.relative_to(_IMAGE)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _image_files() -> list[Path]:
    files = sorted(path for path in _IMAGE.rglob("*") if path.is_file())
    return [path for path in files if "__pycache__" not in path.parts]


def _find_base(client: "DockerClient", python: str, version: str | None, on_event: Progress) -> str:
    from docker.errors import DockerException, ImageNotFound

    if version is None:
        return _import_machine(client, python, on_event)
    image = f"python:{version}-slim"
    try:
        client.images.get(image)
    except ImageNotFound:
        on_event(f"pulling {image}")
        try:
            client.images.pull(image)
        except DockerException as error:
            on_event(f"{image} cannot be pulled ({first_line(error)})")
            return _import_machine(client, python, on_event)
    name = f"{REPOSITORY}-base:{image.replace(':', '-')}-packages"
    try:
        _build(client, image, name, "Dockerfile.packages")
    except DockerException as error:
        on_event(f"{SPOKEN} cannot be installed in the image ({first_line(error)})")
        if python == AUTO and sys.platform == "linux":
            return _import_machine(client, python, on_event)
        on_event("going without")
        return image
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
            buildargs={"BASE_IMAGE": base, "PACKAGES": " ".join(REQUIREMENTS)},
            tag=name,
            rm=True,
            forcerm=True,
            pull=False,
            labels={LABEL: "image"},
        )


def _import_machine(client: "DockerClient", wish: str, on_event: Progress) -> str:
    """A base image with a Python of this machine and nothing else: no shell, no tools."""
    if sys.platform != "linux":
        raise SandboxError(
            "A Python can be packed on Linux only, and there is no image to build on.",
            "Connect to a registry, or load one (`docker load`): dreamcode sandbox build --base",
        )
    from docker.errors import ImageNotFound

    python = choose_python(wish, on_event)
    repository, tag = f"{REPOSITORY}-base", f"machine-{_machine_hash(python)}"
    with contextlib.suppress(ImageNotFound):
        client.images.get(f"{repository}:{tag}")
        return f"{repository}:{tag}"
    on_event(f"packing this machine's Python {python.interpreter.version}")
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
    digest = hashlib.sha256(f"{_FORMAT}\n{python.interpreter}\n".encode())
    parts = (python.executable, *python.libraries, *python.packages)
    for path, size, date in states_of(parts):
        digest.update(f"{path} {size} {date}\n".encode())
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
        for path in package_files(folder):
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
    entry.mtime = int(path.stat().st_mtime)  # else what is compiled beside it counts as stale
    entry.mode = 0o755 if os.access(path, os.X_OK) else 0o644
    archive.addfile(entry, io.BytesIO(data))


def first_line(error: Exception) -> str:
    """What the error says in its first line, cut where that is long; else the error's name."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
