"""What a run would do and cost, before it does it: `dreamcode train --dry-run`."""

import math
from collections import defaultdict
from dataclasses import dataclass, replace

from dreamcode.errors import InputError
from dreamcode_training.chains import SampledChain, read_sampled_chains
from dreamcode_training.config import RunConfig
from dreamcode_training.pipeline import Workplace, check_config
from dreamcode_training.records import read_problems
from dreamcode_training.stages import STAGES, Stage, why_due
from dreamcode_training.unit_costs import UnitCosts, try_stages


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
    tried = try_stages(place) if calibrate_first and any(due.values()) else None
    chains = _known_chains(place) if due["chains"] is None else None
    costs = (
        _cost_chains(place.config, tried),
        _cost_labels(place.config, tried, chains),
        _cost_prm(place.config, tried, chains),
        _cost_eval(place.config, tried),
    )
    notes = list(tried.notes) if tried else []
    if chains is not None:
        notes.append("prefixes counted in chains.jsonl")
    if tried:
        notes.append("times are those of small batches; full ones are usually faster")
    else:
        notes.append("what is not known without sampling is left open")
    stages = tuple(
        replace(cost, due=due[cost.stage]) if due[cost.stage] else StageCost(cost.stage, None)
        for cost in costs
    )
    return Plan(stages, tuple(notes))


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


def _known_chains(place: Workplace) -> list[SampledChain]:
    problems = read_problems(place.data / "problems.jsonl")
    return read_sampled_chains(place.data / "chains.jsonl", problems)


def _cost_chains(config: RunConfig, tried: UnitCosts | None) -> StageCost:
    counts = config.problems.counts
    programs = sum(count * config.chains.programs(split) for split, count in counts.items())
    if tried is None:
        return StageCost("chains", "", programs=programs)
    return StageCost(
        "chains",
        "",
        policy_tokens=programs * tried.chains.tokens,
        programs=programs * tried.chains.finished,
        seconds=programs * tried.chains.seconds,
    )


def _cost_labels(
    config: RunConfig, tried: UnitCosts | None, chains: list[SampledChain] | None
) -> StageCost:
    problems, settings = config.problems, config.labels
    count = problems.train + (problems.validation if settings.validation else 0)
    prefixes = None if tried is None else count * tried.labels.distinct
    if chains is not None and settings.search == "all":
        prefixes = _count_prefixes(config, chains)
    if prefixes is None:
        return StageCost("labels", "")
    rollouts = prefixes * settings.rollouts
    if tried is None:
        return StageCost("labels", "", rollouts=rollouts)
    return StageCost(
        "labels",
        "",
        policy_tokens=rollouts * tried.labels.tokens,
        rollouts=rollouts,
        programs=rollouts * tried.labels.finished,
        seconds=rollouts * tried.labels.seconds,
    )


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


def _cost_prm(
    config: RunConfig, tried: UnitCosts | None, chains: list[SampledChain] | None
) -> StageCost:
    if tried is None or tried.reading is None:
        return StageCost("prm", "")
    from dreamcode_training.train import CORRECTING, count_steps

    settings, reading = config.prm, tried.reading
    share = tried.chains.finished
    if chains:
        share = sum(chain.finished for chain in chains) / len(chains)
    count = round(config.problems.train * config.chains.per_problem * share)
    steps = count_steps(count, settings)
    per_step = settings.batch * settings.accumulation * reading.tokens
    correcting = steps - math.ceil(settings.correction.warmup * steps)
    corrections = math.ceil(correcting / settings.correction.every)
    if settings.method not in CORRECTING:
        corrections = 0
    meta = corrections * settings.correction.meta_batch * reading.tokens
    plain = steps * per_step * reading.step_seconds
    return StageCost(
        "prm",
        "",
        training_tokens=steps * per_step + meta,
        seconds=plain + corrections * per_step * reading.correction_seconds,
    )


def _cost_eval(config: RunConfig, tried: UnitCosts | None) -> StageCost:
    counts = config.problems.counts
    programs = sum(counts[s] * config.chains.programs(s) for s in ("test", "validation"))
    if tried is None or tried.reading is None:
        return StageCost("eval", "", programs=programs)
    seconds = programs * tried.reading.tokens * tried.reading.score_seconds
    return StageCost("eval", "", programs=programs, seconds=seconds)
