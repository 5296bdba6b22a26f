"""The policy that ships keeps what its card promises."""

import json
from pathlib import Path

import pytest

from tests.cli.command import dreamcode


@pytest.mark.slow
def test_it_is_often_wrong_and_its_likelihood_tells_little(tmp_path: Path) -> None:
    run = ["bench", "miniature", "--limit", "40", "--n", "8", "--run-dir", tmp_path / "run"]
    done = dreamcode(*run, "--reward", "likelihood", "--no-public-tests", "--json", home=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["measures"]["all"]
    first, any_of = found["pass_at"]["1"]["value"], found["oracle"]["value"]
    assert 0.2 < first < 0.65
    assert any_of > first + 0.2
    assert found["chosen"]["value"] < first + 0.45 * (any_of - first)
