"""What the labels look like and how fast they came, as pictures."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dreamcode.errors import InputError
from dreamcode.figures import save_figure
from dreamcode.runs.journal import read_records
from dreamcode_training.records import LabelledChain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_POSITIONS = 12
RATE_BINS = 60


def read_rates(journal: Path) -> tuple[list[float], list[float]]:
    """Rollouts per second over the time that stage `labels` took, from its journal.

    Returns:
        The middle of each stretch of time, in seconds since the first record of rollouts, and
        the rollouts per second in it; both empty if there are fewer than two records.

    Raises:
        InputError: the file cannot be read or is no journal.
    """
    try:
        records, _ = read_records(journal)
    except OSError as error:
        raise InputError(f"cannot read {journal}: {error.strerror}; name a journal") from error
    made = [record.at for record in records if record.kind == "rollout"]
    if len(made) < 2:
        return [], []
    start, end = made[0], made[-1]
    width = max((end - start) / RATE_BINS, 1e-3)
    bins = [0] * RATE_BINS
    for at in made:
        bins[min(int((at - start) / width), RATE_BINS - 1)] += 1
    return [(place + 0.5) * width for place in range(RATE_BINS)], [n / width for n in bins]


def label_by_position(chains: Sequence[LabelledChain]) -> list[tuple[int, float, int]]:
    """(position of the step from 1, mean label of its prefix, how many) for measured prefixes."""
    found: dict[int, list[float]] = defaultdict(list)
    for chain in chains:
        for place, count in enumerate(chain.counts, start=1):
            if count.n:
                found[place].append(count.k / count.n)
    return [(place, sum(of) / len(of), len(of)) for place, of in sorted(found.items())]


def plot_labels(
    folder: Path, chains: Sequence[LabelledChain], journal: Path | None = None
) -> list[Path]:
    """Draws the histogram of labels, their mean by position, and the rate of rollouts.

    Args:
        folder: where labels.png, positions.png and rate.png go.
        chains: chains with counts; those without are left out.
        journal: journal of stage `labels`; without it there is no rate.png.

    Returns:
        The pictures.

    Raises:
        InputError: the journal cannot be read.
    """
    shares = [count.k / count.n for chain in chains for count in chain.counts if count.n]
    places = [row for row in label_by_position(chains) if row[0] <= MOST_POSITIONS]

    def histogram(axes: "Axes") -> None:
        axes.hist(shares, bins=20, range=(0, 1))
        axes.set(xlabel="label k/n", ylabel="prefixes of chains", title="Monte-Carlo labels")

    def positions(axes: "Axes") -> None:
        axes.bar([place for place, _, _ in places], [mean for _, mean, _ in places])
        for place, mean, count in places:
            axes.annotate(str(count), (place, mean), ha="center", va="bottom", fontsize=7)
        axes.set(
            xlabel="steps in the prefix",
            ylabel="mean label",
            ylim=(0, 1.05),
            title="Labels by position (how many above the bars)",
        )

    pictures = [
        save_figure(folder / "labels.png", [[histogram]]),
        save_figure(folder / "positions.png", [[positions]]),
    ]
    if journal is not None:
        times, rates = read_rates(journal)

        def rate(axes: "Axes") -> None:
            axes.step(times, rates, where="mid")
            axes.set(xlabel="seconds", ylabel="rollouts per second", title="Rate", ylim=(0, None))

        pictures.append(save_figure(folder / "rate.png", [[rate]]))
    return pictures
