"""`dreamcode serve`: the search behind an OpenAI-compatible address."""

from typing import Annotated

import typer

from dreamcode.cli.parameters import takes_settings
from dreamcode.cli.settings import Settings


@takes_settings("serve")
def serve(
    settings: Settings,
    host: Annotated[
        str, typer.Option(help="Address to listen on; another than this machine's own needs a key.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 8000,
    api_key: Annotated[
        str | None,
        typer.Option(
            envvar="DREAMCODE_API_KEY", show_envvar=True, help="What clients must name as theirs."
        ),
    ] = None,
) -> None:
    """Answer OpenAI-compatible clients by searches.

    POST /v1/chat/completions (model "dreamcode", also as a stream), GET /v1/models, GET /health. The problem is what the user's messages say.

    Exit codes: 0 stopped by Ctrl-C, 2 bad input, 3 model server, sandbox or disk failed.
    """  # noqa: E501 - help keeps line breaks
    from dreamcode.extras import require

    require("serve")
    from dreamcode.cli.serving import serve_searches

    serve_searches(settings, host, port, api_key)
