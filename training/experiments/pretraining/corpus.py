"""What the policy learns from: training problems with programs of the world's programmers."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from dreamcode.miniature.splits import Split
from dreamcode.miniature.statements import write_statement
from dreamcode.miniature.tasks import draw_task
from dreamcode.miniature.testset import public_tests
from experiments.pretraining.programs import Written, write_program

WITHOUT_SAMPLES = 0.7


@dataclass(frozen=True, slots=True)
class Document:
    """One text to learn: the prompt and the program that follows it."""

    prompt: str
    written: Written


def prompt_for(statement: str) -> str:
    """The prompt this policy knows: the "bare" template, character for character."""
    return f"# Problem\n{statement.strip()}\n\n# Program\n"


def documents(seed: int) -> Iterator[Document]:
    """Documents of the train split without end; most statements lack samples, which are long."""
    random = Random(seed)
    while True:
        task = draw_task(random, Split.TRAIN)
        samples = () if random.random() < WITHOUT_SAMPLES else public_tests(task, random)
        statement = write_statement(task, samples, random)
        yield Document(prompt_for(statement), write_program(task, random))
