"""The model folder as a whole: complete, valid, the same bytes every time, all or nothing."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from conftest import Bundle
from liftgate_training.bundle import write_bundle
from liftgate_training.contract import BundleRefused, Limits

SCHEMAS = Path(__file__).resolve().parents[2] / "openapi"


@pytest.fixture(scope="module")
def folder(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A written model folder."""
    path = tmp_path_factory.mktemp("models") / "small-mail" / "1"
    write_bundle(path, bundle.model, bundle.record, bundle.evidence)
    return path


def test_every_file_is_listed_with_its_hash(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    found = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert set(found) == {"model.onnx", "golden.json", "card.md", "plots/qini.svg"}
    assert manifest["files"] == {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        for name, content in found.items()
    }


@pytest.mark.parametrize(
    ("file", "schema"),
    [
        ("manifest.json", "model-manifest.schema.json"),
        ("golden.json", "model-golden.schema.json"),
    ],
)
def test_json_follows_the_published_schema(folder: Path, file: str, schema: str) -> None:
    published = json.loads((SCHEMAS / schema).read_text())
    jsonschema.validate(json.loads((folder / file).read_text()), published)


def test_manifest_is_canonical(folder: Path) -> None:
    text = (folder / "manifest.json").read_text()
    assert text == json.dumps(json.loads(text), sort_keys=True, indent=2, ensure_ascii=False) + "\n"


def test_the_same_input_gives_the_same_bytes(folder: Path, bundle: Bundle) -> None:
    again = folder.parent / "again"
    write_bundle(again, bundle.model, bundle.record, bundle.evidence)
    for path in folder.rglob("*"):
        if path.is_file():
            assert (again / path.relative_to(folder)).read_bytes() == path.read_bytes(), path.name


def test_feature_digest_follows_its_definition(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    text = (
        "0|recency|numeric||\n"
        "1|spent|numeric||\n"
        "2|channel|categorical|web\x1fphone\x1fmulti|-1\n"
        "3|newbie|boolean||\n"
    )
    assert manifest["featureDigest"] == "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def test_a_refusal_leaves_nothing_behind(bundle: Bundle, tmp_path: Path) -> None:
    evidence = replace(bundle.evidence, limits=Limits(max_micros_per_row=0.001))
    with pytest.raises(BundleRefused, match="gate limits"):
        write_bundle(tmp_path / "m" / "1", bundle.model, bundle.record, evidence)
    assert list(tmp_path.rglob("*")) == []


def test_a_failure_while_writing_leaves_nothing_behind(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(path: Path, content: bytes) -> int:
        raise OSError(f"no space left for {path.name} of {len(content)} bytes")

    monkeypatch.setattr(Path, "write_bytes", fails)
    with pytest.raises(OSError, match="no space left"):
        write_bundle(tmp_path / "1", bundle.model, bundle.record, bundle.evidence)
    assert list(tmp_path.iterdir()) == []


def test_a_version_is_written_once(folder: Path, bundle: Bundle) -> None:
    with pytest.raises(FileExistsError, match="give a new version"):
        write_bundle(folder, bundle.model, bundle.record, bundle.evidence)


def test_statistics_describe_the_training_rows(folder: Path, bundle: Bundle) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    recency = manifest["features"][0]["statistics"]
    column = bundle.evidence.training_rows[:, 0]
    present = column[~np.isnan(column)]
    assert recency["count"] == len(column)
    assert recency["nullRate"] == pytest.approx(1.0 - len(present) / len(column))
    assert sum(recency["psiExpected"]) == pytest.approx(1.0)
    edge = recency["psiBins"][0]
    assert recency["psiExpected"][0] == pytest.approx(np.mean(present <= edge))
    frequencies = manifest["features"][2]["statistics"]["frequencies"]
    assert len(frequencies) == 3
    assert sum(frequencies) == pytest.approx(1.0)
