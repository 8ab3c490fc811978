"""Writes `export/obp-ips.json`: what obp 0.5.7 (st-tech/zr-obp) makes of an export for it.

Reads `export/obp`, which `liftgate export --to obp` wrote, with obp's own reader and estimates
constant policies and the even one with its own InverseProbabilityWeighting. Run by hand: obp asks
for torch and an old Python. An environment that works, torch left out (no part of obp that is used
here calls it):

    python3.11 -m venv venv
    venv/bin/pip install numpy "pandas<3" scikit-learn scipy tqdm pyyaml seaborn
    venv/bin/pip install --no-deps --ignore-requires-python obp==0.5.7
    venv/bin/python make_obp_golden.py
"""

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import cast

import numpy as np


class Absent(type):
    """Stands for what torch has: a class that nothing is of, and that has such classes."""

    def __getattr__(cls, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(name, (), {})


for module in ("torch", "torch.nn", "torch.nn.functional", "torch.optim", "torch.utils.data"):
    sys.modules[module] = cast("ModuleType", Absent(module, (), {}))

from obp.dataset import (  # type: ignore[import-not-found,unused-ignore]  # noqa: E402
    OpenBanditDataset,
)
from obp.ope import (  # type: ignore[import-not-found,unused-ignore]  # noqa: E402
    InverseProbabilityWeighting,
)

EXPORT = Path(__file__).parent / "export"


def main() -> None:
    """Read the table as obp does, and estimate."""
    feedback = OpenBanditDataset(
        behavior_policy="bts", campaign="all", data_path=EXPORT / "obp"
    ).obtain_batch_bandit_feedback()
    meta = json.loads((EXPORT / "obp" / "meta.json").read_text())
    rounds, actions = feedback["n_rounds"], feedback["n_actions"]
    assert (rounds, actions) == (meta["n_rounds"], meta["n_actions"])
    assert feedback["context"].shape[0] == rounds
    assert feedback["action_context"].shape[0] == actions
    policies = {action: np.eye(actions)[item] for item, action in enumerate(meta["actions"])}
    policies["even"] = np.full(actions, 1 / actions)
    values = {
        name: InverseProbabilityWeighting().estimate_policy_value(
            reward=feedback["reward"],
            action=feedback["action"],
            pscore=feedback["pscore"],
            position=feedback["position"],
            action_dist=np.tile(shares[:, np.newaxis], (rounds, 1, 1)),
        )
        for name, shares in policies.items()
    }
    (EXPORT / "obp-ips.json").write_text(f"{json.dumps(values, indent=2)}\n")


main()
