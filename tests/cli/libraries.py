"""Loads the libraries of others that commands use; the model hub is not to be asked."""

import os
from importlib import import_module

os.environ["HF_HUB_OFFLINE"] = "1"
for name in ("numpy", "openai", "torch", "transformers.models.llama.modeling_llama"):
    import_module(name)
