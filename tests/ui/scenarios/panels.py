"""Every panel about a head, unfolded one after the other: to be looked at."""

from __future__ import annotations

import common


def scenario(stage):
    """A picture of each."""
    common.stay_quick(stage)
    common.load_head(stage)
    common.name_worker(stage)
    yield from stage.open_tab()
    for panel in common.head_panels():
        yield from stage.open_panel(panel)
        yield from stage.picture(panel.removeprefix("RELIT_PT_"))
