"""The interface in other languages than English. ``tests/messages.py`` lists what there is to translate.

Blender looks up the labels of operators and of their buttons under the context ``Operator``, everything else under
``*``. Sentences that hold values stay English.
"""

from __future__ import annotations

_ANY_GERMAN = {
    # Panels and their parts
    "Photos": "Fotos",
    "Photo": "Foto",
    "Reconstruct": "Rekonstruieren",
    "Settings": "Einstellungen",
    "Many People": "Viele Personen",
    "Head": "Kopf",
    "Skin": "Haut",
    "Shape": "Form",
    "Expression": "Ausdruck",
    "Rig": "Rig",
    "Material": "Material",
    "Light": "Licht",
    "Compare": "Vergleichen",
    "Provenance": "Herkunft",
    "Export": "Exportieren",
    "Turntable": "Drehteller",
    "Paint": "Malen",
    "Pin Landmarks": "Gesichtspunkte festlegen",
    "Worker": "Rechenprozess",
    "Computing": "Berechnung",
    "Files": "Dateien",
    "New Heads": "Neue Köpfe",
    "Other Face Networks": "Andere Gesichtsnetze",
    # Choices
    "Quality": "Qualität",
    "Draft": "Entwurf",
    "Best": "Beste",
    "Map Size": "Texturgröße",
    "When Done": "Danach",
    "Replace Head": "Kopf ersetzen",
    "Add a Second": "Zweiten hinzufügen",
    "Seed": "Startwert",
    "Pack Images": "Bilder einpacken",
    "Matching Cameras": "Passende Kameras",
    "Device": "Gerät",
    "Automatic": "Automatisch",
    "Threads": "Threads",
    "Existing Python": "Vorhandenes Python",
    "Worker Folder": "Ordner des Rechenprozesses",
    "Heads Folder": "Ordner für Köpfe",
    "Use Other Face Networks on This Machine": "Andere Gesichtsnetze auf diesem Rechner verwenden",
    "Repair": "Reparieren",
    "Use": "Verwenden",
    "Face": "Gesicht",
    "Faces": "Gesichter",
    "Landmarks": "Gesichtspunkte",
    "Opacity": "Deckkraft",
    "Strength": "Stärke",
    "Amount": "Menge",
    "Age": "Alter",
    "Freckles": "Sommersprossen",
    "Redness": "Rötung",
    "Skin Tone": "Hautton",
    "Stubble": "Bartschatten",
    "Wrinkles": "Falten",
    "Masculinity": "Männlichkeit",
    "Shine": "Glanz",
    "Roughness": "Rauheit",
    # Tooltips
    "How much time the reconstruction takes": "Wie viel Zeit die Rekonstruktion braucht",
    "Quick look: fewer steps on a smaller picture": "Schneller Blick: weniger Schritte an einem kleineren Bild",
    "A good compromise": "Ein guter Kompromiss",
    "Slowest: more steps on a larger picture": "Am langsamsten: mehr Schritte an einem größeren Bild",
    "Side of the square texture maps in pixels": "Seitenlänge der quadratischen Texturen in Pixeln",
    "What becomes of a head that is there already": "Was mit einem Kopf geschieht, der schon da ist",
    "The new head is added beside those that are there": "Der neue Kopf kommt neben die, die schon da sind",
    "The same seed and photos give the same head": "Gleicher Startwert und gleiche Fotos ergeben den gleichen Kopf",
    "Make a head from the photos; Blender stays free meanwhile": (
        "Aus den Fotos einen Kopf machen; in Blender kann man währenddessen weiterarbeiten"
    ),
    "Stop the running job; nothing of the scene changes": "Abbrechen; an der Szene ändert sich nichts",
    "Hide this message": "Diese Nachricht ausblenden",
    "Bring a head that was reconstructed before into the scene": "Einen früher rekonstruierten Kopf in die Szene holen",
    "Download the libraries and weights that the worker needs, once": (
        "Einmalig die Bibliotheken und Netze laden, die der Rechenprozess braucht"
    ),
    "Delete the worker's environment: heads stay, and it can be installed again": (
        "Die Umgebung des Rechenprozesses löschen: Köpfe bleiben, und sie kann wieder installiert werden"
    ),
    # Sentences
    "Add one or more photos of one person. They stay on this machine.": (
        "Füge ein oder mehrere Fotos einer Person hinzu. Sie bleiben auf diesem Rechner."
    ),
    "A folder with one sub-folder of photos, or one photo, for each person.": (
        "Ein Ordner mit einem Unterordner voller Fotos, oder einem Foto, für jede Person."
    ),
    "The head is ready. It appears in Object Mode, when no render is running.": (
        "Der Kopf ist fertig. Er erscheint im Objektmodus, sobald nichts gerendert wird."
    ),
    "The worker is installed.": "Der Rechenprozess ist installiert.",
    "The worker is installed. Add a photo and reconstruct.": (
        "Der Rechenprozess ist installiert. Füge ein Foto hinzu und rekonstruiere."
    ),
    "The part of Relit that computes is not installed yet.": (
        "Der Teil von Relit, der rechnet, ist noch nicht installiert."
    ),
    "Click Install, once: it takes a few minutes.": "Klicke auf Installieren: einmalig einige Minuten.",
    "It downloads about 500 MB, with a GPU 3 GB.": "Dabei werden etwa 500 MB geladen, mit Grafikkarte 3 GB.",
    "Add at least one photo of the person first.": "Füge zuerst mindestens ein Foto der Person hinzu.",
    "No photo is in use: tick at least one in the list.": "Kein Foto wird verwendet: wähle eins der Liste aus.",
    "Another job is running: wait for it or cancel it first.": "Es läuft schon etwas: warte darauf oder brich es ab.",
    "Cancelled; nothing was changed.": "Abgebrochen; es wurde nichts geändert.",
    "Nothing is running.": "Es läuft nichts.",
    "Switch to Object Mode first.": "Wechsle zuerst in den Objektmodus.",
    "{}, {} left": "{}, noch {}",
    "about {} h": "etwa {} h",
    "about {} min": "etwa {} min",
    "about {} s": "etwa {} s",
    "a few seconds": "wenige Sekunden",
    "Notes ({})": "Hinweise ({})",
    # Stages
    "Starting": "Es geht los",
    "Cancelling": "Wird abgebrochen",
    "Loading the models": "Modelle werden geladen",
    "Fitting the shape": "Form wird angepasst",
    "Tracing the light": "Schatten werden verfolgt",
    "Estimating light and skin": "Licht und Haut werden geschätzt",
    "Refining the shape": "Form wird verfeinert",
    "Finding the person's skin": "Haut der Person wird gesucht",
    "Making the maps": "Texturen entstehen",
    "Writing the head": "Kopf wird gespeichert",
    # From the core
    "No photo was given.": "Es wurde kein Foto angegeben.",
    "Add at least one photo of the person.": "Füge mindestens ein Foto der Person hinzu.",
    "Choose a photo that shows the face.": "Wähle ein Foto, auf dem das Gesicht zu sehen ist.",
    "Choose a new name for the head.": "Wähle einen anderen Namen für den Kopf.",
    "Reconstruct the head again.": "Rekonstruiere den Kopf noch einmal.",
}

