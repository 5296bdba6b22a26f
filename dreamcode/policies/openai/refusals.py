"""What to change in a request that a server refuses: what it names, else what is tried out."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from dreamcode.policies.openai.dialect import PREFILL, Dialect
from dreamcode.policies.openai.wire import RefusedError

Change = tuple[Dialect, str]
"""Another dialect, and what to tell the user of it."""

LEAST_CEILING = 128
LIKELY_CEILINGS = (4096, 1024)
"""Tokens that servers allow of which it is not known how many they do."""

LENGTHS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
_OPTIONAL = ("logprobs", "stop", "seed", "stream_options", "stream", "top_p", "temperature")
_NAMES_N = re.compile(
    r"""['"`]n['"`]|\bn\s*(?:[=>]|must\b|should\b|is not\b)|one (?:\w+ )?choice"""
)
_NAMES_STREAM = re.compile(
    r"\bstream\w*\b.{0,40}\b(?:must|only|required|true|supported)|\bonly\b.{0,40}\bstream|non-stream",
    re.IGNORECASE,
)
_NAMES_SYSTEM = re.compile(r"\bsystem\b|\brole|alternat|developer instruction", re.IGNORECASE)
_NAMES_SIZE = re.compile(
    r"too (?:large|big|high)|exceed|at most|maximum|(?:less|greater) than|<=|\blimit|above|range"
    r"|between",
    re.IGNORECASE,
)
_NAMES_RESPONSES = re.compile(r"\bresponses\b", re.IGNORECASE)


def named_change(dialect: Dialect, refusal: RefusedError, body: dict[str, Any]) -> Change | None:
    """The change that the server's own words ask for; None if they do not say."""
    said = str(refusal)

    def blamed(name: str) -> bool:
        if refusal.parameter is not None and refusal.parameter in body:
            return refusal.parameter == name
        return name in body and re.search(rf"\b{name}\b", said) is not None

    if dialect.endpoint == "chat" and _NAMES_RESPONSES.search(said):
        return _use_responses(dialect)
    for name in filter(blamed, LENGTHS):
        return _change_length(dialect, name, said, body)
    if body.get("n", 1) > 1 and (refusal.parameter == "n" or _NAMES_N.search(said)):
        if not dialect.streams and blamed("stream"):  # the two together
            return replace(dialect, many_streamed=False), "server refuses n in streams"
        return _one_choice(dialect)
    if "stream" not in body and (refusal.parameter == "stream" or _NAMES_STREAM.search(said)):
        return _use_stream(dialect)
    prefilled = _is_begun(body)
    if prefilled and any(map(blamed, PREFILL)):
        return None if dialect.settled else _give_up_prefill(dialect)
    both = "top_p" in body and re.search(r"\btemperature\b", said) and re.search("top_p", said)
    if both:
        return _without(dialect, "temperature" if body["temperature"] == 0.8 else "top_p")
    for name in filter(blamed, _OPTIONAL):
        return _without(dialect, name)
    if _has_system(body) and _NAMES_SYSTEM.search(said):
        return _no_system(dialect)
    return None


def possible_changes(dialect: Dialect, body: dict[str, Any] | None) -> Iterator[Change]:
    """Changes to try out one at a time, the likeliest first, and at last all of them together.

    Args:
        dialect: what was refused.
        body: the request that was refused; None if there is nothing under its path or model.
    """
    if dialect.endpoint == "chat" and body is None:
        yield _use_responses(dialect)
    if body is None:
        return
    single: list[Callable[[Dialect], Change]] = []
    if body.get("n", 1) > 1:
        single.append(_one_choice)
    if _is_begun(body) and not dialect.settled:
        single.append(_give_up_prefill)
    single += [_dropping(name) for name in _OPTIONAL if name in body]
    if _has_system(body):
        single.append(_no_system)
    asked = max((body.get(name, 0) for name in LENGTHS), default=0)
    single += [_limiting(ceiling) for ceiling in LIKELY_CEILINGS if ceiling < asked]
    if "max_tokens" in body:
        single.append(lambda one: _change_length(one, "max_tokens", "", body))
    told = []
    barest = dialect
    for change in single:
        yield change(dialect)
        barest, event = change(barest)
        told.append(event)
    if dialect.endpoint == "chat":
        yield _use_responses(dialect)
    if len(told) > 1:
        yield barest, "server takes only the barest request: " + "; ".join(told)
    if not dialect.streams:
        yield _use_stream(dialect)
        yield _use_stream(barest)


def _dropping(name: str) -> Callable[[Dialect], Change]:
    return lambda dialect: _without(dialect, name)


def _limiting(ceiling: int) -> Callable[[Dialect], Change]:
    return lambda dialect: _limited(dialect, ceiling)


def _without(dialect: Dialect, name: str) -> Change:
    changed = replace(dialect, unsupported=dialect.unsupported | {name})
    return changed, f"server refuses {name}: asking without"


def _one_choice(dialect: Dialect) -> Change:
    return replace(dialect, many=False), "server refuses n: sending one request per sample"


def _no_system(dialect: Dialect) -> Change:
    told = "server refuses system messages: putting theirs into the user's"
    return replace(dialect, system=False), told


def _give_up_prefill(dialect: Dialect) -> Change:
    changed = replace(dialect, mode="free", settled=True)
    return changed, "server refuses prefill: asking without"


def _use_stream(dialect: Dialect) -> Change:
    return replace(dialect, streams=True), "server wants to stream: reading its stream"


def _use_responses(dialect: Dialect) -> Change:
    changed = replace(dialect, endpoint="responses", mode="free", settled=True, many=False)
    return changed, "server serves this model by its Responses API: using that"


def _limited(dialect: Dialect, ceiling: int) -> Change:
    return replace(dialect, ceiling=ceiling), f"server allows at most {ceiling} tokens"


def _change_length(dialect: Dialect, name: str, said: str, body: dict[str, Any]) -> Change:
    asked = body[name]
    if _NAMES_SIZE.search(said) and asked > LEAST_CEILING:
        # Where no number is named, half as many are asked for until they are allowed.
        named = (number for number in numbers_in(said) if number < asked)
        ceiling = max(named, default=asked // 2)
        return _limited(dialect, max(ceiling, LEAST_CEILING))
    if name == "max_tokens":
        changed = replace(dialect, length="max_completion_tokens")
        return changed, "max_completion_tokens it is"
    return _without(dialect, name)


def numbers_in(said: str) -> list[int]:
    """The whole numbers in what a server says, "32,768" being one."""
    return [int(number.replace(",", "")) for number in re.findall(r"\d+(?:,\d{3})*", said)]


def features(body: dict[str, Any]) -> frozenset[str]:
    """What in a request could make a server fail that does not say so."""
    found = {name for name in _OPTIONAL if name in body}
    found |= {name for name in LENGTHS if body.get(name, 0) > min(LIKELY_CEILINGS)}
    more = {"n": body.get("n", 1) > 1, "prefill": _is_begun(body), "system": _has_system(body)}
    return frozenset(found | {name for name, is_there in more.items() if is_there})


def _is_begun(body: dict[str, Any]) -> bool:
    return bool(body.get("messages")) and body["messages"][-1]["role"] == "assistant"


def _has_system(body: dict[str, Any]) -> bool:
    messages = body.get("messages") or body.get("input") or []
    return any(message["role"] == "system" for message in messages)
