"""The strings of the interface, read out of the source: what a translation may hold.

    python tests/messages.py        lists them with their contexts, those without a German text first

Blender looks up labels of operators under the context ``Operator`` and everything else under ``*``.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

ANY, OPERATOR = "*", "Operator"
TEXT_KEYWORDS = {"name", "description", "text", "heading", "title", "message", "confirm_text"}
TRANSLATING = {"iface_", "rpt_", "tip_", "draw_text", "poll_message_set", "FitError", "fail"}
Message = tuple[str, str]


def interface_messages() -> set[Message]:
    """Return (context, string) of every string that Blender may show."""
    files = [ROOT / "preferences.py"]
    files += [
        path for folder in ("operators", "panels", "properties") for path in sorted((ROOT / folder).rglob("*.py"))
    ]
    return {message for path in files for message in _messages(ast.parse(path.read_text(encoding="utf-8")))}


def sentences_of_core() -> set[Message]:
    """Return the sentences and hints of the core that hold no values."""
    found: set[Message] = set()
    for path in sorted((ROOT / "core").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
                found.add((ANY, node.value))
    return found


def labels() -> set[Message]:
    """Return the messages that are labels: what an artist reads without pointing at anything."""
    found: set[Message] = set()
    for folder in ("operators", "panels"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef):
                    context = OPERATOR if any("Operator" in ast.unparse(base) for base in node.bases) else ANY
                    found |= {(context, text) for name, text in _assigned(node) if name == "bl_label"}
    return found


def _messages(tree: ast.AST) -> Iterator[Message]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            operator = any("Operator" in ast.unparse(base) for base in node.bases)
            for name, text in _assigned(node):
                if name == "bl_label":
                    yield OPERATOR if operator else ANY, text
                elif name in {"bl_description", "bl_category"}:
                    yield ANY, text
            if operator and ast.get_docstring(node):
                yield ANY, " ".join(ast.get_docstring(node).split())
        elif isinstance(node, ast.Call):
            yield from _of_call(node)
        elif isinstance(node, ast.Return | ast.Assign | ast.AnnAssign | ast.IfExp | ast.Tuple | ast.Dict):
            # Items of enums and sentences that are returned, kept or chosen from.
            yield from ((ANY, text) for text in _texts(node))


def _of_call(node: ast.Call) -> Iterator[Message]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    for keyword in node.keywords:
        if keyword.arg in TEXT_KEYWORDS:
            yield from ((ANY, text) for text in _texts(keyword.value))
            if name == "operator" and keyword.arg == "text":
                yield from ((OPERATOR, text) for text in _texts(keyword.value))
    if name in TRANSLATING or name in {"_slider", "_section", "translate"}:
        for argument in node.args:
            yield from ((ANY, text) for text in _texts(argument))


def _texts(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value.strip():
            yield part.value


def _assigned(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for item in node.body:
        if isinstance(item, ast.Assign) and isinstance(item.value, ast.Constant) and isinstance(item.value.value, str):
            yield item.targets[0].id, item.value.value


if __name__ == "__main__":
    from translations import GERMAN

    known = interface_messages()
    for message in sorted(known, key=lambda message: (message in GERMAN, message)):
        print("       " if message in GERMAN else "MISSING", *message, sep="  ")
