"""What a run ran on is on record, and a run goes on with programs on the same Python."""

import json
from pathlib import Path

import pytest

from dreamcode.errors import InputError
from dreamcode.runs.environment import ENVIRONMENT, save_environment

FACTS = {"python": "3.13.0", "packages": {"numpy": "2.4.6"}}


def test_the_sandboxs_python_and_packages_are_on_record(tmp_path: Path) -> None:
    save_environment(tmp_path, "docker", FACTS)
    known = json.loads((tmp_path / ENVIRONMENT).read_text())
    assert known["sandbox"] == "docker"
    assert known["sandbox_python"] == "3.13.0"
    assert known["sandbox_packages"] == {"numpy": "2.4.6"}


def test_another_python_is_refused_and_a_later_patch_is_not(tmp_path: Path) -> None:
    save_environment(tmp_path, "docker", FACTS)
    save_environment(tmp_path, "bubblewrap", FACTS | {"python": "3.13.7"})
    save_environment(tmp_path, "none")
    with pytest.raises(InputError, match=r"3\.13.*3\.12.*--python 3\.13"):
        save_environment(tmp_path, "docker", FACTS | {"python": "3.12.0"})


def test_a_run_from_before_ran_its_programs_on_the_python_of_dreamcode(tmp_path: Path) -> None:
    (tmp_path / ENVIRONMENT).write_text(json.dumps({"python": "3.11.7", "sandbox": "docker"}))
    save_environment(tmp_path, "docker", {"python": "3.11.2", "packages": {}})
    with pytest.raises(InputError, match=r"--python 3\.11"):
        save_environment(tmp_path, "docker", FACTS)
