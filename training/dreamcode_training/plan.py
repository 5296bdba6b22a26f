"""What a run would do and cost, before it does it: `dreamcode train --dry-run`."""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from dreamcode.errors import InputError
from dreamcode_training.chains import SampledChain, read_sampled_chains
from dreamcode_training.config import CORRECTING, RunConfig
from dreamcode_training.pace import chains_per_step, count_steps, plan_corrections
from dreamcode_training.pipeline import Workplace, check_config
from dreamcode_training.records import read_problems
from dreamcode_training.stages import STAGES, Stage, why_due
from dreamcode_training.unit_costs import UnitCosts, try_stages

FEWEST_VISITS = 3.0
"""With fewer corrections of each label nothing much can come of them."""

Amounts = dict[str, float]
"""Attributes of `StageCost` with their values; NaN for one that is not known."""


@dataclass(frozen=True, slots=True)
class StageCost:
    """What a stage would take; None where that is not known without sampling.

    Attributes:
        stage: its name.
        due: why it would run; None if it is up to date, and then nothing is counted.
        policy_tokens: completion tokens.
        rollouts: completions of prefixes.
        programs: finished programs to judge (of eval: to score).
        training_tokens: tokens that training reads, those of meta chains included.
        seconds: seconds on this machine.
    """

    stage: Stage
    due: str | None
    policy_tokens: float | None = None
    rollouts: float | None = None
    programs: float | None = None
    training_tokens: float | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A run's stages and their cost.

    Attributes:
        stages: what each stage takes, in their order.
        notes: how the numbers came about.
    """

    stages: tuple[StageCost, ...]
    notes: tuple[str, ...]

    @property
    def seconds(self) -> float | None:
        """Of all stages that would run; None if one of them is unknown."""
        times = [cost.seconds for cost in self.stages if cost.due]
        return None if None in times else sum(time for time in times if time is not None)


def make_plan(place: Workplace, *, calibrate_first: bool) -> Plan:
    """Which stages would run, and their cost: counted from chains that are there, else a sample.

    Args:
        place: the run's place; nothing is written there.
        calibrate_first: whether to try the stages on a few problems, for what cannot be counted.

    Raises:
        InputError: settings, problems or policies cannot be used.
        InfrastructureError: a policy failed.
        SandboxError: the sandbox failed.
    """
    check_config(place.config)
    due = _find_due(place)
    tries = calibrate_first and any(due.values())
    unit = try_stages(place) if tries else UnitCosts()
    notes, chains = list(unit.notes), None
    if due["chains"] is None:
        problems = read_problems(place.data / "problems.jsonl")
        chains = read_sampled_chains(place.data / "chains.jsonl", problems)
        notes.append("prefixes counted in chains.jsonl")
    if place.config.prm.method in CORRECTING:
        notes.append(describe_pace(place.config, chains, unit.chains.finished))
    if tries:
        notes.append("times are those of small batches; full ones are usually faster")
    else:
        notes.append("what is not known without sampling is left open")
    amounts: dict[Stage, Amounts] = {
        "chains": _cost_chains(place.config, unit),
        "labels": _cost_labels(place.config, unit, chains),
        "prm": _cost_prm(place.config, unit, chains),
        "eval": _cost_eval(place.config, unit),
    }
    costs = []
    for stage, reason in due.items():
        known = {name: value for name, value in amounts[stage].items() if not math.isnan(value)}
        costs.append(StageCost(stage, reason, **known) if reason else StageCost(stage, None))
    return Plan(tuple(costs), tuple(notes))


def _find_due(place: Workplace) -> dict[Stage, str | None]:
    found: dict[Stage, str | None] = {}
    for stage in STAGES:
        try:
            reason = why_due(place.folder, place.config, stage)
        except InputError:
            reason = "never ran"
        before = [earlier for earlier in found if found[earlier]]
        if reason is None and before:
            reason = f"if {before[-1]} changes its inputs"
        found[stage] = reason
    return found


def _cost_chains(config: RunConfig, unit: UnitCosts) -> Amounts:
    programs = _count_programs(config, config.problems.counts)
    finished = unit.chains.finished
    return {
        "policy_tokens": programs * unit.chains.tokens,
        "programs": programs * (1 if math.isnan(finished) else finished),
        "seconds": programs * unit.chains.seconds,
    }


def _count_programs(config: RunConfig, splits: Iterable[str]) -> int:
    return sum(config.problems.counts[one] * config.chains.programs(one) for one in splits)


def _cost_labels(config: RunConfig, unit: UnitCosts, chains: list[SampledChain] | None) -> Amounts:
    problems, settings = config.problems, config.labels
    count = problems.train + (problems.validation if settings.validation else 0)
    prefixes = count * unit.labels.distinct
    if chains is not None and settings.search == "all":
        prefixes = _count_prefixes(config, chains)
    rollouts = prefixes * settings.rollouts
    if not settings.rollouts:
        return dict.fromkeys(("policy_tokens", "rollouts", "programs", "seconds"), 0.0)
    return {
        "policy_tokens": rollouts * unit.labels.tokens,
        "rollouts": rollouts,
        "programs": rollouts * unit.labels.finished,
        "seconds": rollouts * unit.labels.seconds,
    }


def _count_prefixes(config: RunConfig, chains: list[SampledChain]) -> int:
    """Distinct prefixes of finished chains of the problems that are measured."""
    found: dict[str, set[str]] = defaultdict(set)
    for chain in chains:
        if chain.finished:
            found[chain.problem].update(chain.prefixes())
    # chains.jsonl is in the order of the splits: train, meta, validation, test.
    names = list(dict.fromkeys(chain.problem for chain in chains))
    problems = config.problems
    measured = names[: problems.train]
    if config.labels.validation:
        start = problems.train + problems.meta
        measured += names[start : start + problems.validation]
    return sum(len(found[name]) for name in measured)


def _cost_prm(config: RunConfig, unit: UnitCosts, chains: list[SampledChain] | None) -> Amounts:
    settings, reading, share = config.prm, unit.reading, unit.chains.finished
    if math.isnan(reading.tokens):
        return {}
    train, meta = _count_learned(config, chains, share)
    steps = count_steps(train, settings)
    per_step = chains_per_step(settings) * reading.tokens
    corrections = 0
    if settings.method in CORRECTING:
        corrections = plan_corrections(settings, train, meta).corrections
    judged = corrections * settings.correction.meta_batch * reading.tokens
    plain = steps * per_step * reading.step_seconds
    return {
        "training_tokens": steps * per_step + judged,
        "seconds": plain + corrections * per_step * reading.correction_seconds,
    }


def _count_learned(
    config: RunConfig, chains: list[SampledChain] | None, finished: float
) -> tuple[int, int]:
    """Finished chains of train and of meta; where none is written yet, as many as expected."""
    if chains:
        finished = sum(chain.finished for chain in chains) / len(chains)
    share = 1.0 if math.isnan(finished) else finished
    per_problem = config.chains.per_problem
    train, meta = (
        round(count * per_problem * share)
        for count in (config.problems.train, config.problems.meta)
    )
    return train, meta


def describe_pace(config: RunConfig, chains: list[SampledChain] | None, finished: float) -> str:
    """What correction comes to: visits and reach of a label, and what to change if too little."""
    settings, (train, meta) = config.prm, _count_learned(config, chains, finished)
    wanted, pace = settings.correction, plan_corrections(settings, train, meta)
    often = "per step" if pace.every == 1 else f"every {pace.every} steps"
    line = (
        f"correction: {pace.corrections} corrections, one {often}; "
        f"{pace.visits:.1f} visits per label, which take its logit at most about "
        f"{min(pace.visits * pace.eta, wanted.max_shift):.2g} from the counts"
    )
    if pace.visits < FEWEST_VISITS:
        epochs = math.ceil(settings.epochs * FEWEST_VISITS / pace.visits)
        remedy = f"prm.epochs to {epochs}" if pace.every == 1 else "prm.correction.visits"
        line += f". Below {FEWEST_VISITS:g} visits labels hardly move: raise {remedy}"
    return line


def _cost_eval(config: RunConfig, unit: UnitCosts) -> Amounts:
    programs = _count_programs(config, ("test", "validation"))
    seconds = programs * unit.reading.tokens * unit.reading.score_seconds
    return {"programs": programs, "seconds": seconds}
