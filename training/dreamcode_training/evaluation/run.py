"""Stage `eval`: scores the chains, looks for faults, and writes the report."""

import asyncio
import json
from pathlib import Path
from typing import Any

from dreamcode.codec import encode
from dreamcode.errors import InputError
from dreamcode.files import write_whole
from dreamcode.rewards.checkpoint import PrmConfig, fingerprint_model, read_prm_config
from dreamcode.runs.journal import Journal
from dreamcode_training.config import EvalConfig
from dreamcode_training.evaluation.bootstrap import Bootstrap
from dreamcode_training.evaluation.locating import Judging, choose_exams, locate_faults
from dreamcode_training.evaluation.page import render
from dreamcode_training.evaluation.pictures import draw_reports
from dreamcode_training.evaluation.report import Report, measure
from dreamcode_training.evaluation.scoring import Say, load_needed, read_material, score_chains
from dreamcode_training.progress import Meter, OnProgress, ignore
from dreamcode_training.records import read_lines, write_lines


def run_eval(
    folder: Path,
    config: EvalConfig,
    seed: int,
    judging: Judging,
    on_progress: OnProgress = ignore,
    say: Say = lambda _: None,
) -> Report:
    """Measures `folder`/prm/model on the test problems of `folder`/data.

    Writes scores.jsonl, faults.jsonl, report.json, report.md and pictures into `folder`/eval.
    What was scored and located is in journal.jsonl there, problem by problem, so that a stopped
    evaluation goes on, and one of the same model and chains only measures.

    Args:
        folder: the run's folder.
        config: what to measure.
        seed: seed of the bootstrap.
        judging: opens a judge on a sandbox, where faults are to be located.
        on_progress: told after every problem.
        say: told of what begins, of statements that are shortened and programs that do not fit.

    Raises:
        InputError: there is no test problem, or files are missing or damaged.
        SandboxError: the sandbox failed.
    """
    out, model = folder / "eval", folder / "prm" / "model"
    out.mkdir(parents=True, exist_ok=True)
    fingerprint, material = fingerprint_model(model), read_material(folder / "data")
    if not any(material.problems[name].split == "test" for name in material.chains):
        raise InputError("stage eval needs test problems; raise problems.test above 0")
    exams = choose_exams(material, config.faults)
    meter = Meter("eval", len(material.chains) + len(exams), on_progress)
    meter.sampled(0)
    journal = Journal(out / "journal.jsonl")
    try:
        reward = load_needed(model, material, journal, say)
        scoring = score_chains(reward, fingerprint, material, journal, meter, say)
        chains = asyncio.run(scoring)
        write_lines(out / "scores.jsonl", chains)
        locating = locate_faults(exams, material, judging, journal, meter, say)
        faults = asyncio.run(locating)
        write_lines(out / "faults.jsonl", faults)
    finally:
        journal.close()
    say("measuring")
    aggregation = (read_prm_config(model) or PrmConfig()).aggregation
    bootstrap = Bootstrap(config.resamples, seed)
    report = measure(chains, faults, aggregation, config.n, bootstrap, fingerprint)
    draw_reports(out, report, chains, read_corrections(folder / "prm" / "corrected.jsonl"))
    write_whole(out / "report.md", render(report))
    write_whole(out / "report.json", json.dumps(encode(report), indent=2) + "\n")
    return report


def read_corrections(path: Path) -> list[dict[str, Any]]:
    """The lines of a corrected.jsonl.

    Raises:
        InputError: the file cannot be read.
    """
    return [line for _, line in read_lines(path, dict)]
