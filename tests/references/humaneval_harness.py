"""HumanEval's official harness, re-stated: one text of prompt, completion and test is executed.

Source: openai/human-eval, human_eval/execution.py, as read in 2026; the code is our own. Functions
that it takes away are given as far as completions in our tests ask for them.
"""

import subprocess
import sys
from collections.abc import Mapping

SECONDS = 3.0
"""Wall time of a completion, as there."""

_CHILD = """
import builtins, contextlib, io, os, signal, subprocess, sys, tempfile
text, seconds = sys.stdin.read(), float(sys.argv[1])

class Closed(io.StringIO):
    def read(self, *sizes): raise OSError
    readline = readlines = read
    def readable(self): return False

with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    builtins.exit = builtins.quit = None
    taken, os.remove = os.remove, None
    os.system = os.getcwd = os.kill = subprocess.Popen = None
    done = False
    signal.setitimer(signal.ITIMER_REAL, seconds)
    kept, stream = sys.stdin, Closed()
    with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
        sys.stdin = stream
        with contextlib.suppress(BaseException):
            exec(text, {})
            done = True
    sys.stdin, os.remove = kept, taken
    signal.setitimer(signal.ITIMER_REAL, 0)
    os.chdir("/")
os.write(1, b"passed" if done else b"failed")
"""


def accepts(row: Mapping[str, str], completion: str, seconds: float = SECONDS) -> bool:
    """Whether a completion passes; it runs outside of any sandbox.

    Args:
        row: a problem of the data set.
        completion: what follows its prompt.
        seconds: wall time; the alarm's own action ends what takes longer.
    """
    text = f"{row['prompt']}{completion}\n{row['test']}\ncheck({row['entry_point']})"
    command = [sys.executable, "-c", _CHILD, str(seconds)]
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
    return done.returncode == 0 and done.stdout.endswith(b"passed")
