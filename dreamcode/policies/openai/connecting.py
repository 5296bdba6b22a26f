"""Which servers are meant, and what they are to be shown."""

import os
from urllib.parse import urlsplit

from dreamcode.errors import InputError
from dreamcode.policies.openai.patience import OnEvent
from dreamcode.policies.openai.wire import Wire
from dreamcode.policies.pulse import Pulse
from dreamcode.policies.server_options import ServerOptions

DEFAULT_URL = "https://api.openai.com/v1"


def connect(options: ServerOptions, api_key: str | None, on_event: OnEvent, pulse: Pulse) -> Wire:
    """A connection to the servers of the options, else of OPENAI_BASE_URL, else to OpenAI's own.

    Args:
        options: where the servers are and how to talk to them.
        api_key: None takes OPENAI_API_KEY; only OpenAI's own server must have one.
        on_event: told about retries, one line each.
        pulse: shows what is under way.

    Raises:
        InputError: no usable URL, or no key where one is needed.
    """
    urls = options.base_urls or (os.environ.get("OPENAI_BASE_URL") or DEFAULT_URL,)
    urls = tuple(dict.fromkeys(url.strip().rstrip("/") for url in urls))
    for url in urls:
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
            raise InputError(f"Base URL {url!r} is none. It looks like http://localhost:8000/v1.")
    key = (api_key or os.environ.get("OPENAI_API_KEY") or "").strip()
    if not key and DEFAULT_URL in urls:
        raise InputError(
            f"No key for {DEFAULT_URL}. Set OPENAI_API_KEY, or name another server with --base-url "
            "or OPENAI_BASE_URL."
        )
    if not key.isascii():
        raise InputError("OPENAI_API_KEY holds characters that no key has. Copy it again.")
    return Wire(urls, key or "none", options, on_event, pulse)
