"""A Ray cluster of several nodes on this machine: the same labels, also when a node is lost."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dreamcode.errors import InfrastructureError
from dreamcode.scaling.cluster import connect
from dreamcode_training.config import RunConfig
from dreamcode_training.pipeline import Workplace, run_pipeline
from dreamcode_training.progress import OnProgress, Progress, ignore

pytestmark = pytest.mark.engines
ray = pytest.importorskip("ray")


def config() -> RunConfig:
    sampling = {"policy": "embedded", "temperature": 0.8}
    return RunConfig.model_validate(
        {
            "sandbox": "local",
            "problems": {"data": "miniature", "train": 6, "meta": 2, "validation": 1, "test": 1},
            "chains": sampling | {"per_problem": 2, "candidates": 2, "validation": 2},
            "labels": sampling | {"rollouts": 2},
            "prm": {"base": "embedded"},
            "eval": {"n": [2]},
        }
    )


@contextmanager
def nodes(count: int) -> Iterator[tuple[Any, list[Any]]]:
    """A cluster of so many nodes besides its head, which works too."""
    from ray.cluster_utils import Cluster as RayCluster

    cluster = RayCluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        yield cluster, [cluster.add_node(num_cpus=1) for _ in range(count - 1)]
    finally:
        ray.shutdown()
        cluster.shutdown()


def label(
    folder: Path, address: str | None, said: list[str], on_progress: OnProgress = ignore
) -> list[dict[str, Any]]:
    """Chains and labels of the run, on a cluster or here; the labels by prefix."""
    place = Workplace(folder, config(), say=said.append, on_progress=on_progress)
    if address is None:
        run(place)
    else:
        with connect(address, said.append) as cluster:
            run(
                Workplace(
                    folder, config(), say=said.append, on_progress=on_progress, cluster=cluster
                )
            )
    lines = (folder / "data" / "labels.jsonl").read_text().splitlines()
    return sorted(map(json.loads, lines), key=lambda line: json.dumps(line, sort_keys=True))


def run(place: Workplace) -> None:
    run_pipeline(place, "chains")
    run_pipeline(place, "labels")


def keys(folder: Path) -> list[str]:
    lines = (folder / "data" / "journal.jsonl").read_text().splitlines()
    return [json.loads(line)["key"] for line in lines]


def test_labels_are_the_same_from_one_node_and_from_three(tmp_path: Path) -> None:
    said: list[str] = []
    here = label(tmp_path / "here", None, said)
    with nodes(1) as (cluster, _):
        assert label(tmp_path / "one", cluster.address, said) == here
    with nodes(3) as (cluster, _):
        assert label(tmp_path / "three", cluster.address, said) == here
    assert sum("a policy is open" in line for line in said) == 2 * (1 + 3)  # of two stages each
    assert sum("a sandbox is open" in line for line in said) == 2 * (1 + 3)
    assert len(here) > 10


def test_a_node_that_dies_costs_only_time(tmp_path: Path) -> None:
    said: list[str] = []
    here = label(tmp_path / "here", None, said)
    with nodes(3) as (cluster, others):

        def kill(progress: Progress) -> None:
            if progress.done >= 2 and others:
                cluster.remove_node(others.pop(), allow_graceful=False)

        found = label(tmp_path / "lost", cluster.address, said, kill)
        assert not others  # both died
    assert found == here
    assert any("is gone" in line for line in said)
    assert len(set(keys(tmp_path / "lost"))) == len(keys(tmp_path / "lost"))  # nothing twice


def test_an_address_without_a_cluster_is_named() -> None:
    with (
        pytest.raises(InfrastructureError, match="no Ray cluster at"),
        connect("127.0.0.1:9", lambda _: None),
    ):
        pass
