"""Options that several commands share. None means: not given, see the settings."""

from pathlib import Path
from typing import Annotated

import typer

SEARCH = "Search"
MODEL = "Model"
RUN = "Run"

ModelOption = Annotated[
    str | None,
    typer.Option(
        help="embedded, hf/<folder or hub id>, openai/<model>, recorded/<journal>.",
        show_default="embedded",
        rich_help_panel=MODEL,
    ),
]
NOption = Annotated[
    int | None,
    typer.Option(
        "--n",
        "-n",
        help="Programs to write; with beams, functions a round.",
        show_default="16",
        rich_help_panel=SEARCH,
    ),
]
TemperatureOption = Annotated[
    float | None,
    typer.Option(help="0 is greedy.", show_default="0.8", rich_help_panel=SEARCH),
]
TopPOption = Annotated[
    float | None,
    typer.Option(help="Nucleus mass.", show_default="1.0", rich_help_panel=SEARCH),
]
SeedOption = Annotated[
    int | None,
    typer.Option(help="Seed of everything random.", show_default="0", rich_help_panel=SEARCH),
]
SearchOption = Annotated[
    str | None,
    typer.Option(
        help="How to search: best-of-n, beam, diverse-beam.",
        show_default="best-of-n",
        rich_help_panel=SEARCH,
    ),
]
WidthOption = Annotated[
    int | None,
    typer.Option(
        help="Chains that beam keeps; subtrees of diverse-beam.",
        show_default="half of --n",
        rich_help_panel=SEARCH,
    ),
]
PromptOption = Annotated[
    str | None,
    typer.Option(
        help="What to ask the model for: cof (one function a sub-task), plain (a program).",
        show_default="cof",
        rich_help_panel=SEARCH,
    ),
]
RewardOption = Annotated[
    str | None,
    typer.Option(
        help="Who scores what is written: auto, none, likelihood, embedded, hf/<folder or hub id>.",
        show_default="auto",
        rich_help_panel=MODEL,
    ),
]
AggregationOption = Annotated[
    str | None,
    typer.Option(
        help="How functions' rewards become one number: last, min, mean, product, log-odds.",
        show_default="the reward's own",
        rich_help_panel=SEARCH,
    ),
]
MaxTokensOption = Annotated[
    int | None,
    typer.Option(help="Budget of completion tokens.", rich_help_panel=SEARCH),
]
MaxCallsOption = Annotated[
    int | None,
    typer.Option(help="Budget of policy calls.", rich_help_panel=SEARCH),
]
MaxSecondsOption = Annotated[
    float | None,
    typer.Option(help="Budget of search time.", rich_help_panel=SEARCH),
]
MaxStepTokensOption = Annotated[
    int | None,
    typer.Option(
        help="Most tokens in one function; with --prompt plain, in one answer.",
        show_default="1024",
        rich_help_panel=SEARCH,
    ),
]
MaxStepsOption = Annotated[
    int | None,
    typer.Option(help="Most functions in one program.", show_default="24", rich_help_panel=SEARCH),
]
TimeLimitOption = Annotated[
    float | None,
    typer.Option(help="CPU seconds a test, instead of the problem's.", show_default="6"),
]
SandboxOption = Annotated[
    str | None,
    typer.Option(help="Where programs run: docker, local or auto.", show_default="auto"),
]
WorkersOption = Annotated[
    int | None, typer.Option(help="Programs run at once.", show_default="cores")
]
BaseUrlOption = Annotated[
    str | None,
    typer.Option(
        help="OpenAI-compatible server.", show_default="OPENAI_BASE_URL", rich_help_panel=MODEL
    ),
]
PrefillOption = Annotated[
    str | None,
    typer.Option(
        help="Begin answers for the model: auto, on, off.",
        show_default="auto",
        rich_help_panel=MODEL,
    ),
]
EndpointOption = Annotated[
    str | None,
    typer.Option(
        help="Server's endpoint: chat or completions.",
        show_default="chat",
        rich_help_panel=MODEL,
    ),
]
TimeoutOption = Annotated[
    float | None,
    typer.Option(
        help="Seconds until a request counts as lost.",
        show_default="120",
        rich_help_panel=MODEL,
    ),
]
RunDirOption = Annotated[
    Path | None,
    typer.Option(
        help="Folder of this run's records.",
        show_default="in the state folder",
        rich_help_panel=RUN,
    ),
]
ResumeOption = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="Go on with a run that was stopped: that in --run-dir, "
        "else the newest unfinished one with these settings.",
        rich_help_panel=RUN,
    ),
]
