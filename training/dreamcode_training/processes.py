"""Several processes that train one model together, each on its own micro-batches of every step."""

import os
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

Part = TypeVar("Part")


def join_processes() -> Any:
    """Accelerate's account of the processes started together: who this is, on which device.

    Its other settings (precision, compilation) are not asked for; the run's own decide.
    """
    from accelerate import PartialState
    from accelerate.utils import parse_flag_from_env

    together = int(os.environ.get("WORLD_SIZE", "1")) > 1
    no_gpu = together and not torch.cuda.is_available()
    return PartialState(cpu=no_gpu or bool(parse_flag_from_env("ACCELERATE_USE_CPU")))


@dataclass(frozen=True, slots=True)
class Processes:
    """This process among those that train together; alone, nothing is exchanged.

    Attributes:
        number: number of this process, from 0.
        count: how many processes there are.
        wrapped: the model as it is called in training; None: as it is.
    """

    number: int = 0
    count: int = 1
    wrapped: Any = None

    def deal(self, parts: Sequence[Sequence[Part]]) -> Sequence[Sequence[Part]]:
        """The micro-batches of a step in as many pieces for each process.

        What a step sees is the same however many processes share it; a piece may be empty.
        """
        if len(parts) % self.count == 0:
            return parts
        return [part[place :: self.count] for part in parts for place in range(self.count)]

    def own(self, parts: Sequence[Part]) -> Sequence[Part]:
        """Those of `parts` that are this process's."""
        return parts[self.number :: self.count]

    def exchanging(self, last: bool) -> Any:
        """A context for a micro-batch: gradients are exchanged with a step's last one only."""
        return nullcontext() if last or self.wrapped is None else self.wrapped.no_sync()

    def sum(self, value: float, device: torch.device) -> float:
        """The sum over all processes."""
        if self.count == 1:
            return value
        # GPUs exchange only what is on them.
        total = torch.tensor(value, dtype=torch.float64, device=device)
        torch.distributed.all_reduce(total)
        return float(total)

    def sum_gradients(self, model: nn.Module) -> None:
        """Adds up what every process has in `.grad`."""
        if self.count == 1:
            return
        for parameter in model.parameters():
            if parameter.requires_grad:
                if parameter.grad is None:
                    parameter.grad = torch.zeros_like(parameter)
                torch.distributed.all_reduce(parameter.grad)

    def gather(self, found: Sequence[Tensor]) -> Tensor:
        """What every process has found for its micro-batches, in the order of the step's."""
        if self.count == 1:
            return torch.cat(list(found))
        gathered: list[Any] = [None] * self.count
        torch.distributed.all_gather_object(gathered, list(found))
        return torch.cat([one for group in zip(*gathered, strict=True) for one in group])

    @classmethod
    def of(cls, state: Any, model: nn.Module) -> "Processes":
        """Those that accelerate knows of; each has the model whole, on its own device."""
        if state.num_processes == 1:
            return cls()
        devices = None if state.device.type == "cpu" else [state.device.index]
        wrapped = nn.parallel.DistributedDataParallel(model, device_ids=devices)
        return cls(state.process_index, state.num_processes, wrapped)
