"""What to do when a model server fails for a while: wait, ask again, give up clearly."""

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from dreamcode.errors import InfrastructureError
from dreamcode.policies.pulse import Pulse

Answer = TypeVar("Answer")
OnEvent = Callable[[str], None]
Doubt = Callable[[], Awaitable[Answer | None]]

MAX_BACKOFF = 30.0
"""Longest wait of our own choice, in seconds."""

DOUBT = 2
"""Retries after which it is found out whether something in the request makes a server fail."""

MEMORY = 10.0
"""Seconds for which a server that was given up is not asked again by those that come later."""

_WEEK = 7 * 86400.0

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_QUANTITY = re.compile(
    r"(\d+(?:\.\d+)?)\s*(ms|milli\w*|s|sec\w*|m|min\w*|h|hours?|d|days?)?(?![a-z])"
)
_TOLD = re.compile(
    r"(?:again|retry\w*|wait|resets?|available)\b[^.\d]{0,40}?"
    r"((?:\d+(?:\.\d+)?\s*(?:ms|milli\w*|s|sec\w*|m|min\w*|h|hours?)(?![a-z])[\s,]*(?:and\s+)?)+)",
    re.IGNORECASE,
)


class Fault(Exception):  # noqa: N818 - what failed may well pass, and is no error then
    """Trouble that may pass: the same request may succeed when it is sent again.

    Attributes:
        remedy: what a person can do if it does not pass, as one sentence.
        wait: seconds that the server asked us to wait; None if it did not say.
        shared: whether it is the server's trouble, which any other request would meet too.
        doubtful: whether it may as well be something in the request that makes the server fail.
    """

    def __init__(
        self,
        message: str,
        remedy: str,
        wait: float | None = None,
        *,
        shared: bool = False,
        doubtful: bool = False,
    ) -> None:
        super().__init__(message)
        self.remedy = remedy
        self.wait = wait
        self.shared = shared
        self.doubtful = doubtful


class Patience:
    """Asks one server again and again; what it learns of the server holds for all requests.

    A request's own faults are counted one by one. The server's trouble (a limit of requests per
    minute, no connection) is one for all who wait: they pause together, one line tells of it,
    and every answer that arrives meanwhile begins the count anew.

    Args:
        server: what is being asked, for messages.
        retries: how many more times to ask after the first.
        backoff: seconds before the second try; doubles with each, up to `MAX_BACKOFF`, and
            varies by up to a quarter so that many clients do not come back at once.
        max_wait: longest wait that the server may ask for, in seconds; beyond it a person
            should decide.
        on_event: told of every wait.
        pulse: shows what is waited for.
    """

    def __init__(
        self,
        server: str,
        retries: int,
        backoff: float,
        max_wait: float,
        on_event: OnEvent,
        pulse: Pulse,
    ) -> None:
        self._server = server
        self._retries = retries
        self._backoff = backoff
        self._max_wait = max_wait
        self._on_event = on_event
        self._pulse = pulse
        self._troubles = 0
        self._trouble = ""
        self._gave_up: str | None = None
        self._since = self._until = float("-inf")
        self._told: dict[str, float] = {}

    async def ask(
        self, ask: Callable[[], Awaitable[Answer]], doubt: Doubt[Answer] | None = None
    ) -> Answer:
        """Awaits `ask()`, again after each `Fault` until there were too many.

        Args:
            ask: asks once.
            doubt: what to try when the request itself may be to blame, before it is asked
                again and again; it gives None if it is not to blame.

        Raises:
            InfrastructureError: the last try failed too, or the server asks for too long a wait.
        """
        faults = doubtful = 0
        while True:
            await self._wait_out()
            sent = time.monotonic()
            if self._gave_up is not None and sent < self._since + MEMORY:
                raise InfrastructureError(self._gave_up)
            try:
                answer = await ask()
            except Fault as fault:
                doubtful += fault.doubtful
                if doubt is not None and doubtful > min(DOUBT, self._retries):
                    found = await doubt()
                    if found is not None:
                        self._troubles = 0
                        return found
                if not fault.shared:
                    faults += 1
                    wait = self._choose_wait(fault, faults)
                    with self._pulse.wait(str(fault), wait):
                        await asyncio.sleep(wait)
                else:
                    self._share(fault, sent)
            else:
                self._troubles, self._gave_up = 0, None
                return answer

    def _share(self, fault: Fault, sent: float) -> None:
        """Begins a pause of all requests, unless somebody has met this trouble already.

        Raises:
            InfrastructureError: the server is given up.
        """
        if sent < self._since:
            return
        self._troubles += 1
        self._trouble = str(fault)
        self._since = time.monotonic()
        try:
            self._until = self._since + self._choose_wait(fault, self._troubles)
        except InfrastructureError as error:
            self._gave_up = str(error)
            raise

    async def _wait_out(self) -> None:
        """Returns when the server is not to be spared any longer."""
        while True:
            pause = self._until - time.monotonic()
            if pause <= 0:
                return
            with self._pulse.wait(self._trouble, pause):
                await asyncio.sleep(pause)

    def _choose_wait(self, fault: Fault, failures: int) -> float:
        """Seconds until the next try; tells of them.

        Raises:
            InfrastructureError: there shall be none.
        """
        told = fault.wait or 0.0
        if told > self._max_wait:
            raise InfrastructureError(
                f"{self._server}: {fault}. It asks to wait {told:.0f} s; more than "
                f"{self._max_wait:.0f} s are not waited for: allow more with --max-wait. "
                f"{fault.remedy}"
            )
        if failures > self._retries:
            times = f"{self._retries + 1} times" if self._retries else "once"
            raise InfrastructureError(
                f"{self._server}: asked {times}, then: {fault}. {fault.remedy} "
                "--retries says how often to ask again."
            )
        own = min(self._backoff * 2.0 ** (failures - 1), MAX_BACKOFF)
        # Jitter only adds: coming back before the time told would be refused again.
        wait = (told or own) * random.uniform(1.0, 1.25 if not told else 1.05)
        # Many requests meet the same at the same time: one line is for all of them.
        if self._told.get(str(fault), 0.0) < time.monotonic():
            self._told[str(fault)] = time.monotonic() + 0.9 * wait
            self._on_event(
                f"{self._server}: {fault}; try {failures + 1} of {self._retries + 1} in "
                f"{wait:.1f} s" + (", as the server asks" if told else "")
            )
        return wait


