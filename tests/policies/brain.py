"""What a scripted model would answer: it knows whole programs and goes on with one of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dreamcode.chain.parse import parse
from dreamcode.chain.prompts import FENCE

DRAFT = "def main():\n    print('a draft, much longer than what comes of it in the end')\n" * 40
"""What a model that thinks tries first."""


class NothingToSayError(Exception):
    """The prompt asks for something that no program of the script begins with."""


@dataclass(frozen=True)
class Brain:
    """Answers by script, in the way of a certain server.

    Attributes:
        programs: for each statement (or unmistakable part of one) the programs to write, in
            canonical form: two blank lines between functions, one between methods.
        ignores: "n" (gives one choice) and "prefill" (begins an answer of its own).
        trims: whether a prefill loses its trailing white space, as in some chat templates.
        tells_stop_reason: whether choices say which stop string ended them, as vLLM's do.
        counts: whether it says what was used.
        thinks: how it shows that it thinks before it answers: "tags" in its text, "apart" in
            `reasoning_content`, "counted" in the usage alone; "" if it does not think.
        shy: of how many seeds it answers one with a refusal; 0 if it never does.
    """

    programs: Mapping[str, Sequence[str]]
    ignores: frozenset[str] = frozenset()
    trims: bool = False
    tells_stop_reason: bool = False
    counts: bool = True
    thinks: str = ""
    shy: int = 0

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        """The JSON that answers the request `body`, chat or completion by what is in it."""
        chat = "messages" in body
        prompt = "".join(m["content"] for m in body["messages"]) if chat else body["prompt"]
        texts = self._texts(body, prompt)
        count = 1 if "n" in self.ignores else body.get("n", 1)
        seed = body.get("seed", 0)
        if self.shy and seed % self.shy == 0:
            texts = ["I cannot help with that."]
        generated = [
            self._generate(texts[(seed + index) % len(texts)], index, body, chat)
            for index in range(count)
        ]
        answer: dict[str, Any] = {"model": body["model"], "choices": [c for c, _ in generated]}
        if self.counts:
            thinking = 10 * count if self.thinks in ("apart", "counted") else 0
            answer["usage"] = {
                "prompt_tokens": len(tokenize(prompt)),
                "completion_tokens": sum(tokens for _, tokens in generated) + thinking,
                "completion_tokens_details": {"reasoning_tokens": thinking},
            }
        return answer

    def _texts(self, body: dict[str, Any], prompt: str) -> list[str]:
        """All that could be answered if nothing stopped the model."""
        programs = next((p for s, p in self.programs.items() if s in prompt), None)
        if programs is None:
            raise NothingToSayError("no statement of the script is in the prompt")
        if "prompt" in body:
            begins = FENCE if FENCE in prompt else "# Program\n"  # that of models of chains
            return _continuations(programs, prompt.rpartition(begins)[2])
        last = body["messages"][-1]
        if last["role"] == "assistant":
            if "prefill" in self.ignores:
                return [
                    f"Here is the whole program:\n\n{FENCE}{p}```\nGood luck!" for p in programs
                ]
            begun = last["content"].rstrip() if self.trims else last["content"]
            return _continuations(programs, begun.removeprefix(FENCE.rstrip()).removeprefix("\n"))
        if "Write all functions that are missing" in prompt:
            rests = _rests(programs, prompt)
            return [f"{self._thought()}The rest:\n{FENCE}{rest}```\nDone." for rest in rests]
        if "Write only the " in prompt:
            steps = _next_steps(programs, prompt)
            return [f"{self._thought()}The next function:\n{FENCE}{s}```\nDone." for s in steps]
        said = "Here it is.\n\n"
        return [f"{self._thought()}{said}{FENCE}{p}```\nGood luck!" for p in programs]

    def _thought(self) -> str:
        draft = f"Perhaps so:\n{FENCE}{DRAFT}```\n"
        return f"<think>\n{draft}No.\n</think>\n\n" if self.thinks == "tags" else ""

    def _generate(
        self, text: str, index: int, body: dict[str, Any], chat: bool
    ) -> tuple[dict[str, Any], int]:
        """A choice and its number of tokens, by the request's stop strings and limit."""
        stops = [(text.find(s), s) for s in body.get("stop", []) if s in text]
        end, stop = min(stops, default=(len(text), None))
        tokens = tokenize(text[:end] + (stop or ""))
        limit = body.get("max_tokens", body.get("max_completion_tokens"))
        finish = "stop"
        if limit is not None and len(tokens) > limit:
            tokens, stop, finish = tokens[:limit], None, "length"
            end = sum(map(len, tokens))
        choice: dict[str, Any] = {"index": index, "finish_reason": finish}
        if chat:
            choice["message"] = {"role": "assistant", "content": text[:end]}
            if self.thinks == "apart":
                choice["message"]["reasoning_content"] = f"Perhaps {DRAFT}"
        else:
            choice["text"] = text[:end]
        if self.tells_stop_reason:
            choice["stop_reason"] = stop
        if body.get("logprobs"):
            content = [{"token": t, "logprob": logprob(t), "bytes": [*t.encode()]} for t in tokens]
            flat = {"tokens": tokens, "token_logprobs": [logprob(t) for t in tokens]}
            choice["logprobs"] = {"content": content} if chat else flat
        return choice, len(tokens)


def tokenize(text: str) -> list[str]:
    """Tokens of at most four characters, white space and the rest apart."""
    return re.findall(r"\s{1,4}|\S{1,4}", text)


def logprob(token: str) -> float:
    """What the model gives to a token, whatever stands before it."""
    return -len(token) / 8


def _continuations(programs: Sequence[str], written: str) -> list[str]:
    """What follows `written` in the programs that begin with it, and the closing fence."""
    body = written.rstrip()
    blank = written[len(body) :]
    rests = [
        program[len(body) :]
        for program in programs
        if program.startswith(body)
        and (body[-1:] in ("", "@") or program[len(body) :][:1] in ("", "\n", " "))
    ]
    if not rests:
        raise NothingToSayError(f"no program begins with {written!r}")
    return [
        (rest.removeprefix(blank) if rest.startswith(blank) else rest.lstrip("\n")) + "```\n"
        for rest in rests
    ]


def _rests(programs: Sequence[str], prompt: str) -> list[str]:
    """What follows what the prompt shows of the programs."""
    rests = []
    for program in programs:
        steps = [step.source for step in parse(program).steps]
        for count in range(len(steps), 0, -1):
            if "".join(steps[:count]).rstrip() in prompt:
                rests.append("".join(steps[count:]))
                break
    return rests


def _next_steps(programs: Sequence[str], prompt: str) -> list[str]:
    """The steps that follow what the prompt shows of the programs; "" where nothing does."""
    chains = [parse(program).steps for program in programs]
    shown = [
        max(
            (
                count
                for count in range(1, len(steps) + 1)
                if "".join(step.source for step in steps[:count]).rstrip() in prompt
            ),
            default=0,
        )
        for steps in chains
    ]
    most = max(shown)
    return [
        "".join(step.source for step in steps[most : most + 1])
        for steps, count in zip(chains, shown, strict=True)
        if count == most
    ]
