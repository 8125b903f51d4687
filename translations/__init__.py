"""The interface in other languages than English. ``tests/messages.py`` lists what there is to translate.

Blender looks up the labels of operators and of their buttons under the context ``Operator``, everything else under
``*``. A sentence with values in it reaches Blender whole: the core writes ``f"No face was found in {name}."`` and knows
nothing of languages. The table has its template, ``No face was found in {0}.``, by which `said` finds the values again.
"""

from __future__ import annotations

import functools
import re

from .german import GERMAN

TABLE = {"de_DE": GERMAN}
_BLANK = re.compile(r"{\d+}")
_NEXT_SENTENCE = re.compile(r"(?<=[.!?]) ")


def said(*texts: str) -> str:
    """Return sentences in the artist's language, as far as they are known in it; those that are not stay English."""
    return " ".join(_said(text) for text in texts if text)


def _said(text: str) -> str:
    whole = _known(text)
    if whole != text:
        return whole
    template, values = _taken_apart(text)
    if template and (known := _known(template)) != template:
        # A value with blanks may be a sentence itself; a single word is a name.
        return known.format(*(_said(value) if " " in value else value for value in values))
    sentences = _NEXT_SENTENCE.split(text)
    return " ".join(map(_said, sentences)) if len(sentences) > 1 else text


def _known(text: str) -> str:
    import bpy

    return bpy.app.translations.pgettext_iface(text)


@functools.lru_cache(maxsize=1024)  # panels ask at every draw
def _taken_apart(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the template that a sentence was made from and its values; nothing where none fits."""
    for template, pattern in _patterns():
        if found := pattern.fullmatch(text):
            return template, found.groups()
    return "", ()


@functools.lru_cache(maxsize=1)
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    """Return the templates and what finds their values, those that say most first."""
    templates = {text for texts in TABLE.values() for _, text in texts if _BLANK.search(text)}
    ordered = sorted(templates, key=lambda template: (-len(_BLANK.sub("", template)), template))
    return [
        (template, re.compile("(.*?)".join(map(re.escape, _BLANK.split(template))), re.DOTALL)) for template in ordered
    ]


def _tooltips(texts: dict[tuple[str, str], str]) -> dict[tuple[str, str], str]:
    """Return the tooltips of the shape sliders, which Blender looks up whole."""
    from ..core.shape.shape_sliders import SLIDERS

    template = "{0}. 0 is average, 1 a standard deviation; the other measures stay"
    known = (("*", slider.description) for slider in SLIDERS)
    return {("*", template.format(key[1])): texts["*", template].format(texts[key]) for key in known if key in texts}


def register() -> None:
    """Hand the table to Blender."""
    import bpy

    bpy.app.translations.register(__name__, {language: texts | _tooltips(texts) for language, texts in TABLE.items()})


def unregister() -> None:
    """Take the table back."""
    import bpy

    bpy.app.translations.unregister(__name__)
