"""Placeholder until the real one is merged."""

import re


def spoken(answer: str) -> str:
    """What is said outside of thinking."""
    text = re.sub(r"(?s)<think>.*?</think>", "", answer)
    if "</think>" in text:
        text = text.rpartition("</think>")[2]
    return text.partition("<think>")[0]
