"""YAML with line numbers, and without the parts of YAML that surprise: one document, no key twice, no tags, no anchors."""

from typing import Final

import yaml

Place = tuple[str | int, ...]
_PLAIN_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "null", "map", "seq", "bool")
)


class Lines:
    """Where each field of a document begins."""

    def __init__(self, lines: dict[Place, int]) -> None:
        self._lines = lines

    def of(self, place: Place) -> int:
        """The line of a field, or of the nearest one around it that is in the file (a missing field is in none)."""
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines.get(place, 1)


def read_yaml(text: str) -> tuple[object, Lines]:
    """The value and where its fields begin.  Raises yaml.YAMLError."""
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        if isinstance(token, yaml.AnchorToken | yaml.AliasToken):
            raise yaml.MarkedYAMLError(problem="anchors are not used here", problem_mark=token.start_mark)
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    if node is None:
        return None, Lines({})
    lines: dict[Place, int] = {}
    _walk(node, (), lines)
    return yaml.safe_load(text), Lines(lines)


def _walk(node: yaml.Node, place: Place, lines: dict[Place, int]) -> None:
    lines.setdefault(place, node.start_mark.line + 1)
    if node.tag not in _PLAIN_TAGS:
        kind = node.tag.rpartition(":")[2]
        raise yaml.MarkedYAMLError(
            problem=f"{kind} is not used here; put it in quotes", problem_mark=node.start_mark
        )
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*place, str(key.value))
            if here in lines:
                raise yaml.MarkedYAMLError(problem=f"{key.value!r} stands twice", problem_mark=key.start_mark)
            lines[here] = key.start_mark.line + 1
            _walk(value, here, lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _walk(value, (*place, index), lines)
