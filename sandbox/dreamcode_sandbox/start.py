"""The command line that starts a runner, the same everywhere."""

import json
from typing import Any

_CODE = "import sys; sys.path.insert(0, {!r}); import runner; runner.serve()"


def runner_command(python: str, folder: str, settings: dict[str, Any]) -> list[str]:
    """Starts `runner` from `folder` under `python`.

    Args:
        python: the interpreter, as found where the runner lives.
        folder: what holds the package `runner` there.
        settings: the fields of `runner.jail.Settings`.
    """
    # -S -s: no packages but ours; -P: none from the current folder; -B: writes no files.
    # Not -I, which would ignore PYTHONHASHSEED: with it, sets iterate alike in every run.
    return [python, "-SsPB", "-c", _CODE.format(folder), json.dumps(settings)]
