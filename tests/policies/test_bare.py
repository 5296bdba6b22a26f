"""`--prompt bare`: the statement alone, for models that were trained on chains of functions."""

import pytest

from dreamcode.chain import parse
from dreamcode.chain.prompts import bare_prompt
from dreamcode.errors import InputError
from dreamcode.policies.openai import open_openai
from dreamcode.policies.policy import Ending, Request, Sampling
from dreamcode.policies.server_options import ServerOptions
from dreamcode.problems import Problem
from tests.policies.server import ModelServer

PROBLEM = Problem("twice", "Twice", "Read a number and print it twice.\n")
PROGRAM = (
    "def main():\n    print(twice(read()))\n\n\ndef read():\n    return input()\n\n\n"
    'def twice(x):\n    return f"{x}\\n{x}"\n\n\nif __name__ == "__main__":\n    main()\n'
)


async def test_a_server_is_given_the_statement_and_what_is_written_and_nothing_else() -> None:
    with ModelServer({PROBLEM.statement: [PROGRAM]}) as server:
        policy = open_openai("tiny", ServerOptions((server.url,), endpoint="completions"))
        prefix, endings = "", []
        for _ in parse(PROGRAM).steps:
            asked = Request(PROBLEM, prefix, Sampling(), 0, "step", "bare")
            proposal = (await policy.write(asked)).proposal
            assert server.bodies[-1]["prompt"] == bare_prompt(PROBLEM) + prefix
            prefix += proposal.text
            endings.append(proposal.ending)
        whole = Request(PROBLEM, "", Sampling(), 0, "program", "bare")
        assert (await policy.write(whole)).proposal.text == PROGRAM
        assert server.bodies[-1]["prompt"] == bare_prompt(PROBLEM)
        await policy.close()
    assert prefix == PROGRAM
    assert endings == [Ending.STEP, Ending.STEP, Ending.PROGRAM]


async def test_a_chat_model_is_no_such_model() -> None:
    with ModelServer({PROBLEM.statement: [PROGRAM]}) as server:
        policy = open_openai("tiny", ServerOptions((server.url,)))
        with pytest.raises(InputError, match="--prompt bare is for models that continue text"):
            await policy.write(Request(PROBLEM, "", Sampling(), 0, "step", "bare"))
        plain = Request(PROBLEM, "", Sampling(), 0, "program", "plain")
        assert (await policy.write(plain)).proposal.text == PROGRAM
        await policy.close()
