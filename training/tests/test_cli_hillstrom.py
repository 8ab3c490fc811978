"""The command line, end to end on a subsample: train, check, refuse what was tampered with."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from liftgate_training.cli import main

FAST = ["--rows", "6000", "--replicates", "2", "--resamples", "25"]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "1"
    assert main(["hillstrom", "--out", str(folder), *FAST]) == 0
    return folder


def copy_of(bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle, tmp_path / "copy"))


def test_a_written_folder_passes_its_check(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(bundle)]) == 0
    assert "good" in capsys.readouterr().out


def test_two_runs_give_the_same_bytes(bundle: Path, tmp_path: Path) -> None:
    again = tmp_path / "1"
    assert main(["hillstrom", "--out", str(again), *FAST]) == 0
    names = sorted(str(path.relative_to(bundle)) for path in bundle.rglob("*") if path.is_file())
    assert names == sorted(
        str(path.relative_to(again)) for path in again.rglob("*") if path.is_file()
    )
    assert [n for n in names if (bundle / n).read_bytes() != (again / n).read_bytes()] == []


def test_an_existing_folder_is_never_overwritten(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["hillstrom", "--out", str(bundle), *FAST]) == 2
    assert "exists" in capsys.readouterr().err


def test_a_changed_byte_is_found(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_of(bundle, tmp_path)
    with (folder / "card.md").open("a") as card:
        card.write("better than it is\n")
    assert main(["check", str(folder)]) == 1
    assert "card.md: sha256" in capsys.readouterr().err


def test_a_file_the_manifest_does_not_list_is_found(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_of(bundle, tmp_path)
    (folder / "extra.bin").write_bytes(b"x")
    assert main(["check", str(folder)]) == 1
    assert "extra.bin: not listed in the manifest" in capsys.readouterr().err


def test_a_missing_file_is_found(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_of(bundle, tmp_path)
    (folder / "plots" / "qini.svg").unlink()
    assert main(["check", str(folder)]) == 1
    assert "plots/qini.svg: listed in the manifest, but missing" in capsys.readouterr().err


def test_another_calibration_changes_golden_decisions(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_of(bundle, tmp_path)
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    for action in manifest["actions"]:
        manifest["calibration"]["visit"][action] = {
            "kind": "linear",
            "intercept": -9.0,
            "slope": 1.0,
        }
    path.write_text(json.dumps(manifest))
    assert main(["check", str(folder)]) == 1
    assert "the graph decides no_offer" in capsys.readouterr().err


def test_a_renamed_feature_breaks_the_digest(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_of(bundle, tmp_path)
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace('"name": "newbie"', '"name": "newcomer"'))
    assert main(["check", str(folder)]) == 1
    assert "featureDigest" in capsys.readouterr().err


def test_a_manifest_without_its_files_breaks_the_schema(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_of(bundle, tmp_path)
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["files"]
    path.write_text(json.dumps(manifest))
    assert main(["check", str(folder), "--schemas", str(tmp_path / "nowhere")]) == 2
    assert "lacks 'files'" in capsys.readouterr().err
    assert main(["check", str(folder)]) == 1
    assert "manifest.json: $: 'files' is a required property" in capsys.readouterr().err


def test_a_folder_that_is_no_model_is_wrong_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(tmp_path)]) == 2
    assert "manifest.json" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [[], ["hillstrom"], ["hillstrom", "--out", "x", "--rows", "5"]]
)
def test_wrong_arguments_exit_with_two(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2


@pytest.mark.parametrize("arguments", [["--help"], ["hillstrom", "--help"], ["check", "--help"]])
def test_help_is_there_for_every_command(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 0
    assert "usage: liftgate-train" in capsys.readouterr().out
