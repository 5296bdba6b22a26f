import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from dreamcode.errors import InputError
from dreamcode_training.correction.correctors import (
    LabelCorrector,
    SampleWeights,
    label_gradients,
    weight_gradients,
)
from dreamcode_training.correction.hypergradient import Lookahead
from dreamcode_training.correction.label_table import LabelTable, Prefix
from dreamcode_training.losses import Loss

torch.set_num_threads(1)


def table_of(*counts: tuple[float, float], finished: int = 0) -> LabelTable:
    """Rows with these counts; the last `finished` are clean."""
    size = len(counts)
    prefixes = [Prefix("p", str(i), finished=i >= size - finished) for i in range(size)]
    return LabelTable(prefixes, [k for k, _ in counts], [n for _, n in counts])


def frozen(value: Any) -> Any:
    """A state_dict as plain numbers, to be compared exactly."""
    if isinstance(value, dict):
        return {key: frozen(inner) for key, inner in value.items()}
    return value.tolist()


def test_a_row_moves_as_adam_and_then_towards_its_anchor() -> None:
    table = table_of((1, 4), (3, 4))
    corrector = LabelCorrector(table, eta=0.1, anchor=0.5)
    k, n = 3.0, 4.0
    p = (k + 0.5) / (n + 1)
    d, m, v = 0.0, 0.0, 0.0
    for t, h in enumerate((2e-6, -1e-6, 5e-6), start=1):
        y = 1 / (1 + math.exp(-(math.log(p / (1 - p)) + d)))
        slope = h * y * (1 - y)
        m, v = 0.9 * m + 0.1 * slope, 0.999 * v + 0.001 * slope**2
        d -= 0.1 * (m / (1 - 0.9**t)) / (math.sqrt(v / (1 - 0.999**t)) + 1e-12)
        d /= 1 + 0.1 * 0.5 * (n + 1) * p * (1 - p)
        corrector.update(torch.tensor([1]), torch.tensor([h], dtype=torch.float64))
        assert table.deviation.tolist() == [0.0, pytest.approx(d, rel=1e-9)]
    assert table.adam.visits.tolist() == [0, 3]


def test_a_label_settles_where_pull_and_push_balance() -> None:
    table = table_of((2, 4))
    corrector = LabelCorrector(table, eta=0.1, anchor=2.0)
    for _ in range(300):
        corrector.update(torch.tensor([0]), torch.tensor([-1e-3]))
    assert table.deviation.item() == pytest.approx(1 / (2.0 * 5 * 0.25), rel=0.1)


def test_rows_that_are_not_visited_clean_or_unmeasured_do_not_move() -> None:
    table = table_of((1, 4), (2, 4), (0, 0), (1, 1), finished=1)
    start = table.labels(torch.arange(4))
    corrector = LabelCorrector(table, eta=0.1, anchor=1.0)
    corrector.update(torch.tensor([1, 2, 3]), torch.tensor([1.0, 1.0, 1.0]))
    now = table.labels(torch.arange(4))
    assert (now == start).tolist() == [True, False, True, True]
    assert table.adam.visits.tolist() == [0, 1, 0, 0]


def test_a_row_that_occurs_twice_moves_once_by_the_sum() -> None:
    tables = [table_of((1, 4), (2, 4)) for _ in range(2)]
    calls = [([1, 0, 1], [3.0, 1.0, -1.0]), ([0, 1], [1.0, 2.0])]
    for table, (rows, h) in zip(tables, calls, strict=True):
        corrector = LabelCorrector(table, eta=0.1, anchor=1.0, eta_common=0.05)
        for scale in (1.0, 0.3):
            corrector.update(torch.tensor(rows), scale * torch.tensor(h))
    assert frozen(tables[0].state_dict()) == frozen(tables[1].state_dict())


def test_step_size_zero_changes_nothing() -> None:
    table = table_of((1, 4), (2, 4))
    start = frozen(table.state_dict())
    for anchor in (0.0, 1.0, math.inf):
        corrector = LabelCorrector(table, eta=0.0, anchor=anchor)
        corrector.update(torch.tensor([0, 1]), torch.tensor([1.0, -1.0]))
    assert frozen(table.state_dict()) == start
    weights = SampleWeights(table, eta=0.0, anchor=1.0)
    weights.update(torch.tensor([0, 1]), torch.tensor([1.0, -1.0]))
    assert weights.weights(torch.tensor([0, 1])).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("eta_common", [0.0, 0.1])
