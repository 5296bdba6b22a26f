"""Against exact unrolling: autograd through a differentiable copy of the optimiser's step."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast

import pytest
import torch
from peft import LoraConfig, TaskType, get_peft_model
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.optim import SGD, Adam, AdamW, NAdam, Optimizer
from transformers import LlamaConfig, LlamaForTokenClassification

from dreamcode.errors import InputError
from dreamcode_training.correction.correctors import label_gradients, weight_gradients
from dreamcode_training.correction.hypergradient import (
    Lookahead,
    Mode,
    Randomness,
    check_forward_mode,
    check_optimizer,
)
from dreamcode_training.losses import Loss

torch.set_num_threads(1)

Weights = dict[str, Tensor]
Clip = float | None
CLIP = 0.01
BCE = Loss()


@dataclass(frozen=True, slots=True)
class Batch:
    """Inputs of a model, and where to find its logits; labels and weights of the prefixes."""

    inputs: tuple[Tensor, ...]
    labels: Tensor
    weights: Tensor

    def logits(self, model: Callable[..., Any]) -> Tensor:
        out = model(*self.inputs)
        return cast(Tensor, out if isinstance(out, Tensor) else out.logits[:, ::3, 0])


def total(batches: Iterable[Batch]) -> float:
    return float(sum(batch.weights.sum() for batch in batches))


def loss_of(model: Callable[..., Any], batches: list[Batch], loss: Loss = BCE) -> Tensor:
    parts = [loss.part(b.logits(model), b.labels, b.weights, total(batches)) for b in batches]
    return torch.stack(parts).sum()


def unroll(
    model: nn.Module,
    optimizer: Optimizer,
    clip: Clip,
    step: list[Batch],
    clean: list[Batch],
    loss: Loss,
) -> tuple[list[Tensor], list[Tensor], Weights]:
    """Exact dL/dy and dL/dw of every batch of the step, and the weights after it."""
    named = {n: p for n, p in model.named_parameters() if p.requires_grad}
    theta = {n: p.detach().clone().requires_grad_() for n, p in named.items()}
    y = [b.labels.clone().requires_grad_() for b in step]
    w = [b.weights.clone().requires_grad_() for b in step]

    losses = []
    for batch, labels, weights in zip(step, y, w, strict=True):
        logits = batch.logits(lambda *a: functional_call(model, theta, a))
        smooth = labels * (1 - loss.smoothing) + 0.5 * loss.smoothing
        each = functional.binary_cross_entropy_with_logits(logits, smooth, reduction="none")
        if loss.kind == "mse":
            each = functional.mse_loss(torch.sigmoid(logits), smooth, reduction="none")
        losses.append((weights * each).sum() / total(step))
    found = torch.autograd.grad(torch.stack(losses).sum(), list(theta.values()), create_graph=True)
    gradients = dict(zip(theta, found, strict=True))
    if clip is not None:
        norm = torch.stack([g.square().sum() for g in gradients.values()]).sum().sqrt()
        assert norm > clip or clip > CLIP  # the small one is active
        factor = (clip / (norm + 1e-6)).clamp(max=1)
        gradients = {n: g * factor for n, g in gradients.items()}
    new = {}
    for group in optimizer.param_groups:
        mine = {id(p) for p in group["params"]}
        for name in (n for n, p in named.items() if id(p) in mine):
            update = sgd_step if isinstance(optimizer, SGD) else adam_step
            new[name] = update(
                theta[name], gradients[name], group, optimizer.state.get(named[name], {})
            )
    clean_loss = loss_of(lambda *a: functional_call(model, new, a), clean, Loss(loss.kind))
    found = torch.autograd.grad(clean_loss, y + w)
    after = {n: t.detach() for n, t in new.items()}
    return list(found[: len(y)]), list(found[len(y) :]), after


def sgd_step(theta: Tensor, g: Tensor, group: dict[str, Any], state: dict[str, Any]) -> Tensor:
    g = g + group["weight_decay"] * theta.detach()
    if group["momentum"]:
        old = state.get("momentum_buffer")
        buffer = g if old is None else group["momentum"] * old + (1 - group["dampening"]) * g
        g = g + group["momentum"] * buffer if group["nesterov"] else buffer
    return theta.detach() - group["lr"] * g


def adam_step(theta: Tensor, g: Tensor, group: dict[str, Any], state: dict[str, Any]) -> Tensor:
    start, (beta1, beta2), decay = theta.detach(), group["betas"], group["weight_decay"]
    if group["decoupled_weight_decay"]:
        start = start * (1 - group["lr"] * decay)
    else:
        g = g + decay * start
    t = float(state["step"]) + 1 if state else 1.0
    m = beta1 * (state["exp_avg"] if state else 0) + (1 - beta1) * g
    v = beta2 * (state["exp_avg_sq"] if state else 0) + (1 - beta2) * g * g
    root = (v / (1 - beta2**t) + 1e-30).sqrt()  # sqrt alone has no derivative at 0
    return start - group["lr"] * (m / (1 - beta1**t)) / (root + group["eps"])


def small_net() -> nn.Module:
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 8), nn.GELU(), nn.Linear(8, 1), nn.Flatten(0)
    )
    return net.double()


def net_batch(seed: int, rows: int = 6) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(rows, 5, generator=generator, dtype=torch.float64)
    y = torch.rand(rows, generator=generator, dtype=torch.float64)
    w = (torch.rand(rows, generator=generator, dtype=torch.float64) * 2).round(decimals=1)
    return Batch((x,), y, w)


def llama(*, lora: bool = False, tied: bool = False, **settings: Any) -> nn.Module:
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=29,
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=32,
        num_labels=1,
        classifier_dropout=0.0,
        pad_token_id=0,
        **{"attn_implementation": "eager", **settings},
    )
    model: nn.Module = LlamaForTokenClassification(config).double()
    if tied:  # one weight under two names
        layers = cast(Any, model).model.layers
        layers[1].mlp.gate_proj.weight = layers[0].mlp.gate_proj.weight
    if lora:
        torch.manual_seed(2)
        adapter = LoraConfig(
            r=2,
            lora_alpha=4,
            target_modules="all-linear",
            exclude_modules=["score"],  # the head is trained whole
            task_type=TaskType.TOKEN_CLS,
        )
        model = cast(nn.Module, get_peft_model(cast(Any, model), adapter)).double()
    return model


def llama_batch(seed: int, rows: int = 2, length: int = 9) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(1, 29, (rows, length), generator=generator)
    mask = torch.ones_like(ids)
    mask[-1, -2:] = 0
    y = torch.rand(rows, 3, generator=generator, dtype=torch.float64)
    return Batch((ids, mask), y, torch.ones_like(y))


def train_step(
    model: nn.Module, optimizer: Optimizer, clip: Clip, step: list[Batch], loss: Loss = BCE
) -> None:
    accumulate(model, step, loss)
    finish(model, optimizer, clip)


def accumulate(model: nn.Module, step: list[Batch], loss: Loss = BCE) -> None:
    for batch in step:
        loss.part(batch.logits(model), batch.labels, batch.weights, total(step)).backward()


def finish(model: nn.Module, optimizer: Optimizer, clip: Clip) -> None:
    if clip is not None:
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    optimizer.step()
    optimizer.zero_grad()


def compare(
    model: nn.Module,
    optimizer: Optimizer,
    clip: Clip,
    make: Callable[[int], Batch],
    *,
    warmup: int = 6,
    accumulation: int = 4,
    mode: Mode = "jvp",
    loss: Loss = BCE,
) -> tuple[float, float]:
    """Relative errors of the gradients of labels and of weights, after `warmup` steps."""
    seeds = iter(range(1000))
    for _ in range(warmup):
        train_step(model, optimizer, clip, [make(next(seeds)) for _ in range(accumulation)], loss)
    step = [make(next(seeds)) for _ in range(accumulation)]
    clean = [make(next(seeds)) for _ in range(2)]
    with sdpa_kernel(SDPBackend.MATH):  # the one that can be differentiated twice
        exact_y, exact_w, after = unroll(model, optimizer, clip, step, clean, loss)

    old_logits = [batch.logits(model).detach() for batch in step]
    accumulate(model, step, loss)
    ahead = Lookahead.before_step(model, optimizer, clip)
    finish(model, optimizer, clip)
    for name, parameter in model.named_parameters():  # the reference's step is torch's
        if parameter.requires_grad:
            torch.testing.assert_close(parameter.detach(), after[name], rtol=1e-9, atol=1e-12)
    loss_of(model, clean, Loss(loss.kind)).backward()
    direction = ahead.direction()
    optimizer.zero_grad()

    before = {n: t.clone() for n, t in model.state_dict().items()}
    slopes = [ahead.logit_derivatives(batch.logits, direction, mode) for batch in step]
    assert all(torch.equal(before[n], t) for n, t in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())
    assert not any(s.requires_grad for s in slopes)

    size = total(step)
    rows = list(zip(slopes, old_logits, step, strict=True))
    ours_y = [label_gradients(s, loss.pulls(z), b.weights, size) for s, z, b in rows]
    ours_w = [weight_gradients(s, loss.slopes(z, b.labels), size) for s, z, b in rows]
    return relative(ours_y, exact_y), relative(ours_w, exact_w)


def relative(ours: list[Tensor], exact: list[Tensor]) -> float:
    one, other = (torch.cat([t.flatten().cpu() for t in some]) for some in (ours, exact))
    return float((one - other).norm() / other.norm())


OPTIMIZERS: dict[str, Callable[[Iterable[nn.Parameter]], Optimizer]] = {
    "sgd": lambda p: SGD(p, lr=0.3),
    "sgd-decay": lambda p: SGD(p, lr=0.3, weight_decay=0.1),
    "momentum": lambda p: SGD(p, lr=0.1, momentum=0.9, dampening=0.2, weight_decay=0.1),
    "nesterov": lambda p: SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "adam": lambda p: Adam(p, lr=0.01),
    "adam-decay": lambda p: Adam(p, lr=0.01, weight_decay=0.1, foreach=True),
    "adamw": lambda p: AdamW(p, lr=0.01, weight_decay=0.1, betas=(0.8, 0.95), eps=1e-6),
    "adamw-fused": lambda p: AdamW(p, lr=0.01, fused=True),
}


@pytest.mark.parametrize("clip", [None, CLIP, 1e6], ids=["unclipped", "clipped", "loose"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_pure_net_agrees_with_unrolling(name: str, clip: Clip) -> None:
    model = small_net()
    errors = compare(model, OPTIMIZERS[name](model.parameters()), clip, net_batch)
    assert max(errors) < 1e-10


@pytest.mark.parametrize("loss", [Loss("mse"), Loss("mse", 0.1), Loss("bce", 0.2)])
@pytest.mark.parametrize("name", ["sgd", "adam-decay", "adamw"])
def test_other_losses_agree_with_unrolling(name: str, loss: Loss) -> None:
    model = small_net()
    errors = compare(model, OPTIMIZERS[name](model.parameters()), CLIP, net_batch, loss=loss)
    assert max(errors) < 1e-10


@pytest.mark.parametrize("name", ["momentum", "nesterov", "adam"])
def test_the_very_first_step_agrees_too(name: str) -> None:
    model = small_net()
    optimizer = OPTIMIZERS[name](model.parameters())
    assert max(compare(model, optimizer, CLIP, net_batch, warmup=0)) < 1e-8


def test_parameter_groups_keep_their_own_settings() -> None:
    model = cast(nn.Sequential, small_net())
    optimizer = AdamW(
        [
            {"params": model[0].parameters(), "lr": 0.02, "betas": (0.7, 0.9)},
            {"params": [*model[2].parameters(), *model[4].parameters()], "weight_decay": 0.3},
        ],
        lr=0.01,
    )
    assert max(compare(model, optimizer, CLIP, net_batch)) < 1e-10


@pytest.mark.parametrize("lora", [False, True], ids=["full", "lora"])
@pytest.mark.parametrize("name", ["sgd", "adam", "adamw"])
def test_llama_agrees_with_unrolling(name: str, lora: bool) -> None:
    model = llama(lora=lora)
    optimizer = OPTIMIZERS[name](p for p in model.parameters() if p.requires_grad)
    assert max(compare(model, optimizer, CLIP, llama_batch)) < 1e-6


def test_llama_with_sdpa_attention_agrees() -> None:
    model = llama(attn_implementation="sdpa")
    check_forward_mode(model)
    assert max(compare(model, OPTIMIZERS["adamw"](model.parameters()), CLIP, llama_batch)) < 1e-6


def test_llama_with_a_shared_weight_agrees() -> None:
    model = llama(tied=True)
    assert max(compare(model, OPTIMIZERS["adam"](model.parameters()), CLIP, llama_batch)) < 1e-6


@pytest.mark.parametrize("name", ["sgd", "adamw"])
def test_finite_differences_agree_roughly(name: str) -> None:
    model = llama()
    errors = compare(model, OPTIMIZERS[name](model.parameters()), CLIP, llama_batch, mode="fd")
    assert max(errors) < 1e-2


def test_a_scheduler_may_move_on_before_the_direction_is_asked_for() -> None:
    directions = []
    for later in (0.1, 99.0):
        model = small_net()
        optimizer = SGD(model.parameters(), lr=0.1)
        accumulate(model, [net_batch(0)])
        ahead = Lookahead.before_step(model, optimizer, None)
        finish(model, optimizer, None)
        optimizer.param_groups[0]["lr"] = later
        loss_of(model, [net_batch(1)]).backward()
        directions.append(ahead.direction())
    assert all(torch.equal(directions[0][n], directions[1][n]) for n in directions[0])


def test_parameters_that_no_clean_loss_reaches_still_feel_the_clipping() -> None:
    class TwoHeads(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = small_net()
            self.other = nn.Linear(5, 1).double()

        def forward(self, x: Tensor, which: Tensor) -> Tensor:
            return cast(Tensor, self.body(x) + (self.other(x).flatten() if which else 0))

    def make(seed: int) -> Batch:
        batch = net_batch(seed)
        return Batch((*batch.inputs, torch.tensor(seed < 4)), batch.labels, batch.weights)

    model = TwoHeads()
    assert max(compare(model, SGD(model.parameters(), lr=0.3), CLIP, make, warmup=0)) < 1e-10


class Dropping(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.net = nn.Sequential(nn.Linear(5, 32), nn.Dropout(0.5), nn.Linear(32, 1)).double()

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.net(x)).flatten()


@pytest.mark.parametrize("mode", ["jvp", "fd"])
def test_dropout_is_drawn_as_in_the_step(mode: Mode) -> None:
    model = Dropping()
    batch = net_batch(0)
    ahead = Lookahead.before_step(model, SGD(model.parameters(), lr=0.1), None)
    direction = {n: torch.ones_like(p) for n, p in model.named_parameters()}
    before = Randomness.now()
    logits = batch.logits(model)
    exact = []
    for logit in logits:
        gradients = torch.autograd.grad(logit, list(model.parameters()), retain_graph=True)
        exact.append(sum(float(g.sum()) for g in gradients))
    logits.sum().backward()  # differences move only weights that had a gradient
    ahead = Lookahead.before_step(model, SGD(model.parameters(), lr=0.1), None)
    state = torch.get_rng_state()
    slopes = ahead.logit_derivatives(batch.logits, direction, mode, before)
    torch.testing.assert_close(slopes, torch.tensor(exact, dtype=torch.float64))
    assert torch.equal(state, torch.get_rng_state())


def test_dropout_without_its_randomness_is_refused() -> None:
    model = Dropping()
    ahead = Lookahead.before_step(model, SGD(model.parameters(), lr=0.1), None)
    with pytest.raises(InputError, match="dropout"):
        ahead.logit_derivatives(net_batch(0).logits, {}, "jvp")
    model.eval()
    assert not ahead.logit_derivatives(net_batch(0).logits, {}, "jvp").any()


def test_bfloat16_autocast_is_near_the_exact_slopes() -> None:
    slopes = []
    for enabled in (False, True):
        model = llama().float()
        batch = llama_batch(0)
        ahead = Lookahead.before_step(model, SGD(model.parameters(), lr=0.1), None)
        torch.manual_seed(5)
        direction = {n: torch.randn_like(p) for n, p in model.named_parameters()}

        def forward(
            model: Callable[..., Any], batch: Batch = batch, enabled: bool = enabled
        ) -> Tensor:
            with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
                return batch.logits(model).float()

        slopes.append(ahead.logit_derivatives(forward, direction))
    assert 0 < relative([slopes[1]], [slopes[0]]) < 0.1


@pytest.mark.parametrize("reentrant", [False, True])
def test_gradient_checkpointing_changes_no_derivative(reentrant: bool) -> None:
    found = []
    for spared in (False, True):
        model = cast(Any, llama())
        check_forward_mode(model)
        if spared:
            model.gradient_checkpointing_enable({"use_reentrant": reentrant})
        ahead = Lookahead.before_step(model, SGD(model.parameters(), lr=0.1), None)
        direction = {n: torch.ones_like(p) for n, p in model.named_parameters()}
        found.append(ahead.logit_derivatives(llama_batch(0).logits, direction))
        assert model.is_gradient_checkpointing == spared
    assert found[0].all()
    assert torch.equal(*found)


@pytest.mark.parametrize("lora", [False, True])
def test_attention_without_forward_mode_is_refused(lora: bool) -> None:
    model = cast(Any, llama(lora=lora))
    check_forward_mode(model)
    model.config._attn_implementation = "flash_attention_2"
    with pytest.raises(InputError, match=r"flash_attention_2.*eager"):
        check_forward_mode(model)


def test_dropout_inside_sdpa_is_refused() -> None:
    check_forward_mode(llama(attention_dropout=0.1))
    with pytest.raises(InputError, match="attention_dropout"):
        check_forward_mode(llama(attn_implementation="sdpa", attention_dropout=0.1))


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda p: NAdam(p), "NAdam"),
        (lambda p: Adam(p, amsgrad=True), "amsgrad"),
        (lambda p: SGD(p, lr=0.1, maximize=True), "maximize"),
    ],
)
def test_steps_that_cannot_be_differentiated_are_refused(
    make: Callable[[Any], Optimizer], word: str
) -> None:
    model = small_net()
    with pytest.raises(InputError, match=word):
        check_optimizer(make(model.parameters()))
    with pytest.raises(InputError, match=word):
        Lookahead.before_step(model, make(model.parameters()), None)


def test_constant_d_would_be_far_off() -> None:
    """The term through the second moment matters: without it these tests could not pass."""
    model = small_net()
    optimizer = Adam(model.parameters(), lr=0.01)
    for seed in range(6):
        train_step(model, optimizer, None, [net_batch(seed)])
    accumulate(model, [net_batch(7)])
    gradients = {n: cast(Tensor, p.grad).clone() for n, p in model.named_parameters()}
    ahead = Lookahead.before_step(model, optimizer, None)
    finish(model, optimizer, None)
    loss_of(model, [net_batch(8)]).backward()
    clean = {n: cast(Tensor, p.grad).clone() for n, p in model.named_parameters()}
    full = ahead.direction()
    constant = {}
    for name, parameter in model.named_parameters():
        state = optimizer.state[parameter]
        root = (state["exp_avg_sq"] / (1 - 0.999 ** float(state["step"]))).sqrt() + 1e-8
        scale = 0.01 * 0.1 / (1 - 0.9 ** float(state["step"]))
        constant[name] = scale * clean[name] / root
    assert set(full) == set(gradients)
    error = relative(list(constant.values()), [full[n] for n in constant])
    assert error > 0.1
    assert math.isfinite(error)
