"""What others make of the exports of `liftgate export`: VowpalWabbit reads them as they are meant.

The files in golden/export are what the command writes of one log; the service's tests keep them so.
`ips.json` holds our inverse-propensity estimates on that log, by their definition.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vowpalwabbit

EXPORT = Path(__file__).parent / "golden" / "export"
EVENTS = [json.loads(line) for line in (EXPORT / "decisions.json").read_text().splitlines()]
IPS: dict[str, float] = json.loads((EXPORT / "ips.json").read_text())
ACTIONS = ("no_offer", "mens_email", "womens_email")
# A policy that is greedy on what was learned, and learns nothing more; ties are drawn evenly.
EVALUATE = "--dsjson --cb_explore_adf --epsilon 0 --cb_type ips --testonly --quiet"


@contextmanager
def workspace(arguments: str) -> Iterator[Any]:
    """A VowpalWabbit that is closed in the end."""
    opened = vowpalwabbit.Workspace(arguments)
    try:
        yield opened
    finally:
        opened.finish()


def ips_by_vowpal_wabbit(prefer: str | None) -> float:
    """Its own estimate of the reward of always doing `prefer`; None: of what could be, evenly.

    Where the action could not be drawn, VowpalWabbit's policy would take another one; such an event
    says nothing of the policy that is meant, and adds nothing.
    """
    with workspace(EVALUATE) as vw:
        if prefer is not None:
            vw.set_weight(hash_of(vw, prefer), 0, -1.0)
        for event in EVENTS:
            if prefer is not None and {"action": {"id": prefer}} not in event["c"]["_multi"]:
                continue
            examples = vw.parse(json.dumps(event))
            vw.predict(examples)
            vw.finish_example(examples)
        return float(-vw.get_sum_loss() / len(EVENTS))


def hash_of(vw: Any, action: str) -> int:
    """Where the weight is of the feature that names the action."""
    event = next(e for e in EVENTS if len(e["c"]["_multi"]) == len(ACTIONS))
    examples = vw.parse(json.dumps(event))
    place = 1 + event["c"]["_multi"].index({"action": {"id": action}})
    (index, _), *_ = examples[place].iter_features()
    vw.finish_example(examples)
    return int(index)


def test_every_label_is_read_as_it_is_meant() -> None:
    with workspace(EVALUATE) as vw:
        for event in EVENTS:
            examples = vw.parse(json.dumps(event))
            labels = [
                example.get_label(vowpalwabbit.LabelType.CONTEXTUAL_BANDIT).costs
                for example in examples[1:]
            ]
            labelled = [i for i, costs in enumerate(labels) if costs]
            assert labelled == [event["_labelIndex"]]
            (cost,) = labels[event["_labelIndex"]]
            assert cost.action == event["_label_Action"]
            assert np.float32(cost.cost) == np.float32(event["_label_cost"])
            assert np.float32(cost.probability) == np.float32(event["p"][0])
            vw.finish_example(examples)


def test_every_action_and_every_feature_is_read() -> None:
    with workspace(EVALUATE) as vw:
        for event in EVENTS:
            shared, *actions = vw.parse(json.dumps(event))
            assert len(actions) == len(event["c"]["_multi"]) == len(event["a"]) == len(event["p"])
            named = [*event["c"]["features"].values(), *event["c"]["context"].values()]
            # VowpalWabbit takes 0 and false for absent, and adds a constant.
            assert (
                len(list(shared.iter_features()))
                == sum(value not in (0, False) for value in named) + 1
            )
            vw.finish_example([shared, *actions])


@pytest.mark.parametrize("action", ACTIONS)
def test_its_estimate_of_a_constant_policy_is_ours_to_float32(action: str) -> None:
    assert ips_by_vowpal_wabbit(action) == pytest.approx(IPS[action], rel=1e-6)


def test_its_estimate_of_the_even_policy_is_ours_to_float32() -> None:
    assert ips_by_vowpal_wabbit(None) == pytest.approx(IPS["uniform"], rel=1e-6)


def test_it_learns_from_the_file() -> None:
    with workspace("--dsjson --cb_explore_adf --cb_type mtr --quiet -q ::") as vw:
        for event in EVENTS:
            examples = vw.parse(json.dumps(event))
            vw.learn(examples)
            vw.finish_example(examples)
        assert vw.get_weighted_examples() == len(EVENTS)
