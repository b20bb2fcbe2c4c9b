"""XGBoost as a random forest: one round of parallel trees, tree_method hist. One thread.

Without replacement, 63.2 % of the rows a tree (XGBoost has no bootstrap); learning rate 1 and no
shrinkage, so that leaves are means. Weights are scaled to mean 1, so that min_child_weight is in
rows. Building the (quantised) matrix is part of the fit, as binning is of ours.

rules: depth (0: none), leaves (max_leaves, 0: none; best gain first where set), leaf
(min_child_weight), bins (max_bin).
"""
from exchange import answer, np

import xgboost


def fit(config, x, y, w):
    rules = config["rules"]
    leaves = rules.get("leaves", 0)
    parameters = {
        "tree_method": "hist",
        "nthread": 1,
        "num_parallel_tree": config["trees"],
        "learning_rate": 1,
        "subsample": 0.632,
        "reg_lambda": 0,
        "base_score": float(np.average(y, weights=w)),
        "max_depth": rules.get("depth", 6),
        "max_leaves": leaves,
        "grow_policy": "lossguide" if leaves else "depthwise",
        "min_child_weight": rules.get("leaf", 1),
        "max_bin": rules.get("bins", 256),
        "seed": config["seed"],
        "verbosity": 0,
    }
    matrix = xgboost.QuantileDMatrix(
        x, y, weight=w / w.mean(), max_bin=parameters["max_bin"], nthread=1
    )
    return xgboost.train(parameters, matrix, num_boost_round=1)


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
