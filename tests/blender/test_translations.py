"""The translations: nothing in the table that the interface does not say, no blank lost, registered and taken back."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import bpy
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import messages

COVERED = 0.6
"""Share of the labels that a language has to have."""


@pytest.fixture
def table(part) -> dict:
    return part("translations").TABLE


def test_every_message_of_the_table_is_said_somewhere(table) -> None:
    known = messages.interface_messages() | messages.sentences_of_core()
    for language, texts in table.items():
        unsaid = sorted(set(texts) - known)
        assert not unsaid, (language, unsaid)


def test_blanks_and_ends_are_kept(table) -> None:
    for texts in table.values():
        for (_, english), other in texts.items():
            assert re.findall(r"{[^}]*}", english) == re.findall(r"{[^}]*}", other), english
            assert english.endswith((".", "...")) == other.endswith((".", "...")), english
            assert other.strip() == other and other


def test_most_labels_are_translated(table) -> None:
    labels = messages.labels()
    assert len(labels) > 40
    for language, texts in table.items():
        share = len(labels & set(texts)) / len(labels)
        assert share >= COVERED, (language, sorted(labels - set(texts)))


def test_every_language_is_one_of_blenders(table) -> None:
    known = set(bpy.app.translations.locales) or {"de_DE"}  # the module knows no language, a whole Blender does
    assert set(table) <= known


def test_the_table_is_taken_back(part) -> None:
    translations = part("translations")
    translations.unregister()
    translations.register()  # a second table of the same name would be refused


def test_the_extraction_sees_what_it_should() -> None:
    known = messages.interface_messages()
    for message in (
        ("Operator", "Reconstruct"),
        ("*", "Make a head from the photos; Blender stays free meanwhile"),
        ("*", "Map Size"),
        ("*", "A good compromise"),
        ("Operator", "Show Report"),
        ("*", "Add one or more photos of one person. They stay on this machine."),
        ("*", "Add at least one photo of the person first."),
        ("*", "about {} min"),
    ):
        assert message in known, message
