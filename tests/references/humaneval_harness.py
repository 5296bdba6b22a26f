"""HumanEval's official harness, re-stated: one text of prompt, completion and test is executed.

Source: openai/human-eval, human_eval/execution.py, as read in 2026; the code is our own. Functions
that it takes away are given as far as completions in our tests ask for them. It allows 3 s of wall
time; here these are CPU time and what is slept at once, so that a busy machine changes nothing.
"""

import subprocess
import sys
from collections.abc import Mapping
from tempfile import TemporaryDirectory

SECONDS = 3.0
"""What a completion may take, as there."""

_CHILD = """
import builtins, contextlib, io, os, signal, subprocess, sys, time
text, seconds = sys.stdin.read(), float(sys.argv[1])

class Closed(io.StringIO):
    def read(self, *sizes): raise OSError
    readline = readlines = read
    def readable(self): return False

def sleep(asked):
    if asked > seconds: os._exit(1)

time.sleep = sleep
builtins.exit = builtins.quit = None
os.remove = os.system = os.getcwd = os.kill = subprocess.Popen = None
done = False
signal.setitimer(signal.ITIMER_PROF, seconds)
sys.stdin = stream = Closed()
with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
    with contextlib.suppress(BaseException):
        exec(text, {})
        done = True
os.write(1, b"passed" if done else b"failed")
"""


def accepts(row: Mapping[str, str], completion: str) -> bool:
    """Whether a completion passes; it runs outside of any sandbox.

    Args:
        row: a problem of the data set.
        completion: what follows its prompt.
    """
    text = f"{row['prompt']}{completion}\n{row['test']}\ncheck({row['entry_point']})"
    command = [sys.executable, "-c", _CHILD, str(SECONDS)]
    with TemporaryDirectory() as folder:
        done = subprocess.run(
            command, input=text.encode(), capture_output=True, check=False, cwd=folder
        )
    return done.returncode == 0 and done.stdout.endswith(b"passed")