def test_an_infinite_anchor_leaves_labels_exactly_at_their_anchor(eta_common: float) -> None:
    table = table_of((0, 4), (2, 4), (5, 5))
    rows = torch.arange(3)
    start = table.labels(rows)
    corrector = LabelCorrector(table, eta=0.1, anchor=math.inf, eta_common=eta_common)
    for _ in range(5):
        corrector.update(rows, torch.tensor([1.0, -1.0, 2.0]))
    assert torch.equal(table.labels(rows), start)


@settings(max_examples=60, deadline=None)
@given(
    counts=st.lists(
        st.integers(0, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
        min_size=1,
        max_size=5,
    ),
    pushes=st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=12),
    eta=st.floats(0, 10),
    anchor=st.floats(0, 10),
    max_shift=st.floats(0.01, 5),
    bound=st.floats(0.1, 8),
    eta_common=st.sampled_from([0.0, 0.1, 3.0]),
)
def test_labels_stay_within_their_bounds(
    counts: list[tuple[int, int]],
    pushes: list[float],
    eta: float,
    anchor: float,
    max_shift: float,
    bound: float,
    eta_common: float,
) -> None:
    table = table_of(*counts)
    rows = torch.arange(len(table))
    corrector = LabelCorrector(table, eta, anchor, max_shift, bound, eta_common)
    for place, push in enumerate(pushes):
        corrector.update(
            rows[place % len(rows) :], torch.full((len(rows),), push)[place % len(rows) :]
        )
        z = table.logits(rows)
        assert (z.abs() <= table.anchor.abs().clamp(min=bound) + 1e-12).all()
        assert ((z - table.anchor).abs() <= max_shift + 1e-12).all()
        assert (table.deviation.abs() <= max_shift + 1e-12).all()
        y = table.labels(rows)
        assert ((y >= 0) & (y <= 1)).all()
        # Nothing is cut off: z stops where y is 0 or 1.
        shares = table.counted - table.anchor.sigmoid()
        torch.testing.assert_close(y, z.sigmoid() + shares, rtol=0, atol=1e-9)


def test_a_shift_that_all_rows_share_is_learned_by_the_bias() -> None:
    table = table_of((4, 8), (4, 8), (4, 8))
    corrector = LabelCorrector(table, eta=0.0, anchor=1.0, eta_common=0.05)
    for _ in range(10):
        corrector.update(torch.tensor([0, 1, 2]), torch.tensor([-1.0, -1.0, -1.0]))
    assert table.common[0] > 0.3
    assert table.common[1] == 0  # stretching an anchor at 0 does nothing
    assert not table.deviation.any()


def test_a_stretch_that_all_rows_share_is_learned_by_the_temperature() -> None:
    table = table_of((1, 8), (7, 8))
    corrector = LabelCorrector(table, eta=0.0, anchor=0.0, eta_common=0.05)
    for _ in range(10):
        corrector.update(torch.tensor([0, 1]), torch.tensor([1.0, -1.0]))
    assert table.common[1] > 0.3
    assert table.common[0].abs() < 0.05


def test_a_gradient_that_is_not_finite_is_refused_and_changes_nothing() -> None:
    table = table_of((1, 8))
    start = frozen(table.state_dict())
    with pytest.raises(InputError, match="diverged"):
        LabelCorrector(table, 0.1, 1.0).update(torch.tensor([0]), torch.tensor([math.nan]))
    assert frozen(table.state_dict()) == start


def test_parts_of_the_loss_add_up_to_the_weighted_mean() -> None:
    torch.manual_seed(0)
    logits, labels, weights = torch.randn(12), torch.rand(12).double(), torch.rand(12).double()
    total = float(weights.sum())
    parts = [
        Loss().part(logits[part], labels[part], weights[part], total)
        for part in (slice(0, 3), slice(3, 4), slice(4, 12))
    ]
    p = logits.double().sigmoid()
    each = -(labels * p.log() + (1 - labels) * (1 - p).log())
    assert float(sum(parts)) == pytest.approx(float((weights * each).sum() / total), rel=1e-5)
    assert Loss().part(logits.bfloat16(), labels, weights, total).dtype == torch.float32


def test_weights_average_one_and_leave_clean_and_unmeasured_rows_alone() -> None:
    table = table_of((1, 4), (2, 4), (3, 4), (0, 0), (1, 1), finished=1)
    weights = SampleWeights(table, eta=0.3, anchor=0.1)
    rows = torch.tensor([0, 1, 1, 2, 3, 4])
    for _ in range(5):
        weights.update(rows, torch.tensor([1.0, -1.0, -1.0, 0.0, 9.0, 9.0]))
    w = weights.weights(rows)
    assert w[:4].mean().item() == pytest.approx(1)
    assert w[4:].tolist() == [0.0, 1.0]
    assert w[0] < w[1] == w[2]


