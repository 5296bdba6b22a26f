"""Counts of prefixes, against a count of every single program."""

import math
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamcode_training.chains import SampledChain
from dreamcode_training.correction.label_table import LabelTable
from dreamcode_training.evidence import add_truth, make_labels, weigh_outcomes
from dreamcode_training.records import Count, LabelledChain, Rollouts

names = st.lists(st.sampled_from("ab"), min_size=1, max_size=4)


def steps_of(text: str) -> tuple[str, ...]:
    return tuple(f"def {name}(): pass\n\n\n" for name in text)


@st.composite
def trees(draw: st.DrawFn) -> tuple[list[SampledChain], list[Rollouts]]:
    chains = [
        SampledChain(
            draw(st.sampled_from(["p", "q"])),
            sample,
            steps_of("".join(draw(names)) + "z"),
            draw(st.booleans()),
            draw(st.booleans()),
            None,
            1,
        )
        for sample in range(draw(st.integers(1, 6)))
    ]
    prefixes = {(chain.problem, prefix) for chain in chains for prefix in chain.prefixes()}
    rollouts = []
    for problem, prefix in sorted(prefixes):
        outcomes = draw(st.text("01", max_size=4))
        if outcomes:
            count = len(outcomes)
            rollouts.append(Rollouts(problem, prefix, outcomes, ("",) * count, (1,) * count))
    return chains, rollouts


@given(trees(), st.none() | st.integers(1, 3))
def test_without_sharing_a_prefix_counts_its_own_first_rollouts(
    tree: tuple[list[SampledChain], list[Rollouts]], k: int | None
) -> None:
    chains, rollouts = tree
    labels = make_labels(chains, rollouts, k)
    assert [label.sample for label in labels] == [c.sample for c in chains if c.finished]
    for label in labels:
        for place, count in enumerate(label.counts, start=1):
            prefix = "".join(label.steps[:place])
            mine = [r for r in rollouts if (r.problem, r.prefix) == (label.problem, prefix)]
            outcomes = "".join(r.outcomes[:k] for r in mine)
            assert count == Count(outcomes.count("1"), len(outcomes))


@given(trees(), st.floats(0, 1))
def test_shared_evidence_weighs_as_its_cluster_is_large(
    tree: tuple[list[SampledChain], list[Rollouts]], correlation: float
) -> None:
    chains, rollouts = tree
    for label in make_labels(chains, rollouts, share=correlation):
        for place, count in enumerate(label.counts, start=1):
            prefix = "".join(label.steps[:place])
            # Every program that was judged, and the step behind the prefix it was forced through.
            programs: list[tuple[bool, str | None]] = [
                (chain.passed, None)
                for chain in chains
                if chain.problem == label.problem
                and len(chain.steps) > place
                and "".join(chain.steps).startswith(prefix)
            ]
            for measured in rollouts:
                if measured.problem == label.problem and measured.prefix.startswith(prefix):
                    forced = measured.prefix[len(prefix) :].partition("\n\n\n")[0] or None
                    programs += [(outcome == "1", forced) for outcome in measured.outcomes]
            sizes: dict[str | None, int] = defaultdict(int)
            for _, forced in programs:
                sizes[forced] += 1
            weights = [
                1.0 if forced is None else 1 / (1 + (sizes[forced] - 1) * correlation)
                for _, forced in programs
            ]
            passed = [weight for weight, (ok, _) in zip(weights, programs, strict=True) if ok]
            assert math.isclose(count.n, sum(weights))
            assert math.isclose(count.k, sum(passed), abs_tol=1e-12)
            assert 0 <= count.k <= count.n


def test_a_cluster_that_fully_agrees_weighs_as_one_rollout() -> None:
    chain = SampledChain("p", 0, steps_of("abz"), True, True, None, 1)
    first, second = chain.prefixes()
    rollouts = [
        Rollouts("p", first, "10", ("", ""), (1, 1)),
        Rollouts("p", second, "1110", ("",) * 4, (1,) * 4),
    ]
    [all_alike] = make_labels([chain], rollouts, share=1.0)
    assert all_alike.counts == (Count(1 + 1 + 0.75, 2 + 1 + 1), Count(3 + 1, 4 + 1))
    [independent] = make_labels([chain], rollouts, share=0.0)
    assert independent.counts[0] == Count(1 + 1 + 3, 2 + 1 + 4)


def test_truth_comes_from_many_rollouts_of_every_prefix() -> None:
    chains = [
        SampledChain("p", 0, steps_of("abz"), True, True, None, 1),
        SampledChain("p", 1, steps_of("acz"), True, False, None, 1),
    ]
    first, second = chains[0].prefixes()
    rollouts = [
        Rollouts("p", first, "1000", ("",) * 4, (1,) * 4),
        Rollouts("p", second, "1100", ("",) * 4, (1,) * 4),
    ]
    known, unknown = add_truth(make_labels(chains, rollouts, 1), rollouts)
    assert known.truth == pytest.approx((0.25, 0.5))
    assert known.counts == (Count(1, 1), Count(1, 1))
    assert unknown.truth is None


def test_a_verdict_counts_as_rollouts_of_all_prefixes_of_its_chain() -> None:
    good = LabelledChain("p", 0, ("a", "b", "c"), True, (Count(1, 4), Count(0, 0)))
    bad = LabelledChain("p", 1, ("a", "x", "y"), False, (Count(1, 4), Count(2, 4)))
    mixed = weigh_outcomes([good, bad], 3.0)
    assert mixed[0].counts == (Count(4, 10), Count(3, 3))  # "a" begins both
    assert mixed[1].counts == (Count(4, 10), Count(2, 7))
    alone = weigh_outcomes([good, bad], "alone")
    assert [chain.counts for chain in alone] == [
        (Count(1, 2), Count(1, 1)),
        (Count(1, 2), Count(0, 1)),
    ]
    assert [chain.passed for chain in mixed] == [True, False]


def test_a_verdict_of_another_problem_says_nothing() -> None:
    one = LabelledChain("p", 0, ("a", "b"), True, (Count(0, 2),))
    other = LabelledChain("q", 0, ("a", "c"), False, (Count(0, 2),))
    assert weigh_outcomes([one, other], 2.0)[0].counts == (Count(2, 4),)


def test_a_chain_that_was_cut_off_has_no_verdict_and_a_count_for_every_step() -> None:
    cut = LabelledChain("p", 0, ("a", "b"), None, (Count(1, 4), Count(2, 4)))
    whole = LabelledChain("p", 1, ("a", "c"), True, (Count(1, 4),))
    assert cut.prefixes() == ["a", "ab"]
    mixed = weigh_outcomes([cut, whole], 4.0)
    assert mixed[0].counts == (Count(5, 8), Count(2, 4))
    assert weigh_outcomes([cut, whole], "alone")[0].counts == (Count(1, 1), Count(0, 0))
    table, rows = LabelTable.from_chains([cut, whole])
    assert [table.clean[list(own)].tolist() for own in rows] == [[False, False], [False, True]]
    assert table.k[list(rows[0])].tolist() == [1, 2]
