"""The translations: nothing in the table that the interface does not say, no blank lost, sentences with values too."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import bpy
import pytest

from core.errors import FitError
from core.shape.expressions import GROUPS, PRESETS
from core.shape.shape_sliders import SLIDERS

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import messages


@pytest.fixture
def translations(part):
    return part("translations")


@pytest.fixture
def table(translations) -> dict:
    return translations.TABLE


@pytest.fixture
def german(translations, table, monkeypatch):
    """What `said` says in German; the module knows no language but English."""
    texts = table["de_DE"]
    monkeypatch.setattr(translations, "_known", lambda text: texts.get(("*", text), text))
    return translations.said


def test_every_message_of_the_table_is_said_somewhere(table) -> None:
    known = messages.anything()
    for language, texts in table.items():
        unsaid = sorted({text for _, text in texts} - known)
        assert not unsaid, (language, unsaid)


def test_blanks_and_ends_are_kept(table) -> None:
    for texts in table.values():
        for (_, english), other in texts.items():
            if "{}" in english or not re.search(r"{\d", english):
                assert re.findall(r"{[^}]*}", english) == re.findall(r"{[^}]*}", other), english
            assert set(re.findall(r"{[^}]*}", other)) <= set(re.findall(r"{[^}]*}", english)), english
            assert english.endswith((".", "...")) == other.endswith((".", "...")), english
            assert other.strip() == other and other


def test_all_that_an_artist_sees_is_translated(table) -> None:
    assert len(messages.labels()) > 40 and len(messages.seen()) > 500
    shown = messages.seen() | {text for slider in SLIDERS for text in (slider.label, slider.group, slider.description)}
    shown |= {*GROUPS, *(label for units in GROUPS.values() for label, _ in units)}
    shown |= {label for label, _ in PRESETS.values()}
    for language, texts in table.items():
        missing = sorted(text for text in shown if ("*", text) not in texts)
        assert not missing, (language, missing)


@pytest.mark.parametrize(
    ("english", "expected"),
    [
        ("No face was found in Ada Lovelace.png.", "In Ada Lovelace.png wurde kein Gesicht gefunden."),
        ("No face was found in {0}.jpg.", "In {0}.jpg wurde kein Gesicht gefunden."),
        (
            "The disk of /heads has 3 MB left; the export needs about 40 MB.",
            "Auf dem Datenträger von /heads sind 3 MB frei; der Export braucht etwa 40 MB.",
        ),
        (
            "a.png has 90 megapixels (9 x 10); at most 50 can be read from a PNG file.",
            "a.png hat 90 Megapixel (9 x 10); aus einer PNG-Datei können höchstens 50 gelesen werden.",
        ),
        ("The new head is ada, after 25 s.", "Der neue Kopf ist ada, nach 25 s."),
        (
            "The photo Head is empty: it has 0 bytes. Copy or export it again.",
            "Das Foto Head ist leer: es hat 0 Byte. Kopiere oder exportiere es noch einmal.",
        ),
        ("Nobody knows this sentence. Nor  this one.", "Nobody knows this sentence. Nor  this one."),
        ("Cancelled; nothing was changed.", "Abgebrochen; es wurde nichts geändert."),
    ],
)
def test_values_come_through_in_the_artists_language(german, english, expected) -> None:
    assert german(english) == expected


def test_english_stays_as_it_is(translations) -> None:
    for text in ("No face was found in a.png.", "The new head is ada, after 25 s.", "A. B? C!", ""):
        assert translations.said(text) == text
    assert translations.said("One.", "", "Two.") == "One. Two."


def test_every_template_finds_its_own_values(german, table) -> None:
    """With values that look like nothing else; a template that another one takes for its own would give other words."""
    wrong = []
    for _, english in {key for key in table["de_DE"] if re.search(r"{\d}", key[1])}:
        count = 1 + max(int(number) for number in re.findall(r"{(\d)}", english))
        values = [f"v{number}" for number in range(count)]
        if german(english.format(*values)) != table["de_DE"]["*", english].format(*values):
            wrong.append(english)
    assert not wrong


def test_a_report_is_in_the_artists_language(german, part) -> None:
    told = []
    operator = type("Operator", (), {"report": lambda self, kind, text: told.append(text)})()
    part("operators.jobs.polling").report_problem(operator, FitError("There is no slider x.", "Choose from a, b."))
    assert told == ["Es gibt keinen Regler x. Wähle aus a, b."]


def test_every_language_is_one_of_blenders(table) -> None:
    known = set(bpy.app.translations.locales) or {"de_DE"}  # the module knows no language, a whole Blender does
    assert set(table) <= known


def test_the_table_is_taken_back(translations) -> None:
    translations.unregister()
    translations.register()  # a second table of the same name would be refused


def test_the_extraction_sees_what_it_should() -> None:
    seen = messages.seen()
    for message in (
        "Reconstruct",
        "Make a head from the photos; Blender stays free meanwhile",
        "Map Size",
        "A good compromise",
        "Add one or more photos of one person. They stay on this machine.",
        "Add at least one photo of the person first.",
        "about {} min",
        "No face was found in {0}.",
        "Stay between {0} and {1}.",
    ):
        assert message in seen | messages.anything(), message
    assert "No face was found in {0}." in seen
