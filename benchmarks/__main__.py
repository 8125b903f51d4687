"""``python -m benchmarks accuracy|photos|eevee|interface|peers|speed``: quality, other methods, cost."""

from __future__ import annotations

import argparse

from . import accuracy, engines, interface, peers, photos, speed

COMMANDS = {
    "accuracy": (accuracy, "error against heads of which everything is known, beside simpler methods"),
    "photos": (photos, "heads of real people: failures, likeness, agreement"),
    "eevee": (engines, "how alike EEVEE and Cycles show a head under each light preset"),
    "interface": (interface, "how long an artist waits for panels, sliders and pins in a real Blender window"),
    "peers": (peers, "other methods on the same photos, and published figures"),
    "speed": (speed, "seconds and memory of a whole reconstruction, stage by stage"),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (module, what) in COMMANDS.items():
        command = commands.add_parser(name, help=what, description=what[0].upper() + what[1:] + ".")
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    options = parser.parse_args()
    return options.run(options)


if __name__ == "__main__":
    raise SystemExit(main())
