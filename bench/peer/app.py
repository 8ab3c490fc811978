"""The shipped model as a Python team would serve it: FastAPI, onnxruntime, redis-py, one worker.

It answers the best action and its score, and nothing else: no propensity, no exploration, no
eligibility, no decision log, no metrics. One row is one model run, on one thread, in the event loop:
a run takes less time than handing it to a pool of threads and back.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import numpy as np
import onnxruntime
from fastapi import FastAPI, HTTPException
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, StringConstraints
from redis.asyncio import Redis

MODEL = Path(os.environ["PEER_MODEL"])
FEATURE_SET = os.environ["PEER_FEATURE_SET"]
# Offset of the first value in a packed feature row.
HEADER_BYTES = 16
# As the shipped program has them: 3.00 a visit, 0.01 to send an e-mail.
VALUE_PER_VISIT = 3.0
FIXED_COST = 0.01

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:@/+=-]{1,128}$")]


class DecideRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    programId: Id
    userId: Id
    requestId: Id | None = None
    context: dict[str, str | float | bool] = {}


def open_session() -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(MODEL / "model.onnx", options, providers=["CPUExecutionProvider"])


actions: list[str] = json.loads((MODEL / "manifest.json").read_text())["actions"]
session = open_session()
redis = Redis.from_url(os.environ["REDIS_URL"])


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    yield
    await redis.aclose()


app = FastAPI(lifespan=lifespan, openapi_url=None)


@app.post("/v1/decide")
async def decide(body: DecideRequest) -> JSONResponse:
    packed = await redis.get(f"liftgate:{{{body.userId}}}:features:{FEATURE_SET}")
    if packed is None:
        raise HTTPException(404, "nothing is known of this user")
    row = np.frombuffer(packed, dtype="<f4", offset=HEADER_BYTES).reshape(1, -1)
    visit, cost = session.run(["visit", "incentive"], {"features": row})
    net = VALUE_PER_VISIT * visit[0].mean(axis=1) - cost[0].mean(axis=1) - FIXED_COST
    best = int(net.argmax())
    score = float(net[best])
    return JSONResponse(
        {
            "programId": body.programId,
            "userId": body.userId,
            "requestId": body.requestId,
            "action": actions[best] if score > 0 else "no_offer",
            "score": score,
            "status": "normal",
        }
    )
