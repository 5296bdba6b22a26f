"""From the name of a data set to the data set. Loads nothing until one is opened."""

from typing import TYPE_CHECKING, NamedTuple

from dreamcode.plugins import import_part, list_parts, make_part

if TYPE_CHECKING:
    from dreamcode.datasets.dataset import Dataset


class KnownDataset(NamedTuple):
    """A data set that ships.

    Attributes:
        words: what the data set is, for the help of its command.
        module: name of its module in this folder.
        name: name of its class in that module.
    """

    words: str
    module: str
    name: str


DATASETS = {
    "livecodebench": KnownDataset(
        "LiveCodeBench: dated contest problems", "livecodebench", "LiveCodeBench"
    ),
    "humaneval": KnownDataset("HumanEval: Python functions", "humaneval", "HumanEval"),
    "mbpp": KnownDataset("MBPP: short Python functions", "mbpp", "Mbpp"),
    "bigcodebench": KnownDataset(
        "BigCodeBench: functions that use libraries", "bigcodebench", "BigCodeBench"
    ),
    "miniature": KnownDataset("the embedded models' own world", "miniature", "Miniature"),
    "miniature-weak": KnownDataset(
        "miniature's problems with one public test that tells little", "miniature", "MiniatureWeak"
    ),
    "miniature-long": KnownDataset(
        "miniature's world with longer chains, and one such test", "miniature", "MiniatureLong"
    ),
    "folder": KnownDataset("a folder of your own problems", "folder", "Folder"),
}


def open_dataset(spec: str) -> "Dataset":
    """The data set that `spec` names.

    Args:
        spec: a name of `DATASETS`, `file.py:name`, `package.module:name`, or an entry point of
            the group `dreamcode.datasets`.

    Raises:
        InputError: there is no data set of that name.
    """
    known = DATASETS.get(spec)
    dataset: Dataset
    if known is None:
        dataset = make_part(spec, "datasets", DATASETS)
    else:
        dataset = import_part(f"{__package__}.{known.module}", known.name)()
    return dataset


def list_datasets() -> list[str]:
    """All names there are, those of installed packages included."""
    return [*DATASETS, *list_parts("datasets")]
