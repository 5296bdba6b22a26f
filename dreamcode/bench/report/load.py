"""Reads a run's folder, a benchmark's or that of one solved problem, for whoever shows it."""

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from dreamcode.bench.environment import FILE
from dreamcode.bench.records import RESULT, Result, read_results
from dreamcode.bench.report.libraries import explained_imports
from dreamcode.bench.report.views import ProblemView, view_result, view_solution
from dreamcode.bench.run import problem_folder
from dreamcode.codec import decode
from dreamcode.errors import InputError
from dreamcode.problems import Problem
from dreamcode.runs.folder import JOURNAL
from dreamcode.runs.journal import read_records
from dreamcode.runs.trace import Trace

Record = dict[str, Any]

CONFIG = "config.json"


@dataclass(frozen=True, eq=False)
class RunView:
    """A run as reports see it.

    Attributes:
        path: its folder.
        benchmark: the benchmark's name; None where one problem was solved.
        config: what was asked.
        environment: where it ran; empty if not on record.
        results: a benchmark's, one a problem; empty where one problem was solved.
        problems: what became of each problem, in the benchmark's order.
        known_measures: see `measures`; None if they are still to be read or computed.
    """

    path: Path
    benchmark: str | None
    config: Record
    environment: Record
    results: tuple[Result, ...]
    problems: tuple[ProblemView, ...]
    known_measures: Record | None = None

    @property
    def wanted(self) -> int:
        """Problems that the run was to have; those of `problems` are done."""
        return max(len(self.problems), _count(self.config.get("problems")))

    @property
    def settings(self) -> Record:
        """How programs were searched for."""
        if self.benchmark is None:
            return {name: value for name, value in self.config.items() if name != "problem"}
        settings = self.config.get("settings")
        return settings if isinstance(settings, dict) else {}

    @cached_property
    def measures(self) -> Record:
        """What `dreamcode.bench.measures.measure` says of the results.

        It is read from a run that has ended; computing it takes seconds.

        Raises:
            InputError: the libraries for it are missing.
        """
        if self.known_measures is not None:
            return self.known_measures
        recorded = self.path / RESULT
        if recorded.is_file():
            found = _read_object(recorded)
            whole = found.get("all")
            if isinstance(whole, dict) and whole.get("problems") == len(self.results):
                return found
        with explained_imports():
            from dreamcode.bench.measures import measure
        return measure(self.results)

    def find(self, problem: str) -> ProblemView:
        """The problem with that id.

        Raises:
            InputError: there is none; names those with a similar id.
        """
        ids = [one.id for one in self.problems]
        if problem in ids:
            return self.problems[ids.index(problem)]
        close = difflib.get_close_matches(problem, ids, n=3) or [
            name for name in ids if problem and problem.lower() in name.lower()
        ]
        hint = f"did you mean {' or '.join(map(repr, close[:3]))}?" if close else "leave it out"
        raise InputError(f"the run has no result of a problem {problem!r}; {hint}")

    def trace(self, problem: ProblemView) -> Trace:
        """The search for a problem, read from its journal; empty where there is none.

        Raises:
            InputError: the journal is damaged before its last line.
        """
        folder = self.path if self.benchmark is None else problem_folder(self.path, problem.id)
        journal = folder / JOURNAL
        trace = Trace(problem.function)
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


def load_run(
    path: Path, results: Sequence[Result] | None = None, measures: Record | None = None
) -> RunView:
    """Reads a run, but none of its journals.

    Args:
        path: its folder.
        results: a benchmark's, in its order; None reads them.
        measures: what is known of its results already; None reads or computes it when asked.

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
    if "benchmark" in config:
        found = read_results(path) if results is None else results
        return _load_benchmark(path, config, tuple(found), measures)
    if isinstance(config.get("problem"), dict):
        return _load_solution(path, config)
    raise InputError(
        f"{path} is a run of another kind: its {CONFIG} names neither a benchmark nor a problem"
    )


def _load_benchmark(
    path: Path, config: Record, results: tuple[Result, ...], measures: Record | None
) -> RunView:
    environment = path / FILE
    return RunView(
        path,
        str(config["benchmark"]),
        config,
        _read_object(environment) if environment.is_file() else {},
        results,
        tuple(map(view_result, results)),
        measures,
    )


def _load_solution(path: Path, config: Record) -> RunView:
    file = path / CONFIG
    try:
        problem = decode(Problem, config["problem"])
        file = path / RESULT
        result = _read_object(file) if file.is_file() else None
        view = view_solution(problem, result)
    except ValueError as error:
        raise InputError(
            f"{file} cannot be shown ({error}); was it written by this version?"
        ) from error
    return RunView(path, None, config, {}, (), (view,))


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


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0
