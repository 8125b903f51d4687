"""Trains the reflectance generator, in pieces that continue one another exactly.

    python -m training.train_generator --data FOLDER_OR_PACK --out FOLDER --minutes 50 --device cpu
    python -m training.train_generator --data FOLDER_OR_PACK --out FOLDER --minutes 10 --device cuda --resume

A piece ends after its minutes (or ``--steps``), with a checkpoint, a generator that can be used as it is, a sheet of
samples and ``report.json``. Checkpoints are written every few minutes besides.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import torch

from core.reflectance.generator import GeneratorConfig, generator_from_prior, save_generator
from core.reflectance.prior import load_prior
from core.reflectance.tone import monk_index
from training.dataset.items import load
from training.generator.data import TrainingMaps
from training.generator.inversion import compare_with_prior, summary
from training.generator.start import start_from_data
from training.generator.trainer import Settings, Trainer, read_checkpoint
from training.generator_report import sample_sheet

CHECKPOINT, GENERATOR, REPORT = "checkpoint.pt", "generator.safetensors", "report.json"
SAVE_MINUTES = 3.0
CHECK_STEPS = {64: 15, 128: 15}
ADVERSARIAL_AFTER_ON_GPU = 4000


def main(arguments: Sequence[str] | None = None, config: GeneratorConfig | None = None) -> int:
    """Run one piece of training.

    Args:
        arguments: of the command line.
        config: of a new generator; the shipped one's by default.
    """
    options = _options(arguments)
    torch.set_num_threads(options.threads)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    options.out.mkdir(parents=True, exist_ok=True)
    items = load(options.data)
    data = TrainingMaps(items, ("train",) if options.no_mixed else ("train", "mixed"), options.device)
    people = TrainingMaps(items, "validation", options.device)
    trainer, history, seconds = _begin(options, data, config)
    began, saved, checked = time.monotonic(), time.monotonic(), time.monotonic()
    last = None if options.steps is None else trainer.step_number + options.steps
    losses: dict[str, list[float]] = defaultdict(list)
    while (last is None or trainer.step_number < last) and time.monotonic() - began < 60 * options.minutes:
        for name, value in trainer.step().items():
            losses[name].append(value)
        now = time.monotonic()
        if trainer.step_number % options.every == 0:
            _progress(trainer.step_number, now - began, losses)
        if now - checked > 60 * options.check_minutes:
            history.append(_check(trainer, people))
            checked = now
        if now - saved > 60 * SAVE_MINUTES:
            trainer.save(options.out / CHECKPOINT, history=history, seconds=seconds + now - began)
            saved = now
    seconds += time.monotonic() - began
    trainer.save(options.out / CHECKPOINT, history=history, seconds=seconds)
    _finish(trainer, people, options, history, seconds)
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.train_generator", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder or packed file of the reflectance data set")
    parser.add_argument("--out", type=Path, required=True, help="folder of checkpoints and results")
    parser.add_argument("--minutes", type=float, default=50.0, help="wall clock of this piece's steps")
    parser.add_argument("--steps", type=int, help="end after so many steps of this piece, if that is sooner")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--threads", type=int, default=1, help="processor threads")
    parser.add_argument("--resume", action="store_true", help="continue the checkpoint in --out")
    parser.add_argument("--seed", type=int, default=0, help="of everything random")
    parser.add_argument("--batch-factor", type=int, help="multiplies the batches; 1 on a processor, 4 on a GPU")
    parser.add_argument(
        "--adversarial-after",
        type=int,
        help="steps before the discriminator joins; -1 for never, as on a processor; 4000 on a GPU; also with --resume",
    )
    parser.add_argument("--narrow", type=int, help="divides the discriminator's widths; 4 on a processor, 1 on a GPU")
    parser.add_argument("--no-perceptual", action="store_true", help="leave the recogniser's layers out of the loss")
    parser.add_argument("--no-mixed", action="store_true", help="leave out the people who are mixed from others")
    parser.add_argument("--every", type=int, default=25, help="steps between two lines of progress")
    parser.add_argument("--check-minutes", type=float, default=8.0, help="minutes between two looks at validation")
    return parser.parse_args(arguments)


def _begin(
    options: argparse.Namespace, data: TrainingMaps, config: GeneratorConfig | None
) -> tuple[Trainer, list[dict], float]:
    """Return a trainer, the checks so far and the seconds so far."""
    path = options.out / CHECKPOINT
    if options.resume:
        if not path.is_file():
            raise SystemExit(f"There is no checkpoint to continue in {options.out}.")
        state = read_checkpoint(path)
        if len(state["codes"]["weight"]) != len(data):
            raise SystemExit(f"The checkpoint in {options.out} was made with another data set.")
        state["settings"] = _joined_later(state["settings"], options)
        return Trainer.resume(data, state), state["history"], state["seconds"]
    if path.exists():
        raise SystemExit(f"There is a checkpoint in {options.out} already: continue it with --resume.")
    on_gpu = options.device != "cpu"
    after = options.adversarial_after
    if after is None:
        after = ADVERSARIAL_AFTER_ON_GPU if on_gpu else -1
    settings = Settings(
        seed=options.seed,
        adversarial_after=None if after < 0 else after,
        batch_factor=options.batch_factor or (4 if on_gpu else 1),
        narrow=options.narrow or (1 if on_gpu else 4),
        perceptual=not options.no_perceptual,
    )
    generator = generator_from_prior(load_prior(), config, options.seed)
    codes = start_from_data(generator, data)
    return Trainer(data, generator, codes, settings), [], 0.0


def _joined_later(settings: Settings, options: argparse.Namespace) -> Settings:
    """Return a checkpoint's settings with another step at which the discriminator joins, where one is asked for."""
    if options.adversarial_after is None:
        return settings
    return replace(settings, adversarial_after=None if options.adversarial_after < 0 else options.adversarial_after)


