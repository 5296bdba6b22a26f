"""The operations that problems of the miniature world compose."""

from dreamcode.miniature.operations.arrange import ARRANGE
from dreamcode.miniature.operations.change import CHANGE
from dreamcode.miniature.operations.countings import COUNTINGS
from dreamcode.miniature.operations.measure import MEASURE
from dreamcode.miniature.operations.operation import Kind, Operation, Parameter, phrase
from dreamcode.miniature.operations.select import SELECT
from dreamcode.miniature.operations.texts import TEXTS

OPERATIONS: tuple[Operation, ...] = (*SELECT, *CHANGE, *ARRANGE, *MEASURE, *TEXTS, *COUNTINGS)

__all__ = ["OPERATIONS", "Kind", "Operation", "Parameter", "phrase"]
