"""Answers of the search behind an OpenAI-compatible address: `dreamcode serve`."""
