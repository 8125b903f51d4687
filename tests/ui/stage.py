"""Runs inside Blender: plays a scenario with simulated mouse and keyboard, and takes the pictures.

A scenario is a generator. It yields a number to wait that many seconds, a function to wait until that returns
something true, or nothing to let Blender handle its events and draw. What takes time is a generator itself:
``yield from stage.click("relit.fit")``.

Buttons are found as a person finds them: the mouse passes over the sidebar, and Blender itself is asked what lies
under it. Panel headers carry no button, so the add-on's panels get an invisible one (:func:`mark_headers`).
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path

import bpy

Steps = Generator[float | Callable[[], object] | None, None, None]
EXTENSION = "bl_ext.user_default.relit"
PATIENCE = 240.0  # seconds that a scenario waits for one thing
ROW = 9  # pixels between two looks: less than half a button's height
COLUMNS = (0.3, 0.6, -49, 0.12)  # where to look: fractions of the sidebar's width, or pixels from its right edge
LIST = 21  # height of a folded list inside a panel
HEADER = -60  # where the mark in a panel's header lies
SIDEBAR = 340


class Stage:
    """The window as a scenario sees it.

    Attributes:
        notes: What the scenario measured; kept in the result.
        root: The checkout, for files that a scenario needs.
        arguments: What the command line gave the scenario.
        opened: The panel about the head that :meth:`open_panel` has unfolded.
        must_end: Ids of processes that may not outlive Blender.
    """

    def __init__(self, order: dict) -> None:
        self.order = order
        self.root, self.arguments = Path(order["root"]), order["arguments"]
        self.notes: dict[str, object] = {}
        self.pictures: list[str] = []
        self.must_end: list[int] = []
        self.opened = ""

    # --- Where things are

    @property
    def window(self) -> bpy.types.Window:
        """The main window."""
        return bpy.context.window_manager.windows[0]

    def area(self, kind: str = "VIEW_3D") -> bpy.types.Area:
        """Return the largest area of a kind."""
        return max((a for a in self.window.screen.areas if a.type == kind), key=lambda a: a.width * a.height)

    def region(self, kind: str = "UI", area: bpy.types.Area | None = None) -> bpy.types.Region:
        """Return a region of an area; the sidebar of the 3D view by default."""
        return next(r for r in (area or self.area()).regions if r.type == kind)

    def context(self, region: str = "WINDOW", area: str = "VIEW_3D"):
        """Return a context override, for what a scenario only needs as a setting."""
        place = self.area(area)
        return bpy.context.temp_override(window=self.window, area=place, region=self.region(region, place))

    def part(self, name: str):
        """Return a module of the add-on: ``part("operators.jobs.run")``."""
        return importlib.import_module(f"{EXTENSION}.{name}")

    # --- Mouse and keyboard

    def move(self, x: float, y: float) -> Steps:
        """Move the mouse; pixels from the window's lower left corner."""
        self.window.event_simulate(type="MOUSEMOVE", value="NOTHING", x=int(x), y=int(y))
        yield

    def press(self, x: float, y: float, button: str = "LEFTMOUSE", **keys: bool) -> Steps:
        """Press and release a mouse button."""
        yield from self.move(x, y)
        for value in ("PRESS", "RELEASE"):
            self.window.event_simulate(type=button, value=value, x=int(x), y=int(y), **keys)
            yield
        yield

    def drag(self, start: tuple[float, float], end: tuple[float, float], steps: int = 10) -> Steps:
        """Drag with the left button."""
        (x, y), (to_x, to_y) = start, end
        yield from self.move(x, y)
        self.window.event_simulate(type="LEFTMOUSE", value="PRESS", x=int(x), y=int(y))
        yield
        for step in range(1, steps + 1):
            part = step / steps
            yield from self.move(x + part * (to_x - x), y + part * (to_y - y))
        self.window.event_simulate(type="LEFTMOUSE", value="RELEASE", x=int(to_x), y=int(to_y))
        yield

    def key(self, kind: str, **keys: bool) -> Steps:
        """Press and release a key where the mouse is: ``key("Z", ctrl=True)``."""
        for value in ("PRESS", "RELEASE"):
            self.window.event_simulate(type=kind, value=value, x=self._mouse[0], y=self._mouse[1], **keys)
            yield

    @property
    def _mouse(self) -> tuple[int, int]:
        region = self.region("WINDOW")
        return region.x + region.width // 3, region.y + region.height // 2

    # --- Panels

    def open_tab(self, name: str = "Relit", width: int = SIDEBAR) -> Steps:
        """Open the sidebar at a tab, wide enough to read, and close what stands in the way."""
        with self.context():
            bpy.context.space_data.show_region_ui = True
        yield 0.2
        self.region().active_panel_category = name
        yield 0.2
        region = self.region()
        grow = width - region.width
        if grow > 0:
            edge = (region.x, region.y + region.height // 2)
            yield from self.drag(edge, (edge[0] - grow, edge[1]), steps=4)
            yield 0.2
        yield 0.3

    def find(self, wanted: str, **where: object) -> Generator[object, None, tuple[int, int] | None]:
        """Return where a button is in the sidebar, None where it cannot be found.

        Args:
            wanted: An operator's name (``relit.fit``), or the end of a property's path (``relit.quality``); for an
                operator with arguments, more of its call: ``relit.relight(preset='SUNSET'``.
            where: ``region`` to look in another one than the sidebar; ``columns`` as in :data:`COLUMNS`.
        """
        region = where.get("region") or self.region()
        for x, y in self._places(region, where.get("columns") or COLUMNS):
            yield from self.move(x, y)
            yield
            if wanted in self.under_mouse(region).replace('"', "'"):
                return x, y
        return None

    def _places(self, region: bpy.types.Region, columns: Iterable[float]) -> Iterator[tuple[int, int]]:
        for column in columns:
            x = region.x + int(column * region.width if column > 0 else region.width + column)
            for y in range(region.y + region.height - 8, region.y + 4, -ROW):
                yield x, y

    def under_mouse(self, region: bpy.types.Region) -> str:
        """Return the call or the property path of the button under the mouse."""
        area = next(a for a in self.window.screen.areas if any(r == region for r in a.regions))
        with bpy.context.temp_override(window=self.window, area=area, region=region):
            manager = bpy.context.window_manager
            manager.clipboard = ""
            if bpy.ops.ui.copy_python_command_button.poll():
                bpy.ops.ui.copy_python_command_button()
            elif bpy.ops.ui.copy_data_path_button.poll():
                bpy.ops.ui.copy_data_path_button(full_path=True)
            return manager.clipboard

    def click(self, wanted: str, **where: object) -> Steps:
        """Find a button in the sidebar and click it.

        Raises:
            AssertionError: When it cannot be found.
        """
        place = yield from self.find(wanted, **where)
        assert place is not None, f"no button for {wanted} in the sidebar"
        yield from self.press(*place)
        yield 0.1

    def fold(self, panel: str) -> Steps:
        """Click the header of a panel, which folds or unfolds it."""
        for notches in (0, -30, 6, 6, 6, 6):
            yield from self.scroll(notches)
            place = yield from self.find(f"name='{panel}'", columns=[HEADER])
            if place is not None:
                break
        assert place is not None, f"the header of {panel} is not in the sidebar"
        yield from self.press(self.region().x + 60, place[1])
        yield 0.3

    def choose_file(self, path: Path) -> Steps:
        """Choose a file or a folder in the file browser that an operator has opened."""
        yield from self.until(lambda: self._browser() is not None)
        yield 0.3
        window, area = self._browser()
        parameters = area.spaces[0].params
        parameters.directory = os.fsencode(path if path.is_dir() else path.parent)
        yield 0.3
        if not path.is_dir():  # where a folder is chosen there is no name to set
            parameters.filename = path.name
        yield 0.3
        with bpy.context.temp_override(window=window, area=area, region=self.region("WINDOW", area)):
            bpy.ops.file.execute()
        yield from self.until(lambda: self._browser() is None)
        yield 0.2

    def _browser(self) -> tuple[bpy.types.Window, bpy.types.Area] | None:
        places = [(w, a) for w in bpy.context.window_manager.windows for a in w.screen.areas]
        return next(((w, a) for w, a in places if a.type == "FILE_BROWSER"), None)

    def fold_list(self, above: str, number: int) -> Steps:
        """Click the header of a folded list inside a panel: the ``number``-th below a button, from 0."""
        place = yield from self.find(above)
        assert place is not None, f"no button for {above} in the sidebar"
        x, y = place
        while above in self.under_mouse(self.region()).replace('"', "'"):  # to the button's lower edge
            y -= 1
            yield from self.move(x, y)
            yield
        yield from self.press(self.region().x + 60, y - LIST * (0.8 + number))
        yield 0.3

    def open_panel(self, panel: str) -> Steps:
        """Unfold a panel about the head, and fold the one that was opened so before."""
        if not self.opened:
            for other in ("RELIT_PT_photos", "RELIT_PT_fit"):
                yield from self.fold(other)
        elif self.opened != panel:
            yield from self.fold(self.opened)
        yield from self.fold(panel)
        self.opened = panel

    def scroll(self, notches: int) -> Steps:
        """Turn the wheel over the sidebar: down for positive notches."""
        region = self.region()
        x, y = region.x + 8, region.y + region.height // 2
        yield from self.move(x, y)
        for _ in range(abs(notches)):
            kind = "WHEELDOWNMOUSE" if notches > 0 else "WHEELUPMOUSE"
            self.window.event_simulate(type=kind, value="PRESS", x=x, y=y)
            yield
        yield 0.2

    # --- Pictures

    def picture(self, name: str) -> Steps:
        """Take a picture of the window when its materials are ready, with the mouse out of the way."""
        yield from self.move(*self._mouse)
        for _ in range(2):
            for area in self.window.screen.areas:
                area.tag_redraw()
            yield 0.4
            yield lambda: not bpy.app.is_job_running("SHADER_COMPILATION")
        path = Path(self.order["pictures"], f"{len(self.pictures):02d}_{name}.png")
        path.unlink(missing_ok=True)
        take_picture(path, self.order["picture_command"])
        self.pictures.append(path.name)

    def until(self, condition: Callable[[], object], limit: float = PATIENCE) -> Steps:
        """Wait until something is true.

        Raises:
            AssertionError: When it is not after ``limit`` seconds.
        """
        end = time.monotonic() + limit
        while not condition():
            assert time.monotonic() < end, f"waited {limit:.0f} s in vain at line {condition.__code__.co_firstlineno}"
            yield 0.05


def take_picture(path: Path, prefix: list[str]) -> None:
    """Save what the display shows; without a tool for that, what Blender believes to show."""
    for tool in (["scrot", "--overwrite", str(path)], ["import", "-window", "root", str(path)]):
        if prefix == [] and shutil.which(tool[0]) is None:
            continue
        program = shutil.which(tool[0])
        if program is not None:
            subprocess.run([program, *tool[1:]], check=True, env={k: v for k, v in os.environ.items() if k[:2] != "LD"})
            return
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        bpy.ops.screen.screenshot(filepath=str(path))


class RELIT_UI_OT_panel(bpy.types.Operator):
    """Marks the header of a panel, so that the mouse can find it"""

    bl_idname = "relit_ui.panel"
    bl_label = "Panel"

    name: bpy.props.StringProperty()

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Do nothing."""
        return {"FINISHED"}


def mark_headers() -> None:
    """Give every panel of the add-on an invisible button at the right of its header."""

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        self.layout.operator("relit_ui.panel", text="", icon="BLANK1", emboss=False).name = type(self).__name__

    bpy.utils.register_class(RELIT_UI_OT_panel)
    panels = importlib.import_module(f"{EXTENSION}.panels")
    importlib.import_module(f"{EXTENSION}.panels.layout").RelitPanel.draw_header_preset = draw_header_preset
    panels.unregister()
    panels.register()


class Player:
    """Advances the scenario from a timer, and writes down how it ended."""

    def __init__(self, stage: Stage, steps: Steps) -> None:
        self.stage, self.steps = stage, steps
        self.condition: Callable[[], object] | None = None
        self.until = 0.0

    def tick(self) -> float | None:
        """Take the next step."""
        try:
            if self.condition is not None:
                if not self.condition():
                    assert time.monotonic() < self.until, f"waited {PATIENCE:.0f} s in vain"
                    return 0.05
                self.condition = None
            wanted = next(self.steps)
        except StopIteration:
            return self.end("")
        except BaseException as error:
            traceback.print_exc()
            last = Path(self.stage.order["pictures"], "failure.png")
            take_picture(last, self.stage.order["picture_command"])
            self.stage.pictures.append(last.name)
            return self.end(f"{type(error).__name__}: {error}")
        if callable(wanted):
            self.condition, self.until = wanted, time.monotonic() + PATIENCE
            return 0.05
        return wanted or 0.0

    def end(self, failure: str) -> None:
        """Write the result and close Blender as its menu does."""
        stage = self.stage
        result = {"failure": failure, "notes": stage.notes, "pictures": stage.pictures, "must_end": stage.must_end}
        Path(stage.order["result"]).write_text(json.dumps(result), encoding="utf-8")
        with bpy.context.temp_override(window=stage.window):
            bpy.ops.wm.quit_blender()


def main() -> None:
    """Start the scenario that the command line names."""
    order = json.loads(sys.argv[sys.argv.index("--") + 1])
    sys.path.insert(0, str(Path(order["scenario"]).parent))
    specification = importlib.util.spec_from_file_location("relit_scenario", order["scenario"])
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    mark_headers()
    stage = Stage(order)
    player = Player(stage, module.scenario(stage))
    bpy.app.timers.register(player.tick, first_interval=1.0, persistent=True)


main()
