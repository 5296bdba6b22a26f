"""Runners as processes of this machine: under bubblewrap where it works, else plain."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dreamcode_sandbox.errors import SandboxError
from dreamcode_sandbox.image.runner.jail import set_dumpable
from dreamcode_sandbox.leftovers import is_alive
from dreamcode_sandbox.machine import MachinePython, library_files, package_files
from dreamcode_sandbox.protocol import runner_command
from dreamcode_sandbox.users import Users, end_left_processes, take_users

_IMAGE = Path(__file__).parent / "image"
_ENVIRONMENT = {"PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1", "PATH": os.defpath}
_FOLDER = "dreamcode-python-"
_SYSTEM_FILES = (
    *("/etc/ld.so.cache", "/etc/localtime", "/usr/share/zoneinfo"),
    *("/dev/zero", "/dev/random", "/dev/urandom"),
)


class LocalBackend:
    """Starts runners as children of this process.

    Args:
        name: what isolates the programs, for people.
        command: starts one, given the fields of `runner.jail.Settings` that are its own.
        environment: what it finds in its environment.
        folder: removed in the end.
        hidden: whether jobs see this process and are of its user: then its memory and
            environment are closed to that user until `close`.
    """

    def __init__(
        self,
        name: str,
        command: Callable[[dict[str, Any]], list[str]],
        environment: dict[str, str],
        folder: Path | None = None,
        *,
        hidden: bool = False,
    ) -> None:
        self.name = name
        self._command = command
        self._environment = environment
        self._folder = folder
        self._dumpable = set_dumpable(0) if hidden else None

    async def start(self) -> "ProcessConnection":
        """Starts one runner.

        Raises:
            SandboxError: the process could not be started.
        """
        work = asyncio.ensure_future(self._start())
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            # A start that is broken off leaves asyncio waiting for pipes that it never connected.
            with contextlib.suppress(SandboxError):
                await (await work).kill()
            raise

    async def close(self) -> None:
        """Removes the folder with copies and links that runners import from, if there is one."""
        if self._dumpable is not None:
            set_dumpable(self._dumpable)
        if self._folder is not None:
            await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    async def _start(self) -> "ProcessConnection":
        users = take_users()
        own = {} if users is None else {"first_uid": users.first}
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command(own),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._environment,
                cwd="/",
                start_new_session=True,  # Ctrl-C is for us, not for it
            )
        except BaseException as error:
            if users is not None:
                users.close()
            if not isinstance(error, OSError):
                raise
            raise SandboxError(
                f"A runner ({self.name}) could not be started: {error}", "Type: dreamcode doctor"
            ) from error
        return ProcessConnection(process, users)


def open_bubblewrap(python: MachinePython) -> LocalBackend | str:
    """Runners on `python` under bubblewrap, or the reason why there are none here."""
    if sys.platform != "linux":
        return "bubblewrap exists on Linux only"
    program = shutil.which("bwrap")
    if program is None:
        return "bubblewrap is not installed"
    settings: dict[str, Any] = {"allow_writing": True}
    if python.packages:
        settings["packages"] = "/opt/packages"

    def command(own: dict[str, Any]) -> list[str]:
        runner = runner_command(str(python.executable), "/opt/sandbox", settings | own)
        return [*_bubblewrap(program, python), *runner]

    trial = [*_bubblewrap(program, python), str(python.executable), "-SIc", ""]
    try:
        answer = subprocess.run(trial, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap does not work here: {error}"
    if answer.returncode != 0:
        said = answer.stderr.strip().splitlines() or [f"exit status {answer.returncode}"]
        return f"bubblewrap does not work here: {said[-1]}"
    return LocalBackend("bubblewrap", command, _ENVIRONMENT)


def open_plain(python: MachinePython, *, filter_calls: bool = True) -> LocalBackend:
    """Runners as plain children with resource limits; no namespace hides the machine.

    Args:
        python: what they run on.
        filter_calls: put jobs behind the system call filter, where there is one.
    """
    _remove_leftovers()
    end_left_processes()
    folder = Path(tempfile.mkdtemp(prefix=f"{_FOLDER}{os.getpid()}-"))
    folder.chmod(0o755)
    as_root = os.geteuid() == 0
    environment = dict(_ENVIRONMENT)
    if as_root and not _is_public(python.standard_library):
        # Jobs become users without rights, who could import nothing from there.
        library = folder / python.standard_library.relative_to(python.interpreter.prefix)
        _copy(library_files(python.standard_library), python.standard_library, library)
        environment["PYTHONHOME"] = str(folder)
    packages = folder / "packages"
    packages.mkdir()
    for package in python.packages:
        # These alone, so that programs find here what they find elsewhere.
        if as_root and not _is_public(package):
            _copy(package_files(package), package.parent, packages)
        else:
            (packages / package.name).symlink_to(package)
    libraries = sorted({path.resolve().parent for path in python.libraries})
    readable = [python.standard_library, *libraries, *python.packages, folder]
    settings: dict[str, Any] = {
        "packages": str(packages),
        "filter_calls": filter_calls,
        "readable": [*map(str, readable), *_SYSTEM_FILES],
    }

    def command(own: dict[str, Any]) -> list[str]:
        return runner_command(str(python.executable), str(_IMAGE), settings | own)

    return LocalBackend("plain process", command, environment, folder, hidden=not as_root)


class ProcessConnection:
    """The pipes of one runner process."""

    def __init__(self, process: asyncio.subprocess.Process, users: Users | None = None) -> None:
        self.process = process
        self._users = users
        self._complaints = bytearray()
        self._killed = False
        self._listening = asyncio.ensure_future(self._listen())

    @property
    def complaints(self) -> str:
        """The end of what the runner wrote on its standard error."""
        return self._complaints[-8000:].decode("utf-8", "replace")

    async def write(self, data: bytes) -> None:
        """Sends all of `data`."""
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        await self.process.stdin.drain()

    async def read(self) -> bytes:
        """Some bytes of what the runner wrote; b"" when it is gone."""
        assert self.process.stdout is not None
        data = await self.process.stdout.read(1 << 18)
        if not data:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self._listening), 1)
        return data

    async def kill(self) -> None:
        """Ends the runner and all that runs inside. Harmless when repeated."""
        if not self._killed:
            self._killed = True
            # The whole group: the first process may be killed before the others have asked the
            # kernel to die with it. What still escapes sees that its input has closed.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        try:
            await asyncio.shield(self.process.wait())
        finally:
            self._listening.cancel()
            if self._users is not None:
                self._users.close()
            # Else its pipes stay open.
            self.process._transport.close()  # type: ignore[attr-defined]

    async def probe(self) -> None:
        """A pipe ends with its process: nothing has to be tried."""

    async def _listen(self) -> None:
        assert self.process.stderr is not None
        while data := await self.process.stderr.read(1 << 16):
            self._complaints += data


def _remove_leftovers() -> None:
    """Removes folders of processes that were killed before they could."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*-*"):
        owner = folder.name.removeprefix(_FOLDER).partition("-")[0]
        with contextlib.suppress(OSError):
            if (
                owner.isdigit()
                and folder.stat().st_uid == os.geteuid()
                and not is_alive(int(owner))
            ):
                shutil.rmtree(folder, ignore_errors=True)


