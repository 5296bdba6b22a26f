"""The operations that problems of the miniature world compose."""

from training.miniature.operations.arrange import ARRANGE
from training.miniature.operations.change import CHANGE
from training.miniature.operations.countings import COUNTINGS
from training.miniature.operations.measure import MEASURE
from training.miniature.operations.operation import Kind, Operation, Parameter, phrase
from training.miniature.operations.select import SELECT
from training.miniature.operations.texts import TEXTS

OPERATIONS: tuple[Operation, ...] = (*SELECT, *CHANGE, *ARRANGE, *MEASURE, *TEXTS, *COUNTINGS)

__all__ = ["OPERATIONS", "Kind", "Operation", "Parameter", "phrase"]
