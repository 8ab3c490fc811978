"""Ranking metrics against closed forms, scikit-uplift's golden values, and scikit-uplift itself."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from liftgate_training.cost_curve import CostComparison, aucc
from liftgate_training.hillstrom import ACTIONS, FEATURE_NAMES, load
from liftgate_training.uplift_metrics import (
    Comparison,
    auuc,
    excess_area,
    mean_difference,
    qini_coefficient,
    qini_curve,
    uplift_at,
    uplift_curve,
)

GOLDEN = Path(__file__).parent / "golden" / "uplift_metrics.json"
DATA = Path(__file__).parents[1] / "data" / "hillstrom" / "hillstrom.csv.gz"
COLUMNS = {"fine": "history", "coarse": "recency"}


def ones(count: int) -> np.ndarray:
    return np.ones((1, count))


def four_customers() -> Comparison:
    # Highest score first: treated 1, control 0, treated 0, control 1.
    return Comparison(
        score=np.array([4.0, 3.0, 2.0, 1.0]),
        treated=np.array([1.0, 0.0, 1.0, 0.0]),
        outcome=np.array([1.0, 0.0, 0.0, 1.0]),
    )


def random_pair(seed: int, count: int, distinct: int) -> Comparison:
    random = np.random.default_rng(seed)
    return Comparison(
        score=random.integers(0, distinct, count).astype(np.float64),
        treated=random.integers(0, 2, count).astype(np.float64),
        outcome=(random.random(count) < 0.4).astype(np.float64),
    )


def test_qini_curve_of_four_customers_is_the_one_computed_by_hand() -> None:
    curve = qini_curve(four_customers(), ones(4))
    # y_t - y_c n_t / n_c: 1 - 0, 1 - 0, 1 - 0 * 2, 1 - 1 * 2 / 2
    np.testing.assert_array_equal(curve.x, [[0, 1, 2, 3, 4]])
    np.testing.assert_array_equal(curve.y, [[0, 1, 1, 1, 0]])


def test_uplift_curve_of_four_customers_is_the_one_computed_by_hand() -> None:
    # (mean_t - mean_c) n: (1 - 0) 1, (1 - 0) 2, (1/2 - 0) 3, (1/2 - 1/2) 4
    np.testing.assert_array_equal(uplift_curve(four_customers(), ones(4)).y, [[0, 1, 2, 1.5, 0]])


def test_excess_area_of_four_customers_is_the_one_computed_by_hand() -> None:
    # Trapezoids 0.5 + 1.5 + 1.75 + 0.75 = 4.5, chord 0, over 4 squared.
    np.testing.assert_allclose(excess_area(four_customers(), ones(4)), [4.5 / 16])


def test_uplift_at_half_is_the_difference_in_the_first_two() -> None:
    np.testing.assert_array_equal(uplift_at(four_customers(), ones(4), 0.5), [1.0])


def test_the_perfect_ranking_scores_one_and_a_constant_score_zero() -> None:
    data = random_pair(seed=1, count=400, distinct=50)
    ideal = data.outcome * data.treated - data.outcome * (1 - data.treated)
    perfect = Comparison(ideal, data.treated, data.outcome)
    constant = Comparison(np.zeros(400), data.treated, data.outcome)
    np.testing.assert_allclose(qini_coefficient(perfect, ones(400)), [1.0], atol=1e-12)
    np.testing.assert_allclose(qini_coefficient(constant, ones(400)), [0.0], atol=1e-12)
    np.testing.assert_allclose(auuc(constant, ones(400)), [0.0], atol=1e-12)


@pytest.mark.parametrize("metric", [qini_coefficient, auuc, excess_area])
def test_integer_weights_equal_repeated_rows(metric) -> None:  # type: ignore[no-untyped-def]
    data = random_pair(seed=2, count=300, distinct=25)
    weights = np.random.default_rng(3).integers(0, 4, size=(2, 300)).astype(np.float64)
    for row in range(2):
        again = np.repeat(np.arange(300), weights[row].astype(int))
        repeated = Comparison(data.score[again], data.treated[again], data.outcome[again])
        expected = metric(repeated, ones(len(again)))[0]
        assert metric(data, weights)[row] == pytest.approx(expected, abs=1e-12)


def test_weighted_uplift_at_k_equals_repeated_rows() -> None:
    data = random_pair(seed=4, count=200, distinct=10_000)
    weights = np.random.default_rng(5).integers(0, 4, size=(1, 200)).astype(np.float64)
    again = np.repeat(np.arange(200), weights[0].astype(int))
    repeated = Comparison(data.score[again], data.treated[again], data.outcome[again])
    expected = uplift_at(repeated, ones(len(again)), 0.3)
    np.testing.assert_allclose(uplift_at(data, weights, 0.3), expected, atol=1e-12)


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("score", list(COLUMNS))
def test_metrics_agree_with_the_golden_values_of_scikit_uplift(action: str, score: str) -> None:
    expected = json.loads(GOLDEN.read_text())["cases"][f"{action}.{score}"]
    customers = load(DATA)
    arm = ACTIONS.index(action) + 1
    pair = np.flatnonzero((customers.arm == 0) | (customers.arm == arm))
    column = FEATURE_NAMES.index(COLUMNS[score])
    data = Comparison(
        score=customers.features[pair, column].astype(np.float64),
        treated=(customers.arm[pair] > 0).astype(np.float64),
        outcome=customers.outcomes["visit"][pair],
    )
    weights = ones(len(pair))
    assert qini_coefficient(data, weights)[0] == pytest.approx(expected["qini_auc_score"], abs=1e-9)
    assert auuc(data, weights)[0] == pytest.approx(expected["uplift_auc_score"], abs=1e-9)
    for share in (0.1, 0.2, 0.3, 0.5):
        found = uplift_at(data, weights, share)[0]
        assert found == pytest.approx(expected[f"uplift_at_k.{share:g}"], abs=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_metrics_agree_with_scikit_uplift_where_it_is_installed(seed: int) -> None:
    reference = pytest.importorskip("sklift.metrics")
    data = random_pair(seed, count=500, distinct=(3, 40, 100_000)[seed % 3])
    rows = (data.outcome.astype(int), data.score, data.treated.astype(int))
    weights = ones(500)
    assert qini_coefficient(data, weights)[0] == pytest.approx(
        reference.qini_auc_score(*rows), abs=1e-9
    )
    assert auuc(data, weights)[0] == pytest.approx(reference.uplift_auc_score(*rows), abs=1e-9)
    for share in (0.1, 0.3, 0.5):
        expected = reference.uplift_at_k(*rows, strategy="overall", k=share)
        assert uplift_at(data, weights, share)[0] == pytest.approx(expected, abs=1e-9)


def test_aucc_of_a_constant_efficiency_is_one_half() -> None:
    data = random_pair(seed=6, count=300, distinct=2)
    cost = data.treated * 2.0
    curve = CostComparison(np.zeros(300), data.treated, data.outcome, cost)
    np.testing.assert_allclose(aucc(curve, ones(300)), [0.5])


def test_aucc_is_the_area_computed_by_hand_when_all_value_comes_first() -> None:
    # Two classes of 2 treated and 2 control: the first earns 1 for cost 1, the second 0 for cost 1.
    treated = np.array([1.0, 1.0, 0.0, 0.0] * 2)
    value = np.array([1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    curve = CostComparison(np.repeat([2.0, 1.0], 4), treated, value, treated)
    # Points (0, 0), (4, 4), (8, 4): area 8 + 16 over 8 * 4.
    np.testing.assert_allclose(aucc(curve, ones(8)), [24 / 32])


def test_mean_difference_ignores_customers_of_weight_zero() -> None:
    outcome = np.array([1.0, 5.0, 2.0, 9.0])
    treated = np.array([1.0, 1.0, 0.0, 0.0])
    weights = np.array([[1.0, 0.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0]])
    np.testing.assert_array_equal(mean_difference(outcome, treated, weights), [-1.0, -2.5])
