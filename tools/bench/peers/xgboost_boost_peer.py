"""XGBoost's boosting, tree_method hist. One thread.

Weights are impressions as they are, so that λ and min_child_weight mean what they mean to ours.
Building the (quantised) matrix is part of the fit, as binning is of ours.

rules: loss (binomial, squared_error), rate, depth (0: none), leaves (0: none; best gain first where
set), l2, childWeight, bins.
"""
from exchange import answer, np

import xgboost

OBJECTIVES = {"binomial": "binary:logistic", "squared_error": "reg:squarederror"}


def fit(config, x, y, w):
    rules = config["rules"]
    leaves = rules["leaves"]
    parameters = {
        "tree_method": "hist",
        "nthread": 1,
        "objective": OBJECTIVES[rules["loss"]],
        "learning_rate": rules["rate"],
        "reg_lambda": rules["l2"],
        "base_score": float(np.average(y, weights=w)),
        "max_depth": rules["depth"],
        "max_leaves": leaves,
        "grow_policy": "lossguide" if leaves else "depthwise",
        "min_child_weight": rules["childWeight"],
        "max_bin": rules["bins"],
        "seed": config["seed"],
        "verbosity": 0,
    }
    matrix = xgboost.QuantileDMatrix(x, y, weight=w, max_bin=rules["bins"], nthread=1)
    return xgboost.train(parameters, matrix, num_boost_round=config["trees"])


def load(path):
    model = xgboost.Booster({"nthread": 1})
    model.load_model(path)
    return model


answer(
    version="XGBoost " + xgboost.__version__,
    prepare=lambda features, reference: np.ascontiguousarray(features, dtype=np.float32),
    fit=fit,
    predict=lambda model, x: model.inplace_predict(x),
    save=lambda model, path: model.save_model(path),
    load=load,
)
