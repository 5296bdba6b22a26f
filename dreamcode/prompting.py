"""How a model is asked: for a function or a program, and in which words."""

import sys
from typing import Literal

Prompting = Literal["cof", "plain", "bare"]
"""In which words: "cof" asks for one function per sub-task, "plain" for a program, "bare" is the
statement alone, for models that were trained on chains of functions."""

Grain = Literal["step", "program", "auto"]
"""How far a policy is to write: to the end of the next step, or of the program.

"auto" leaves it to a policy that itself is of grain "auto": to the next step where the model
continues what it is given, else, and where it thinks before it writes, to the program's end.
"""

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
"""The version that programs are asked for where no sandbox says which it runs."""
