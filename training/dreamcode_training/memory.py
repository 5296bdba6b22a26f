"""How much memory training takes, by arithmetic; docs/training.md (Size) says how exact it is.

Bytes of tensors at the peak of a step, for decoders built like Llama and Qwen2. What a GPU needs
besides (libraries, gaps between tensors) is not in them.
"""

from dataclasses import dataclass
from typing import Any

from dreamcode_training.config import CORRECTING, LoraConfig, PrmStageConfig
from dreamcode_training.correction.blockwise import BLOCK

SCORE = 20
"""Bytes per attention score that forward mode holds at once: scores, softmax, the derivatives of
both and what becomes of them, all in fp32."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A decoder's sizes.

    Attributes:
        layers: how many there are.
        hidden: numbers per token between layers.
        inner: numbers per token within the feed-forward part.
        heads: attention heads.
        queries: numbers per token in all queries together.
        keys: numbers per token in all keys together; as many in the values.
        vocabulary: rows of the embedding.
    """

    layers: int
    hidden: int
    inner: int
    heads: int
    queries: int
    keys: int
    vocabulary: int

    @classmethod
    def of(cls, config: Any) -> "Shape":
        """As a transformers config says."""
        heads, hidden = config.num_attention_heads, config.hidden_size
        size = getattr(config, "head_dim", None) or hidden // heads
        return cls(
            config.num_hidden_layers,
            hidden,
            getattr(config, "intermediate_size", None) or 4 * hidden,
            heads,
            heads * size,
            (getattr(config, "num_key_value_heads", None) or heads) * size,
            config.vocab_size,
        )

    @property
    def matrices(self) -> dict[str, tuple[int, int]]:
        """The linear maps of a layer: how many numbers go in and out."""
        return {
            "q_proj": (self.hidden, self.queries),
            "k_proj": (self.hidden, self.keys),
            "v_proj": (self.hidden, self.keys),
            "o_proj": (self.queries, self.hidden),
            "gate_proj": (self.hidden, self.inner),
            "up_proj": (self.hidden, self.inner),
            "down_proj": (self.inner, self.hidden),
        }

    @property
    def linear(self) -> int:
        """Weights of all linear maps."""
        return self.layers * sum(one * other for one, other in self.matrices.values())

    @property
    def embedding(self) -> int:
        """Weights of the embedding, the largest matrix there is."""
        return self.vocabulary * self.hidden

    def adapters(self, lora: LoraConfig) -> int:
        """Weights of the adapters."""
        chosen = self.matrices if lora.targets == "all-linear" else lora.targets
        sizes = (sum(self.matrices[name]) for name in chosen if name in self.matrices)
        return self.layers * lora.rank * sum(sizes)


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes, by what holds them.

    Attributes:
        weights: all weights, trained or not.
        optimizer: the optimiser's moments.
        copies: the step's weights and gradients, which a correction needs.
        gradients: of the trained weights.
        activations: what a backward pass keeps of its forward pass.
        derivatives: what a forward pass with derivatives holds at once.
        largest: temporary values while the largest matrix is pulled back through the optimiser.
        accumulates: whether gradients are there already while activations are kept.
    """

    weights: float
    optimizer: float
    copies: float
    gradients: float
    activations: float
    derivatives: float
    largest: float
    accumulates: bool

    @property
    def peak(self) -> float:
        """The most that is held at once."""
        if self.accumulates:
            backward = self.gradients + self.activations
        else:
            backward = max(self.gradients, self.activations)
        moment = max(backward, self.gradients + max(self.derivatives, self.largest))
        return self.weights + self.optimizer + self.copies + moment


def estimate_memory(shape: Shape, config: PrmStageConfig, length: int) -> Memory:
    """What training with `config` takes for `config.batch` chains of `length` tokens at a time."""
    lora = config.lora
    whole = shape.linear + shape.embedding
    trained = shape.adapters(lora) if lora else whole
    resting = whole if lora else 0
    corrects = config.method in CORRECTING
    return Memory(
        weights=4 * trained + (2 if lora and lora.frozen == "bf16" else 4) * resting,
        optimizer=(4 if config.optimizer == "sgd" else 8) * trained,
        copies=8 * trained if corrects else 0,
        gradients=4 * trained,
        activations=_activations(shape, config, config.batch * length),
        derivatives=_derivatives(shape, config, length),
        largest=(36 if corrects else 8) * (0 if lora else shape.embedding),
        accumulates=config.accumulation > 1
        or (corrects and config.correction.meta_batch > config.batch),
    )


def _activations(shape: Shape, config: PrmStageConfig, tokens: int) -> float:
    """What is kept until the backward pass comes by, and gradients of one layer's activations."""
    lora, number = config.lora, 2 if config.precision == "bf16" else 4
    hidden, queries, keys, inner = shape.hidden, shape.queries, shape.keys, shape.inner
    # In bf16 residuals and what norms make of them stay fp32, and each linear map has its copy.
    layer = (26 if number == 2 else 24) * hidden + number * (2 * queries + 2 * keys + 4 * inner)
    if lora:
        layer += number * queries - 8 * hidden  # the norms' own weights rest
    gradients = number * 3 * inner + 8 * hidden
    # Weights of linear maps in bf16 are kept as long as the activations.
    casts = 2 * shape.linear if number == 2 and not (lora and lora.frozen == "bf16") else 0
    if config.gradient_checkpointing:
        kept = 4 * hidden * shape.layers + layer  # residuals, and one layer done again
        return tokens * (kept + gradients) + casts / (shape.layers if lora else 1)
    return tokens * (layer * shape.layers + gradients) + casts


def _derivatives(shape: Shape, config: PrmStageConfig, length: int) -> float:
    """Of one layer: its attention or its feed-forward part, whichever is larger."""
    if config.method not in CORRECTING or config.correction.mode == "fd":
        return 0.0
    scores = SCORE * shape.heads * min(length, BLOCK)
    attention = scores + 64 * shape.queries + 8 * shape.hidden
    number = 2 if config.precision == "bf16" else 4
    forward = 8 * number * shape.inner + 16 * shape.hidden
    return config.batch * length * max(attention, forward)
