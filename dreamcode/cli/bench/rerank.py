"""`dreamcode bench rerank`: chooses among stored programs by a reward model."""

from pathlib import Path
from typing import Annotated

import typer

from dreamcode.cli.parameters import takes_settings
from dreamcode.cli.settings import Settings


@takes_settings("rerank")
def rerank(
    settings: Settings,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Graded programs: a run's folder, a results.jsonl, or an _eval_all.json.",
        ),
    ],
    prm: Annotated[str, typer.Option(help="The reward model: embedded, or hf/<folder or hub id>.")],
) -> None:
    """Choose among stored, graded programs by reward; nothing runs.

    The choice becomes a run of its own, which `compare` takes.

    Exit codes: 0 done, 2 bad input, 3 the model or the disk failed, 130 stopped by Ctrl-C; --resume goes on.
    """  # noqa: E501 - help keeps line breaks
    import hashlib

    from dreamcode.bench.files import load_results
    from dreamcode.bench.reranking import rerank as rerank_results
    from dreamcode.cli.assembly import choose_folder
    from dreamcode.cli.bench.running import print_run, record_results
    from dreamcode.cli.bench.view import follow_results
    from dreamcode.cli.live import View, say
    from dreamcode.errors import InputError
    from dreamcode.rewards.reward_names import find_evidence, load_reward
    from dreamcode.runs.environment import save_environment
    from dreamcode.runs.folder import hold_run
    from dreamcode.runs.result_files import dump_results

    if find_evidence(prm) != "text":
        raise InputError(f"--prm {prm} cannot score stored programs; use hf/<folder> or embedded")
    public_tests = bool(settings.public_tests)
    results = load_results(file)
    reward = load_reward(prm, settings.aggregation, say)
    config = {
        "benchmark": "rerank",
        "source": str(file),
        "part": "",
        "problems": len(results),
        "digest": hashlib.sha256(dump_results(results).encode()).hexdigest()[:16],
        "public_tests": public_tests,
        "settings": {
            "reward": prm,
            "fingerprint": reward.fingerprint,
            "aggregation": reward.aggregation,
        },
    }
    folder = choose_folder(settings, config, f"rerank-{file.stem}")
    with hold_run(folder, config, resume=settings.resume):
        difficulties = {result.problem: result.difficulty for result in results}
        view = View(quiet=settings.json)

        async def work() -> None:
            save_environment(folder, "none")
            try:
                with follow_results(view, difficulties) as add:
                    await rerank_results(
                        folder, results, reward, settings.concurrency,
                        public_tests=public_tests, on_result=add,
                    )  # fmt: skip
            finally:
                await reward.close()

        report = record_results(folder, list(difficulties), work)
    print_run(folder, config, report, as_json=settings.json)