def _is_public(path: Path) -> bool:
    """Whether any user may read the folder `path`."""
    return all(part.stat().st_mode & 0o001 for part in (path, *path.parents))


def _copy(files: list[Path], source: Path, target: Path) -> None:
    for file in files:
        place = target / file.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        try:
            os.link(file, place)
        except OSError:
            shutil.copy2(file, place)  # dates too: else what is compiled counts as stale


def _bubblewrap(program: str, python: MachinePython) -> list[str]:
    """The walls: the interpreter's own files, read-only, and nothing else of the machine."""
    seen = [python.executable, python.standard_library, *python.libraries]
    # Made by hand, because bubblewrap makes some of them private to root.
    parents = sorted({parent for path in seen for parent in path.parents[:-1]})
    parents += [Path("/opt"), Path("/opt/packages"), Path("/opt/sandbox")]
    binds = [part for path in parents for part in ("--perms", "0755", "--dir", str(path))]
    binds += [part for path in seen for part in ("--ro-bind", str(path), str(path))]
    for folder in python.packages:
        binds += ["--ro-bind", str(folder), f"/opt/packages/{folder.name}"]
    binds += ["--ro-bind", str(_IMAGE / "runner"), "/opt/sandbox/runner"]
    rights = ["--cap-drop", "ALL"]
    if os.geteuid() == 0:
        # No user namespace: root keeps what it takes to give each job its own user.
        rights += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        rights += ["--unshare-user"]
    return [
        # Pid 1 must be the runner: bubblewrap's own would be of the jobs' user, its pipes open.
        *(
            program,
            "--as-pid-1",
            "--unshare-pid",
            "--unshare-net",
            "--unshare-ipc",
            "--unshare-uts",
        ),
        *("--unshare-cgroup-try", "--die-with-parent", *rights),
        *binds,
        *("--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev", "--remount-ro", "/"),
        *("--chdir", "/"),
    ]
