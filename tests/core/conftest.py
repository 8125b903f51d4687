"""What the tests of the face networks share."""

from __future__ import annotations

import os

import pytest

from core import weights


@pytest.fixture(scope="session")
def face_weights() -> None:
    """The built-in face networks; where CI is set their absence is a failure, else a reason to skip."""
    missing = [
        weight.name
        for weight in weights.WEIGHTS.values()
        if not weight.optional and not weights.available(weight.name)
    ]
    if missing:
        reason = f"weights are missing: {', '.join(missing)}; run `python3 vendor_install.py install`"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
