"""The command `liftgate-train`: train the Hillstrom model, refit any, and re-verify any."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from liftgate_training.check import check_bundle
from liftgate_training.contract import BundleRefused

REPOSITORY = Path(__file__).parents[3]
DATA = REPOSITORY / "training" / "data" / "hillstrom" / "hillstrom.csv.gz"
SCHEMAS = REPOSITORY / "openapi"
DONE, REFUSED, MISUSED = 0, 1, 2
SMALLEST_RUN = 2000
EXTRAS = "liftgate-training[lightgbm,sklearn,report,check]"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command: 0 done, 1 refused by a gate or a check, 2 wrong use or unreadable input."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except BundleRefused as error:
        print(f"liftgate-train: refused: {error}", file=sys.stderr)
        return REFUSED
    except ImportError as error:
        print(f"liftgate-train: {error}; install {EXTRAS}", file=sys.stderr)
    except KeyError as error:
        print(f"liftgate-train: the manifest or golden file lacks {error}", file=sys.stderr)
    except (OSError, ValueError) as error:
        print(f"liftgate-train: {error}", file=sys.stderr)
    return MISUSED


def _hillstrom(options: argparse.Namespace) -> int:
    # The learners are optional extras: `check` must work where only onnxruntime is installed.
    from liftgate_training.experiment import Settings, run  # noqa: PLC0415

    # scikit-learn's wrapper warns that arrays carry no feature names; the order is pinned anyway.
    warnings.filterwarnings("ignore", message="X does not have valid feature names")
    settings = Settings(options.rows, options.replicates, options.resamples)
    manifest = run(options.data, options.out, settings)
    size = sum(entry["bytes"] for entry in manifest["files"].values())
    print(f"wrote {options.out}: {len(manifest['files']) + 1} files, {size / 1e6:.2f} MB")
    if options.rows is not None:
        print(f"trained on a subsample of {options.rows} customers: a test, not for use")
    return DONE


def _log(options: argparse.Namespace) -> int:
    from liftgate_training.refit import refit  # noqa: PLC0415

    warnings.filterwarnings("ignore", message="X does not have valid feature names")
    manifest = refit(options.data, options.like, options.out, options.replicates)
    rows = manifest["training"]["rows"]
    print(f"wrote {options.out}: fitted on {rows['train']} decisions, {rows['holdout']} held out")
    return DONE


def _check(options: argparse.Namespace) -> int:
    schemas = options.schemas if options.schemas.is_dir() else None
    if schemas is None:
        print(f"no JSON Schemas in {options.schemas}: checked without them", file=sys.stderr)
    faults = check_bundle(options.bundle, schemas)
    for fault in faults:
        print(f"{options.bundle}: {fault}", file=sys.stderr)
    if faults:
        return REFUSED
    print(f"{options.bundle}: good")
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="liftgate-train",
        description="Train, judge, export and check uplift models.",
        epilog="Exit codes: 0 done, 1 refused by a gate or a check, 2 wrong use.",
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    hillstrom = commands.add_parser(
        "hillstrom",
        help="train hillstrom-email from training/data and write its model folder",
        description="Same data, same libraries, same platform: same bytes.",
    )
    hillstrom.add_argument("--out", type=Path, required=True, help="model folder; must not exist")
    hillstrom.add_argument("--data", type=Path, default=DATA, help="hillstrom.csv.gz")
    hillstrom.add_argument("--rows", type=_at_least(SMALLEST_RUN), help="subsample, for tests only")
    hillstrom.add_argument(
        "--replicates", type=_at_least(2), default=10, help="bootstrap fits a head (10)"
    )
    hillstrom.add_argument(
        "--resamples", type=_at_least(20), default=1000, help="resamples of the intervals (1000)"
    )
    hillstrom.set_defaults(command=_hillstrom)
    log = commands.add_parser(
        "log",
        help="fit what a model folder promises on logged decisions, as a new version",
        description="Same data, same libraries, same platform: same bytes.",
    )
    log.add_argument("--data", type=Path, required=True, help="liftgate export --to training")
    log.add_argument("--like", type=Path, required=True, help="model folder with the contract")
    log.add_argument("--out", type=Path, required=True, help="<name>/<version>; must not exist")
    log.add_argument(
        "--replicates", type=_at_least(2), default=10, help="bootstrap fits a head (10)"
    )
    log.set_defaults(command=_log)
    check = commands.add_parser(
        "check",
        help="re-verify a model folder",
        description="Hashes, JSON Schema, feature digest and golden rows in ONNX Runtime.",
    )
    check.add_argument("bundle", type=Path, help="a folder models/<name>/<version>")
    check.add_argument("--schemas", type=Path, default=SCHEMAS, help="folder of the JSON Schemas")
    check.set_defaults(command=_check)
    return parser


def _at_least(bound: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isdecimal() or int(text) < bound:
            raise argparse.ArgumentTypeError(
                f"expected a whole number from {bound} up, got {text!r}"
            )
        return int(text)

    return parse
