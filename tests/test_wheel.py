"""What is built is what people get: used from another folder, among other people's packages."""

import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path
from shutil import copy

import pytest

from tests.cli.command import environment

ROOT = Path(__file__).parents[1]
OURS = "raise ImportError('this is not the package you are looking for')\n"


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel and an sdist."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def home(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an environment in which the wheel is installed, and packages of others.

    The libraries are those of this environment: a .pth inside a folder that a .pth names is not
    read, so that an editable install of dreamcode stays out.
    """
    folder = tmp_path_factory.mktemp("home")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "env"], check=True)
    [site] = (folder / "env").glob("lib/*/site-packages")
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    [wheel] = dist.glob("*.whl")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, "--target", str(site), str(wheel)], check=True)
    for place in (site, folder):
        (place / "training").mkdir()
        (place / "training" / "__init__.py").write_text(OURS)
    (site / "sandbox").mkdir()
    (site / "sandbox" / "__init__.py").write_text(OURS)
    (folder / "sandbox.py").write_text(OURS)
    copy(ROOT / "examples" / "mini-2.md", folder)
    return folder


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [home / "env" / "bin" / "python", *arguments],
        capture_output=True,
        text=True,
        cwd=home,
        # A path of ours would come before what is installed.
        env=environment(home, PYTHONPATH=""),
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


def test_it_is_the_installed_one(home: Path) -> None:
    rooms = ("dreamcode", "dreamcode_sandbox", "dreamcode_training")
    for room in rooms:
        done = run(home, "-c", f"import {room}; print({room}.__file__)")
        assert Path(done.stdout.strip()).is_relative_to(home / "env")


def test_it_solves_lists_and_looks_around(home: Path) -> None:
    solved = run(home, "-m", "dreamcode", "solve", "mini-2.md", "--sandbox", "local", "-q")
    assert "def main" in solved.stdout
    assert "livecodebench" in run(home, "-m", "dreamcode", "bench", "list").stdout
    assert "embedded policy" in run(home, "-m", "dreamcode", "doctor").stdout
    assert "miniature" in run(home, "-m", "dreamcode", "train", "--list").stdout


@pytest.mark.timeout(900)
def test_it_trains_by_itself_and_under_accelerate(home: Path) -> None:
    settings = ["--config", "miniature", "--smoke", "--run-dir", "run"]
    done = run(home, "-m", "dreamcode", "train", *settings)
    assert "# Reward model on 4 test problems" in done.stdout
    model = home / "run" / "prm" / "model" / "model.safetensors"
    trained = model.read_bytes()
    launch = ["-m", "accelerate.commands.launch", "--num_processes", "1", "--cpu"]
    run(home, *launch, "-m", "dreamcode", "train", "prm", *settings)
    assert model.read_bytes() == trained


def test_the_tests_run_from_the_sdist(dist: Path, tmp_path: Path) -> None:
    [archive] = dist.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="data")
    [root] = tmp_path.iterdir()
    places = [str(root / place) for place in (".", "sandbox", "training")]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist",
         "tests/chain/test_parse.py", "tests/examples/test_examples.py", "tests/cli/test_docs.py",
         "tests/experiments/pretraining/test_programs.py", "tests/bench/test_choosing.py"],
        capture_output=True,
        text=True,
        cwd=root,
        env=environment(tmp_path, PYTHONPATH=":".join(places)),
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
