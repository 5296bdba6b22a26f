"""YAML whose names and titles stay as they are written: a problem may be called Yes, 007 or 1e3."""

from typing import Any

import yaml

NAMES = {"title", "id", "name", "function", "tests", "starter_code", "checker"}
"""Keys whose values are text, whatever YAML takes them for."""


class _Loader(yaml.SafeLoader):
    """Reads what stands under such a key as text."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        values = super().construct_mapping(node, deep=deep)
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in NAMES:
                values[key.value] = self._as_text(value)
        return values

    def _as_text(self, node: yaml.Node) -> Any:
        """A text, or a mapping of languages to texts; anything else as YAML has it."""
        if isinstance(node, yaml.ScalarNode):
            return None if node.value in ("", "~", "null") and not node.style else node.value
        if isinstance(node, yaml.MappingNode):
            return {key.value: self._as_text(value) for key, value in node.value}
        return self.construct_object(node, deep=True)


def load_yaml(text: str) -> Any:
    """The document in `text`.

    Raises:
        yaml.YAMLError, ValueError, RecursionError: it is no YAML, or nothing that can be built.
    """
    return yaml.load(text, Loader=_Loader)
