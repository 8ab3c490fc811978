"""A small run's card, plots and manifest figures say the same, and say what the intervals allow."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from liftgate_training.assess import score
from liftgate_training.card import render_card
from liftgate_training.card_words import judged
from liftgate_training.experiment import Settings, judge
from liftgate_training.findings import Findings, metrics_json
from liftgate_training.hillstrom import load
from liftgate_training.plots import render_plots
from liftgate_training.resampling import Draws
from liftgate_training.split import split, subsample
from liftgate_training.train import train

DATA = Path(__file__).parents[1] / "data" / "hillstrom" / "hillstrom.csv.gz"


@pytest.fixture(scope="module")
def findings() -> Findings:
    customers = subsample(load(DATA), 6000)
    parts = split(customers)
    training = customers.take(parts.train)
    trained = train(training, 2)
    holdout = score(trained, customers.take(parts.holdout))
    return judge(holdout, training, trained, Settings(6000, 2, 25))


def numbers(content: Any) -> Iterator[float]:
    if isinstance(content, dict):
        for value in content.values():
            yield from numbers(value)
    elif isinstance(content, list):
        for value in content:
            yield from numbers(value)
    elif isinstance(content, (int, float)):
        yield float(content)


def test_every_interval_of_the_manifest_is_ordered_and_finite(findings: Findings) -> None:
    metrics = metrics_json(findings)
    assert all(math.isfinite(number) for number in numbers(metrics))
    figures = [*metrics["actions"].values(), metrics["policies"]["figures"]]
    for interval in [each for group in figures for each in group.values()]:
        assert interval["low"] <= interval["high"]


def test_the_card_shows_the_figures_of_the_manifest(findings: Findings) -> None:
    card, metrics = render_card(findings), metrics_json(findings)
    for action in ("mens_email", "womens_email"):
        qini = metrics["actions"][action]["visit.qini"]
        assert f"{qini['estimate']:.3f} [{qini['low']:.3f}, {qini['high']:.3f}]" in card


def test_the_card_of_a_subsample_warns_against_its_use(findings: Findings) -> None:
    assert "Not for use" in render_card(findings).splitlines()[2]


def test_the_card_names_every_plot_and_no_other(findings: Findings) -> None:
    named = set(re.findall(r"\(plots/([^)]+)\)", render_card(findings)))
    assert named == set(render_plots(findings))


def test_plots_are_well_formed_undated_and_the_same_twice(findings: Findings) -> None:
    first, second = render_plots(findings), render_plots(findings)
    assert first == second
    for content in first.values():
        assert ElementTree.fromstring(content).tag == "{http://www.w3.org/2000/svg}svg"
        assert b"<dc:date>" not in content


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.1, 0.3, "credibly above zero"),
        (-0.1, 0.3, "not told apart from zero"),
        (-0.3, -0.1, "credibly below zero"),
    ],
)
def test_words_follow_the_interval(low: float, high: float, words: str) -> None:
    assert judged(Draws(0.2, np.linspace(low, high, 1001))) == words


def test_policy_differences_equal_the_difference_of_the_values(findings: Findings) -> None:
    figures = findings.policies
    for level in findings.terms.levels:
        lead = figures[f"dr.over_random.value_at.{level:g}"]
        apart = (
            figures[f"dr.liftgate.value_at.{level:g}"] - figures[f"dr.random.value_at.{level:g}"]
        )
        np.testing.assert_allclose(lead.resamples, apart.resamples, atol=1e-12)


def test_treating_nobody_and_each_email_adds_up_to_everybody(findings: Findings) -> None:
    shares = metrics_json(findings)["policies"]["shares"]
    assert sum(shares.values()) == pytest.approx(1.0)
