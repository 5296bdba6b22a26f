import pytest
import torch
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from dreamcode_training.correction import blockwise
from dreamcode_training.correction.blockwise import BLOCK, BlockwiseAttention

torch.set_num_threads(1)


def make(heads: int, rows: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(2, heads, rows, 8, dtype=torch.float64, generator=generator)


@pytest.mark.parametrize("rows", [1, BLOCK - 1, BLOCK, 2 * BLOCK + 3])
@pytest.mark.parametrize("kind", ["causal", "none", "mask", "wide mask", "one row", "few keys"])
def test_blocks_of_queries_attend_as_all_at_once(rows: int, kind: str) -> None:
    keys = rows // 2 + 1 if kind == "few keys" else rows
    query, key, value = make(4, rows, 0), make(2, keys, 1), make(2, keys, 2)
    generator = torch.Generator().manual_seed(3)
    mask = {
        "mask": torch.rand(rows, keys, generator=generator) < 0.7,
        "wide mask": torch.randn(2, 4, rows, keys, dtype=torch.float64, generator=generator),
        "one row": torch.rand(2, 1, 1, keys, generator=generator) < 0.7,
    }.get(kind)
    if mask is not None and mask.dtype == torch.bool:
        mask[..., 0] = True  # a query that sees nothing has no answer
    arguments = {"attn_mask": mask, "is_causal": kind in ("causal", "few keys")}

    def attend(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        return functional.scaled_dot_product_attention(
            query, key, value, enable_gqa=True, scale=0.3, **arguments
        )

    tangents = (make(4, rows, 4), make(2, keys, 5), make(2, keys, 6))
    with sdpa_kernel(SDPBackend.MATH):
        whole = torch.func.jvp(attend, (query, key, value), tangents)
        with BlockwiseAttention():
            parts = torch.func.jvp(attend, (query, key, value), tangents)
    torch.testing.assert_close(parts, whole, rtol=1e-12, atol=1e-12)


def test_no_more_scores_than_a_block_s_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    shapes = []
    original = functional.scaled_dot_product_attention

    def note(query: torch.Tensor, key: torch.Tensor, *rest: object, **named: object) -> object:
        shapes.append((query.shape[-2], key.shape[-2]))
        return original(query, key, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(blockwise.functional, "scaled_dot_product_attention", note)
    x = make(1, 3 * BLOCK, 0)
    blockwise.attend(x, x, x, is_causal=True)
    assert shapes == [(BLOCK, BLOCK), (BLOCK, 2 * BLOCK), (BLOCK, 3 * BLOCK)]
