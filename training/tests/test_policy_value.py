"""Policy values in a simulated world of known truth, and paths against hand-made knapsacks."""

from __future__ import annotations

import numpy as np
import pytest

from liftgate_training.policy_value import (
    Path,
    Scores,
    chosen_steps,
    follow,
    hull_steps,
    ranked_steps,
    uniform_mix,
)
from liftgate_training.pseudo_outcomes import average_effect, dr_scores, ips_scores
from liftgate_training.resampling import bootstrap

SEED = 11
CUSTOMERS = 60_000


def world(count: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features x in [0, 1), a uniform arm of three, and an outcome with effects x and 1 - 2x."""
    x = random.random(count)
    arm = random.integers(0, 3, count)
    effect = np.choose(arm, [np.zeros(count), x, 1 - 2 * x])
    return x, arm, 3 * x + effect + random.normal(0, 0.5, count)


def weights_of(count: int) -> np.ndarray:
    return np.ones((1, count))


@pytest.mark.parametrize("kind", ["ips", "dr", "dr with a wrong model"])
def test_the_value_of_a_policy_is_unbiased(kind: str) -> None:
    x, arm, outcome = world(CUSTOMERS, np.random.default_rng(SEED))
    models = {
        "ips": np.zeros((CUSTOMERS, 3)),
        "dr": np.column_stack([3 * x, 4 * x, x + 1]),
        "dr with a wrong model": np.column_stack([x, 2 - x, np.full(CUSTOMERS, 5.0)]),
    }
    value = dr_scores(outcome, arm, models[kind])
    # Action 0 above x = 1/2, action 1 below 1/4: int_{1/2}^1 x + int_0^{1/4} (1 - 2x) = 9/16.
    net = np.column_stack([np.where(x > 0.5, 1.0, -1.0), np.where(x < 0.25, 1.0, -1.0)])
    steps = chosen_steps(net)
    path = follow(steps, Scores(value, np.zeros_like(value)), weights_of(CUSTOMERS))
    chosen = value[steps.rows, steps.entered]
    error = np.sqrt(np.sum(chosen**2)) / CUSTOMERS
    assert abs(path.end()[0][0] - 9 / 16) < 4 * error


def test_doubly_robust_scores_vary_less_than_ips_when_the_model_is_right() -> None:
    x, arm, outcome = world(CUSTOMERS, np.random.default_rng(SEED))
    right = np.column_stack([3 * x, 4 * x, x + 1])
    ips = average_effect(ips_scores(outcome, arm, 2)[:, 0])
    robust = average_effect(dr_scores(outcome, arm, right)[:, 0])
    assert robust.standard_error < 0.5 * ips.standard_error
    assert abs(robust.estimate - 0.5) < 4 * robust.standard_error
    assert abs(ips.estimate - 0.5) < 4 * ips.standard_error


def test_the_bootstrap_interval_has_the_width_of_the_normal_one() -> None:
    _, arm, outcome = world(4000, np.random.default_rng(SEED))
    scores = ips_scores(outcome, arm, 2)[:, 0]

    def mean(weights: np.ndarray) -> dict[str, np.ndarray]:
        return {"mean": weights @ scores / weights.sum(axis=1)}

    found = bootstrap(mean, 4000, 500, "test")["mean"].interval()
    width = 2 * 1.96 * average_effect(scores).standard_error
    assert found.estimate == pytest.approx(scores.mean(), rel=1e-12)
    assert found.high - found.low == pytest.approx(width, rel=0.12)


def test_hull_steps_enter_by_falling_efficiency_and_skip_dominated_actions() -> None:
    value = np.array([[2.0, 3.0], [1.0, 4.0], [-1.0, 0.5]])
    cost = np.array([[1.0, 2.0], [2.0, 2.0], [0.5, 1.0]])
    steps = hull_steps(value, cost)
    # Row 0: 0 at 2/1, then 1 at 1/1; row 1: 1 at 4/2, action 0 dominated; row 2: 1 at 0.5/1.
    moves = list(zip(steps.rows, steps.left, steps.entered, strict=True))
    assert moves == [(0, -1, 0), (1, -1, 1), (0, 0, 1), (2, -1, 1)]


def test_hull_steps_drop_an_action_under_the_line_between_its_neighbours() -> None:
    steps = hull_steps(np.array([[1.0, 4.0]]), np.array([[1.0, 2.0]]))
    assert list(zip(steps.rows, steps.left, steps.entered, strict=True)) == [(0, -1, 1)]


def test_a_free_action_comes_first() -> None:
    steps = hull_steps(np.array([[5.0], [0.1]]), np.array([[1.0], [-0.2]]))
    assert steps.rows.tolist() == [1, 0]


def test_the_hull_path_earns_at_least_what_every_mix_earns_by_its_own_predictions() -> None:
    random = np.random.default_rng(SEED)
    value, cost = random.normal(0.2, 1, (400, 2)), random.random((400, 2)) + 0.1
    scores, weights = Scores(value, cost), weights_of(400)
    best = follow(hull_steps(value, cost), scores, weights)
    rivals = [
        uniform_mix(np.array([1.0, 0.0]), scores, weights),
        uniform_mix(np.array([0.5, 0.5]), scores, weights),
        follow(ranked_steps(value.max(axis=1), value.argmax(axis=1)), scores, weights),
    ]
    for spend in (0.05, 0.2, 0.4):
        at = np.array([spend])
        assert all(best.value_at(at)[0] >= rival.value_at(at)[0] - 1e-12 for rival in rivals)


def test_value_at_interpolates_and_stops_at_the_end() -> None:
    path = Path(value=np.array([[0.0, 2.0, 3.0]]), spend=np.array([[0.0, 1.0, 3.0]]))
    assert path.value_at(np.array([0.5])).tolist() == [1.0]
    assert path.value_at(np.array([2.0])).tolist() == [2.5]
    assert path.value_at(np.array([9.0])).tolist() == [3.0]


def test_a_path_weights_customers_as_repeated_rows() -> None:
    scores = Scores(np.array([[1.0], [2.0], [4.0]]), np.array([[1.0], [1.0], [1.0]]))
    steps = ranked_steps(np.array([3.0, 2.0, 1.0]), np.zeros(3, dtype=np.int64))
    path = follow(steps, scores, np.array([[2.0, 0.0, 2.0]]))
    np.testing.assert_allclose(path.value, [[0, 0.5, 0.5, 2.5]])
    np.testing.assert_allclose(path.spend, [[0, 0.5, 0.5, 1.0]])
