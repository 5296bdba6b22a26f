"""Which launches of several processes training can be part of."""

import os

from dreamcode.errors import InputError

SHARDING = {
    "ACCELERATE_USE_FSDP": "FSDP",
    "ACCELERATE_USE_DEEPSPEED": "DeepSpeed",
    "ACCELERATE_USE_MEGATRON_LM": "Megatron-LM",
    "ACCELERATE_USE_PARALLELISM_CONFIG": "accelerate's parallelism_config",
}
"""What `accelerate launch` sets where models are to be cut into pieces."""


def check_launch() -> None:
    """Refuses a launch that would spread the model's weights over its processes.

    Raises:
        InputError: accelerate was told to use FSDP, DeepSpeed or the like.
    """
    for variable, name in SHARDING.items():
        if os.environ.get(variable, "").lower() == "true":
            raise InputError(
                f"{variable} is set, but with {name} no process holds the whole model, which "
                "training needs (with correction.mode: fd, too): start with `accelerate launch "
                "--multi_gpu`, which counts more than accelerate's own config file, or with "
                "torchrun. A model too large for one GPU becomes smaller with prm.lora and its "
                "frozen: bf16, and with prm.gradient_checkpointing: true; see docs/training.md, "
                "Size"
            )
