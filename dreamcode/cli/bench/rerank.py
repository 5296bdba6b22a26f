"""`dreamcode bench rerank`: chooses among stored programs by a reward model."""

from pathlib import Path
from typing import Annotated

import typer

from dreamcode.cli.options import RUN, AggregationOption, ResumeOption, RunDirOption


def rerank(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Graded programs: a run's folder, a results.jsonl, or an _eval_all.json.",
        ),
    ],
    prm: Annotated[str, typer.Option(help="The reward model: embedded, or hf/<folder or hub id>.")],
    aggregation: AggregationOption = None,
    public_tests: Annotated[
        bool,
        typer.Option(
            "--public-tests", help="Programs that pass more public tests first, where known."
        ),
    ] = False,
    concurrency: Annotated[
        int, typer.Option(min=1, help="Problems under way at once.", rich_help_panel=RUN)
    ] = 8,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the measures as JSON, and nothing else.")
    ] = False,
    run_dir: RunDirOption = None,
    resume: ResumeOption = False,
) -> None:
    """Choose among stored, graded programs by reward; nothing runs.

    The choice becomes a run of its own, which `compare` takes.

    Exit codes: 0 done, 2 bad input, 3 the model or the disk failed, 130 stopped by Ctrl-C; --resume goes on.
    """  # noqa: E501 - help keeps line breaks
    import hashlib

    from dreamcode.bench.environment import save_environment
    from dreamcode.bench.files import load_results
    from dreamcode.bench.records import dump_results
    from dreamcode.bench.reranking import rerank as rerank_results
    from dreamcode.cli.bench.running import print_run, record_results
    from dreamcode.cli.bench.view import follow_results
    from dreamcode.cli.live import View, say
    from dreamcode.cli.settings import load_settings
    from dreamcode.errors import InputError
    from dreamcode.rewards.reward_names import check_reward_name, open_reward
    from dreamcode.runs.folder import find_unfinished, hold_run, new_run_path

    settings = load_settings(reward=prm, aggregation=aggregation)
    check_reward_name(settings.reward)
    if settings.reward in ("likelihood", "none", "auto"):
        raise InputError(f"--prm {prm} cannot score stored programs; use hf/<folder> or embedded")
    results = load_results(file)
    reward = open_reward(settings.reward, settings.aggregation, say)
    config = {
        "benchmark": "rerank",
        "source": str(file),
        "part": "",
        "problems": len(results),
        "digest": hashlib.sha256(dump_results(results).encode()).hexdigest()[:16],
        "public_tests": public_tests,
        "settings": {
            "reward": settings.reward,
            "fingerprint": reward.fingerprint,
            "aggregation": reward.aggregation,
        },
    }
    if run_dir is None:
        run_dir = find_unfinished(config) if resume else new_run_path(f"rerank-{file.stem}")
    with hold_run(run_dir, config, resume=resume):
        difficulties = {result.problem: result.difficulty for result in results}
        view = View(quiet=as_json)

        async def work() -> None:
            save_environment(run_dir, "none")
            try:
                with follow_results(view, difficulties) as add:
                    await rerank_results(
                        run_dir, results, reward, concurrency,
                        public_tests=public_tests, on_result=add,
                    )  # fmt: skip
            finally:
                await reward.close()

        report = record_results(run_dir, list(difficulties), work)
    print_run(run_dir, config, report, as_json=as_json)
