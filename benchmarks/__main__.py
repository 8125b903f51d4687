"""``python -m benchmarks accuracy|photos|peers|speed``: how good and how like heads are, what others do, the cost."""

from __future__ import annotations

import argparse
from pathlib import Path

from . import accuracy, peers, photos, shape_truth, speed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    accuracy.add_arguments(commands.add_parser("accuracy", help="error against heads of which everything is known"))
    timed = commands.add_parser("speed", help="seconds and memory of a whole reconstruction, stage by stage")
    speed.add_arguments(timed)
    photos.add_arguments(commands.add_parser("photos", help="heads of real people: failures, likeness, agreement"))
    peers.add_arguments(commands.add_parser("peers", help="other methods on the same photos, and published figures"))
    shapes = commands.add_parser("shape", help="shape error on rendered heads of another model, with known truth")
    shapes.add_argument("--shared", type=Path, default=Path("../shared"), help="folder of the reference data")
    shapes.add_argument("--count", type=int, default=20)
    shapes.add_argument("--seed", type=int, default=5)
    arguments = parser.parse_args()
    if arguments.command == "accuracy":
        return accuracy.run(arguments)
    if arguments.command == "peers":
        return peers.run(arguments)
    if arguments.command == "speed":
        return speed.run(arguments)
    if arguments.command == "shape":
        return shape_truth.run(arguments.shared, arguments.count, arguments.seed)
    return photos.run(arguments)


if __name__ == "__main__":
    raise SystemExit(main())
