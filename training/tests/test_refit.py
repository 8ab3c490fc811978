"""`liftgate-train log`: an export of the service goes in, a folder for the service comes out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from liftgate_training.cli import main
from liftgate_training.promise import read_promise
from liftgate_training.refit import refit, units_with_replacement

EXPORT = Path(__file__).parent / "golden" / "export" / "training.csv"
SHIPPED = Path(__file__).parents[2] / "models" / "hillstrom-email" / "1"


def arguments(out: Path, data: Path = EXPORT) -> list[str]:
    where = ["--data", str(data), "--like", str(SHIPPED), "--out", str(out)]
    return ["log", *where, "--replicates", "2"]


def test_an_export_becomes_a_folder_that_passes_its_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "hillstrom-email" / "2"
    assert main(arguments(folder)) == 0
    assert "fitted on" in capsys.readouterr().out
    assert main(["check", str(folder)]) == 0
    manifest = json.loads((folder / "manifest.json").read_text())
    shipped = json.loads((SHIPPED / "manifest.json").read_text())
    assert (manifest["name"], manifest["version"]) == ("hillstrom-email", "2")
    for same in ("featureDigest", "actions", "heads"):
        assert manifest[same] == shipped[same]
    assert manifest["createdAt"] == "2026-11-01T07:59:00Z"
    assert sum(manifest["training"]["rows"].values()) == 468


def test_the_same_export_gives_the_same_bytes(tmp_path: Path) -> None:
    folders = [tmp_path / name / "2" for name in ("one", "other")]
    for folder in folders:
        refit(EXPORT, SHIPPED, folder, 2)
    files = [path.name for path in folders[0].iterdir()]
    assert [
        f for f in files if (folders[0] / f).read_bytes() != (folders[1] / f).read_bytes()
    ] == []


def test_units_stay_together_in_resamples() -> None:
    units = np.array(["a", "b", "a", "c", "b", "a"])
    for seed in range(20):
        drawn = units_with_replacement(units, seed)
        counts = np.bincount(drawn, minlength=len(units))
        assert counts[0] == counts[2] == counts[5]
        assert counts[1] == counts[4]


def test_a_head_that_nothing_was_observed_of_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "training.csv"
    data.write_text(EXPORT.read_text().replace("outcome_spend", "outcome_other"))
    assert main(arguments(tmp_path / "2", data)) == 2
    assert "nothing was observed of spend" in capsys.readouterr().err


def test_the_promise_of_the_shipped_model_is_read_whole() -> None:
    promise = read_promise(SHIPPED)
    assert [f.name for f in promise.features][:3] == ["recency", "history_segment", "history"]
    assert promise.labels == {"visit": "visit", "spend": "spend", "incentive": "redemptionCost"}