_OPERATOR_GERMAN = {
    "Reconstruct": "Rekonstruieren",
    "Reconstruct a Folder": "Einen Ordner rekonstruieren",
    "Choose Folder...": "Ordner wählen...",
    "Show a Batch": "Fertige Köpfe zeigen",
    "Show Report": "Bericht zeigen",
    "Load": "Laden",
    "Load Head": "Kopf laden",
    "Show Head": "Kopf zeigen",
    "Cancel": "Abbrechen",
    "Dismiss": "Ausblenden",
    "Install": "Installieren",
    "Install from Folder": "Aus Ordner installieren",
    "Check and Repair": "Prüfen und reparieren",
    "Check": "Prüfen",
    "Remove": "Entfernen",
    "Doctor Report": "Diagnosebericht",
    "Allow Online Access...": "Online-Zugriff erlauben...",
    "Add Photos": "Fotos hinzufügen",
    "Remove Photo": "Foto entfernen",
    "Remove All Photos": "Alle Fotos entfernen",
    "Move Photo": "Foto verschieben",
    "Choose Face": "Gesicht wählen",
    "Add Pin": "Punkt setzen",
    "Remove Pin": "Punkt entfernen",
    "Clear Pins": "Alle Punkte entfernen",
    "Reset Shape": "Form zurücksetzen",
    "Random Shape": "Zufällige Form",
    "Mirror Shape": "Form spiegeln",
    "Reset Skin": "Haut zurücksetzen",
    "Random Skin": "Zufällige Haut",
    "Copy Skin": "Haut kopieren",
    "Paste Skin": "Haut einfügen",
    "Paint on Skin": "Auf die Haut malen",
    "Clear Paint": "Bemalung entfernen",
    "Neutral Expression": "Neutraler Ausdruck",
    "Mirror Expression": "Ausdruck spiegeln",
    "Key Expression": "Ausdruck als Keyframe",
    "Add Rig": "Rig hinzufügen",
    "Remove Rig": "Rig entfernen",
    "Light the Head": "Kopf beleuchten",
    "Remove Light": "Licht entfernen",
    "Render Turntable": "Drehteller rendern",
    "Cancel Render": "Rendern abbrechen",
    "Compare with Photo": "Mit dem Foto vergleichen",
    "Look Through Photo": "Durch das Foto sehen",
    "Mask from Provenance": "Maske aus der Herkunft",
    "Export Head": "Kopf exportieren",
    "Export Textures": "Texturen exportieren",
    "Reset": "Zurücksetzen",
    "Random": "Zufall",
    "Mirror": "Spiegeln",
}

GERMAN = {("*", text): german for text, german in _ANY_GERMAN.items()}
GERMAN |= {("Operator", text): german for text, german in _OPERATOR_GERMAN.items()}
TABLE = {"de_DE": GERMAN}


def register() -> None:
    """Hand the table to Blender."""
    import bpy

    bpy.app.translations.register(__name__, TABLE)


def unregister() -> None:
    """Take the table back."""
    import bpy

    bpy.app.translations.unregister(__name__)
