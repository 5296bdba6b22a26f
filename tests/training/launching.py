"""Stage `prm` in several processes of its own."""

import os
import subprocess
import sys
from pathlib import Path

from dreamcode_training.config import PrmStageConfig

PROGRAM = """
import sys, torch
from pathlib import Path
from dreamcode.errors import InputError
from dreamcode_training.config import PrmStageConfig
from dreamcode_training.prm import run_prm
from accelerate import PartialState
torch.set_num_threads(1)
folder, labels, config = sys.argv[1:]
try:
    run_prm(Path(folder), Path(labels), PrmStageConfig.model_validate_json(config), 0)
except InputError as error:
    sys.exit(f"InputError: {error}")
PartialState().destroy_process_group()
"""


def train_together(
    folder: Path, labels: Path, config: PrmStageConfig, **environment: str
) -> "subprocess.CompletedProcess[str]":
    """Two processes on the CPU that share every step, as torchrun starts them."""
    program = folder.with_name(f"{folder.name}.py")
    program.write_text(PROGRAM)
    return subprocess.run(
        [
            sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2",
            str(program), str(folder), str(labels), config.model_dump_json(),
        ],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        check=False,
    )  # fmt: skip
