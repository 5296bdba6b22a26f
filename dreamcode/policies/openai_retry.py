"""What to do when a model server fails for a while: wait, ask again, give up clearly."""

import random
import time
from collections.abc import Awaitable, Callable
from email.utils import parsedate_to_datetime
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from dreamcode.errors import InfrastructureError

Answer = TypeVar("Answer")
OnEvent = Callable[[str], None]

MAX_BACKOFF = 30.0
"""Longest wait of our own choice, in seconds."""

MAX_RETRY_AFTER = 300.0
"""Longest wait that a server may ask for, in seconds; beyond it a person should decide."""


class Fault(Exception):  # noqa: N818 - what failed may well pass, and is no error then
    """Trouble that may pass: the same request may succeed when it is sent again.

    Attributes:
        remedy: what a person can do if it does not pass, as one sentence.
        wait: seconds that the server asked us to wait; None if it did not say.
    """

    def __init__(self, message: str, remedy: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.remedy = remedy
        self.wait = wait


async def ask_patiently(
    ask: Callable[[], Awaitable[Answer]],
    *,
    server: str,
    retries: int,
    backoff: float,
    on_event: OnEvent,
) -> Answer:
    """Awaits `ask()`, again after each `Fault` but the last, with exponential back-off.

    Args:
        ask: sends one request.
        server: what is being asked, for messages.
        retries: how many more times to ask after the first.
        backoff: seconds before the second try; doubles with each, up to `MAX_BACKOFF`, and
            varies by up to a quarter so that many clients do not come back at once.
        on_event: told of every wait.

    Raises:
        InfrastructureError: the last try failed too, or the server asks for too long a wait.
    """

    def wait(state: RetryCallState) -> float:
        own = min(backoff * 2.0 ** (state.attempt_number - 1), MAX_BACKOFF)
        # Jitter only adds: coming back before a server's Retry-After would be refused again.
        return max(own, _fault(state).wait or 0.0) * random.uniform(1.0, 1.25)

    def tell(state: RetryCallState) -> None:
        on_event(
            f"{server}: {_fault(state)}; "
            f"try {state.attempt_number + 1} of {retries + 1} in {state.upcoming_sleep:.1f} s"
        )

    def is_last(state: RetryCallState) -> bool:
        return state.attempt_number > retries or (_fault(state).wait or 0.0) > MAX_RETRY_AFTER

    def give_up(state: RetryCallState) -> Answer:
        fault, tries = _fault(state), state.attempt_number
        times = "once" if tries == 1 else f"{tries} times"
        raise InfrastructureError(f"{server}: asked {times}, then: {fault}. {fault.remedy}")

    retrying = AsyncRetrying(
        retry=retry_if_exception_type(Fault),
        stop=is_last,
        wait=wait,
        before_sleep=tell,
        retry_error_callback=give_up,
    )

    async def attempt() -> Answer:  # tenacity awaits only what is plainly a coroutine function
        return await ask()

    return await retrying(attempt)


def retry_after(value: str | None) -> float | None:
    """Seconds to wait by a Retry-After header: a number of seconds or an HTTP date.

    Source: RFC 9110, section 10.2.3. None where the header is missing or nonsense.
    """
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except ValueError:
            return None
    return max(seconds, 0.0) if seconds == seconds else None  # NaN is no time


def _fault(state: RetryCallState) -> Fault:
    assert state.outcome is not None
    error = state.outcome.exception()
    assert isinstance(error, Fault)
    return error
