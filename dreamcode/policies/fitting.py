"""Samples in batches that fit the device's memory."""

from collections.abc import Callable, Sequence

import torch
from transformers import PreTrainedModel

from dreamcode.errors import InfrastructureError
from dreamcode.policies.generation import Row, sample
from dreamcode.policies.reading import PromptReader


class FittingSampler:
    """Samples many rows at once, or as many as have been seen to fit.

    Args:
        name: of the model, for errors.
        model: a causal language model, in eval mode.
        reader: reads the prompts; see `sample`.
        most_rows: most rows in one batch.

    Attributes:
        most_rows: the same, less where memory was full.
    """

    def __init__(
        self, name: str, model: PreTrainedModel, reader: PromptReader | None, most_rows: int
    ) -> None:
        self._name = name
        self._model = model
        self._reader = reader
        self.most_rows = most_rows

    def sample(self, rows: Sequence[Row], stopped: Callable[[], bool]) -> None:
        """Fills in the rows. What was drawn in a batch that did not fit is drawn again.

        Raises:
            InfrastructureError: there is not enough memory for a single row.
        """
        done = 0
        while done < len(rows):
            batch = rows[done : done + self.most_rows]
            if self._fits(batch, stopped):
                done += len(batch)
                continue
            # Out of the handler, whose traceback holds on to what is to be freed.
            if self._reader is not None:
                self._reader.forget()
            torch.cuda.empty_cache()
            for row in batch:
                row.restart()
            self.most_rows = len(batch) // 2
            if not self.most_rows:
                self.most_rows = 1
                raise InfrastructureError(
                    f"{self._name}: out of memory with a single sample; lower "
                    "--max-step-tokens, free memory, or use a smaller model"
                )

    def _fits(self, rows: Sequence[Row], stopped: Callable[[], bool]) -> bool:
        try:
            sample(self._model, rows, stopped, self._reader)
        except torch.OutOfMemoryError:
            return False
        return True