def told_wait(headers: Mapping[str, str], message: str) -> float | None:
    """Seconds that a refusing server asks to wait; None if it does not say.

    Source: RFC 9110, section 10.2.3 (Retry-After); the other forms are what servers send.
    """
    told = [
        _read_time(headers.get("retry-after-ms"), unit="ms"),
        _read_time(headers.get("retry-after")),
        *(_read_duration(found[1]) for found in _TOLD.finditer(message)),
    ]
    known = next((wait for wait in told if wait is not None), None)
    return known if known is not None else max(_resets(headers), default=None)


def _resets(headers: Mapping[str, str]) -> Iterator[float]:
    """When limits are lifted, by headers that tell of each; those not used up do not count."""
    for name, value in headers.items():
        if "ratelimit" not in name.lower() or "reset" not in name.lower():
            continue
        left = headers.get(re.sub("reset", "remaining", name, flags=re.IGNORECASE), "0")
        wait = _read_time(value)
        if wait is not None and left.strip() in ("0", ""):
            yield wait


def _read_time(value: str | None, unit: str = "s") -> float | None:
    """Seconds from now by a duration, a date, or the seconds since 1970."""
    if value is None:
        return None
    try:
        seconds = float(value) * _UNITS[unit]
    except ValueError:
        return _read_duration(value) if _QUANTITY.match(value.strip()) else _until_date(value)
    if seconds != seconds:  # NaN is no time
        return None
    for since_1970 in (seconds, seconds / 1000):
        if abs(since_1970 - time.time()) < _WEEK:
            seconds = since_1970 - time.time()
    return max(seconds, 0.0)


def _until_date(value: str) -> float | None:
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            return max(read(value.strip()).timestamp() - time.time(), 0.0)
        except ValueError:
            continue
    return None


def _read_duration(text: str) -> float | None:
    """Seconds in "1m30.5s", "250ms", "2 minutes and 5 seconds"; None if there is none."""
    if re.match(r"\s*\d{4}-\d\d", text):
        return _until_date(text)
    total, found = 0.0, False
    for amount, unit in _QUANTITY.findall(text.lower()):
        short = "ms" if unit.startswith("mil") or unit == "ms" else (unit or "s")[:1]
        total, found = total + float(amount) * _UNITS[short], True
    return total if found else None
