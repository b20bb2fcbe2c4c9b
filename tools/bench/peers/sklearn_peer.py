"""scikit-learn's random forest, and its single tree for the fixtures. One thread.

rules: leaf (min_samples_leaf); depth (max_depth, absent: none); kind "forest" or "tree";
criterion ("squared_error" or "poisson").
"""
from exchange import answer, below_all, np

import joblib
import sklearn
from sklearn.ensemble import RandomForestRegressor
from sklearn.tree import DecisionTreeRegressor


def prepare(features, reference):
    # What its trees convert to anyway: the conversion is not timed.
    return np.ascontiguousarray(below_all(features, reference), dtype=np.float32)


def fit(config, x, y, w):
    rules = config["rules"]
    shared = {
        "min_samples_leaf": rules.get("leaf", 1),
        "max_depth": rules.get("depth"),
        "criterion": rules.get("criterion", "squared_error"),
        "random_state": config["seed"],
    }
    if rules.get("kind", "forest") == "tree":
        model = DecisionTreeRegressor(**shared)
    else:
        model = RandomForestRegressor(n_estimators=config["trees"], n_jobs=1, **shared)
    return model.fit(x, y, sample_weight=w)


answer(
    version="scikit-learn " + sklearn.__version__,
    prepare=prepare,
    fit=fit,
    predict=lambda model, x: model.predict(x),
    save=joblib.dump,
    load=joblib.load,
)
