"""Which Python programs run on, where its packages come from, and what it makes of a text."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import pytest_asyncio

from dreamcode_sandbox import CallTest, StdinTest, Verdict, open_sandbox
from dreamcode_sandbox.docker import DockerBackend
from dreamcode_sandbox.errors import UnusablePythonError
from dreamcode_sandbox.interpreters import newer_interpreters, own_interpreter
from dreamcode_sandbox.machine import choose_python
from dreamcode_sandbox.packages import NAMES, failures
from dreamcode_sandbox.pool import Pool
from tests.sandbox.conftest import DOCKER, EVERY, on, open_backend, require_docker

shared = pytest.mark.asyncio(loop_scope="session")

KINDS = [DOCKER, "bubblewrap", "plain process"]
NEWER = next(newer_interpreters(), None)
needs_newer = pytest.mark.skipif(NEWER is None, reason="needs a later Python than ours")


@pytest_asyncio.fixture(loop_scope="session", scope="module", params=KINDS)
async def newer(request: pytest.FixtureRequest):  # type: ignore[no-untyped-def]
    """A sandbox of each kind on a later Python, with its packages."""
    if NEWER is None or not choose_python(NEWER.version).packages:
        pytest.skip("needs a later Python than ours, and its packages")
    pool = Pool(await open_backend(request.param, NEWER.version), 1)
    await pool.warm_up()
    yield pool
    await pool.close()


PROGRAMS = {
    "type parameters": "def first[T](items: list[T]) -> T:\n    return items[0]\nprint(first([7]))",
    "type alias": "type Pair[T] = tuple[T, T]\nclass Box[T]:\n    pass\nprint(7)",
    "nested quotes": "a = {'x': 7}\nprint(f'{a['x']}')",
    "backslash in a field": "print(f\"{'\\n'.join(['7'])}\")",
    "sortedcontainers": "from sortedcontainers import SortedList\nprint(SortedList([9, 7])[0])",
    "numpy": "import numpy as np\nprint(np.array([3, 4]).sum())",
    "deep cache": (
        "import sys\nfrom functools import cache\nsys.setrecursionlimit(10**6)\n@cache\n"
        "def f(n):\n    return n and 1 + f(n - 1)\nprint(f(50_000) - 49_993)"
    ),
    "deep cache in a thread": (
        "import sys, threading\nfrom functools import cache\nsys.setrecursionlimit(10**6)\n"
        "threading.stack_size(1 << 28)\n@cache\n"
        "def f(n):\n    return n and 1 + f(n - 1)\n"
        "t = threading.Thread(target=lambda: print(f(50_000) - 49_993))\nt.start()\nt.join()"
    ),
    "deep generators": (
        "import sys\nsys.setrecursionlimit(10**6)\n"
        "def f(n):\n    return n and 1 + sum(f(n - 1) for _ in range(1))\nprint(f(9_000) - 8_993)"
    ),
}


@shared
@pytest.mark.parametrize("name", PROGRAMS)
async def test_programs_run_on_the_newer_python(newer: Pool, name: str) -> None:
    assert NEWER is not None
    assert newer.python == ".".join(map(str, NEWER.minor))
    report = await newer.run(PROGRAMS[name], [StdinTest("", "7")])
    assert report.verdict is Verdict.ACCEPTED, report.results[0]


@shared
@on(*EVERY)
async def test_the_contests_packages_are_there(box: Pool) -> None:
    if not choose_python().packages:
        pytest.skip(f"packages could not be installed: {failures()}")
    assert set(box.facts["packages"]) >= set(NAMES)
    program = "import numpy\nfrom sortedcontainers import SortedDict\nprint(SortedDict({2: 1}))"
    report = await box.run(program, [StdinTest("", "SortedDict({2: 1})")])
    assert report.verdict is Verdict.ACCEPTED, report.results[0]


NUMPY = "import numpy as np, collections, dataclasses, decimal, enum, fractions\n"
RIGHT = {
    "np.int64(3)": 3,
    "np.uint8(255)": 255,
    "np.float32(0.5)": 0.5,
    "np.float64(0.5)": 0.5,
    "np.longdouble(0.5)": 0.5,
    "np.bool_(True)": True,
    "np.array([1, 2]).sum()": 3,
    "np.array([1, 2]).mean()": 1.5,
    "np.array(7)": 7,
    "np.str_('a')": "a",
    "np.complex128(3)": 3,
    "{np.str_('a'): [np.int64(1)]}": {"a": [1]},
    "complex(3, 0)": 3,
    "decimal.Decimal('0.5')": 0.5,
    "decimal.Decimal(10**20 + 1)": 10**20 + 1,
    "decimal.Decimal('inf')": float("inf"),
    "fractions.Fraction(1, 2)": 0.5,
    "fractions.Fraction(10**400, 1)": 10**400,
    "float('inf')": float("inf"),
    "-0.0": 0,
    "10**5000": 10**5000,
    "True": 1,
    "1": True,
    "collections.Counter('a')": {"a": 1},
    "collections.defaultdict(int, a=1)": {"a": 1},
    "collections.OrderedDict(a=1)": {"a": 1},
    "enum.IntEnum('E', 'A').A": 1,
    "collections.namedtuple('P', 'x y')(1, 2)": [1, 2],
    "type('S', (str,), {})('a')": "a",
}
WRONG = {
    "np.array([7])": 7,
    "np.array([1, 2])": [1, 2],
    "[np.array([7])]": [7],
    "np.float64('nan')": 1,
    "np.datetime64('2020-01-01')": "2020-01-01",
    "complex(3, 1)": 3,
    "decimal.Decimal('0.1')": 0.1,
    "decimal.Decimal('nan')": 1,
    "fractions.Fraction(10**400, 3)": 1,
    "collections.deque([1])": [1],
    "range(3)": [0, 1, 2],
    "{1: 2}.keys()": [1],
    "{1: 2}": {"1": 2},
    "(x for x in [1])": [1],
    "{1}": [1],
    "float('nan')": float("nan"),
    "dataclasses.make_dataclass('D', ['x'])(1)": 1,
    "enum.Enum('E', 'A').A": 1,
    "[collections.namedtuple('P', 'x y')(1, 2)]": [[1, 2]],
    "[(1, 2)]": [[1, 2]],
    "b'a'": "a",
    "type('L', (), {'__eq__': lambda a, b: True})()": 1,
    "type('L', (str,), {'__eq__': lambda a, b: True})('b')": "a",
    "type('R', (), {'__repr__': lambda a: 1 / 0})()": 1,
}


@shared
@on(*KINDS)
@pytest.mark.parametrize("returned", [*RIGHT, *WRONG])
async def test_values_that_are_no_json_count_as_what_they_equal(box: Pool, returned: str) -> None:
    if "numpy" not in box.facts["packages"]:
        pytest.skip("no numpy in this sandbox")
    wanted = Verdict.ACCEPTED if returned in RIGHT else Verdict.WRONG_ANSWER
    program = f"{NUMPY}def f():\n    return {returned}\n"
    report = await box.run(program, [CallTest("f", (), (RIGHT | WRONG)[returned])])
    assert report.verdict is wanted, report.results[0]


TEXTS = {
    "byte order mark": ("\ufeffprint('é')", "é"),
    "byte order mark and line ends": ("\ufeffx = 1\r\nif x:\r\n    print(7)\r\n", "7"),
    "old line ends": ("x = 7\rprint(x)\r", "7"),
    "form feeds": ("\fprint(7)\n\f\nprint(8)", "7\n8"),
    "cookie": ("# -*- coding: latin-1 -*-\nprint('é')", "é"),
    "cookie in the second line": (
        "#!/bin/python\n# vim: set fileencoding=cp1252 :\nprint('€')",
        "€",
    ),
    "cookie of many bytes": ("# coding: shift_jis\nprint('あ')", "あ"),
    "mark and cookie": ("\ufeff# coding: utf-8\nprint('é')", "é"),
    "cookie too late": ("\n\n# coding: klingon\nprint(7)", "7"),
    "cookie in a string": ("'''\ncoding: klingon\n'''\nprint(7)", "7"),
    "mark alone": ("\ufeff", ""),
    "two marks": ("\ufeff\ufeffprint(7)", None),
    "mark and another cookie": ("\ufeff# coding: latin-1\nprint(7)", None),
    "unknown cookie": ("# coding: klingon\nprint(7)", None),
    "cookie that is no encoding": ("# coding: rot13\nprint(7)", None),
    "cookie that does not fit": ("# coding: ascii\nprint('é')", None),
    "null byte": ("print(7)\0\n", None),
    "null byte in a string": ("print('\0')", None),
    "control character": ("print(7)\x1a", None),
    "lone surrogate": ("print('\ud83d')", None),
}


@shared
@on(*KINDS)
@pytest.mark.parametrize("name", TEXTS)
async def test_a_text_runs_as_its_file_would(box: Pool, name: str) -> None:
    text, printed = TEXTS[name]
    report = await box.run(text, [StdinTest("", printed or "")])
    wanted = Verdict.COMPILE_ERROR if printed is None else Verdict.ACCEPTED
    assert report.verdict is wanted, report.results[0]


def test_ours_is_there_by_version_by_path_and_by_folder() -> None:
    own = own_interpreter()
    folder = own.executable.parent.parent
    for wish in (own.version, f"python{own.version}", str(own.executable), sys.executable):
        assert choose_python(wish).executable == own.executable
    if (folder / "bin" / "python3").exists():
        assert choose_python(str(folder)).executable == own.executable


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_what_cannot_run_programs_is_refused_with_a_remedy(tmp_path: Path) -> None:
    wishes = {
        "3.10": "3.11 and newer",
        "2.7": "There is no Python '2.7'",
        "3.99": "There is no Python 3.99",
        "newest": "There is no Python 'newest'",
        "": "There is no Python ''",
        str(tmp_path): "There is no Python",
        str(tmp_path / "missing"): "There is no Python",
        str(script(tmp_path / "shim", "echo 'command not found' >&2; exit 127")): "not found",
        str(script(tmp_path / "silent", "exit 0")): "does not work",
        str(script(tmp_path / "chatty", "echo '[1, 2]'")): "does not work",
        str(script(tmp_path / "number", "echo 7")): "does not work",
    }
    for wish, reason in wishes.items():
        with pytest.raises(UnusablePythonError, match=reason) as caught:
            choose_python(wish)
        assert "--python" in str(caught.value)


def test_broken_and_odd_pythons_are_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever lies on PATH, `auto` finds one that works."""
    script(tmp_path / "python3.97", "echo 'pyenv: python3.97: command not found' >&2; exit 127")
    script(tmp_path / "python3.98", f'exec {sys.executable} "$@"')  # not what it is called
    (tmp_path / "python3.96").symlink_to("nowhere")
    (tmp_path / "python3.95").mkdir()
    (tmp_path / "python3.94").write_bytes(b"\x7fELF")
    (tmp_path / "python3.94").chmod(0o755)
    script(tmp_path / "python3.99-config", "exit 0")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/nowhere{os.pathsep}{os.environ['PATH']}")
    assert next(newer_interpreters(), None) == NEWER


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and no other Python but what is put into a folder that is returned."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.delenv("UV_PYTHON_INSTALL_DIR", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    usual = [folder for folder in os.get_exec_path() if "pyenv" not in folder]
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", os.pathsep.join([str(folder), *usual]))
    if next(newer_interpreters(), None) is not None:
        pytest.skip("a later Python is installed for everybody here")
    return tmp_path


