"""How an engine of vLLM in this process uses its machine."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How an engine of vLLM in this process uses its machine.

    Attributes:
        gpu_memory: share of each GPU's memory that it takes, in (0, 1].
        gpus: how many GPUs the model is spread over (tensor parallel).
        window: most tokens to read and write; None: as many as the model can. Less needs less
            memory.
    """

    gpu_memory: float = 0.9
    gpus: int = 1
    window: int | None = None
