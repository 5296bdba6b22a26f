"""`dreamcode serve`: addresses, keys, one Ctrl-C."""

import os
import re
import signal
import socket
import time
from pathlib import Path

import pytest
from openai import AuthenticationError, OpenAI

from tests.cli.command import dreamcode, start, wait

PROBLEM = (Path(__file__).parents[2] / "examples" / "mini-2.md").read_text().split("---\n", 2)[2]


def test_others_are_let_in_with_a_key_alone(tmp_path: Path) -> None:
    done = dreamcode("serve", "--host", "0.0.0.0", home=tmp_path)
    assert done.returncode == 2
    assert "--host 0.0.0.0 lets others in, and there is no key; set --api-key" in done.stderr
    done = dreamcode("serve", "--api-key", " ", home=tmp_path)
    assert done.returncode == 2
    assert "--api-key is empty" in done.stderr


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = dreamcode("serve", "--port", str(port), home=tmp_path)
    assert done.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in done.stderr


@pytest.mark.parametrize("busy", [False, True])
def test_it_serves_until_one_ctrl_c(tmp_path: Path, busy: bool) -> None:
    command = start(
        "serve", "--port", "0", "--n", "4" if not busy else "512", "--stop", "never",
        "--sandbox", "local", home=tmp_path, channels=tmp_path, DREAMCODE_API_KEY="sesame",
    )  # fmt: skip
    address = None
    until = time.monotonic() + 60
    while address is None and time.monotonic() < until:
        time.sleep(0.1)
        address = re.search(r"serving (http://\S+/v1)", (tmp_path / "error").read_text())
    assert address is not None
    with pytest.raises(AuthenticationError):
        OpenAI(base_url=address[1], api_key="none").models.list()
    client = OpenAI(base_url=address[1], api_key="sesame", max_retries=0)
    messages = [{"role": "user", "content": PROBLEM}]
    if busy:
        stream = client.chat.completions.create(
            model="dreamcode", messages=messages, stream=True  # type: ignore[arg-type]
        )  # fmt: skip
        next(iter(stream))
    else:
        found = client.chat.completions.create(model="dreamcode", messages=messages)  # type: ignore[arg-type]
        assert "def main" in (found.choices[0].message.content or "")
    assert command.pid is not None
    os.kill(command.pid, signal.SIGINT)
    assert wait(command, 10) == 0
    assert "Traceback" not in (tmp_path / "error").read_text()