@needs_newer
@pytest.mark.parametrize(
    "place", ["bin", "pyenv/versions/3.99.1/bin", ".local/share/uv/python/x/bin"]
)
def test_a_newer_python_is_found_wherever_it_lies(alone: Path, place: str) -> None:
    assert NEWER is not None
    (alone / place).mkdir(parents=True, exist_ok=True)
    (alone / place / f"python3.{NEWER.minor[1]}").symlink_to(NEWER.executable)
    assert next(newer_interpreters()) == NEWER


@needs_newer
def test_without_an_index_ours_is_taken_and_it_is_said_once(
    alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert NEWER is not None
    (alone / "bin" / f"python3.{NEWER.minor[1]}").symlink_to(NEWER.executable)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/simple")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    said: list[str] = []
    for _ in range(2):
        assert choose_python("auto", said.append).interpreter == own_interpreter()
    assert [f"for Python {NEWER.version}" in line for line in said] == [True, True]
    assert "the package index does not answer" in said[-1]
    assert failures() == [said[-1]]
    # Whoever names it gets it, without them.
    chosen = choose_python(NEWER.version, said.append)
    assert (chosen.interpreter, chosen.packages) == (NEWER, ())
    assert len(said) == 2


@needs_newer
def test_packages_are_installed_once_by_many_at_a_time(alone: Path) -> None:
    assert NEWER is not None
    program = (
        "import sys\nfrom dreamcode_sandbox.machine import choose_python\n"
        "said = []\nfound = choose_python(sys.argv[1], said.append)\n"
        "print(len(said), len(found.packages))"
    )

    def install(_: int) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", program, str(NEWER and NEWER.executable)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout.split()

    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(install, range(3)))
    if any(packages == "0" for _, packages in found):
        pytest.skip("the package index is out of reach")
    assert sorted(said for said, _ in found) == ["0", "0", "2"]
    folder = alone / "cache" / "dreamcode" / "sandbox"
    assert len([path for path in folder.iterdir() if path.is_dir()]) == 1


async def test_a_python_that_is_not_there_opens_no_sandbox() -> None:
    for kind in ("local", "auto"):
        with pytest.raises(UnusablePythonError, match=r"3\.99|There is no Python"):
            async with open_sandbox(kind, 1, python="/nowhere/python3"):
                pass


@pytest.mark.docker
async def test_each_python_has_an_image_of_its_own() -> None:
    require_docker()
    if NEWER is None:
        pytest.skip("needs a later Python than ours")
    versions = []
    for python in (own_interpreter().version, NEWER.version):
        pool = Pool(await DockerBackend.open(python=python), 1)
        await pool.warm_up()
        versions.append(pool.facts["python"])
        await pool.close()
    assert versions == [own_interpreter().version, NEWER.version]


def test_a_virtual_environment_leads_to_its_python(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    assert shutil.which(tmp_path / "venv" / "bin" / "python3")
    assert choose_python(str(tmp_path / "venv")).executable == own_interpreter().executable
