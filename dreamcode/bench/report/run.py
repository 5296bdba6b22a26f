"""Reads a run's folder, a benchmark's or that of one solved problem, for whoever shows it."""

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dreamcode.codec import decode
from dreamcode.errors import InputError
from dreamcode.extras import require
from dreamcode.problems import Problem
from dreamcode.results import Result, begin_result
from dreamcode.runs.environment import ENVIRONMENT
from dreamcode.runs.folder import CONFIG, JOURNAL, MEASURES, problem_folder
from dreamcode.runs.journal import read_records
from dreamcode.runs.result_files import load_result, load_results
from dreamcode.runs.trace import Trace

if TYPE_CHECKING:
    from dreamcode.rewards.calibration import Reliability

Record = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Run:
    """A run as reports see it.

    Attributes:
        path: the run's folder.
        benchmark: the benchmark's name; None where one problem was solved.
        config: what was asked of the run.
        environment: where the run took place; empty if not on record.
        results: one per problem, in the benchmark's order.
        ended: whether the run has come to its end.
        known_measures: what `measures` gives; None if they are still to be read or computed.
    """

    path: Path
    benchmark: str | None
    config: Record
    environment: Record
    results: tuple[Result, ...]
    ended: bool = True
    known_measures: Record | None = None

    @property
    def wanted(self) -> int:
        """Problems that the run was to have; those of `results` are done."""
        known = self.config.get("problems")
        return max(len(self.results), known if isinstance(known, int) else 0)

    @property
    def settings(self) -> Record:
        """How programs were searched for."""
        settings = self.config.get("settings")
        return settings if isinstance(settings, dict) else {}

    @cached_property
    def measures(self) -> Record:
        """What `dreamcode.bench.measures.measure` says of the results.

        It is read from a run that has ended; computing it takes seconds.

        Raises:
            InputError: the libraries for measuring are missing.
        """
        if self.known_measures is not None:
            return self.known_measures
        recorded = self.path / MEASURES
        if recorded.is_file():
            found = _read_object(recorded)
            whole = found.get("all")
            if isinstance(whole, dict) and whole.get("problems") == len(self.results):
                return found
        _require_numbers()
        from dreamcode.bench.measures import measure

        return measure(self.results)

    @cached_property
    def calibration(self) -> "Reliability | None":
        """Rewards of all distinct finished programs against their grades.

        None where no program has a reward, or rewards are no chances.

        Raises:
            InputError: the libraries for it are missing.
        """
        programs = [program for result in self.results for program in result.programs]
        graded = [(one.reward, one.right) for one in programs if one.reward is not None]
        if not graded or not all(0 <= reward <= 1 for reward, _ in graded):
            return None
        _require_numbers()
        from dreamcode.rewards.calibration import measure_reliability

        rewards, outcomes = zip(*graded, strict=True)
        return measure_reliability(rewards, outcomes)

    def find(self, problem: str) -> Result:
        """The result of the problem with that id.

        Raises:
            InputError: there is no such problem; names those with a similar id.
        """
        by_id = {result.problem: result for result in self.results}
        if problem in by_id:
            return by_id[problem]
        close = difflib.get_close_matches(problem, by_id, n=3) or [
            name for name in by_id if problem and problem.lower() in name.lower()
        ]
        hint = f"did you mean {' or '.join(map(repr, close[:3]))}?" if close else "leave it out"
        raise InputError(f"the run has no result of a problem {problem!r}; {hint}")

    def trace(self, result: Result) -> Trace:
        """The search for a problem, read from its journal; empty where there is none.

        Raises:
            InputError: the journal is damaged before its last line.
        """
        alone = self.benchmark is None
        journal = (self.path if alone else problem_folder(self.path, result.problem)) / JOURNAL
        trace = Trace(result.function)
        if not journal.is_file():
            return trace
        try:
            for record in read_records(journal)[0]:
                trace.feed(record)
        except (KeyError, TypeError, ValueError, OSError) as error:
            raise InputError(
                f"{journal} cannot be shown ({error!r}); was it written by this version?"
            ) from error
        return trace


def _require_numbers() -> None:
    require("bench", "numpy", "scipy", what="a benchmark's report")


def read_run(
    path: Path, results: Sequence[Result] | None = None, measures: Record | None = None
) -> Run:
    """Reads a run, but none of its journals.

    Args:
        path: the run's folder.
        results: a benchmark's results, in its order; None reads them.
        measures: the measures that are known already; None reads or computes it when asked.

    Raises:
        InputError: the folder holds no run of `solve` or of a benchmark, or a damaged one.
    """
    if not path.is_dir():
        what = "is a file" if path.exists() else "does not exist"
        raise InputError(f"{path} {what}; give the folder of a run")
    if not (path / CONFIG).is_file():
        raise InputError(
            f"{path} is no run: it has no {CONFIG}; give the folder that the command printed"
        )
    config = _read_object(path / CONFIG)
    environment = path / ENVIRONMENT
    known = _read_object(environment) if environment.is_file() else {}
    if "benchmark" in config:
        found = load_results(path) if results is None else results
        return Run(path, str(config["benchmark"]), config, known, tuple(found), True, measures)
    if isinstance(config.get("problem"), dict):
        result = load_result(path)
        ended = result is not None
        return Run(path, None, config, known, (result or _begin(path, config),), ended)
    raise InputError(
        f"{path} is a run of another kind: its {CONFIG} names neither a benchmark nor a problem"
    )


def _begin(path: Path, config: Record) -> Result:
    """The result of a problem whose run has not ended."""
    try:
        problem = decode(Problem, config["problem"])
    except ValueError as error:
        raise InputError(
            f"{path / CONFIG} cannot be shown ({error}); was it written by this version?"
        ) from error
    return begin_result(problem, 0)


def _read_object(file: Path) -> Record:
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{file} cannot be read ({error}); mend it or start the run anew"
        ) from error
    if not isinstance(found, dict):
        raise InputError(f"{file} holds no JSON object; mend it or start the run anew")
    return found
