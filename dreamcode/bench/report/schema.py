"""What the record of a result looks like: docs/results.schema.json, and the tables of its keys.

`python -m dreamcode.bench.report.schema` prints the schema, `... tables` the tables of
docs/results.md. Both are made from the records themselves.
"""

import inspect
import json
import re
import sys
from typing import Any

from pydantic import TypeAdapter

from dreamcode.grading.estimates import markdown_table
from dreamcode.policies.policy import Usage
from dreamcode.results import Grade, Outcome, Program, PublicTest, Result

RECORDS = (Result, Program, Grade, Outcome, PublicTest, Usage)

ADDED = {
    "accepted": ("boolean", "Whether there is a program and no public test speaks against it."),
    "program": ("string or null", "The text of the best program."),
}
"""What stands before the fields of a result, for readers who want little."""

PRINTED = {
    "run": ("string", "Folder of the run; only in what `solve` and `show` print."),
    "falls": (
        "array of integer or null",
        "Per program the step with which its reward falls, null where no single one does; "
        "only in what `show` prints of a problem.",
    ),
    "tree": ("array", "The search as branches; only in what `show` prints of a problem."),
}

BRANCH = {
    "type": "object",
    "required": [
        "steps",
        "samples",
        "sample",
        "recombined",
        "mark",
        "program",
        "children",
    ],
    "properties": {
        "steps": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "text", "likelihood", "reward", "falls", "origin"],
                "properties": {
                    "name": {"type": "string"},
                    "text": {"type": "string"},
                    "likelihood": {"type": ["number", "null"]},
                    "reward": {"type": ["number", "null"]},
                    "falls": {"type": "boolean"},
                    "origin": {"type": "integer"},
                },
            },
        },
        "samples": {"type": "integer"},
        "sample": {"type": "integer"},
        "recombined": {"type": "boolean"},
        "mark": {"type": ["object", "null"]},
        "program": {"type": ["integer", "null"]},
        "children": {"type": "array", "items": {"type": "integer"}},
    },
}

_ATTRIBUTE = re.compile(r"^(\w+): (.+?)(?=^\w+: |\Z)", re.MULTILINE | re.DOTALL)


def make_schema() -> dict[str, Any]:
    """The JSON schema of a result; keys that it does not know are errors."""
    schema = TypeAdapter(Result).json_schema(mode="serialization")
    for one in (schema, *schema["$defs"].values()):
        if one.get("type") == "object":
            one["additionalProperties"] = False
            one["required"] = sorted(one["properties"])  # all are always written
    schema["properties"] |= {
        "accepted": {"type": "boolean"},
        "program": {"type": ["string", "null"]},
        "run": {"type": "string"},
        "falls": {"type": "array", "items": {"type": ["integer", "null"]}},
        "tree": {"type": "array", "items": BRANCH},
    }
    schema["required"] = sorted({*schema["required"], *ADDED})
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def make_tables() -> str:
    """A table of keys per record, in Markdown."""
    parts = []
    for record in RECORDS:
        rows = list_keys(record)
        if record is Result:
            added = [(name, *known) for name, known in {**ADDED, **PRINTED}.items()]
            rows = [*added, *rows]
        head = (inspect.getdoc(record) or "").partition("\n")[0]
        cells = [(f"`{name}`", kind, words) for name, kind, words in rows]
        table = markdown_table(("key", "value", ""), cells)
        parts.append(f"## {record.__name__}\n\n{head}\n\n{table}")
    return "\n\n".join(parts) + "\n"


def list_keys(record: type) -> list[tuple[str, str, str]]:
    """Name, JSON type and meaning of each field, the meaning as the record's docstring has it."""
    properties = TypeAdapter(record).json_schema(mode="serialization")["properties"]
    told = inspect.getdoc(record) or ""
    attributes = re.sub(r"^    ", "", told.partition("Attributes:\n")[2], flags=re.MULTILINE)
    words = {name: " ".join(text.split()) for name, text in _ATTRIBUTE.findall(attributes)}
    return [(name, _name_type(known), words.get(name, "")) for name, known in properties.items()]


def _name_type(known: dict[str, Any]) -> str:
    if "$ref" in known:
        return str(known["$ref"]).rpartition("/")[2]
    if "anyOf" in known:
        return " or ".join(map(_name_type, known["anyOf"]))
    if known.get("type") == "array":
        return f"array of {_name_type(known['items'])}" if "items" in known else "array"
    return str(known.get("format") or known.get("type", "string"))


if __name__ == "__main__":
    wanted = make_tables() if sys.argv[1:] == ["tables"] else json.dumps(make_schema(), indent=2)
    sys.stdout.write(wanted.rstrip() + "\n")
