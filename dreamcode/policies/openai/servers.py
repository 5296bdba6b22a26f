"""Several servers with the same model as one: the least busy is asked, a dead one is set aside."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import openai

from dreamcode.policies.openai.patience import Fault, OnEvent

ASIDE = 5.0
"""Seconds for which a server in trouble is not asked; doubles with each further trouble."""

MAX_ASIDE = 60.0
"""Most seconds of that, where the server does not ask for more."""


class Server:
    """One of them.

    Args:
        base_url: where it is, e.g. "http://localhost:8000/v1".
        client: what asks it.

    Attributes:
        busy: requests that it has under way.
        until: when it may be asked again, on the clock of `time.monotonic`.
        troubles: how often in a row it was in trouble.
    """

    def __init__(self, base_url: str, client: openai.AsyncOpenAI) -> None:
        self.base_url, self.client = base_url, client
        self.busy = self.troubles = 0
        self.until = float("-inf")

    @property
    def serves(self) -> bool:
        """Whether it is not set aside."""
        return self.until <= time.monotonic()

    @contextmanager
    def work(self) -> Iterator[None]:
        """Counts a request while the context lasts."""
        self.busy += 1
        try:
            yield
        finally:
            self.busy -= 1


class Servers:
    """All of them.

    Args:
        servers: the servers, at least one.
        on_event: told of those that are set aside, and of those that are back.
    """

    def __init__(self, servers: Sequence[Server], on_event: OnEvent) -> None:
        self.all = tuple(servers)
        self._on_event = on_event

    def choose(self) -> Server:
        """The least busy one in service; the one that is back first where none is."""
        serving = [server for server in self.all if server.serves]
        if serving:
            return min(serving, key=lambda server: server.busy)
        return min(self.all, key=lambda server: server.until)

    def set_aside(self, server: Server, fault: Fault) -> bool:
        """Sets aside a server that is in trouble; says whether others go on."""
        others = sum(one.serves for one in self.all if one is not server)
        if server.serves:
            server.troubles += 1
            pause = fault.wait or min(ASIDE * 2.0 ** (server.troubles - 1), MAX_ASIDE)
            server.until = time.monotonic() + pause
            if others:
                self._on_event(
                    f"{server.base_url}: {fault}; set aside for {pause:.0f} s, {others} of "
                    f"{len(self.all)} servers go on"
                )
        return others > 0

    def welcome(self, server: Server) -> None:
        """Notes that a server answered."""
        if server.troubles:
            server.troubles, server.until = 0, float("-inf")
            if len(self.all) > 1:
                self._on_event(f"{server.base_url}: is back")
