"""The usual service of this kind, for service.mjs: FastAPI, a random forest of scikit-learn with 100
trees, and answers kept in memory under the MD5 of the request. Prints its port once it listens.

    fastapi_service.py [--no-cache]
"""
import hashlib
import json
import socket
import sys

import numpy as np
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, Field
from sklearn.ensemble import RandomForestRegressor

DEVICES = ["mobile", "desktop", "tablet"]
keeps = "--no-cache" not in sys.argv

random = np.random.default_rng(42)
n = 4000
rows = np.column_stack([
    random.integers(1, 50_000, n),
    random.integers(1, 11, n),
    random.integers(0, 3, n),
    random.uniform(1, 20_000, n),
])
ctr = 0.1 / rows[:, 1] * (1 + 0.1 * rows[:, 2]) + 0.002 * random.standard_normal(n)
model = RandomForestRegressor(n_estimators=100, random_state=42).fit(rows, ctr)
answers = {}
app = FastAPI()


class Placement(BaseModel):
    impressions: int = Field(ge=1)
    ad_position: int = Field(ge=1, le=10)
    device_type: str
    budget: float = Field(gt=0)


@app.post("/predict_ctr")
def predict_ctr(placement: Placement):
    key = hashlib.md5(json.dumps(placement.model_dump(), sort_keys=True).encode()).hexdigest()
    if key not in answers:
        row = [[
            placement.impressions,
            placement.ad_position,
            DEVICES.index(placement.device_type),
            placement.budget,
        ]]
        answer = {"predicted_ctr": round(float(model.predict(row)[0]), 4)}
        if not keeps:
            return answer
        answers[key] = answer
    return answers[key]


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen()
print(listener.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
