"""The strings that an artist can see, read out of the source: what a translation holds.

    python tests/messages.py        lists those without a German text

A string with values in it stands for its template, with ``{0}`` for the first value.
"""

from __future__ import annotations

import ast
import itertools
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

SIDE = ("operators", "panels", "properties")
KEYWORDS = {"name", "description", "text", "heading", "title", "message", "confirm_text"}
CALLS = {"said", "iface_", "draw_text", "poll_message_set", "report", "FitError", "Problem", "fail", "enter"}
CALLS |= {"_slider", "_section", "translate"}
COMMAND_LINE = {"__main__.py", "rasterize.py", "environment.py"}
"""Files of the core whose sentences only a terminal shows."""
NAMES = {"AgX", "EEVEE", "FBX", "GLB", "OBJ", "USD", "USDZ", "Relit", "Rig", "Substance", "Unity", "Unreal"}
NAMES |= {"relit-{0}"}
"""The same in every language."""


def anything() -> set[str]:
    """Return every string of the interface and of the core, whether anybody can see it or not."""
    return {text for path in _files(*SIDE, "core") for text in _texts(_tree(path))}


def seen() -> set[str]:
    """Return the strings that certainly are shown: labels, tooltips, reports and what the core says of a problem."""
    found = {text for path in _files(*SIDE) for text in _shown(_tree(path))}
    found |= {text for path in _files("core") if path.name not in COMMAND_LINE for text in _of_calls(_tree(path))}
    return {text for text in found if re.search("[a-z]", re.sub("{.*?}", "", text)) and text not in NAMES}


def labels() -> set[str]:
    """Return the labels of operators and panels: what an artist reads without pointing at anything."""
    return {
        text
        for path in _files("operators", "panels")
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.ClassDef)
        for name, text in _assigned(node)
        if name == "bl_label"
    }


def _files(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [*found, ROOT / "preferences.py"] if "panels" in folders else found


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _shown(tree: ast.AST) -> Iterator[str]:
    yield from _of_calls(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from (text for name, text in _assigned(node) if name in {"bl_label", "bl_description", "bl_category"})
            if any("Operator" in ast.unparse(base) for base in node.bases) and ast.get_docstring(node):
                yield " ".join(ast.get_docstring(node).split())
        elif isinstance(node, ast.Call):
            for keyword in node.keywords:
                if keyword.arg in KEYWORDS:
                    yield from _whole(keyword.value)
                elif keyword.arg == "items" and isinstance(keyword.value, ast.List | ast.Tuple):
                    items = (item.elts[1:3] for item in keyword.value.elts if isinstance(item, ast.Tuple))
                    yield from (text for item in items for part in item for text in _whole(part))


def _of_calls(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in CALLS:
                yield from (text for argument in node.args for text in _whole(argument))


def _whole(node: ast.AST) -> Iterator[str]:
    """Return the strings that an expression may be, not those that it is made from."""
    if isinstance(node, ast.IfExp):
        yield from (*_whole(node.body), *_whole(node.orelse))
    elif isinstance(node, ast.Constant | ast.JoinedStr):
        yield from itertools.islice(_texts(node), 1)


def _texts(node: ast.AST) -> Iterator[str]:
    """Return the strings in a tree."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.strip():
        yield node.value
    if isinstance(node, ast.JoinedStr):
        blanks = itertools.count()
        parts = (part.value if isinstance(part, ast.Constant) else f"{{{next(blanks)}}}" for part in node.values)
        yield "".join(parts)
    for part in ast.iter_child_nodes(node):
        if not (isinstance(node, ast.JoinedStr) and isinstance(part, ast.Constant)):
            yield from _texts(part)
    if isinstance(node, ast.ClassDef) and ast.get_docstring(node):
        yield " ".join(ast.get_docstring(node).split())


def _assigned(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for item in node.body:
        if isinstance(item, ast.Assign) and isinstance(item.value, ast.Constant) and isinstance(item.value.value, str):
            yield item.targets[0].id, item.value.value


if __name__ == "__main__":
    from translations import TABLE

    for text in sorted(seen() - {text for _, text in TABLE["de_DE"]}):
        print(text)
