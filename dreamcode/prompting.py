"""How a model is asked: function by function, or for a program."""

from typing import Literal

Prompting = Literal["cof", "plain"]
