"""German: what the interface says, and the core; sentences with values as templates."""

from __future__ import annotations

_TEXTS = {
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
    # Operators and their buttons
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
    # Everything else, by the alphabet
    ", and {0} expressions": ", und {0} Ausdrücke",
    "1 pin": "1 Punkt gesetzt",
    "A chin that stands out more": "Ein Kinn, das weiter vorsteht",
    "A forehead that leans back": "Eine Stirn, die nach hinten flieht",
    "A fuller lower lip": "Eine vollere Unterlippe",
    "A fuller upper lip": "Eine vollere Oberlippe",
    "A higher forehead": "Eine höhere Stirn",
    "A higher skull": "Ein höherer Schädel",
    "A job is running already.": "Es läuft schon etwas.",
    "A large window at one side, and the room that throws a little of it back": (
        "Ein großes Fenster an einer Seite, und der Raum, der etwas davon zurückwirft"
    ),
    "A longer chin": "Ein längeres Kinn",
    "A longer face; nose, lips and chin share it": "Ein längeres Gesicht; Nase, Lippen und Kinn teilen es sich",
    "A longer nose": "Eine längere Nase",
    "A longer way from nose to lip": "Ein längerer Weg von der Nase zur Lippe",
    "A low, warm sun from the side under an evening sky": (
        "Eine tiefe, warme Sonne von der Seite unter einem Abendhimmel"
    ),
    "A nose with a hump; less is a snub nose": "Eine Nase mit Höcker; weniger ist eine Stupsnase",
    "A photo of the person": "Ein Foto der Person",
    "A ring of lamps about the lens, and a ring in the eyes": (
        "Ein Ring von Lampen um das Objektiv, und ein Ring in den Augen"
    ),
    "A skull that reaches further back": "Ein Schädel, der weiter nach hinten reicht",
    "A tip that is turned up": "Eine Spitze, die nach oben zeigt",
    "A tip that stands further out": "Eine Spitze, die weiter vorsteht",
    "A vertex group named 'invented', for modifiers and sculpting": (
        "Eine Vertexgruppe namens 'invented', für Modifikatoren und Modellieren"
    ),
    "A wider bridge between the eyes": "Ein breiterer Rücken zwischen den Augen",
    "A wider chin": "Ein breiteres Kinn",
    "A wider face at the cheekbones; forehead and jaw follow": (
        "Ein breiteres Gesicht an den Jochbeinen; Stirn und Kiefer folgen"
    ),
    "A wider forehead at the temples": "Eine breitere Stirn an den Schläfen",
    "A wider jaw": "Ein breiterer Kiefer",
    "A wider mouth": "Ein breiterer Mund",
    "A wider neck": "Ein breiterer Hals",
    "A wider skull": "Ein breiterer Schädel",
    "About this Photo": "Zu diesem Foto",
    "Active Photo": "Aktives Foto",
    "Add": "Hinzufügen",
    "Add a body with MPFB first: a mesh of 13380 or 19158 vertices.": (
        "Füge zuerst mit MPFB einen Körper hinzu: ein Netz mit 13380 oder 19158 Vertices."
    ),
    "Add a camera for each photo, with the photo as its background": (
        "Für jedes Foto eine Kamera hinzufügen, mit dem Foto als Hintergrund"
    ),
    "Add a photo first.": "Füge zuerst ein Foto hinzu.",
    "Add an image that is open in Blender to the photos of the person": (
        "Ein in Blender geöffnetes Bild zu den Fotos der Person hinzufügen"
    ),
    "Add ARKit's 52 expressions to the body too, where it has none": (
        "Auch dem Körper ARKits 52 Ausdrücke geben, wo er keine hat"
    ),
    "Add bones for neck, head, jaw and eyes, and a bone that the eyes look at": (
        "Knochen für Hals, Kopf, Kiefer und Augen hinzufügen, und einen, den die Augen ansehen"
    ),
    "Add it to the present expression instead of replacing that": (
        "Zum jetzigen Ausdruck hinzufügen, statt ihn zu ersetzen"
    ),
    "Add Open Image": "Geöffnetes Bild hinzufügen",
    "Add this image to the photos of the person": "Dieses Bild zu den Fotos der Person hinzufügen",
    "Added {0} photos.": "{0} Fotos hinzugefügt.",
    "Added {0}.": "{0} hinzugefügt.",
    "After the photo below": "Hinter das Foto darunter",
    "Ageing the colour": "Farbe altert",
    "Ageing the relief": "Relief altert",
    "All skin that no photo showed": "Alle Haut, die kein Foto gezeigt hat",
    "An existing Python is chosen in the preferences: clear that field first.": (
        "In den Einstellungen ist ein vorhandenes Python gewählt: leere zuerst dieses Feld."
    ),
    "An image that is open in Blender": "Ein in Blender geöffnetes Bild",
    "An image that limits texture painting to the white parts": "Ein Bild, das Malen auf die weißen Stellen beschränkt",
    "An NVIDIA graphics card, for the longest stages; refused where there is none": (
        "Eine NVIDIA-Grafikkarte, für die längsten Schritte; wird abgelehnt, wo es keine gibt"
    ),
    "Another person: a random shape from the population. F9 changes the choices afterwards": (
        "Eine andere Person: eine zufällige Form aus der Bevölkerung. F9 ändert die Wahl danach"
    ),
    "Apply Modifiers": "Modifikatoren anwenden",
    "As in {0}": "Wie in {0}",
    "As It Is": "Wie er ist",
    "As They Are": "Wie sie sind",
    "At most {0} pixels a side": "Höchstens {0} Pixel Seitenlänge",
    "Basis": "Basis",
    "Before all others": "Vor alle anderen",
    "Before the photo above": "Vor das Foto darüber",
    "Big Smile": "Breites Lächeln",
    "Blender ended without a word": "Blender endete ohne ein Wort",
    "Blender was started offline: start it without --offline-mode to install.": (
        "Blender wurde offline gestartet: starte es zum Installieren ohne --offline-mode."
    ),
    "Blender's environment {0}": "Blenders Umgebung {0}",
    "Blender's {0} exporter is switched off and could not be started.": (
        "Blenders {0}-Export ist abgeschaltet und ließ sich nicht einschalten."
    ),
    "Blender's {0} exporter stopped: {1}": "Blenders {0}-Export ist abgebrochen: {1}",
    "Blender's {0} exporter wrote no file.": "Blenders {0}-Export hat keine Datei geschrieben.",
    "Bones for neck, head, jaw and eyes. Expressions work with and without them.": (
        "Knochen für Hals, Kopf, Kiefer und Augen. Ausdrücke gehen mit und ohne sie."
    ),
    "Bridge Width": "Breite des Nasenrückens",
    "Brow Down": "Braue herunter",
    "Brow Height": "Brauenhöhe",
    "Brow Ridge": "Brauenbogen",
    "Brow Slant": "Schräge Brauen",
    "brown": "braune",
    "Brows further out over the eyes": "Brauen weiter vor den Augen",
    "Brows higher above the eyes": "Brauen höher über den Augen",
    "Camera": "Kamera",
    "Cavity Strength": "Stärke der Vertiefungen",
    "Changing the colour": "Farbe wird geändert",
    "Changing the gloss": "Glanz wird geändert",
    "Changing the relief": "Relief wird geändert",
    "Check its permissions or copy it.": "Prüfe die Zugriffsrechte oder kopiere die Datei.",
    "Check the file's name.": "Prüfe den Namen der Datei.",
    "Check the network connection and run `python3 vendor_install.py install` again{0}.": (
        "Prüfe die Netzverbindung und führe `python3 vendor_install.py install` noch einmal aus{0}."
    ),
    "Cheek Fullness": "Volle Wangen",
    "Cheek Puff": "Wangen aufblasen",
    "Cheek Raise": "Wange heben",
    "Cheeks and Nose": "Wangen und Nase",
    "Cheeks that stand out below the eyes": "Wangen, die unter den Augen vorstehen",
    "Chin Aside": "Kinn seitlich",
    "Chin Length": "Kinnlänge",
    "Chin Projection": "Vorstehendes Kinn",
    "Chin to the person's left": "Kinn zur linken Seite der Person",
    "Chin Width": "Kinnbreite",
    "Choose a folder that can be written with the RELIT_WEIGHTS environment variable.": (
        "Wähle mit der Umgebungsvariablen RELIT_WEIGHTS einen Ordner, in den geschrieben werden kann."
    ),
    "Choose a folder that you may write to.": "Wähle einen Ordner, in den du schreiben darfst.",
    "Choose a folder with one sub-folder of photos, or one photo, for each person: everybody gets a head": (
        "Einen Ordner mit einem Unterordner voller Fotos, oder einem Foto, für jede Person wählen: jeder bekommt "
        "einen Kopf"
    ),
    "Choose a JPEG, PNG, TIFF or WebP file.": "Wähle eine JPEG-, PNG-, TIFF- oder WebP-Datei.",
    "Choose a light preset first: it is what goes round.": "Wähle zuerst ein Lichtpreset: es ist das, was umläuft.",
    "Choose a number from 0 to {0}.": "Wähle eine Zahl von 0 bis {0}.",
    "Choose a photo from 0 to {0}.": "Wähle ein Foto von 0 bis {0}.",
    "Choose a photo from 1 to {0}.": "Wähle ein Foto von 1 bis {0}.",
    "Choose a photo that is closer to frontal.": "Wähle ein Foto, das mehr von vorn aufgenommen ist.",
    "Choose a photo that shows the face from the front, sharp and at least {0} pixels tall.": (
        "Wähle ein Foto, das das Gesicht von vorn zeigt, scharf und mindestens {0} Pixel hoch."
    ),
    "Choose a photo with a larger face, or the original instead of a thumbnail.": (
        "Wähle ein Foto mit größerem Gesicht, oder das Original statt einer Vorschau."
    ),
    "Choose a sharp photo that shows both eyes, the nose and the mouth.": (
        "Wähle ein scharfes Foto, das beide Augen, Nase und Mund zeigt."
    ),
    "Choose a shorter one.": "Wähle einen kürzeren.",
    "Choose a smaller map size or fewer photos, or close programs.": (
        "Wähle kleinere Texturen oder weniger Fotos, oder schließe Programme."
    ),
    "Choose a smaller map size, close other programs that use the GPU, or choose the CPU.": (
        "Wähle kleinere Texturen, schließe andere Programme, die die Grafikkarte nutzen, oder wähle den Prozessor."
    ),
    "Choose another folder or name.": "Wähle einen anderen Ordner oder Namen.",
    "Choose another one in the preferences, or clear the field.": (
        "Wähle in den Einstellungen ein anderes, oder leere das Feld."
    ),
    "Choose from {0}.": "Wähle aus {0}.",
    "Choose it again; it may have moved.": "Wähle es noch einmal; vielleicht wurde es verschoben.",
    "Choose one image file inside it.": "Wähle eine Bilddatei darin.",
    "Choose one of these in the preferences.": "Wähle eines davon in den Einstellungen.",
    "Choose one of {0}.": "Wähle eines von {0}.",
    "Choose one or more photos of the same person; or drop the files onto the 3D view": (
        "Ein oder mehrere Fotos derselben Person wählen; oder die Dateien auf die 3D-Ansicht ziehen"
    ),
    "Choose the CSV file of a take that Live Link Face recorded.": (
        "Wähle die CSV-Datei einer Aufnahme von Live Link Face."
    ),
    "Choose the device 'auto' or 'cpu', or install a CUDA build of torch and its driver.": (
        "Wähle 'auto' oder 'cpu', oder installiere torch mit CUDA und den Treiber."
    ),
    "Choose the folder of a batch's heads.": "Wähle den Ordner mit den Köpfen eines Stapels.",
    "Choose the folder that a reconstruction wrote, or reconstruct the head again.": (
        "Wähle den Ordner, den eine Rekonstruktion geschrieben hat, oder rekonstruiere den Kopf noch einmal."
    ),
    "Choose the folder that a reconstruction wrote.": "Wähle den Ordner, den eine Rekonstruktion geschrieben hat.",
    "Click Install to try again.": "Klicke auf Installieren, um es noch einmal zu versuchen.",
    "Click Install: only what changed is downloaded.": (
        "Klicke auf Installieren: nur was sich geändert hat, wird geladen."
    ),
    "Click Load Head to try again.": "Klicke auf Kopf laden, um es noch einmal zu versuchen.",
    "Close other programs or choose a smaller map size, then try again. Details: {0}.": (
        "Schließe andere Programme oder wähle kleinere Texturen, und versuche es noch einmal. Einzelheiten: {0}."
    ),
    "Close over Open Jaw": "Bei offenem Kiefer schließen",
    "Close the program that has it open, or free some disk space.": (
        "Schließe das Programm, das sie geöffnet hat, oder schaffe Platz."
    ),
    "Color difference on the face: {0} (2 is just visible)": "Farbabstand im Gesicht: {0} (2 ist gerade sichtbar)",
    "Colour of the light: below 0 towards blue, above 0 towards orange": (
        "Farbe des Lichts: unter 0 bläulich, über 0 orange"
    ),
    "Colour of the skin without light: the diffuse albedo map": "Farbe der Haut ohne Licht: die Textur diffuse albedo",
    (
        "Colour the head in 3D views by what a photo showed, what was mirrored and what was invented. The material "
        "stays as it is, and renders do not show it"
    ): (
        "Den Kopf in 3D-Ansichten danach färben, was ein Foto gezeigt hat, was gespiegelt und was erfunden wurde. Das "
        "Material bleibt, wie es ist, und Renderbilder zeigen es nicht"
    ),
    "Colours as the photo has them: best beside the photo": "Farben, wie das Foto sie hat: am besten neben dem Foto",
    "Copy or export it again.": "Kopiere oder exportiere es noch einmal.",
    "Copy the skin of a head first.": "Kopiere zuerst die Haut eines Kopfes.",
    "Corners of the mouth higher, at rest": "Mundwinkel in Ruhe höher",
    "Ctrl-Click or X: remove the pin": "Strg-Klick oder X: Punkt entfernen",
    "CUDA was asked for, but torch {0} finds no CUDA device.": (
        "CUDA wurde verlangt, aber torch {0} findet kein CUDA-Gerät."
    ),
    "Cycles, denoised: the true picture": "Cycles, entrauscht: das wahre Bild",
    "dark": "dunkle",
    "Detect the landmarks again with the built-in landmark network.": (
        "Lass die Gesichtspunkte vom eingebauten Netz noch einmal suchen."
    ),
    "Develop it and export it as JPEG, PNG or TIFF first.": (
        "Entwickle es und exportiere es zuerst als JPEG, PNG oder TIFF."
    ),
    "Difference": "Unterschied",
    "Direction": "Richtung",
    "Displacement Scale": "Höhe des Reliefs",
    "Done": "Fertig",
    "Double-Click: pin it there": "Doppelklick: dort setzen",
    "Down": "Nach unten",
    "Drag a landmark to where it is in the photo; the head follows": (
        "Einen Gesichtspunkt dahin ziehen, wo er im Foto ist; der Kopf folgt"
    ),
    "Drag a line or a point: pin it": "Linie oder Punkt ziehen: setzen",
    "Drag Pin": "Punkt ziehen",
    "Drag: pin    Double-Click: pin here    Ctrl-Click, X: remove": (
        "Ziehen: setzen    Doppelklick: hier setzen    Strg-Klick, X: entfernen"
    ),
    "Draw a numbered box around each face": "Um jedes Gesicht einen nummerierten Rahmen zeichnen",
    "Draw eyes, brows, nose, lips and outline of the head as it is now": (
        "Augen, Brauen, Nase, Lippen und Umriss des Kopfes zeichnen, wie er jetzt ist"
    ),
    "Draw the landmarks that were found": "Die gefundenen Gesichtspunkte zeichnen",
    "Ear Protrusion": "Abstehende Ohren",
    "Ear Size": "Ohrgröße",
    "Ears and Neck": "Ohren und Hals",
    "Ears that stand off the head": "Ohren, die vom Kopf abstehen",
    "EEVEE traces rays and bounces light.": "EEVEE verfolgt Strahlen und streut Licht.",
    "EEVEE's light threshold that comes back when the light is removed": (
        "EEVEEs Lichtschwelle, die wiederkommt, wenn das Licht entfernt wird"
    ),
    "EEVEE: seconds a frame without a graphics card, much less with one": (
        "EEVEE: Sekunden je Bild ohne Grafikkarte, viel weniger mit einer"
    ),
    "Enable the add-on {0} in the preferences, or choose another format.": (
        "Schalte die Erweiterung {0} in den Einstellungen ein, oder wähle ein anderes Format."
    ),
    "End the render at once; frames that are written stay": "Das Rendern sofort beenden; geschriebene Bilder bleiben",
    "ended with exit status {0}": "endete mit Status {0}",
    "Environment": "Umgebung",
    "Everything is in place.": "Alles ist da.",
    "Existing Python:": "Vorhandenes Python:",
    "Existing Python: {0}": "Vorhandenes Python: {0}",
    "Export it as an 8- or 16-bit image.": "Exportiere es als Bild mit 8 oder 16 Bit.",
    "Export it as JPEG or PNG first.": "Exportiere es zuerst als JPEG oder PNG.",
    "Export the take again.": "Exportiere die Aufnahme noch einmal.",
    "Expression of Photo": "Ausdruck des Fotos",
    "Expressions": "Ausdrücke",
    "Eye Depth": "Augentiefe",
    "Eye Distance": "Augenabstand",
    "Eye Opening": "Augenöffnung",
    "Eye Slant": "Schräge der Augen",
    "Eye Tilt": "Augenneigung",
    "Eye Width": "Augenbreite",
    "Eyes": "Augen",
    "Eyes Closed": "Augen zu",
    "Eyes deeper beside the bridge of the nose": "Augen tiefer neben dem Nasenrücken",
    "Eyes further apart": "Augen weiter auseinander",
    "Eyes that are wider open, at rest": "Augen, die in Ruhe weiter offen sind",
    "Face Length": "Gesichtslänge",
    "Face Width": "Gesichtsbreite",
    "Face {0} was asked for, but {1} shows {2} face{3} (counted from 0, left to right).": (
        "Gesicht {0} wurde verlangt, aber {1} zeigt {2} (gezählt ab 0, von links nach rechts)."
    ),
    "Faces were found with your insightface models, whose licence allows no commercial use.": (
        "Gesichter wurden mit deinen insightface-Netzen gefunden, deren Lizenz keine kommerzielle Nutzung erlaubt."
    ),
    "File": "Datei",
    "filled in": "ergänzt",
    "Final": "Endfassung",
    "Find It": "Suchen",
    "Find it with File > External Data > Find Missing Files, or load the head again.": (
        "Suche es mit Datei > Externe Daten > Fehlende Dateien suchen, oder lade den Kopf noch einmal."
    ),
    "Find Photo": "Foto suchen",
    "Flicker": "Wechsel",
    "Flip": "Umkehren",
    "Folder": "Ordner",
    "Folder of the head": "Ordner des Kopfes",
    "Folder of the worker's own Python environment; empty uses the extension's folder": (
        "Ordner der eigenen Python-Umgebung des Rechenprozesses; leer: Ordner der Erweiterung"
    ),
    "Folder of wheels and weights": "Ordner mit Paketen und Netzen",
    "Folder with the heads of a batch": "Ordner mit den Köpfen eines Stapels",
    "Folder with the people": "Ordner mit den Personen",
    "For": "Für",
    "For Omniverse, Houdini and film pipelines": "Für Omniverse, Houdini und Film",
    "For Unreal, Unity, Maya and others": "Für Unreal, Unity, Maya und andere",
    "Forehead and Brows": "Stirn und Brauen",
    "Forehead Height": "Stirnhöhe",
    "Forehead Slope": "Fliehende Stirn",
    "Forehead Width": "Stirnbreite",
    "Format": "Format",
    "Former Light Threshold": "Frühere Lichtschwelle",
    "Former World": "Frühere Welt",
    "Found {0} photos.": "{0} Fotos gefunden.",
    "Found {0}.": "{0} gefunden.",
    "Frame at which the take begins": "Bild, bei dem die Aufnahme beginnt",
    "Frame Rate": "Bildrate",
    "Frames": "Bilder",
    "Frames in a second": "Bilder in einer Sekunde",
    "Frames of one turn": "Bilder einer Umdrehung",
    "Free some disk space.": "Schaffe Platz auf dem Datenträger.",
    "Free some space on the disk of {0}, or choose another folder.": (
        "Schaffe Platz auf dem Datenträger von {0}, oder wähle einen anderen Ordner."
    ),
    "Free some space, or choose another disk.": "Schaffe Platz, oder wähle einen anderen Datenträger.",
    "Free some space, or choose another folder with the RELIT_WEIGHTS environment variable.": (
        "Schaffe Platz, oder wähle mit der Umgebungsvariablen RELIT_WEIGHTS einen anderen Ordner."
    ),
    "Free some space, or save the file first.": "Schaffe Platz, oder speichere zuerst die Datei.",
    "Free some space, or save the file on another disk.": (
        "Schaffe Platz, oder speichere die Datei auf einem anderen Datenträger."
    ),
    "Free some space, then run the same batch again.": "Schaffe Platz und starte denselben Stapel noch einmal.",
    "From the left; 0 leaves the choice to Relit": "Von links; 0 überlässt Relit die Wahl",
    "from the other side": "von der anderen Seite",
    "Fuller cheeks beside the mouth": "Vollere Wangen neben dem Mund",
    "Gain": "Verstärkung",
    "Give 0 or more.": "Gib 0 oder mehr an.",
    "Give a file name that ends in {0}.": "Gib einen Dateinamen an, der auf {0} endet.",
    "Give a MakeHuman or MPFB body of the scene this head's face, as a shape key": (
        "Einem Körper von MakeHuman oder MPFB in der Szene das Gesicht dieses Kopfes geben, als Shape Key"
    ),
    "Give the head the expression that it has in a photo, on the sliders": (
        "Dem Kopf den Ausdruck geben, den er in einem Foto hat, auf den Reglern"
    ),
    "Give the head this expression": "Dem Kopf diesen Ausdruck geben",
    "Give the head this expression: {0}": "Dem Kopf diesen Ausdruck geben: {0}",
    "Give the head this expression: {0}. Ctrl adds it to the present one": (
        "Dem Kopf diesen Ausdruck geben: {0}. Strg fügt ihn zum jetzigen hinzu"
    ),
    "Give the person another skin, as it might well be": "Der Person eine andere Haut geben, wie sie gut sein könnte",
    "Give yourself permission to read it, or install the weights again.": (
        "Gib dir das Recht, sie zu lesen, oder installiere die Netze noch einmal."
    ),
    "Give yourself permission to read it.": "Gib dir das Recht, sie zu lesen.",
    "Go back to the shape that was reconstructed": "Zurück zur rekonstruierten Form",
    "GPU (CUDA)": "GPU (CUDA)",
    "Group": "Gruppe",
    "Harsh light: the person's {0} cheek gets {1} stops less than the other; its skin is partly guessed.": (
        "Hartes Licht: die {0} Wange der Person bekommt {1} Blenden weniger als die andere; ihre Haut ist zum Teil "
        "geraten."
    ),
    "Head Depth": "Kopftiefe",
    "Head Folder": "Kopfordner",
    "Head Height": "Kopfhöhe",
    "Head Rotation": "Drehung des Kopfes",
    "Head Width": "Kopfbreite",
    "Head, as it is now:": "Kopf, wie er jetzt ist:",
    "Heads": "Köpfe",
    "Heads cannot be written in {0}: {1}.": "Köpfe können nicht in {0} geschrieben werden: {1}.",
    "Height": "Höhe",
    "Height of the picture in pixels": "Höhe des Bildes in Pixeln",
    "How bright the light is": "Wie hell das Licht ist",
    "How dark the skin is can hardly be told in this light; compare it with the person.": (
        "Wie dunkel die Haut ist, lässt sich in diesem Licht kaum sagen; vergleiche sie mit der Person."
    ),
    "How deep pores and wrinkles of the normal map look": "Wie tief Poren und Falten der Normal Map wirken",
    "How far from the photos' skin": "Wie weit von der Haut der Fotos",
    "How far red, green and blue light goes, by the scale": (
        "Wie weit rotes, grünes und blaues Licht geht, mal der Skala"
    ),
    "How far the colours are apart, brightened": "Wie weit die Farben auseinanderliegen, aufgehellt",
    "How light becomes colour on the screen": "Wie Licht am Bildschirm zu Farbe wird",
    (
        "How light becomes colour on the screen. AgX, Blender's own, rolls highlights off as film does and pales "
        "strong colours: best for pictures. Standard shows colours as the photo has them: best beside the photo"
    ): (
        "Wie Licht am Bildschirm zu Farbe wird. AgX, Blenders eigene, rundet Lichter ab wie Film und lässt kräftige "
        "Farben verblassen: am besten für Bilder. Standard zeigt Farben, wie das Foto sie hat: am besten neben dem "
        "Foto"
    ),
    "How matt the skin is: the roughness map": "Wie matt die Haut ist: die Textur roughness",
    "How much differences are brightened": "Wie sehr Unterschiede aufgehellt werden",
    "How much its sides differ: 0 is symmetric, 1 as reconstructed, -1 mirrored": (
        "Wie sehr sich die Seiten unterscheiden: 0 ist symmetrisch, 1 wie rekonstruiert, -1 gespiegelt"
    ),
    "How much of the present face stays: 0 gives somebody else, 0.9 a sibling": (
        "Wie viel vom jetzigen Gesicht bleibt: 0 ergibt jemand anderen, 0,9 Geschwister"
    ),
    "How much of the reflection pores and creases lose": "Wie viel Spiegelung Poren und Fältchen verlieren",
    "How much the eyes look at this bone": "Wie sehr die Augen diesen Knochen ansehen",
    "How much the face differs from the average one: 0 is average, 1 as reconstructed, more is a caricature": (
        "Wie sehr sich das Gesicht vom durchschnittlichen unterscheidet: 0 ist Durchschnitt, 1 wie rekonstruiert, "
        "mehr ist eine Karikatur"
    ),
    "How much the overlay covers the skin": "Wie sehr die Einfärbung die Haut verdeckt",
    "How often paint was lifted from the skin's own map into the layer; undone with the file": (
        "Wie oft Bemalung von der Textur der Haut in die Ebene gehoben wurde; wird mit der Datei rückgängig gemacht"
    ),
    "How photo and render are shown": "Wie Foto und Renderbild gezeigt werden",
    "How strong an expression becomes when its button is pressed": (
        "Wie stark ein Ausdruck wird, wenn man auf ihn klickt"
    ),
    "How strong: 0 is neutral, 1 the whole expression": "Wie stark: 0 ist neutral, 1 der ganze Ausdruck",
    "How strongly the skin reflects. One unit multiplies the specular map by 1.25": (
        "Wie stark die Haut spiegelt. Eine Einheit vervielfacht die Glanztextur mit 1,25"
    ),
    "How unlike the average the person is: 1 as people are, less is more average": (
        "Wie unähnlich dem Durchschnitt die Person ist: 1 wie Menschen sind, weniger ist durchschnittlicher"
    ),
    "How wet the surface is: the rim of the eyelids, the inside of the lips": (
        "Wie nass die Oberfläche ist: der Rand der Lider, das Innere der Lippen"
    ),
    "Image": "Bild",
    "Import Face Capture": "Gesichtsaufnahme laden",
    "Include": "Enthält",
    "Inner Brows Up": "Innere Brauen hoch",
    "Insert keyframes for the whole expression at the present frame": (
        "Keyframes für den ganzen Ausdruck beim jetzigen Bild setzen"
    ),
    'Install from a folder that "vendor_install.py pack-offline" has filled on a machine with a network': (
        'Aus einem Ordner installieren, den "vendor_install.py pack-offline" auf einem Rechner mit Netz gefüllt hat'
    ),
    "Install it again, or name another Python in the preferences.": (
        "Installiere ihn noch einmal, oder nenne in den Einstellungen ein anderes Python."
    ),
    "Install it with `vendor_install.py install`.": "Installiere es mit `vendor_install.py install`.",
    "Install Relit's worker?": "Relits Rechenprozess installieren?",
    "Install the add-on again.": "Installiere die Erweiterung noch einmal.",
    "Install the worker again, or name a Python that has Relit's libraries in the preferences.": (
        "Installiere den Rechenprozess noch einmal, oder nenne in den Einstellungen ein Python mit Relits Bibliotheken."
    ),
    "Install the worker again, then restart Blender.": (
        "Installiere den Rechenprozess noch einmal und starte dann Blender neu."
    ),
    "Installing needs the network: allow online access in the preferences, under System, first.": (
        "Zum Installieren wird das Netz gebraucht: erlaube zuerst in den Einstellungen unter System den Online-Zugriff."
    ),
    "intermediate": "mittlere",
    "Invented": "Erfunden",
    "it does not say why": "warum, sagt er nicht",
    "It is being cancelled.": "Es wird abgebrochen.",
    "It takes {0} GB there; {1} GB are free.": "Es braucht dort {0} GB; {1} GB sind frei.",
    "Jaw and Chin": "Kiefer und Kinn",
    "Jaw and Tongue": "Kiefer und Zunge",
    "Jaw Angle": "Kieferwinkel",
    "Jaw Aside": "Kiefer seitlich",
    "Jaw Forward": "Kiefer vor",
    "Jaw Open": "Kiefer auf",
    "Jaw Width": "Kieferbreite",
    "Keep": "Behalten",
    "Keep the maps inside the .blend file, instead of referring to the head folder": (
        "Die Texturen in der .blend-Datei behalten, statt auf den Kopfordner zu verweisen"
    ),
    "Keep the size of each map": "Die Größe jeder Textur behalten",
    "Key": "Keyframe",
    "Landmark": "Gesichtspunkt",
    "Lashes": "Wimpern",
    "Leading modes of variation of the shape model, in standard deviations": (
        "Die wichtigsten Richtungen des Formmodells, in Standardabweichungen"
    ),
    "left": "linke",
    "Left brow higher": "Linke Braue höher",
    "Left corner of the mouth higher": "Linker Mundwinkel höher",
    "Left eye higher": "Linkes Auge höher",
    "Left out: {0}": "Ausgelassen: {0}",
    "Left out: {0} is the same picture as {1}.": "Ausgelassen: {0} ist das gleiche Bild wie {1}.",
    "Left out: {0} seems to show another person than the {1} photos that agree.": (
        "Ausgelassen: {0} zeigt wohl eine andere Person als die {1} Fotos, die übereinstimmen."
    ),
    (
        "Left out: {0} seems to show another person than {1}, which shows its face more clearly; remove that one from "
        "the list if it is the wrong one."
    ): (
        "Ausgelassen: {0} zeigt wohl eine andere Person als {1}, das sein Gesicht deutlicher zeigt; nimm jenes aus "
        "der Liste, wenn es das falsche ist."
    ),
    (
        "Let a worker that has the insightface or the face-alignment package use their models, where they are on "
        "disk. Relit never downloads them; mind their licences"
    ): (
        "Einem Rechenprozess, der das Paket insightface oder face-alignment hat, erlauben, deren Netze zu verwenden, "
        "wo sie auf der Platte sind. Relit lädt sie nie; beachte ihre Lizenzen"
    ),
    "Let left and right of the skin change places: a birthmark moves to the other cheek": (
        "Links und rechts der Haut tauschen: ein Muttermal wandert auf die andere Wange"
    ),
    "Let Relit Choose": "Relit wählen lassen",
    "light": "helle",
    "Light the head; the former preset's lamps go, your own lamps stay": (
        "Den Kopf beleuchten; die Lampen des vorigen Presets gehen, deine eigenen bleiben"
    ),
    "Lighter to darker. One unit is a tenth of the range from the lightest to the darkest skin of people": (
        "Heller bis dunkler. Eine Einheit ist ein Zehntel der Spanne von der hellsten zur dunkelsten Haut von Menschen"
    ),
    "Lines of the forehead, around eyes and mouth. Three units are the deepest that were measured": (
        "Linien der Stirn, um Augen und Mund. Drei Einheiten sind die tiefsten, die gemessen wurden"
    ),
    "Lip Projection": "Vorstehende Lippen",
    "Lips that stand further out": "Lippen, die weiter vorstehen",
    "Load or reconstruct the head again.": "Lade oder rekonstruiere den Kopf noch einmal.",
    "Load the head again from its folder.": "Lade den Kopf noch einmal aus seinem Ordner.",
    "Load {0}": "{0} laden",
    "Longer ears": "Längere Ohren",
    "Longer side of the render in pixels": "Längere Seite des Renderbilds in Pixeln",
    "Look at every library, and make the environment again when one is missing or broken": (
        "Jede Bibliothek prüfen und die Umgebung neu machen, wenn eine fehlt oder kaputt ist"
    ),
    "Look at Photos Again": "Fotos noch einmal ansehen",
    "Look at Target": "Ziel ansehen",
    "Look at the head from the front, with its colours": "Den Kopf von vorn ansehen, mit seinen Farben",
    "Look at the head through the photo's camera, with the photo over it; your scene's camera stays": (
        "Den Kopf durch die Kamera des Fotos ansehen, mit dem Foto darüber; die Kamera deiner Szene bleibt"
    ),
    "Look at the photos again: faces, landmarks and what is wrong with them": (
        "Die Fotos noch einmal ansehen: Gesichter, Gesichtspunkte und was mit ihnen nicht stimmt"
    ),
    "Look Down": "Blick nach unten",
    "Look In": "Blick nach innen",
    "Look Out": "Blick nach außen",
    "Look Up": "Blick nach oben",
    "Look whether the existing Python has everything that the worker needs; nothing is changed in it": (
        "Nachsehen, ob das vorhandene Python alles hat, was der Rechenprozess braucht; es wird nichts daran geändert"
    ),
    "Looking at photo {0} of {1}": "Foto {0} von {1} wird angesehen",
    "Looking at the photo...": "Das Foto wird angesehen...",
    "Looking at the photos": "Fotos werden angesehen",
    "Lower corners of the jaw: a squarer face": "Tiefere Winkel des Kiefers: ein eckigeres Gesicht",
    "Lower Lip": "Unterlippe",
    "Lower Lip Down": "Unterlippe herunter",
    "Make a mask of the skin that no photo showed, white where you may paint, and put it to work": (
        "Eine Maske der Haut machen, die kein Foto gezeigt hat, weiß, wo du malen darfst, und sie einsetzen"
    ),
    "Make EEVEE Match Cycles": "EEVEE an Cycles angleichen",
    "Make it local and switch to Object Mode.": "Mache ihn lokal und wechsle in den Objektmodus.",
    "Make it local first (Object > Relations).": "Mache ihn zuerst lokal (Objekt > Beziehungen).",
    "Make pores and wrinkles true geometry in the render, or shade them by the normal map again": (
        "Poren und Falten beim Rendern zu echter Geometrie machen, oder sie wieder mit der Normal Map schattieren"
    ),
    "Make Pores Geometry": "Poren als Geometrie",
    "Make the face neutral: every expression, and the photos', to 0": (
        "Das Gesicht neutral machen: jeder Ausdruck, auch der der Fotos, auf 0"
    ),
    "Maps of {0} x {1} pixels": "Texturen mit {0} x {1} Pixeln",
    "Mask Invented": "Erfundenes maskieren",
    "Mask Not Seen": "Ungesehenes maskieren",
    "Match Skin Color and Pores": "An Hautfarbe und Poren anpassen",
    "Mesh and maps only, for every program": "Nur Netz und Texturen, für jedes Programm",
    "Metres from the lowest to the highest value of the relief map": (
        "Meter vom niedrigsten zum höchsten Wert der Relieftextur"
    ),
    "Metres that belong to a radius of 1; follow the head's size": (
        "Meter, die einem Radius von 1 entsprechen; folgt der Größe des Kopfes"
    ),
    "Mirrored and Invented": "Gespiegelt und erfunden",
    "Mode": "Modus",
    "Mode {0}": "Richtung {0}",
    "Modes": "Richtungen",
    "Mouth Aside": "Mund seitlich",
    "Mouth Corners": "Mundwinkel",
    "Mouth Slant": "Schräger Mund",
    "Mouth to the person's left": "Mund zur linken Seite der Person",
    "Mouth Width": "Mundbreite",
    "Move the photo in the list; the first one gives the head its name, its pose and its camera": (
        "Das Foto in der Liste verschieben; das erste gibt dem Kopf Namen, Haltung und Kamera"
    ),
    "Move to the Top": "Ganz nach oben",
    "Move: drag the pin    Release: keep it    Esc, Right Mouse: put it back": (
        "Bewegen: Punkt ziehen    Loslassen: behalten    Esc, rechte Maustaste: zurück"
    ),
    "Movie": "Film",
    "Moving the sliders": "Regler werden bewegt",
    "Multiplies the roughness map: below 1 glossy, above 1 matt": (
        "Vervielfacht die Rauheit: unter 1 glänzend, über 1 matt"
    ),
    "Multiplies the specular map: below 1 powdered, above 1 oily": (
        "Vervielfacht den Glanz: unter 1 gepudert, über 1 ölig"
    ),
    "Name": "Name",
    "Name a folder with one sub-folder or photo for each person.": (
        "Nenne einen Ordner mit einem Unterordner oder Foto für jede Person."
    ),
    "Name an existing Python first.": "Nenne zuerst ein vorhandenes Python.",
    "Name an existing Python with Relit's libraries in the preferences.": (
        "Nenne in den Einstellungen ein vorhandenes Python mit Relits Bibliotheken."
    ),
    "Name of the new head folder; empty for a new one like the old": (
        "Name des neuen Kopfordners; leer für einen neuen nach dem alten"
    ),
    "Name photos of this reconstruction.": "Nenne Fotos dieser Rekonstruktion.",
    "Neck Width": "Halsbreite",
    "Neutral": "Neutral",
    "No bare skin of the face was found in the photos.": "Die Fotos zeigen keine unbedeckte Haut des Gesichts.",
    "No face was found in rehearsal.jpg.": "In rehearsal.jpg wurde kein Gesicht gefunden.",
    "No face was found in {0}.": "In {0} wurde kein Gesicht gefunden.",
    "No image is open": "Kein Bild ist geöffnet",
    "No light preset is on.": "Kein Lichtpreset ist an.",
    "No photo in use shows a face that was found.": "Kein verwendetes Foto zeigt ein Gesicht, das gefunden wurde.",
    "No pins": "Keine Punkte gesetzt",
    "Nobody has looked at the photos of {0} yet.": "Die Fotos von {0} hat sich noch niemand angesehen.",
    "None of the {0} photos can be used: {1}{2}.": "Keines der {0} Fotos kann verwendet werden: {1}{2}.",
    "Normal Strength": "Stärke der Normalen",
    "Nose Aside": "Nase seitlich",
    "Nose Hump": "Nasenhöcker",
    "Nose Length": "Nasenlänge",
    "Nose Projection": "Vorstehende Nase",
    "Nose Sneer": "Nase rümpfen",
    "Nose Tip": "Nasenspitze",
    "Nose Width": "Nasenbreite",
    "Nothing of Relit's is being rendered.": "Von Relit wird nichts gerendert.",
    "Number of the landmark in the face mesh": "Nummer des Gesichtspunkts im Gesichtsnetz",
    "Number of the photo in the list": "Nummer des Fotos in der Liste",
    "Oily to dry. One unit multiplies the roughness map by 1.15": (
        "Ölig bis trocken. Eine Einheit vervielfacht die Rauheitstextur mit 1,15"
    ),
    "One file a map: BaseColor, Roughness, SpecularLevel, Normal (OpenGL, 16 bit)": (
        "Eine Datei je Textur: BaseColor, Roughness, SpecularLevel, Normal (OpenGL, 16 Bit)"
    ),
    "One file for Apple's devices": "Eine Datei für Apples Geräte",
    "One file for the web, Godot, Unity and Blender: PBR with KHR_materials_specular and _ior, morph targets": (
        "Eine Datei für Web, Godot, Unity und Blender: PBR mit KHR_materials_specular und _ior, Morph Targets"
    ),
    "One of the environments that come with Blender": "Eine der Umgebungen, die mit Blender kommen",
    "Open an Image Editor first: there is no view that could be split.": (
        "Öffne zuerst einen Bildeditor: es gibt keine Ansicht, die geteilt werden könnte."
    ),
    "Open an image in Blender first": "Öffne zuerst ein Bild in Blender",
    "Open Folder": "Ordner öffnen",
    "Or drop the files onto the 3D view.": "Oder ziehe die Dateien auf die 3D-Ansicht.",
    "Outer Brow Up": "Äußere Braue hoch",
    "Outer corners of the eyes higher": "Äußere Augenwinkel höher",
    "Overlay": "Einfärbung",
    "Paint goes to {0}; it is saved with the file.": "Gemalt wird auf {0}; das wird mit der Datei gespeichert.",
    "Paint Layer": "Malebene",
    "Paint lies in a layer over the skin and stays when the skin changes below it.": (
        "Bemalung liegt in einer Ebene über der Haut und bleibt, wenn sich die Haut darunter ändert."
    ),
    "Paint on a layer over the skin: it stays when sliders move and when the head is reconstructed again": (
        "Auf einer Ebene über der Haut malen: sie bleibt, wenn Regler bewegt werden und der Kopf neu rekonstruiert wird"
    ),
    "Paint Stencil": "Malschablone",
    "Paler to redder cheeks and nose. One unit is one standard deviation over people": (
        "Blassere bis rötere Wangen und Nase. Eine Einheit ist eine Standardabweichung unter Menschen"
    ),
    "Parts": "Teile",
    "Parts of the face are overexposed; their colour is guessed.": (
        "Teile des Gesichts sind überbelichtet; ihre Farbe ist geraten."
    ),
    "Photo and render in turn, twice a second: what moves differs": (
        "Foto und Renderbild abwechselnd, zweimal in der Sekunde: was sich bewegt, ist verschieden"
    ),
    "Photo Opacity": "Deckkraft des Fotos",
    "Photo {0}": "Foto {0}",
    "Photo {0} has landmarks of shape {1}; ({2}, 2) are needed.": (
        "Die Gesichtspunkte von Foto {0} haben die Form {1}; gebraucht wird ({2}, 2)."
    ),
    "Photo {0} has {1} usable landmarks; it needs {2}.": "Foto {0} hat {1} brauchbare Gesichtspunkte; es braucht {2}.",
    "Photos and heads never leave this machine.": "Fotos und Köpfe verlassen diesen Rechner nie.",
    "Pick Face": "Gesicht wählen",
    "Pin the landmark nearest to the mouse where the mouse is": (
        "Den Gesichtspunkt, der der Maus am nächsten ist, an die Maus setzen"
    ),
    "Place": "Ort",
    "Play a take of Live Link Face (CSV) on the head, as keyframes": (
        "Eine Aufnahme von Live Link Face (CSV) auf dem Kopf abspielen, als Keyframes"
    ),
    "Pores and wrinkles are geometry when rendered, {0} mm at most.": (
        "Poren und Falten sind beim Rendern Geometrie, höchstens {0} mm."
    ),
    "Pores and wrinkles are shaded by the normal map again.": (
        "Poren und Falten werden wieder mit der Normal Map schattiert."
    ),
    "Pores Are Geometry": "Poren sind Geometrie",
    "Preset": "Preset",
    "Processor threads of the worker; 0 leaves the choice to Relit": (
        "Prozessorthreads des Rechenprozesses; 0 überlässt Relit die Wahl"
    ),
    "Pucker, Kiss": "Spitzen, Kuss",
    "Put on MakeHuman Body": "Auf MakeHuman-Körper setzen",
    "Put photos there ({0}): one sub-folder for each person.": (
        "Lege dort Fotos ab ({0}): einen Unterordner für jede Person."
    ),
    "Put the textures into the file, instead of a folder beside it": (
        "Die Texturen in die Datei legen, statt in einen Ordner daneben"
    ),
    "Reading photo {0} of {1}": "Foto {0} von {1} wird gelesen",
    "Reconstruct the head again with this version.": "Rekonstruiere den Kopf mit dieser Version noch einmal.",
    "Red, Green, Blue": "Rot, Grün, Blau",
    "Rehearsing": "Probe",
    "Relief": "Relief",
    "Relief map; 0.5 is the mesh's own surface": "Relieftextur; 0,5 ist die Oberfläche des Netzes selbst",
    "Relit Head (.glb, .fbx, .usdc, .usdz, .obj)": "Relit-Kopf (.glb, .fbx, .usdc, .usdz, .obj)",
    "Relit Photos": "Relit-Fotos",
    "Relit Wipe": "Relit-Wischer",
    "Relit: {0}, {1}": "Relit: {0}, {1}",
    "Remember the sliders of this skin, for another head": "Die Regler dieser Haut merken, für einen anderen Kopf",
    "Remove all pins of the photo; the landmarks go back to where they were found": (
        "Alle gesetzten Punkte des Fotos entfernen; die Gesichtspunkte gehen dahin zurück, wo sie gefunden wurden"
    ),
    "Remove it from the list and add it again.": "Nimm es aus der Liste und füge es wieder hinzu.",
    "Remove Relit's worker?": "Relits Rechenprozess entfernen?",
    "Remove the bones again; the head and its expressions stay": (
        "Die Knochen wieder entfernen; der Kopf und seine Ausdrücke bleiben"
    ),
    "Remove the pin under the mouse; the landmark goes back to where it was found": (
        "Den Punkt unter der Maus entfernen; der Gesichtspunkt geht dahin zurück, wo er gefunden wurde"
    ),
    "Removed {0} photos from the list; the files stay.": "{0} Fotos aus der Liste genommen; die Dateien bleiben.",
    "Render one turn of the head to a film or to pictures; your scene stays as it is, and you can go on working": (
        "Eine Umdrehung des Kopfes als Film oder Bilder rendern; deine Szene bleibt, wie sie ist, und du kannst "
        "weiterarbeiten"
    ),
    "Render what the photo's camera saw and show it beside the photo; you can go on working meanwhile": (
        "Rendern, was die Kamera des Fotos gesehen hat, und neben dem Foto zeigen; du kannst währenddessen "
        "weiterarbeiten"
    ),
    "Rendering  {0}": "Rendern  {0}",
    "Report it with the lines above.": "Melde es mit den Zeilen darüber.",
    "Reset the shape.": "Setze die Form zurück.",
    "Reset the sliders of one group only; empty resets everything": (
        "Nur die Regler einer Gruppe zurücksetzen; leer setzt alles zurück"
    ),
    "right": "rechte",
    "Ring Flash": "Ringblitz",
    "Roll Lower Lip In": "Unterlippe einrollen",
    "Roll Upper Lip In": "Oberlippe einrollen",
    "Rolls highlights off as film does: best for pictures": "Rundet Lichter ab wie Film: am besten für Bilder",
    "Rotation": "Drehung",
    "Roughness Scale": "Faktor der Rauheit",
    "Row {0} of {1} has no timecode like 10:02:33:14.": "Zeile {0} von {1} hat keinen Timecode wie 10:02:33:14.",
    "Row {0} of {1} is damaged.": "Zeile {0} von {1} ist beschädigt.",
    "Run `python3 vendor_install.py install` to fetch the weights again.": (
        "Führe `python3 vendor_install.py install` aus, um die Gewichte noch einmal zu laden."
    ),
    "Run `python3 vendor_install.py install`.": "Führe `python3 vendor_install.py install` aus.",
    "Run the install again.": "Starte die Installation noch einmal.",
    "Save as New Head Folder": "Als neuen Kopfordner speichern",
    "Say where the photo is now; others that are missing are sought in the same folder": (
        "Sagen, wo das Foto jetzt ist; andere fehlende werden im selben Ordner gesucht"
    ),
    "Scale": "Größe",
    "Scale it down to about {0} pixels on the longer side.": "Verkleinere es auf etwa {0} Pixel an der längeren Seite.",
    "Scale it down, or close other programs.": "Verkleinere es, oder schließe andere Programme.",
    "Scattering": "Streuung",
    "Search": "Suche",
    "See the system console for its reasons.": "Sieh in der Systemkonsole nach den Gründen.",
    "See {0} and report it with that file.": "Siehe {0} und melde es mit dieser Datei.",
    "See {0}.": "Siehe {0}.",
    "seen in a photo": "auf einem Foto gesehen",
    "Select a head that Relit made or loaded first.": "Wähle zuerst einen Kopf, den Relit gemacht oder geladen hat.",
    "Set all sliders of the skin back to what the photos showed": (
        "Alle Regler der Haut auf das zurücksetzen, was die Fotos gezeigt haben"
    ),
    "Set EEVEE to ray tracing with bounced light, so that it shows what Cycles does; it becomes slower": (
        "EEVEE auf Strahlverfolgung mit gestreutem Licht stellen, damit es zeigt, was Cycles zeigt; es wird langsamer"
    ),
    "Set how deep light goes by the colour of the maps as they are now, and where pores shine less by their normals": (
        "Einstellen, wie tief Licht geht, nach der Farbe der jetzigen Texturen, und wo Poren weniger glänzen, nach "
        "ihren Normalen"
    ),
    "Set the sliders as they were copied from another head": (
        "Die Regler so setzen, wie sie von einem anderen Kopf kopiert wurden"
    ),
    "Shadow of a beard. One unit is one standard deviation over men; below zero takes away what the photos show": (
        "Schatten eines Bartes. Eine Einheit ist eine Standardabweichung unter Männern; unter null nimmt weg, was die "
        "Fotos zeigen"
    ),
    "Share of the light that enters the skin and leaves it elsewhere": (
        "Anteil des Lichts, das in die Haut eindringt und sie anderswo verlässt"
    ),
    "Show a photo of the list here that shows several faces.": (
        "Zeige hier ein Foto der Liste, das mehrere Gesichter zeigt."
    ),
    "Show a photo of the list here whose face was found.": (
        "Zeige hier ein Foto der Liste, dessen Gesicht gefunden wurde."
    ),
    "Show Landmarks": "Gesichtspunkte zeigen",
    "Show only the expressions with this in their name, in words or as ARKit has it": (
        "Nur die Ausdrücke zeigen, in deren Namen das vorkommt, in Worten oder wie bei ARKit"
    ),
    "Show Paint": "Bemalung zeigen",
    "Show the heads of a batch that was made before, here or from the command line": (
        "Die Köpfe eines früheren Stapels zeigen, von hier oder von der Kommandozeile"
    ),
    "Show the paint layer over the colour of the skin": "Die Malebene über der Farbe der Haut zeigen",
    "Show the photo in an Image Editor and drag its landmarks where they belong; the head follows": (
        "Das Foto in einem Bildeditor zeigen und seine Gesichtspunkte dahin ziehen, wohin sie gehören; der Kopf folgt"
    ),
    "Show the photo in an Image Editor with the faces and landmarks that were found, to check and to pin them": (
        "Das Foto in einem Bildeditor zeigen, mit den gefundenen Gesichtern und Gesichtspunkten, um sie zu prüfen und "
        "zu setzen"
    ),
    "Shrug Lower Lip": "Unterlippe hochziehen",
    "Shrug Upper Lip": "Oberlippe hochziehen",
    "Side of the pictures": "Seite der Bilder",
    "Side of the textures": "Seite der Texturen",
    "Size": "Größe",
    "Skin that was filled in": "Haut, die ergänzt wurde",
    "Small brown spots on cheeks and nose. One unit is one standard deviation over people": (
        "Kleine braune Flecken auf Wangen und Nase. Eine Einheit ist eine Standardabweichung unter Menschen"
    ),
    "Something is being rendered.": "Es wird etwas gerendert.",
    "Something is being rendered. Wait for it or cancel it first.": (
        "Es wird etwas gerendert. Warte darauf oder brich es zuerst ab."
    ),
    "Something newer was asked for.": "Es wurde etwas Neueres verlangt.",
    "Something unexpected went wrong: {0}: {1}.": "Etwas Unerwartetes ist schiefgegangen: {0}: {1}.",
    "Specular Strength": "Stärke des Glanzes",
    "Standard": "Standard",
    "Start Frame": "Anfangsbild",
    "Statistical Modes": "Statistische Richtungen",
    "Stay between 0 and {0}.": "Bleibe zwischen 0 und {0}.",
    "Stay between {0} and {1}.": "Bleibe zwischen {0} und {1}.",
    "Stop Painting": "Malen beenden",
    "Strength of the surface's reflection: the specular albedo map (0.5 is F0 0.028)": (
        "Stärke der Spiegelung: die Textur specular albedo (0,5 ist F0 0,028)"
    ),
    "Subsurface Radius": "Streuradius",
    "Subsurface Scale": "Streuweite",
    "Swap the left and the right side of the expression": "Linke und rechte Seite des Ausdrucks tauschen",
    "Swap the left and the right side of the shape": "Linke und rechte Seite der Form tauschen",
    "Take all paint off the skin": "Alle Bemalung von der Haut nehmen",
    "Take all photos out of the list; the files stay": "Alle Fotos aus der Liste nehmen; die Dateien bleiben",
    "Take the face that is clicked on": "Das angeklickte Gesicht nehmen",
    "Take the photo out of the list; the file stays": "Das Foto aus der Liste nehmen; die Datei bleibt",
    "Take the preset's lamps and world away; your own world comes back": (
        "Lampen und Welt des Presets wegnehmen; deine eigene Welt kommt wieder"
    ),
    "Take this face of the photo, counted from the left": "Dieses Gesicht des Fotos nehmen, von links gezählt",
    "tan": "gebräunte",
    "Tangent-space normal map, +Y up, as Non-Color data": (
        "Normal Map im Tangentenraum, +Y oben, als Daten ohne Farbraum"
    ),
    "Target": "Ziel",
    "Teeth and Tongue": "Zähne und Zunge",
    "Texture painting is limited to the white parts of the mask (Mask in the tool settings).": (
        "Malen ist auf die weißen Stellen der Maske beschränkt (Maske in den Werkzeugeinstellungen)."
    ),
    "Textures": "Texturen",
    "Textures for:": "Texturen für:",
    "Textures Inside": "Texturen in der Datei",
    (
        "The active head becomes the new one, if it was made from some of the same photos: place, name, modifiers, "
        "materials and your changes stay"
    ): (
        "Der aktive Kopf wird der neue, wenn er aus einigen derselben Fotos gemacht wurde: Ort, Name, Modifikatoren, "
        "Materialien und deine Änderungen bleiben"
    ),
    "The camera goes round the head; the light stays with the head": (
        "Die Kamera läuft um den Kopf; das Licht bleibt beim Kopf"
    ),
    "The change {0} of {1} is too large.": "Die Änderung {0} von {1} ist zu groß.",
    "The CPU in this version": "Der Prozessor in dieser Version",
    "The device is {0}; needed: auto, cpu or cuda.": "Das Gerät ist {0}; möglich sind auto, cpu und cuda.",
    "The disk is full: the head {0} was not written.": (
        "Der Datenträger ist voll: der Kopf {0} wurde nicht geschrieben."
    ),
    "The disk is full: {0} was not written.": "Der Datenträger ist voll: {0} wurde nicht geschrieben.",
    "The disk of {0} has {1} MB left.": "Auf dem Datenträger von {0} sind {1} MB frei.",
    "The disk of {0} has {1} MB left; the export needs about {2} MB.": (
        "Auf dem Datenträger von {0} sind {1} MB frei; der Export braucht etwa {2} MB."
    ),
    "The downloaded archive {0} does not hold {1}.": "Das heruntergeladene Archiv {0} enthält {1} nicht.",
    "The expression": "Der Ausdruck",
    "The face as it is now in the viewport": "Das Gesicht, wie es jetzt in der Ansicht ist",
    "The face in {0} is too hidden, blurred or turned away to be measured (confidence {1}; at least {2} is needed).": (
        "Das Gesicht in {0} ist zu verdeckt, unscharf oder abgewandt, um gemessen zu werden (Sicherheit {1}; "
        "mindestens {2} wird gebraucht)."
    ),
    "The face in {0} is turned by {1} degrees; at most {2} can be used.": (
        "Das Gesicht in {0} ist um {1} Grad gedreht; höchstens {2} sind verwendbar."
    ),
    "The face in {0} is {1} pixels tall; at least {2} are needed.": (
        "Das Gesicht in {0} ist {1} Pixel hoch; mindestens {2} werden gebraucht."
    ),
    "The face is blurred; a sharper photo gives a closer shape and finer skin.": (
        "Das Gesicht ist unscharf; ein schärferes Foto ergibt eine genauere Form und feinere Haut."
    ),
    "The face is only {0} pixels tall; fine detail of the skin is guessed.": (
        "Das Gesicht ist nur {0} Pixel hoch; feine Einzelheiten der Haut sind geraten."
    ),
    "The face is very dark in the photo; expect noise and guessed colours.": (
        "Das Gesicht ist auf dem Foto sehr dunkel; rechne mit Rauschen und geratenen Farben."
    ),
    "The face lies on its side in the photo; turn the photo upright for the best result.": (
        "Das Gesicht liegt auf dem Foto auf der Seite; drehe das Foto für das beste Ergebnis aufrecht."
    ),
    "The file {0} does not hold a reflectance generator of this version.": (
        "Die Datei {0} enthält keinen Reflexionsgenerator dieser Version."
    ),
    "The file {0} does not hold sliders of this version.": "Die Datei {0} enthält keine Regler dieser Version.",
    "The file {0} holds no sliders, or is damaged.": "Die Datei {0} enthält keine Regler, oder ist beschädigt.",
    "The file {0} is missing in {1}.": "Die Datei {0} fehlt in {1}.",
    "The file {0} is missing or damaged.": "Die Datei {0} fehlt oder ist beschädigt.",
    "The finished heads are kept; run the same command again to go on.": (
        "Die fertigen Köpfe bleiben; starte dasselbe noch einmal, um weiterzumachen."
    ),
    "The folder that the head was loaded from": "Der Ordner, aus dem der Kopf geladen wurde",
    "The former preset goes, your own lamps stay": "Das vorige Preset geht, deine eigenen Lampen bleiben",
    "The head does not follow: {0}": "Der Kopf folgt nicht: {0}",
    "The head does not follow: {0} {1}": "Der Kopf folgt nicht: {0} {1}",
    "The head folder {0} is gone; the sliders start from the maps in it.": (
        "Der Kopfordner {0} ist weg; die Regler gehen von den Texturen darin aus."
    ),
    (
        "The head follows the landmarks of {0} only to {1} % of the distance between the eyes; {2} % is plenty. The "
        "face may be covered, blurred or turned away."
    ): (
        "Der Kopf folgt den Gesichtspunkten von {0} nur auf {1} % des Augenabstands; {2} % sind viel. Das Gesicht ist "
        "vielleicht verdeckt, unscharf oder abgewandt."
    ),
    "The head has no camera with photo {0}. Load it again with Matching Cameras, or choose another photo.": (
        "Der Kopf hat keine Kamera mit Foto {0}. Lade ihn noch einmal mit Passenden Kameras, oder wähle ein anderes "
        "Foto."
    ),
    "The head has no light of photo {0}.": "Der Kopf hat kein Licht von Foto {0}.",
    "The head in {0} is damaged: {1}.": "Der Kopf in {0} ist beschädigt: {1}.",
    "The head is ready in {0}. You opened another file meanwhile: click Load Head there.": (
        "Der Kopf ist fertig in {0}. Du hast inzwischen eine andere Datei geöffnet: klicke dort auf Kopf laden."
    ),
    "The head is saved in {0}.": "Der Kopf ist in {0} gespeichert.",
    "The head is turned by {0} degrees; its far side is guessed.": (
        "Der Kopf ist um {0} Grad gedreht; seine abgewandte Seite ist geraten."
    ),
    "The head to replace is gone; the new one was added as {0}": (
        "Der zu ersetzende Kopf ist weg; der neue kam hinzu als {0}"
    ),
    "The head turns before the camera, through the light": "Der Kopf dreht sich vor der Kamera, durch das Licht",
    "The head {0} could not be loaded: {1}.": "Der Kopf {0} konnte nicht geladen werden: {1}.",
    "The head {0} could not be written in {1}: {2}.": "Der Kopf {0} konnte nicht in {1} geschrieben werden: {2}.",
    "The head {0} has no photo {1}; it was made from {2}.": "Der Kopf {0} hat kein Foto {1}; er wurde aus {2} gemacht.",
    "The head's skin code has {0} numbers, the sliders need {1}.": (
        "Der Code der Haut dieses Kopfes hat {0} Zahlen, die Regler brauchen {1}."
    ),
    "The image that lies over the colour of the skin": "Das Bild, das über der Farbe der Haut liegt",
    "The installer could not be started: {0}.": "Das Installationsprogramm konnte nicht gestartet werden: {0}.",
    "The installer ended, but the worker in {0} is not complete.": (
        "Die Installation ist zu Ende, aber der Rechenprozess in {0} ist nicht vollständig."
    ),
    "The kind of file": "Die Art der Datei",
    "The lamps and the world of the scene as they are": "Die Lampen und die Welt der Szene, wie sie sind",
    "The landmarks of photo {0} lie on a point or a line; they do not show a face.": (
        "Die Gesichtspunkte von Foto {0} liegen auf einem Punkt oder einer Linie; sie zeigen kein Gesicht."
    ),
    "The layer that was cleared last: an image that nothing uses would lose its pixels to undo": (
        "Die zuletzt entfernte Ebene: ein Bild, das nichts verwendet, verlöre beim Rückgängigmachen seine Pixel"
    ),
    "The light of the photo as the reconstruction estimated it": (
        "Das Licht des Fotos, wie die Rekonstruktion es geschätzt hat"
    ),
    "The light of the photo itself, as the reconstruction estimated it": (
        "Das Licht des Fotos selbst, wie die Rekonstruktion es geschätzt hat"
    ),
    "The light preset goes round the head, which stays still": "Das Lichtpreset läuft um den Kopf, der stillsteht",
    "The light preset that is on; empty when none is": "Das Lichtpreset, das an ist; leer, wenn keines an ist",
    "The map {0} could not be written to {1}: {2}.": "Die Textur {0} konnte nicht in {1} geschrieben werden: {2}.",
    "The map {0} in {1} is missing or damaged.": "Die Textur {0} in {1} fehlt oder ist beschädigt.",
    "The maps follow...": "Die Texturen folgen...",
    "The material of {0} has no map of its skin any more.": "Das Material von {0} hat keine Textur seiner Haut mehr.",
    "The materials of {0} use none of the head's maps.": (
        "Die Materialien von {0} verwenden keine der Texturen des Kopfes."
    ),
    "The name {0}… or its path is too long.": "Der Name {0}… oder sein Pfad ist zu lang.",
    "The neutral face; what expressions other programs start from": (
        "Das neutrale Gesicht; wovon Ausdrücke in anderen Programmen ausgehen"
    ),
    "The new head is {0}": "Der neue Kopf ist {0}",
    "The new shape of {0} is not usable.": "Die neue Form von {0} ist nicht brauchbar.",
    "The package ai-edge-litert, which runs the face networks, is not installed.": (
        "Das Paket ai-edge-litert, das die Gesichtsnetze ausführt, ist nicht installiert."
    ),
    "The package {0}, which carries {1}, could not be downloaded: {2}": (
        "Das Paket {0}, in dem {1} steckt, konnte nicht geladen werden: {2}"
    ),
    "The part of Relit that computes is of another version.": (
        "Der Teil von Relit, der rechnet, hat eine andere Version."
    ),
    "The person seems to wear glasses; skin under the frames is guessed.": (
        "Die Person trägt wohl eine Brille; Haut unter dem Gestell ist geraten."
    ),
    "The photo has changed since the head was made.": "Das Foto hat sich geändert, seit der Kopf gemacht wurde.",
    "The photo has no pins.": "Das Foto hat keine gesetzten Punkte.",
    "The photo is black and white; the colour of the skin is guessed.": (
        "Das Foto ist schwarzweiß; die Farbe der Haut ist geraten."
    ),
    "The photo is not in use.": "Das Foto wird nicht verwendet.",
    "The photo on the left, the render on the right of a line that can be dragged": (
        "Links das Foto, rechts das Renderbild, mit einer Linie, die sich ziehen lässt"
    ),
    "The photo shows {0} faces; face {1} from the left is used.": (
        "Das Foto zeigt {0} Gesichter; Gesicht {1} von links wird verwendet."
    ),
    "The photo was cropped after it was taken; its recorded focal length is not used.": (
        "Das Foto wurde nach der Aufnahme beschnitten; seine gespeicherte Brennweite wird nicht verwendet."
    ),
    "The photo {0} cannot be read ({1}).": "Das Foto {0} kann nicht gelesen werden ({1}).",
    "The photo {0} does not exist.": "Das Foto {0} gibt es nicht.",
    "The photo {0} is damaged or cut off and cannot be decoded ({1}).": (
        "Das Foto {0} ist beschädigt oder abgeschnitten und kann nicht gelesen werden ({1})."
    ),
    "The photo {0} is empty: it has 0 bytes.": "Das Foto {0} ist leer: es hat 0 Byte.",
    "The Photo's": "Das des Fotos",
    "The photo's colour profile could not be used; its colours were taken as sRGB.": (
        "Das Farbprofil des Fotos war nicht brauchbar; seine Farben wurden als sRGB genommen."
    ),
    "The picture {0} in {1} is damaged or missing.": "Das Bild {0} in {1} fehlt oder ist beschädigt.",
    "The picture {0} is missing: there is no file {1}.": "Das Bild {0} fehlt: es gibt keine Datei {1}.",
    "The pins in {0} cannot be read ({1}).": "Die Punkte in {0} können nicht gelesen werden ({1}).",
    "The preset's light is gone.": "Das Licht des Presets ist weg.",
    "The processor": "Der Prozessor",
    "The program that the names and channels are for": "Das Programm, für das Namen und Kanäle sind",
    "The reconstruction ran out of GPU memory.": "Der Rekonstruktion ging der Speicher der Grafikkarte aus.",
    "The reconstruction ran out of memory.": "Der Rekonstruktion ging der Speicher aus.",
    "The reflectance generator is missing: skin comes from the simpler prior.": (
        "Der Reflexionsgenerator fehlt: die Haut kommt vom einfacheren Modell."
    ),
    "The reflectance generator {0} cannot be read: {1}.": "Der Reflexionsgenerator {0} kann nicht gelesen werden: {1}.",
    "The reflectance generator {0} is damaged: its weights do not fit its settings.": (
        "Der Reflexionsgenerator {0} ist beschädigt: seine Gewichte passen nicht zu seinen Einstellungen."
    ),
    "The reflectance generator {0} is missing.": "Der Reflexionsgenerator {0} fehlt.",
    "The reflectance generator {0} was made for another UV layout.": (
        "Der Reflexionsgenerator {0} wurde für eine andere UV-Aufteilung gemacht."
    ),
    "The render appears beside the photo when it is done.": (
        "Das Renderbild erscheint neben dem Foto, wenn es fertig ist."
    ),
    "The render could not start: {0}.": "Das Rendern konnte nicht beginnen: {0}.",
    "The render stopped: {0}": "Das Rendern ist abgebrochen: {0}",
    "The render was cancelled.": "Das Rendern wurde abgebrochen.",
    'The report is in the text "{0}" and on the clipboard.': (
        'Der Bericht ist im Text "{0}" und in der Zwischenablage.'
    ),
    "The report {0} could not be written: {1}.": "Der Bericht {0} konnte nicht geschrieben werden: {1}.",
    "The same seed gives the same shape": "Gleicher Startwert ergibt die gleiche Form",
    "The same seed gives the same skin": "Gleicher Startwert ergibt die gleiche Haut",
    "The Scene's": "Das der Szene",
    "The settings hold unknown names: {0}.": "Die Einstellungen enthalten unbekannte Namen: {0}.",
    "The shape follows at once, the skin when the head is reconstructed again.": (
        "Die Form folgt sofort, die Haut, wenn der Kopf noch einmal rekonstruiert wird."
    ),
    "The shape is {0} times as unusual as most people's; check the landmarks.": (
        "Die Form ist {0}-mal so ungewöhnlich wie die der meisten Menschen; prüfe die Gesichtspunkte."
    ),
    "The shape of {0} cannot be aged: it was made with another shape model.": (
        "Die Form von {0} kann nicht altern: sie wurde mit einem anderen Formmodell gemacht."
    ),
    "The skin has another material. Load the head again to get Relit's.": (
        "Die Haut hat ein anderes Material. Lade den Kopf noch einmal, um Relits zu bekommen."
    ),
    "The skin has no normal map to take the relief from.": (
        "Die Haut hat keine Normal Map, aus der das Relief kommen könnte."
    ),
    "The skin material has no provenance map. Load the head again from its folder.": (
        "Das Material der Haut hat keine Textur der Herkunft. Lade den Kopf noch einmal aus seinem Ordner."
    ),
    "The skin of {0} cannot be edited: it was made with another version of the reflectance generator.": (
        "Die Haut von {0} kann nicht geändert werden: sie wurde mit einer anderen Version des Reflexionsgenerators "
        "gemacht."
    ),
    "The skin of {0} cannot be edited: it was made without the reflectance generator.": (
        "Die Haut von {0} kann nicht geändert werden: sie wurde ohne den Reflexionsgenerator gemacht."
    ),
    "The skin of {0} is still being computed at full size.": "Die Haut von {0} wird noch in voller Größe berechnet.",
    "The skin scatters light as {0} skin does.": "Die Haut streut Licht wie {0} Haut.",
    "The slider {0} can only add.": "Der Regler {0} kann nur hinzufügen.",
    "The sliders in {0} were made for another reflectance generator.": (
        "Die Regler in {0} wurden für einen anderen Reflexionsgenerator gemacht."
    ),
    "The sliders of {0} are copied.": "Die Regler von {0} sind kopiert.",
    "The state of the file that was seen": "Der Zustand der Datei, die angesehen wurde",
    "The take's CSV file": "Die CSV-Datei der Aufnahme",
    "The vertex group '{0}' holds what no photo showed.": "Die Vertexgruppe '{0}' enthält, was kein Foto gezeigt hat.",
    "The vertices of {0} are not in the order of MakeHuman's base mesh.": (
        "Die Vertices von {0} sind nicht in der Reihenfolge von MakeHumans Grundnetz."
    ),
    "The view is that of photo {0}. Its opacity is in the panel Compare.": (
        "Die Ansicht ist die von Foto {0}. Seine Deckkraft steht unter Vergleichen."
    ),
    "The view transform is {0}.": "Die Farbumwandlung ist {0}.",
    "The weight file {0} cannot be read ({1}).": "Die Datei {0} mit Gewichten kann nicht gelesen werden ({1}).",
    "The weight file {0} could not be written ({1}).": (
        "Die Datei {0} mit Gewichten konnte nicht geschrieben werden ({1})."
    ),
    "The weight file {0} does not hold dlib's face network.": "Die Datei {0} enthält nicht dlibs Gesichtsnetz.",
    "The weight file {0} is missing from {1}.": "Die Datei {0} mit Gewichten fehlt in {1}.",
    "The weight file {0} is not the one needed: its hash differs.": (
        "Die Datei {0} mit Gewichten ist nicht die richtige: ihre Prüfsumme ist anders."
    ),
    "The weight file {0} is truncated or overlong: it has {1} bytes where {2} are needed.": (
        "Die Datei {0} mit Gewichten ist zu kurz oder zu lang: sie hat {1} Byte, {2} werden gebraucht."
    ),
    "The weights folder {0} could not be created ({1}).": (
        "Der Ordner {0} für Gewichte konnte nicht angelegt werden ({1})."
    ),
    "The worker could not be started: {0}.": "Der Rechenprozess konnte nicht gestartet werden: {0}.",
    "The worker did not understand Blender: {0}.": "Der Rechenprozess hat Blender nicht verstanden: {0}.",
    "The worker ended before it was done.": "Der Rechenprozess endete, bevor er fertig war.",
    "The worker was removed. Heads still load.": "Der Rechenprozess wurde entfernt. Köpfe lassen sich weiter laden.",
    "The worker {0} before it was done.": "Der Rechenprozess {0}, bevor er fertig war.",
    "The world that comes back when the light is removed": "Die Welt, die wiederkommt, wenn das Licht entfernt wird",
    "The {0} is {1}; it must be a whole number from 0 up.": "{0} ist {1}; es muss eine ganze Zahl ab 0 sein.",
    "The {0} is {1}; it must be one of {2}.": "{0} ist {1}; es muss eines von {2} sein.",
    "There are several bodies: select the one that shall have the head.": (
        "Es gibt mehrere Körper: wähle den aus, der den Kopf bekommen soll."
    ),
    "There is no environment of Relit to remove.": "Es gibt keine Umgebung von Relit, die entfernt werden könnte.",
    "There is no file name. Choose where the head shall be written.": (
        "Der Dateiname fehlt. Wähle, wohin der Kopf geschrieben werden soll."
    ),
    "There is no folder {0}.": "Es gibt keinen Ordner {0}.",
    "There is no folder. Choose where the textures shall be written.": (
        "Der Ordner fehlt. Wähle, wohin die Texturen geschrieben werden sollen."
    ),
    "There is no head folder at {0}.": "Bei {0} gibt es keinen Kopfordner.",
    "There is no paint layer on this head.": "Dieser Kopf hat keine Malebene.",
    "There is no photo at {0}.": "Bei {0} gibt es kein Foto.",
    "There is no photo at {0}. Choose it again; it may have moved.": (
        "Bei {0} gibt es kein Foto. Wähle es noch einmal; vielleicht wurde es verschoben."
    ),
    "There is no photo in the list.": "In der Liste ist kein Foto.",
    "There is no photo in use.": "Kein Foto wird verwendet.",
    "There is no photo in {0} nor in its sub-folders.": "Weder in {0} noch in seinen Unterordnern ist ein Foto.",
    "There is no Python at {0}.": "Bei {0} gibt es kein Python.",
    "There is no report of a batch in {0}.": "In {0} gibt es keinen Bericht eines Stapels.",
    "There is no slider {0}.": "Es gibt keinen Regler {0}.",
    "There is no such image.": "Ein solches Bild gibt es nicht.",
    "There is no such pin.": "Einen solchen Punkt gibt es nicht.",
    "There is not enough memory to read {0}.": "Der Speicher reicht nicht, um {0} zu lesen.",
    "This head belongs to another file; make it local first.": (
        "Dieser Kopf gehört zu einer anderen Datei; mache ihn zuerst lokal."
    ),
    "This head does not know what was seen. Load it again from its folder.": (
        "Dieser Kopf weiß nicht, was gesehen wurde. Lade ihn noch einmal aus seinem Ordner."
    ),
    "This head has no material with the Relit Skin group; load the head again.": (
        "Dieser Kopf hat kein Material mit der Gruppe Relit Skin; lade ihn noch einmal."
    ),
    "This head has no rig.": "Dieser Kopf hat kein Rig.",
    "This head has no shape keys with ARKit's names.": "Dieser Kopf hat keine Shape Keys mit ARKits Namen.",
    "This is no photo of the list in Relit's tab of the 3D view.": (
        "Das ist kein Foto der Liste in Relits Reiter der 3D-Ansicht."
    ),
    "This is the same picture as {0}; it is used once.": "Das ist das gleiche Bild wie {0}; es wird einmal verwendet.",
    "Three softboxes: a key from the side, a fill against it, a rim from behind": (
        "Drei Softboxen: ein Hauptlicht von der Seite, eine Aufhellung dagegen, ein Randlicht von hinten"
    ),
    "Tick it in the list.": "Wähle es in der Liste aus.",
    "Times the head's real size. FBX is in centimetres, the other formats in metres": (
        "Vielfaches der wirklichen Größe. FBX ist in Zentimetern, die anderen Formate in Metern"
    ),
    "Tip of the nose to the person's left": "Nasenspitze zur linken Seite der Person",
    "To the Top": "Nach oben",
    "To {0}": "Nach {0}",
    "Tongue Out": "Zunge heraus",
    "Transparent Background": "Durchsichtiger Hintergrund",
    "Transparent parts of the photo were filled with grey.": "Durchsichtige Stellen des Fotos wurden grau gefüllt.",
    "Try again. See {0}.": "Versuche es noch einmal. Siehe {0}.",
    "Try again; if it happens again, report it with {0}.": (
        "Versuche es noch einmal; wenn es wieder geschieht, melde es mit {0}."
    ),
    "Try another format, and report this with the lines in the system console.": (
        "Versuche ein anderes Format, und melde dies mit den Zeilen der Systemkonsole."
    ),
    "Turn": "Drehung",
    "Turn neck and head of the rig too": "Auch Hals und Kopf des Rigs drehen",
    "Turn the head the other way: yaw, pitch, roll; recorders do not agree on it": (
        "Den Kopf andersherum drehen: Gieren, Nicken, Rollen; Aufnahmegeräte sind sich da nicht einig"
    ),
    "Turns the light around the head": "Dreht das Licht um den Kopf",
    "Up": "Nach oben",
    "Update Relit, or reconstruct the head again with this one.": (
        "Aktualisiere Relit, oder rekonstruiere den Kopf mit diesem noch einmal."
    ),
    "Update Skin": "Haut aktualisieren",
    "Update the older side of Relit.": "Aktualisiere die ältere Seite von Relit.",
    "Upper Lip": "Oberlippe",
    "Upper Lip Up": "Oberlippe hoch",
    "Use a body as MPFB adds it, without modifiers applied to it.": (
        "Verwende einen Körper, wie MPFB ihn hinzufügt, ohne angewendete Modifikatoren."
    ),
    "Use a photo of a real face that nothing covers.": "Verwende ein Foto eines echten Gesichts, das nichts verdeckt.",
    "Use a photo that shows the whole face.": "Verwende ein Foto, das das ganze Gesicht zeigt.",
    "Use this photo for the reconstruction": "Dieses Foto für die Rekonstruktion verwenden",
    "Use this Python, which has Relit's libraries, instead of an environment of Relit's": (
        "Dieses Python, das Relits Bibliotheken hat, statt einer Umgebung von Relit verwenden"
    ),
    "Variety": "Vielfalt",
    "Vertex Group": "Vertexgruppe",
    "Vertices of {0} were added or removed.": "Vertices von {0} wurden hinzugefügt oder entfernt.",
    "very light": "sehr helle",
    "View Transform": "Farbumwandlung",
    "Wait for it or cancel it first.": "Warte darauf oder brich es zuerst ab.",
    "Wait until its sliders have come to rest, then export again.": (
        "Warte, bis seine Regler zur Ruhe gekommen sind, und exportiere dann noch einmal."
    ),
    "Wait, or click Look at Photos Again.": "Warte, oder klicke auf Fotos noch einmal ansehen.",
    "Warmth": "Wärme",
    "was killed by signal {0}": "wurde mit Signal {0} beendet",
    "weights installed": "Gewichte installiert",
    "What a glTF file holds": "Was eine glTF-Datei enthält",
    "What computes. The GPU has not been measured yet: it is used only when it is chosen here": (
        "Was rechnet. Die Grafikkarte wurde noch nicht gemessen: sie wird nur verwendet, wenn sie hier gewählt ist"
    ),
    "What goes once around": "Was einmal herumläuft",
    "What is wrong with the photo": "Was mit dem Foto nicht stimmt",
    "What kind of light": "Welche Art Licht",
    "What lights the head in the render": "Was den Kopf im Renderbild beleuchtet",
    (
        "What men's skin has more of than women's of the same age and tone. Two units lead from the average woman to "
        "the average man"
    ): (
        "Wovon die Haut von Männern mehr hat als die von Frauen gleichen Alters und Tons. Zwei Einheiten führen von "
        "der durchschnittlichen Frau zum durchschnittlichen Mann"
    ),
    "What shall be painted over": "Was übermalt werden soll",
    "What the files' names begin with; empty takes the head's name": (
        "Womit die Namen der Dateien beginnen; leer nimmt den Namen des Kopfes"
    ),
    "What the mask is for": "Wofür die Maske ist",
    "What was seen in the photo": "Was auf dem Foto zu sehen war",
    "Where heads are written while the .blend file is not saved; empty uses ~/Relit": (
        "Wohin Köpfe geschrieben werden, solange die .blend-Datei nicht gespeichert ist; leer nimmt ~/Relit"
    ),
    "Where it is, in pixels of the upright photo from its top left corner": (
        "Wo er ist, in Pixeln des aufrechten Fotos von der linken oberen Ecke"
    ),
    "Where the head is written": "Wohin der Kopf geschrieben wird",
    "Where the new head folder is made": "Wo der neue Kopfordner angelegt wird",
    "Where the photo ends and the render begins": "Wo das Foto endet und das Renderbild beginnt",
    "Where the textures are written": "Wohin die Texturen geschrieben werden",
    "Where the turntable is written; empty puts it into the head's folder": (
        "Wohin der Drehteller geschrieben wird; leer nimmt den Ordner des Kopfes"
    ),
    "Where to": "Wohin",
    (
        "Whether all photos show one person was not checked, for the recogniser is not installed; click Install in "
        "Relit's panel again, or run `python3 vendor_install.py install`."
    ): (
        "Ob alle Fotos eine Person zeigen, wurde nicht geprüft, denn das Erkennungsnetz ist nicht installiert; klicke "
        "in Relits Panel noch einmal auf Installieren, oder führe `python3 vendor_install.py install` aus."
    ),
    "Whether the skin in the head folder has changed sides since the layer was made: saved mirrored": (
        "Ob die Haut im Kopfordner die Seiten getauscht hat, seit die Ebene gemacht wurde: gespiegelt gespeichert"
    ),
    "Which engine renders it": "Welches Programm rendert",
    "Which face is written": "Welches Gesicht geschrieben wird",
    "Which face of the photo, from left to right; 0 leaves the choice to Relit": (
        "Welches Gesicht des Fotos, von links nach rechts; 0 überlässt Relit die Wahl"
    ),
    "Which of Blender's environments lights the head": "Welche von Blenders Umgebungen den Kopf beleuchtet",
    "Which photo's camera to look through": "Durch die Kamera welches Fotos",
    "Which photo's light the preset Photo takes": "Das Licht welches Fotos das Preset Foto nimmt",
    "Which photo, from 1": "Welches Foto, ab 1",
    "Whose pin; -1 for the one under the mouse": "Welcher Punkt; -1 für den unter der Maus",
    "Wider eyes, from corner to corner": "Breitere Augen, von Winkel zu Winkel",
    "Wider wings of the nose": "Breitere Nasenflügel",
    "Wipe": "Wischen",
    "Write ARKit's 52 expressions, and shape keys of your own, as morph targets": (
        "ARKits 52 Ausdrücke und deine eigenen Shape Keys als Morph Targets schreiben"
    ),
    "Write down what is installed and what went wrong last, into a text and onto the clipboard: for a bug report": (
        "Aufschreiben, was installiert ist und was zuletzt schiefging, in einen Text und in die Zwischenablage: für "
        "eine Fehlermeldung"
    ),
    "Write eyeballs and corneas": "Augäpfel und Hornhäute schreiben",
    "Write one MP4 film; else a PNG file for each frame": (
        "Einen MP4-Film schreiben; sonst für jedes Bild eine PNG-Datei"
    ),
    "Write teeth, gums and tongue": "Zähne, Zahnfleisch und Zunge schreiben",
    "Write the eyelashes": "Die Wimpern schreiben",
    "Write the head with the skin as it is now as a new head folder; the old one stays": (
        "Den Kopf mit der jetzigen Haut als neuen Kopfordner schreiben; der alte bleibt"
    ),
    "Write the head's bones, where it has them": "Die Knochen des Kopfes schreiben, wo er welche hat",
    "Write the head's maps as picture files with the names and channels that another program expects": (
        "Die Texturen des Kopfes als Bilddateien schreiben, mit den Namen und Kanälen, die ein anderes Programm "
        "erwartet"
    ),
    "Write the head, as it is now, to a file for another program": (
        "Den Kopf, wie er jetzt ist, in eine Datei für ein anderes Programm schreiben"
    ),
    "Write the head, as it is now.": "Den Kopf schreiben, wie er jetzt ist.",
    "Write the mesh as modifiers such as subdivision make it, its expressions too": (
        "Das Netz so schreiben, wie Modifikatoren es machen, auch seine Ausdrücke"
    ),
    "Writing the maps": "Texturen werden geschrieben",
    "Writing {0}; the head starts from it when it is there.": (
        "{0} wird geschrieben; der Kopf geht davon aus, sobald es da ist."
    ),
    "Wrote {0} ({1} MB) to {2}.": "{0} ({1} MB) in {2} geschrieben.",
    "Wrote {0} textures for {1} to {2}.": "{0} Texturen für {1} in {2} geschrieben.",
    "Younger to older, shape and skin. One unit is about ten years; 0 is as in the photos": (
        "Jünger bis älter, Form und Haut. Eine Einheit ist etwa zehn Jahre; 0 ist wie auf den Fotos"
    ),
    "Your own nodes before {0} were left out; bake them into the map to keep them.": (
        "Deine eigenen Nodes vor {0} wurden ausgelassen; backe sie in die Textur, um sie zu behalten."
    ),
    "{0} ({1} of {2})": "{0} ({1} von {2})",
    "{0} belongs to another file.": "{0} gehört zu einer anderen Datei.",
    "{0} belongs to another file. Make it local first (Object > Relations).": (
        "{0} gehört zu einer anderen Datei. Mache ihn zuerst lokal (Objekt > Beziehungen)."
    ),
    "{0} cannot be changed now.": "{0} kann jetzt nicht geändert werden.",
    "{0} cannot be opened: {1}.": "{0} kann nicht geöffnet werden: {1}.",
    "{0} cannot be read: {1}.": "{0} kann nicht gelesen werden: {1}.",
    "{0} cannot be started: {1}": "{0} kann nicht gestartet werden: {1}",
    "{0} cannot be written: there is no permission.": "{0} kann nicht geschrieben werden: die Erlaubnis fehlt.",
    "{0} cannot be written: {1}.": "{0} kann nicht geschrieben werden: {1}.",
    "{0} could not be written to a file: {1}.": "{0} konnte nicht in eine Datei geschrieben werden: {1}.",
    "{0} could not be written: {1}.": "{0} konnte nicht geschrieben werden: {1}.",
    "{0} does not end in {1}.": "{0} endet nicht auf {1}.",
    "{0} does not exist in {1}.": "{0} gibt es in {1} nicht.",
    "{0} exists already. Choose another name.": "{0} gibt es schon. Wähle einen anderen Namen.",
    "{0} exists and is not a head folder; nothing was written.": (
        "{0} gibt es schon und ist kein Kopfordner; es wurde nichts geschrieben."
    ),
    "{0} expressions have a keyframe at frame {1}.": "{0} Ausdrücke haben bei Bild {1} einen Keyframe.",
    "{0} expressions play from frame {1} to {2}{3}.": "{0} Ausdrücke laufen von Bild {1} bis {2}{3}.",
    (
        "{0} faces found in {1}; using the largest, number {2} from the left (counted from 0). Choose another with "
        "--face N."
    ): (
        "{0} Gesichter in {1} gefunden; das größte wird verwendet, Nummer {2} von links (gezählt ab 0). Wähle ein "
        "anderes mit --face N."
    ),
    "{0} faces; which is the person?": "{0} Gesichter; welches ist die Person?",
    "{0} frames go to {1}.": "{0} Bilder kommen nach {1}.",
    "{0} has a rig already.": "{0} hat schon ein Rig.",
    "{0} has a vertex group called {1}; rename it first.": (
        "{0} hat eine Vertexgruppe namens {1}; benenne sie zuerst um."
    ),
    "{0} has everything that Relit needs.": "{0} hat alles, was Relit braucht.",
    "{0} has no photo {1}; it has {2}.": "{0} hat kein Foto {1}; es hat {2}.",
    "{0} has no shape of this shape model.": "{0} hat keine Form dieses Formmodells.",
    "{0} has the shape key {1}{2}. Refit its eyes, teeth and hair in MPFB.": (
        "{0} hat den Shape Key {1}{2}. Passe Augen, Zähne und Haare in MPFB neu an."
    ),
    "{0} has {1} megapixels ({2} x {3}); at most {4} can be read from a {5} file.": (
        "{0} hat {1} Megapixel ({2} x {3}); aus einer {5}-Datei können höchstens {4} gelesen werden."
    ),
    "{0} holds floating-point values, whose brightness scale is unknown.": (
        "{0} enthält Gleitkommazahlen, deren Helligkeit unbekannt ist."
    ),
    "{0} holds no samples.": "{0} enthält keine Werte.",
    "{0} holds no samples: the recorder saw no face.": (
        "{0} enthält keine Werte: das Aufnahmegerät hat kein Gesicht gesehen."
    ),
    "{0} holds values that are no numbers.": "{0} enthält Werte, die keine Zahlen sind.",
    "{0} is a camera raw file, which cannot be read here.": (
        "{0} ist eine Rohdatei einer Kamera, die hier nicht gelesen werden kann."
    ),
    "{0} is a folder, not a photo.": "{0} ist ein Ordner, kein Foto.",
    "{0} is a HEIC picture, which cannot be read here.": "{0} ist ein HEIC-Bild, das hier nicht gelesen werden kann.",
    "{0} is black and white; the colour of the skin is guessed.": (
        "{0} ist schwarzweiß; die Farbe der Haut ist geraten."
    ),
    "{0} is deleted. Heads stay.": "{0} ist gelöscht. Köpfe bleiben.",
    "{0} is in the list already.": "{0} ist schon in der Liste.",
    "{0} is in {1} Mode.": "{0} ist im Modus {1}.",
    "{0} is linked from another file: open that file to change its skin.": (
        "{0} ist aus einer anderen Datei verknüpft: öffne jene, um seine Haut zu ändern."
    ),
    "{0} is linked from another file: open that file to paint on it.": (
        "{0} ist aus einer anderen Datei verknüpft: öffne jene, um darauf zu malen."
    ),
    "{0} is no CSV file.": "{0} ist keine CSV-Datei.",
    "{0} is no face capture: it has no columns called Timecode and EyeBlinkLeft.": (
        "{0} ist keine Gesichtsaufnahme: ihr fehlen die Spalten Timecode und EyeBlinkLeft."
    ),
    "{0} is no JPEG, PNG, TIFF, WebP or BMP picture.": "{0} ist kein JPEG-, PNG-, TIFF-, WebP- oder BMP-Bild.",
    "{0} is not a file.": "{0} ist keine Datei.",
    "{0} is not a head folder: {1} is missing.": "{0} ist kein Kopfordner: {1} fehlt.",
    "{0} is not an image that can be read.": "{0} ist kein Bild, das gelesen werden kann.",
    "{0} is not in this view layer; switch its collection on first.": (
        "{0} ist nicht in dieser Ansichtsebene; schalte zuerst seine Sammlung ein."
    ),
    "{0} lights the head.": "{0} beleuchtet den Kopf.",
    "{0} may show another person than the other photos; leave it out if it does.": (
        "{0} zeigt vielleicht eine andere Person als die anderen Fotos; lass es dann weg."
    ),
    "{0} of the face": "{0} des Gesichts",
    "{0} of the face, {1} of the head": "{0} des Gesichts, {1} des Kopfes",
    "{0} of {1} people got no head.": "{0} von {1} Personen haben keinen Kopf bekommen.",
    "{0} people were found; their heads go to {1}.": "{0} Personen wurden gefunden; ihre Köpfe kommen nach {1}.",
    "{0} pins": "{0} Punkte gesetzt",
    "{0} See {1}.": "{0} Siehe {1}.",
    "{0} shows {1} faces; number {2} from the left (counted from 0) is the person on the other photos and was taken.": (
        "{0} zeigt {1} Gesichter; Nummer {2} von links (gezählt ab 0) ist die Person auf den anderen Fotos und wurde "
        "genommen."
    ),
    "{0} The list below loads them.": "{0} Die Liste unten lädt sie.",
    "{0} was replaced": "{0} wurde ersetzt",
    "{0} was scaled down from {1} x {2} to {3} x {4} pixels (order before turning upright).": (
        "{0} wurde von {1} x {2} auf {3} x {4} Pixel verkleinert (vor dem Aufrichten)."
    ),
    "{0} was written by a newer Relit (format {1}; this one reads up to {2}).": (
        "{0} wurde von einem neueren Relit geschrieben (Format {1}; dieses liest bis {2})."
    ),
    "{0}, after {1} s.": "{0}, nach {1} s.",
    "{0}. 0 is average, 1 a standard deviation; the other measures stay": (
        "{0}. 0 ist Durchschnitt, 1 eine Standardabweichung; die anderen Maße bleiben"
    ),
    "{0}: {1} MB from {2}": "{0}: {1} MB von {2}",
    "Afraid": "Ängstlich",
    "Alpha": "Alpha",
    "Angry": "Wütend",
    "Asymmetry": "Asymmetrie",
    "Blink": "Blinzeln",
    "Blow": "Pusten",
    "Brows": "Brauen",
    "Cavity": "Vertiefungen",
    "Cheekbones": "Jochbeine",
    "Contempt": "Verachtung",
    "Depth": "Tiefe",
    "Diffuse": "Grundfarbe",
    "Dimple": "Grübchen",
    "Disgusted": "Angeekelt",
    "Displacement": "Relief",
    (
        "Drag a landmark where it belongs; the head follows.\nDouble-click pins one where you click, Ctrl-click or X "
        "removes a pin"
    ): (
        "Ziehe einen Gesichtspunkt, wohin er gehört; der Kopf folgt.\nEin Doppelklick setzt einen, wo du klickst, "
        "Strg-Klick oder X nimmt einen weg"
    ),
    "fetch {0}": "{0} laden",
    "Frown": "Mundwinkel herunter",
    "Funnel": "Trichter",
    "Gloss": "Glanz",
    "Install the add-on again, or find the directions again as docs/latent_directions.md says.": (
        "Installiere die Erweiterung noch einmal, oder suche die Richtungen neu, wie docs/latent_directions.md sagt."
    ),
    "Install the add-on again, or train the generator again as docs/reflectance_generator.md says.": (
        "Installiere die Erweiterung noch einmal, oder trainiere den Generator neu, wie docs/reflectance_generator.md "
        "sagt."
    ),
    "Kiss": "Kuss",
    "Last problem: {0} {1}": "Letztes Problem: {0} {1}",
    "Laugh": "Lachen",
    "Mirrored": "Gespiegelt",
    "Mouth": "Mund",
    "Normal": "Normalen",
    "Nose": "Nase",
    "Not needed for a first head.": "Für einen ersten Kopf nicht nötig.",
    "Note: {0}": "Hinweis: {0}",
    "Observed": "Gesehen",
    "Philtrum": "Philtrum",
    "Pores": "Poren",
    "Press": "Pressen",
    "Sad": "Traurig",
    "Shout": "Rufen",
    "Skull": "Schädel",
    "Sleepy": "Schläfrig",
    "Smile": "Lächeln",
    "Softness": "Weichheit",
    "Specular": "Spiegelung",
    "Squint": "Zusammenkneifen",
    "Stretch": "Breit ziehen",
    "Studio": "Studio",
    "Subsurface": "Streuung",
    "Sunset": "Sonnenuntergang",
    "Surprised": "Überrascht",
    "Wetness": "Nässe",
    "Wide": "Aufreißen",
    "Window": "Fenster",
    "Wink": "Zwinkern",
    "{0} is not installed": "{0} ist nicht installiert",
}

GERMAN = {(context, text): german for text, german in _TEXTS.items() for context in ("*", "Operator")}
