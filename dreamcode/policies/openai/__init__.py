"""`openai/<model>`: any server that speaks the OpenAI protocol, well or badly."""

from dreamcode.policies.openai.policy import open_openai

__all__ = ["open_openai"]
