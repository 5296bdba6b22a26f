"""Programs as chains of function steps: cut, streamed, extracted, compared, checked."""

from dreamcode.chain.boundary import normalise_step, program_end, step_end
from dreamcode.chain.chain import Chain, Step
from dreamcode.chain.continuation import continuation
from dreamcode.chain.extract import extract_program
from dreamcode.chain.names import close_program, is_complete, missing_helpers
from dreamcode.chain.normal import normal_form
from dreamcode.chain.parse import parse

__all__ = [
    "Chain",
    "Step",
    "close_program",
    "continuation",
    "extract_program",
    "is_complete",
    "missing_helpers",
    "normal_form",
    "normalise_step",
    "parse",
    "program_end",
    "step_end",
]
