"""How a model is asked: for a function or a program, and in which words."""

import sys
from typing import Literal

Prompting = Literal["cof", "plain"]

Grain = Literal["step", "program", "auto"]
"""How far a policy is to write: to the end of the next step, or of the program.

"auto" leaves it to a policy that itself is of grain "auto": to the next step where the model
continues what it is given, else, and where it thinks before it writes, to the program's end.
"""

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
"""The version that programs are asked for where no sandbox says which it runs."""
