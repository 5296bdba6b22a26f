"""A small world of problems in which everything about a policy can be measured in minutes.

Problems compose two to six operations on a list of integers or a line of text. The world
knows right programs in many styles and the natural mistakes, so that a small policy trained
here errs the way large ones do: in meaning, often, and without its likelihood telling.
"""

from dreamcode.miniature.exams import exams, generate_exam
from dreamcode.miniature.splits import Split

__all__ = ["Split", "exams", "generate_exam"]
