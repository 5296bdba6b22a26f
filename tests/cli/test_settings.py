"""One list of settings: what is in it can be set everywhere, and is shown everywhere."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dreamcode.cli import settings
from dreamcode.cli.reference import describe_all
from dreamcode.cli.settings import list_settings
from tests.cli.command import dreamcode, environment

Sources = dict[str, dict[str, object]]

EVERYTHING = """
data = "rows.jsonl"
release = "v6"
from = 2025-02-01
before = "2025-05-01"
difficulty = ["easy", "hard"]
platform = ["atcoder"]
problem = ["a", "b"]
limit = 3
shard = "1/2"
model = "hf/m"
reward = "none"
base_url = ["http://localhost"]
reward_base_url = ["http://localhost:8001", "http://localhost:8002"]
gpu_memory = 0.5
gpus = 2
window = 4096
prefill = "on"
endpoint = "completions"
timeout = 5
retries = 2
max_wait = 60.0
reasoning_effort = "low"
extra = ["top_k=20", "chat_template_kwargs.enable_thinking=true"]
n = 7
temperature = 0.5
top_p = 0.9
seed = 1
search = "beam"
stop = "agreement"
stop_reward = 0.5
stop_agree = 3
wave = 2
select = "majority"
inputs = 4
inputs_from = "mutated"
width = 2
prompt = "plain"
grain = "program"
aggregation = "min"
max_tokens = 100
max_calls = 10
max_seconds = 1.5
max_cost = 0.5
prices = [1, 4.5]
max_step_tokens = 50
max_steps = 4
protocol = "dreamprm"
public_tests = true
tests = "tests"
compare = "exact"
tolerance = 0.5
checker = "check.py"
time_limit = 2
sandbox = "local"
python = "3.12"
workers = 1
output = "out.py"
json = true
quiet = true
concurrency = 3
ray = "local"
run_dir = "run"
resume = true
"""


def show(home: Path, *arguments: str, **variables: str) -> Sources:
    done = dreamcode("config", "--json", *arguments, home=home, **variables)
    assert done.returncode == 0, done.stderr
    shown: Sources = json.loads(done.stdout)
    return shown


def test_every_setting_can_stand_in_a_file_and_in_the_environment(tmp_path: Path) -> None:
    keys = [setting.key for setting in list_settings() if setting.key != "profile"]
    assert [line.split(" = ")[0] for line in EVERYTHING.strip().splitlines()] == keys
    assert {shown["source"] for shown in show(tmp_path).values()} == {"default"}
    (tmp_path / "dreamcode.toml").write_text(EVERYTHING)
    by_file = show(tmp_path)
    (tmp_path / "dreamcode.toml").unlink()

    def words(value: object) -> str:
        return ",".join(map(str, value)) if isinstance(value, list) else str(value)

    variables = {f"DREAMCODE_{key.upper()}": words(by_file[key]["value"]) for key in keys}
    by_variable = show(tmp_path, **variables)
    for key in keys:
        assert by_file[key] == {"value": by_variable[key]["value"], "source": "dreamcode.toml"}
        assert by_variable[key]["source"] == f"environment variable DREAMCODE_{key.upper()}"
    assert by_file["from"]["value"] == "2025-02-01"
    assert by_file["prices"]["value"] == [1.0, 4.5]


def test_a_profile_goes_before_the_files_and_behind_the_environment(tmp_path: Path) -> None:
    user = tmp_path / ".config" / "dreamcode" / "dreamcode.toml"
    user.parent.mkdir(parents=True)
    user.write_text("n = 1\nseed = 1\n[profile.work]\nseed = 2\nwidth = 2\nmax_steps = 2\n")
    (tmp_path / "dreamcode.toml").write_text(
        "n = 3\nseed = 3\nwidth = 3\n[profile.work]\nmax_steps = 4\n[profile.home]\nn = 5\n"
    )

    def found(shown: Sources) -> list[tuple[object, object]]:
        names = ("n", "seed", "width", "max_steps")
        return [(shown[name]["value"], shown[name]["source"]) for name in names]

    assert found(show(tmp_path)) == [
        (3, "dreamcode.toml"), (3, "dreamcode.toml"), (3, "dreamcode.toml"), (24, "default"),
    ]  # fmt: skip
    expected = [
        (3, "dreamcode.toml"),
        (2, f"{user}, profile work"),
        (2, f"{user}, profile work"),
        (4, "dreamcode.toml, profile work"),
    ]
    assert found(show(tmp_path, "--profile", "work")) == expected
    assert found(show(tmp_path, DREAMCODE_PROFILE="work", DREAMCODE_N="")) == expected
    home = show(tmp_path, "--profile", "home", DREAMCODE_PROFILE="work", DREAMCODE_SEED="6")
    assert found(home)[:2] == [
        (5, "dreamcode.toml, profile home"),
        (6, "environment variable DREAMCODE_SEED"),
    ]
    assert home["profile"] == {"value": "home", "source": "flag --profile"}


@pytest.mark.parametrize("command", [["config"], ["solve", "-"]])
def test_an_unknown_profile_is_named_and_so_are_the_known(
    tmp_path: Path, command: list[str]
) -> None:
    def complaint() -> str:
        done = dreamcode(*command, "--profile", "wrok", home=tmp_path)
        assert done.returncode == 2
        [line] = done.stderr.splitlines()
        return line

    assert "'wrok' (flag --profile)" in complaint()
    assert "there are none" in complaint()
    (tmp_path / "dreamcode.toml").write_text("[profile.work]\nn = 3\n[profile.home]\nn = 0\n")
    assert "there are home, work" in complaint()
    wrong = dreamcode(*command, "--profile", "home", home=tmp_path)
    assert "n = 0 (dreamcode.toml, profile home): " in wrong.stderr


EDIT = """
import sys, types
from pathlib import Path
path, *arguments = sys.argv[1:]
text = Path(path).read_text()
above = "    seed: Annotated["
assert text.count(above) == 1
new = '    blend: Annotated[int, Ge(1), Option("How to blend.", SEARCH)] = 5\\n'
module = sys.modules["dreamcode.cli.settings"] = types.ModuleType("dreamcode.cli.settings")
exec(compile(text.replace(above, new + above), path, "exec"), vars(module))
sys.argv = ["dreamcode", *arguments]
from dreamcode.cli.app import main
main()
"""


def test_a_new_setting_is_one_new_field(tmp_path: Path) -> None:
    def run(*arguments: str, **variables: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", EDIT, settings.__file__, *arguments],
            capture_output=True, text=True, cwd=tmp_path, env=environment(tmp_path, **variables),
            check=False,
        )  # fmt: skip
        return done.stdout + done.stderr

    def shown(**variables: str) -> dict[str, object]:
        values: Sources = json.loads(run("config", "--json", **variables))
        return values["blend"]

    for command in (["solve"], ["bench", "livecodebench"], ["bench", "folder"]):
        assert "--blend" in run(*command, "--help")
        assert "How to blend. [default: (5)]" in run(*command, "--help")
    assert "blend = 0 (flag --blend)" in run("solve", "-", "--blend", "0")
    assert "How to blend." in run("config")
    assert shown() == {"value": 5, "source": "default"}
    (tmp_path / "dreamcode.toml").write_text("blend = 6\n[profile.work]\nblend = 7\n")
    assert shown() == {"value": 6, "source": "dreamcode.toml"}
    assert shown(DREAMCODE_PROFILE="work")["value"] == 7
    assert shown(DREAMCODE_BLEND="8")["value"] == 8


def test_the_document_lists_every_setting() -> None:
    page = Path(__file__).parents[2] / "docs" / "settings.md"
    assert describe_all() in page.read_text()  # else: python -m dreamcode.cli.reference
