"""The one list of settings.

Flags, keys of dreamcode.toml, variables, `dreamcode config` and docs/settings.md are made from
it: a new setting is a new field of `Settings`. Every start of `dreamcode` loads this file, so
it loads nothing heavy.
"""

from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from math import inf
from pathlib import Path
from typing import Annotated, Literal, get_type_hints

from annotated_types import Ge, Gt, Le, Lt

from dreamcode.choosing import Select, Source, Stop
from dreamcode.cli.option import Option, Setting
from dreamcode.policies.server_options import Endpoint
from dreamcode.prompting import Grain, Prompting
from dreamcode.rewards.aggregation import Aggregation
from dreamcode_sandbox.comparison import Kind

PROBLEMS, MODEL, SEARCH, RUN = "Problems", "Model", "Search", "Run"

SOLVE = ("solve",)
BENCH = ("bench",)
SEARCHERS = ("solve", "bench", "serve")
GRADERS = ("bench", "grade")
RERANKERS = ("bench", "rerank")
RUNNERS = ("solve", "bench", "grade")
ISOLATORS = (*RUNNERS, "serve")
RECORDERS = ("solve", "bench", "grade", "rerank")
SCORERS = (*SEARCHERS, "score")
RATERS = (*SCORERS, "rerank", "doctor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set, by whatever command, file, variable or flag."""

    data: Annotated[
        Path | None, Option("A file or folder with the benchmark's problems.", PROBLEMS, GRADERS)
    ] = None
    release: Annotated[
        str | None,
        Option(
            "LiveCodeBench: release_v1 to release_v6 (all up to then), v1 to v6 (what each "
            "added), v4_v5 (a range).",
            PROBLEMS,
            GRADERS,
            shown="release_v6",
        ),
    ] = None
    since: Annotated[
        date | None,
        Option("First day of the contests.", PROBLEMS, BENCH, flag="--from", metavar="YYYY-MM-DD"),
    ] = None
    before: Annotated[
        date | None, Option("First day that is too late.", PROBLEMS, BENCH, metavar="YYYY-MM-DD")
    ] = None
    difficulty: Annotated[
        tuple[str, ...], Option("Only these difficulties; may be repeated.", PROBLEMS, BENCH)
    ] = ()
    platform: Annotated[
        tuple[str, ...], Option("Only these platforms; may be repeated.", PROBLEMS, BENCH)
    ] = ()
    problem: Annotated[
        tuple[str, ...], Option("Only these ids; may be repeated.", PROBLEMS, BENCH)
    ] = ()
    limit: Annotated[int | None, Ge(1), Option("The first so many problems.", PROBLEMS, BENCH)] = (
        None
    )
    shard: Annotated[
        str | None, Option("The i-th of n equal parts.", PROBLEMS, BENCH, metavar="I/N")
    ] = None

    model: Annotated[
        str,
        Option(
            "embedded, hf/<folder or hub id>, vllm/<folder or hub id>, openai/<model>, "
            "recorded/<journal>, file.py:name.",
            MODEL,
        ),
    ] = "embedded"
    reward: Annotated[
        str,
        Option(
            "Who scores what is written: auto, none, likelihood, embedded, hf/<folder or hub id>, "
            "vllm/<folder or hub id>, served/<folder or hub id>, judge/<model>, file.py:name.",
            MODEL,
            SCORERS,
        ),
    ] = "auto"
    base_url: Annotated[
        tuple[str, ...],
        Option(
            "OpenAI-compatible server; repeated, several that have the same model.",
            MODEL,
            shown="OPENAI_BASE_URL",
        ),
    ] = ()
    reward_base_url: Annotated[
        tuple[str, ...],
        Option(
            "Server of a served/ or judge/ reward; may be repeated.",
            MODEL,
            RATERS,
            shown="that of --base-url, for judge/",
        ),
    ] = ()
    gpu_memory: Annotated[
        float,
        Gt(0),
        Le(1),
        Option(
            "Share of each GPU's memory that vllm/ takes; a policy and a reward halve it.",
            MODEL,
            RATERS,
        ),
    ] = 0.9
    gpus: Annotated[
        int,
        Ge(1),
        Option("GPUs that vllm/ spreads a model over.", MODEL, RATERS),
    ] = 1
    window: Annotated[
        int | None,
        Ge(1),
        Option(
            "Most tokens that vllm/ reads and writes; less needs less memory.",
            MODEL,
            RATERS,
            shown="the model's own",
        ),
    ] = None
    prefill: Annotated[
        Literal["auto", "on", "off"], Option("Begin answers for the model: {choices}.", MODEL)
    ] = "auto"
    endpoint: Annotated[Endpoint, Option("Server's endpoint: {choices}.", MODEL)] = "chat"
    timeout: Annotated[float, Gt(0), Option("Seconds until a request counts as lost.", MODEL)] = (
        600.0
    )

    retries: Annotated[
        int, Ge(0), Option("How often a server in trouble is asked again.", MODEL)
    ] = 8
    max_wait: Annotated[
        float,
        Gt(0),
        Option(
            "Longest wait that a server may ask for, as of a limit per minute or day.",
            MODEL,
            metavar="SECONDS",
        ),
    ] = 900.0
    reasoning_effort: Annotated[
        str | None,
        Option(
            "How hard a model that thinks shall think: none, low, medium, high, or what else it "
            "knows.",
            MODEL,
            shown="the model's own",
        ),
    ] = None
    extra: Annotated[
        tuple[str, ...],
        Option(
            "A further field of every request, as chat_template_kwargs.enable_thinking=true; "
            "may be repeated.",
            MODEL,
            metavar="KEY=VALUE",
        ),
    ] = ()

    n: Annotated[
        int,
        Ge(1),
        Le(10_000),
        Option(
            "Programs to write; with beams and particles, functions per round.", SEARCH, short="-n"
        ),
    ] = 16
    temperature: Annotated[
        float, Ge(0), Le(5), Option("Sampling temperature; 0 is greedy.", SEARCH)
    ] = 0.8
    top_p: Annotated[float, Gt(0), Le(1), Option("Nucleus mass.", SEARCH)] = 1.0
    seed: Annotated[int, Ge(0), Option("Seed of everything random.", SEARCH)] = 0
    search: Annotated[
        str,
        Option(
            "How to search: best-of-n, compose, repair, tree, beam, diverse-beam, particles, or "
            "file.py:name of your own.",
            SEARCH,
        ),
    ] = "best-of-n"
    stop: Annotated[
        Stop,
        Option(
            "When there are enough programs: {choices}. auto: by reward where rewards are "
            "calibrated chances, else by agreement.",
            SEARCH,
        ),
    ] = "auto"
    stop_reward: Annotated[
        float,
        Ge(0),
        Le(1),
        Option("Reward that is enough for a program that passes the public tests.", SEARCH),
    ] = 0.3
    stop_agree: Annotated[
        int,
        Ge(2),
        Option("Programs that are enough if they pass the tests and behave alike.", SEARCH),
    ] = 2
    wave: Annotated[
        int | None,
        Ge(1),
        Option(
            "Programs that are written before it is asked whether they are enough.",
            SEARCH,
            shown="1 on a CPU, 4 where samples are batched",
        ),
    ] = None
    select: Annotated[
        Select | None,
        Option(
            "What decides among programs that pass equally many public tests: {choices}. vote: "
            "summed rewards of those that behave alike; majority: their number; tests: nothing.",
            SEARCH,
            (*SEARCHERS, "rerank"),
            shown="vote; rerank: reward",
        ),
    ] = None
    inputs: Annotated[
        int,
        Ge(0),
        Le(1_000),
        Option("Inputs of our own making that programs are compared on, at most.", SEARCH),
    ] = 8
    inputs_from: Annotated[
        Source,
        Option(
            "How they are made: {choices}. mutated: samples, changed; written: by a program that "
            "the model writes; auto: that, where there is nothing to change.",
            SEARCH,
        ),
    ] = "auto"
    width: Annotated[
        int | None,
        Ge(1),
        Option("Chains that beam keeps; subtrees of diverse-beam.", SEARCH, shown="half of --n"),
    ] = None
    prompt: Annotated[
        Prompting,
        Option(
            "What to ask the model for: cof (one function per sub-task), plain (a program), bare "
            "(nothing: the statement alone, for models that were trained on chains).",
            SEARCH,
        ),
    ] = "cof"
    grain: Annotated[
        Grain,
        Option(
            "What one answer holds: {choices}. auto: a function where the model goes on with "
            "what is begun, a program where it does not or thinks first.",
            SEARCH,
        ),
    ] = "auto"
    aggregation: Annotated[
        Aggregation | None,
        Option(
            "How functions' rewards become one number: {choices}.",
            SEARCH,
            (*SCORERS, "rerank"),
            shown="the reward's own",
        ),
    ] = None
    max_tokens: Annotated[int | None, Ge(1), Option("Budget of completion tokens.", SEARCH)] = None
    max_calls: Annotated[int | None, Ge(1), Option("Budget of policy calls.", SEARCH)] = None
    max_seconds: Annotated[float | None, Gt(0), Option("Budget of search time.", SEARCH)] = None
    max_cost: Annotated[
        float | None, Gt(0), Option("Budget of dollars per problem.", SEARCH, metavar="DOLLARS")
    ] = None
    prices: Annotated[
        tuple[float, float] | None,
        Option(
            "Dollars per million tokens read and written.",
            MODEL,
            metavar="READ WRITTEN",
            shown="by a list of known models",
        ),
    ] = None
    max_step_tokens: Annotated[
        int | None,
        Ge(1),
        Option(
            "Most tokens in one answer: a function, or a whole program with all its thinking.",
            SEARCH,
            shown="1024 for a function, 8192 where the model may think before it, what the model "
            "allows for a program",
        ),
    ] = None
    max_steps: Annotated[int, Ge(1), Option("Most functions in one program.", SEARCH)] = 24

    profile: Annotated[
        str | None,
        Option(
            "Use this profile of dreamcode.toml.",
            commands=("solve", "bench", "grade", "rerank", "score", "sandbox run"),
            metavar="NAME",
        ),
    ] = None
    protocol: Annotated[
        str | None,
        Option(
            "Settings that numbers are published by: livecodebench (n 10, T 0.2, top-p "
            "0.95, plain), dreamprm (cof, the reward alone chooses). Flags go before it.",
            commands=BENCH,
        ),
    ] = None
    public_tests: Annotated[
        bool | None,
        Option(
            "Whether the choice among programs looks at public tests.",
            commands=RERANKERS,
            shown="they do; rerank: they do not",
        ),
    ] = None
    tests: Annotated[
        Path | None,
        Option("Tests instead of the statement's samples: a JSON file or a folder.", None, SOLVE),
    ] = None
    compare: Annotated[
        Kind | None,
        Option(
            "How answers are compared: {choices}. See docs/judging.md.",
            commands=RUNNERS,
            shown="as the problem says, else livecodebench",
        ),
    ] = None
    tolerance: Annotated[
        float | None,
        Ge(0),
        Lt(inf),
        Option("How far numbers may be off, absolutely or relatively.", commands=RUNNERS),
    ] = None
    checker: Annotated[
        Path | None,
        Option("A Python program that says whether an output is right.", commands=RUNNERS),
    ] = None
    time_limit: Annotated[
        float | None,
        Gt(0),
        Lt(inf),
        Option(
            "CPU seconds per test.",
            commands=(*RUNNERS, "sandbox run"),
            shown="the problem's, else 6",
        ),
    ] = None
    sandbox: Annotated[
        Literal["docker", "local", "auto"],
        Option("Where programs run: {choices}.", commands=(*ISOLATORS, "sandbox run")),
    ] = "auto"
    python: Annotated[
        str,
        Option(
            "The Python that programs run on: auto (the newest here that has numpy), a version as "
            "3.12, or a path.",
            commands=(*ISOLATORS, "sandbox run", "sandbox build", "doctor"),
        ),
    ] = "auto"
    workers: Annotated[
        int | None, Ge(1), Option("Programs run at once.", commands=ISOLATORS, shown="cores")
    ] = None
    output: Annotated[
        Path | None, Option("Also write the program here.", commands=SOLVE, short="-o")
    ] = None
    json: Annotated[
        bool, Option("Print JSON, and nothing else.", commands=(*RECORDERS, "score"))
    ] = False
    quiet: Annotated[
        bool, Option("Print the program, and nothing else.", commands=SOLVE, short="-q")
    ] = False

    concurrency: Annotated[
        int,
        Ge(1),
        Option("Problems under way at once.", RUN, ("bench", "grade", "rerank", "serve")),
    ] = 16
    ray: Annotated[
        str | None,
        Option(
            "Spread models and sandboxes over a Ray cluster: its address, auto, or local.",
            RUN,
            BENCH,
            metavar="ADDRESS",
        ),
    ] = None
    run_dir: Annotated[
        Path | None,
        Option("Folder of this run's records.", RUN, RECORDERS, shown="in the state folder"),
    ] = None
    resume: Annotated[
        bool,
        Option(
            "Go on with a run that was stopped: that in --run-dir, else the newest unfinished one "
            "with these settings.",
            RUN,
            RECORDERS,
        ),
    ] = False


@cache
def list_settings() -> tuple[Setting, ...]:
    """Every field of `Settings`, in order."""
    annotations = get_type_hints(Settings, include_extras=True)
    return tuple(
        Setting.read(field.name, annotations[field.name], field.default)
        for field in fields(Settings)
    )
