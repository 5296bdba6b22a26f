"""Problems and how they are read.

Hidden tests live in `dreamcode.problems.exam`, which search and selection may not import.
"""

from dreamcode.problems.problem import Problem

__all__ = ["Problem"]