@dataclass
class World:
    """Prefixes whose true chance is known, and finished programs of other problems."""

    x: Tensor
    truth: Tensor
    table: LabelTable
    clean_x: Tensor
    clean_y: Tensor

    @classmethod
    def make(cls, seed: int, rollouts: int, bias: float) -> "World":
        """`bias`: by how much the completer's logits lie below the truth."""
        generator = torch.Generator().manual_seed(seed)

        def normal(*shape: int) -> Tensor:
            return torch.randn(*shape, generator=generator, dtype=torch.float64)

        direction, x = 0.7 * normal(6), normal(256, 6)
        chance = (x @ direction - bias).sigmoid()
        k = torch.binomial(torch.full_like(chance, rollouts), chance, generator=generator)
        clean_x = normal(512, 6)
        clean_y = torch.bernoulli((clean_x @ direction).sigmoid(), generator=generator)
        table = table_of(*((float(one), rollouts) for one in k))
        return cls(x, (x @ direction).sigmoid(), table, clean_x, clean_y)

    def error(self) -> float:
        """Mean distance of the labels from the truth."""
        labels = self.table.labels(torch.arange(len(self.table)))
        return float((labels - self.truth).abs().mean())


class Training:
    """Meta-corrected training of a logistic regression, small enough to run many times."""

    def __init__(self, world: World, corrector: LabelCorrector | None, seed: int = 0) -> None:
        torch.manual_seed(seed)
        self.world = world
        self.corrector = corrector
        self.model = nn.Linear(6, 1).double()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=0.03)
        self.generator = torch.Generator().manual_seed(seed)

    def run(self, steps: int, *, warmup: int = 0) -> "Training":
        for step in range(steps):
            self.step(correct=step >= warmup)
        return self

    def step(self, *, correct: bool) -> None:
        world, corrector = self.world, self.corrector
        rows = torch.randperm(len(world.table), generator=self.generator)[:32]
        chosen = torch.randperm(len(world.clean_y), generator=self.generator)[:64]
        weights = world.table.weight[rows]

        def forward(model: Callable[..., Any]) -> Tensor:
            return cast(Tensor, model(world.x[rows])).flatten()

        self.optimizer.zero_grad()
        Loss().part(forward(self.model), world.table.labels(rows), weights, 32.0).backward()
        ahead = Lookahead.before_step(self.model, self.optimizer, 1.0)
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        if corrector is None or not correct:
            return
        self.optimizer.zero_grad()
        logits = self.model(world.clean_x[chosen]).flatten()
        Loss().part(logits, world.clean_y[chosen], torch.ones(64), 64.0).backward()
        slopes = ahead.logit_derivatives(forward, ahead.direction())
        corrector.update(rows, label_gradients(slopes, torch.ones(32), weights, 32.0))

    def state(self) -> dict[str, Any]:
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "table": self.world.table.state_dict(),
            "generator": self.generator.get_state(),
        }

    def load(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.world.table.load_state_dict(state["table"])
        self.generator.set_state(state["generator"])


def test_an_infinite_anchor_trains_the_same_model_as_no_correction() -> None:
    world, plain = World.make(0, 4, 1.5), World.make(0, 4, 1.5)
    corrected = Training(world, LabelCorrector(world.table, 0.1, math.inf)).run(20)
    assert world.table.adam.visits.any()
    assert torch.equal(corrected.model.weight, Training(plain, None).run(20).model.weight)


def test_training_resumes_exactly() -> None:
    def training() -> Training:
        world = World.make(0, 4, 1.5)
        return Training(world, LabelCorrector(world.table, 0.1, 1.0, eta_common=0.02))

    whole = training().run(40)
    file = io.BytesIO()
    torch.save(training().run(17).state(), file)
    file.seek(0)
    resumed = training()
    resumed.load(torch.load(file, weights_only=True))
    resumed.run(23)
    assert torch.equal(whole.model.weight, resumed.model.weight)
    assert frozen(whole.world.table.state_dict()) == frozen(resumed.world.table.state_dict())


def study(rollouts: int, bias: float, **how: float) -> list[tuple[float, float]]:
    """Error of the anchors and of the corrected labels, for several seeds."""
    found = []
    for seed in range(3):
        world = World.make(seed, rollouts, bias)
        before = world.error()
        corrector = LabelCorrector(world.table, **{"eta": 0.1, "anchor": 1.0, **how})
        Training(world, corrector, seed).run(500, warmup=100)
        found.append((before, world.error()))
    return found


def test_a_completers_bias_is_recovered() -> None:
    assert all(after < 0.8 * before for before, after in study(4, 1.5))


def test_unbiased_labels_are_not_made_worse() -> None:
    assert all(after < 1.05 * before for before, after in study(16, 0.0))


def test_without_an_anchor_unbiased_labels_are_made_worse() -> None:
    assert all(after > 1.2 * before for before, after in study(16, 0.0, anchor=0.0))


@pytest.mark.parametrize("rollouts", [4, 16])
def test_a_bias_that_all_labels_share_is_recovered_better_together(rollouts: int) -> None:
    alone, together = study(rollouts, 1.5), study(rollouts, 1.5, eta_common=0.03)
    assert all(after < 0.7 * before for before, after in together)
    assert sum(after for _, after in together) < sum(after for _, after in alone)


def test_the_global_bias_and_temperature_do_not_make_unbiased_labels_worse() -> None:
    assert all(after < 1.1 * before for before, after in study(16, 0.0, eta_common=0.03))


def test_gradients_that_move_labels_and_weights_are_those_of_autograd() -> None:
    """Through the whole lower level: label logits, log-weights, normalisation, a step of SGD."""
    torch.manual_seed(0)
    model = nn.Linear(3, 1).double()
    table = table_of((1, 4), (3, 4), (2, 4), (1, 1), finished=1)
    rows = torch.tensor([0, 1, 2, 0, 3])
    x, clean_x = torch.randn(5, 3).double(), torch.randn(4, 3).double()
    clean_y = torch.tensor([1.0, 0.0, 0.0, 1.0]).double()
    weights = SampleWeights(table, eta=0.1, anchor=0.0)
    weights.log_weight.copy_(torch.tensor([0.5, -0.3, 0.1, 0.0]))

    theta = {n: p.detach().clone().requires_grad_() for n, p in model.named_parameters()}
    z = table.anchor.clone().requires_grad_()
    r = weights.log_weight.clone().requires_grad_()
    raw = r[rows].exp()
    movable = torch.tensor([True, True, True, True, False])
    w = torch.where(movable, raw / raw[movable].mean(), 1.0)
    moved = table.counted + z.sigmoid() - table.anchor.sigmoid()
    y = torch.where(movable, moved[rows], 1.0)
    logits = functional_call(model, theta, (x,)).flatten()
    bce = functional.binary_cross_entropy_with_logits(logits, y, reduction="none")
    gradients = torch.autograd.grad((w * bce).sum() / 5, list(theta.values()), create_graph=True)
    new = {n: t - 0.5 * g for (n, t), g in zip(theta.items(), gradients, strict=True)}
    after = functional_call(model, new, (clean_x,)).flatten()
    meta = functional.binary_cross_entropy_with_logits(after, clean_y)
    exact_z, exact_r = torch.autograd.grad(meta, [z, r])

    def forward(model: Callable[..., Any]) -> Tensor:
        return cast(Tensor, model(x)).flatten()

    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    labels, used = table.labels(rows), weights.weights(rows)
    torch.testing.assert_close(used, w.detach())
    before = forward(model)
    Loss().part(before, labels, used, 5.0).backward()
    ahead = Lookahead.before_step(model, optimizer, None)
    optimizer.step()
    optimizer.zero_grad()
    Loss().part(model(clean_x).flatten(), clean_y, torch.ones(4), 4.0).backward()
    slopes = ahead.logit_derivatives(forward, ahead.direction())
    LabelCorrector(table, 0.1, 1.0).update(
        rows, label_gradients(slopes, Loss().pulls(before), used, 5.0)
    )
    weights.update(rows, weight_gradients(slopes, Loss().slopes(before, labels), 5.0))
    exact_z[3] = exact_r[3] = 0  # the clean row
    torch.testing.assert_close(table.adam.first / 0.1, exact_z, rtol=1e-10, atol=1e-14)
    torch.testing.assert_close(weights.adam.first / 0.1, exact_r, rtol=1e-10, atol=1e-14)


def test_weights_resume_exactly() -> None:
    tables = [table_of((1, 4), (3, 4)) for _ in range(2)]
    one, other = (SampleWeights(table, eta=0.1, anchor=0.2) for table in tables)
    rows = torch.tensor([0, 1])
    one.update(rows, torch.tensor([1.0, -2.0]))
    other.load_state_dict(one.state_dict())
    for weights in (one, other):
        weights.update(rows, torch.tensor([-3.0, 1.0]))
    assert frozen(one.state_dict()) == frozen(other.state_dict())
