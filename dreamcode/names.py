"""Names that settings choose by; what they name is loaded where it is used."""

from typing import Literal

SearchName = Literal["best-of-n", "beam", "diverse-beam"]
Prompting = Literal["cof", "plain"]
