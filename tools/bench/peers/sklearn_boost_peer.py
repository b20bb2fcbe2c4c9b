"""scikit-learn's HistGradientBoosting. One thread.

It boosts rates by squared error. For binomial loss it wants classes: every row becomes two, the clicks
and the rest, weighed by how many they are, which is part of the fit. Leaves are best gain first.

rules: as xgboost_boost_peer.py describes; childWeight is not among what it takes.
"""
import pickle

from exchange import answer, np

import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

SETTINGS = {"early_stopping": False, "min_samples_leaf": 1}


def fit(config, x, y, w):
    rules = config["rules"]
    settings = {
        **SETTINGS,
        "max_iter": config["trees"],
        "learning_rate": rules["rate"],
        "max_leaf_nodes": rules["leaves"] or None,
        "max_depth": rules["depth"] or None,
        "l2_regularization": rules["l2"],
        "max_bins": min(255, rules["bins"]),
        "random_state": config["seed"],
    }
    if rules["loss"] == "squared_error":
        return HistGradientBoostingRegressor(**settings).fit(x, y, sample_weight=w)
    weights = np.concatenate([w * y, w * (1 - y)])
    kept = weights > 0
    classes = np.repeat([1, 0], len(y))[kept]
    twice = np.concatenate([x, x])[kept]
    return HistGradientBoostingClassifier(**settings).fit(twice, classes, sample_weight=weights[kept])


def predict(model, x):
    return model.predict_proba(x)[:, 1] if hasattr(model, "predict_proba") else model.predict(x)


def save(model, path):
    with open(path, "wb") as file:
        pickle.dump(model, file)


def load(path):
    with open(path, "rb") as file:
        return pickle.load(file)


answer(
    version="scikit-learn " + sklearn.__version__,
    prepare=lambda features, reference: np.ascontiguousarray(features),
    fit=fit,
    predict=predict,
    save=save,
    load=load,
)