def _progress(step: int, seconds: float, losses: dict[str, list[float]]) -> None:
    means = {name: sum(values) / len(values) for name, values in losses.items() if values and name != "size"}
    sizes = Counter(int(size) for size in losses["size"])
    words = "  ".join(f"{name} {value:.4f}" for name, value in means.items())
    counts = " ".join(f"{count}x{size}" for size, count in sorted(sizes.items()))
    print(f"step {step:6d}  {seconds / 60:5.1f} min  {words}  [{counts}]", flush=True)
    losses.clear()


def _check(trainer: Trainer, people: TrainingMaps) -> dict:
    """Invert the people kept for validation with the averaged weights."""
    generator = trainer.finished(load_prior(), mapping=False)[0]
    size = max(size for size in CHECK_STEPS if size in generator.config.sizes)
    found = compare_with_prior(generator, load_prior(), people, size, CHECK_STEPS)
    record = {"step": trainer.step_number} | {name: summary(values) for name, values in found.items()}
    print(f"validation at {size} texels: {json.dumps(record)}", flush=True)
    return record


def _finish(
    trainer: Trainer, people: TrainingMaps, options: argparse.Namespace, history: list[dict], seconds: float
) -> None:
    history.append(_check(trainer, people))
    generator, distances = trainer.finished(load_prior())
    generator.cpu()
    card = data_card(trainer, seconds, options.device)
    save_generator(generator, options.out / GENERATOR, card)
    sample_sheet(generator, options.out / "samples.png", seed=trainer.settings.seed)
    report = {"steps": trainer.step_number, "seconds": round(seconds), "distances of tones": distances}
    (options.out / REPORT).write_text(json.dumps(report | {"validation": history, "card": card}, indent=1) + "\n")
    print(f"{options.out / GENERATOR}: {trainer.step_number} steps, {seconds / 60:.1f} minutes", flush=True)


def data_card(trainer: Trainer, seconds: float, device: str) -> dict:
    """Return what a generator was made of."""
    data, minutes = trainer.data, round(seconds / 60, 1)
    people = {item["name"]: item for item in data.items if item["split"] == "train"}
    sources = Counter((item["source"], item["licence"]) for item in people.values())
    tones = Counter(monk_index(item["tone"]) for item in data.items)
    return {
        "licence": "CC BY 4.0, attributions in NOTICE.md",
        "sources": [{"source": a, "licence": b, "people": count} for (a, b), count in sorted(sources.items())],
        "items": len(data.items),
        "items per Monk tone": {str(tone): tones[tone] for tone in sorted(tones)},
        "seed": trainer.settings.seed,
        "steps": trainer.step_number,
        "minutes": minutes,
        "device": device,
        "settings": asdict(trainer.settings),
        "command": f"python -m training.train_generator --data DATA --out OUT --minutes {minutes} --device {device}",
    }


if __name__ == "__main__":
    sys.exit(main())
