"""One peer at one task, on the tables of generate_table.py. Prints one JSON object: peer, task, seconds, cpu_seconds (imports left out), peak_mb, auc,
log_loss, iv_holdout, version.

    python3 scorecard_peers.py --task binning --peer optbinning --data DIR

Tasks and peers: binning optbinning; fit glum, glum-covariance, statsmodels, sklearn-newton, sklearn-lbfgs; card optbinning (its card is kept in the
folder); score polars (with that card). Set OPENBLAS_NUM_THREADS=1 and OMP_NUM_THREADS=1: with two threads on two busy cores scikit-learn's Newton
takes eight times as long, and a comparison would be unfair.
"""
import argparse
import json
import pickle
import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd

NUMBERS = [f"n{j:02d}" for j in range(30)]
WORDS = ["region", "product", "channel", "occupation", "branch"]
SPECIAL = {"n07": [-999.0], "n17": [-999.0]}

arguments = argparse.ArgumentParser()
arguments.add_argument("--task", required=True)
arguments.add_argument("--peer", required=True)
arguments.add_argument("--data", required=True, type=Path)
ask = arguments.parse_args()
folder = ask.data


def cpu():
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


class Timed:
    def __enter__(self):
        self.wall, self.cpu = time.perf_counter(), cpu()
        return self

    def __exit__(self, *_):
        self.wall, self.cpu = time.perf_counter() - self.wall, cpu() - self.cpu


def say(timed, version, **more):
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line = dict(peer=ask.peer, task=ask.task, seconds=round(timed.wall, 3), cpu_seconds=round(timed.cpu, 3), peak_mb=round(peak), auc=None, log_loss=None)
    print(json.dumps({**line, **more, "version": version}))


def quality(outcome, p):
    from sklearn.metrics import log_loss, roc_auc_score

    return dict(auc=round(float(roc_auc_score(outcome, p)), 6), log_loss=round(float(log_loss(outcome, p)), 6))


def frame(name):
    table = pd.read_parquet(folder / f"{name}.parquet")
    for column in WORDS:
        table[column] = table[column].astype(object)
    return table


def hold_out():
    return frame("score"), pd.read_parquet(folder / "score_y.parquet")["y"].to_numpy()


def information_value(codes, outcome):
    """Of bins made in training, on the hold-out; a half is added to each count for the logarithm."""
    good = np.bincount(codes, weights=outcome)
    bad = np.bincount(codes, weights=1 - outcome)
    return float(((good / good.sum() - bad / bad.sum()) * np.log((good + 0.5) / (bad + 0.5) * bad.sum() / good.sum())).sum())


def process():
    from optbinning import BinningProcess

    params = {name: {"special_codes": codes} for name, codes in SPECIAL.items()}
    return BinningProcess(variable_names=NUMBERS + WORDS, categorical_variables=WORDS, binning_fit_params=params, n_jobs=1)


def bin_codes(binned, values):
    """The bin of each value of the hold-out: intervals or groups, then special, missing and unseen."""
    if binned.dtype == "numerical":
        x = values.to_numpy(dtype=float, na_value=np.nan)
        codes = np.searchsorted(np.asarray(binned.splits, dtype=float), x, side="right")
        last = len(binned.splits) + 1
        codes[np.isin(x, SPECIAL.get(binned.name, []))] = last
        codes[np.isnan(x)] = last + 1
        return codes
    place = {str(word): k for k, group in enumerate(binned.splits) for word in group}
    last = len(binned.splits)
    return np.array([last if pd.isna(v) else place.get(str(v), last + 1) for v in values])


def design():
    """The 42 columns of the comparison: standardised numbers, missing and special values at the mean, and a flag for each column that has them."""
    files = [folder / f"{name}.npy" for name in ("design", "outcome", "design_hold_out", "outcome_hold_out")]
    if not all(file.exists() for file in files):
        train, (later, outcome_later) = frame("train"), hold_out()
        scale = {}

        def columns(table):
            out = []
            for name in NUMBERS:
                x = table[name].to_numpy(dtype=float, na_value=np.nan).copy()
                x[np.isin(x, SPECIAL.get(name, []))] = np.nan
                missing = np.isnan(x)
                mean, deviation, flagged = scale.setdefault(name, (np.nanmean(x), np.nanstd(x), bool(missing.any())))
                x = (x - mean) / deviation
                x[missing] = 0.0
                out.append(x)
                if flagged:
                    out.append((missing.astype(float) - 0.07) / 0.25)
            return np.column_stack(out)

        for file, array in zip(files, (columns(train), train["y"].to_numpy(dtype=float), columns(later), outcome_later.astype(float))):
            np.save(file, array)
    return [np.load(file) for file in files]


if ask.task == "binning":
    import optbinning

    train = frame("train")
    with Timed() as timed:
        fitted = process().fit(train[NUMBERS + WORDS], train["y"].to_numpy())
    later, outcome = hold_out()
    values = {name: information_value(bin_codes(fitted.get_binned_variable(name), later[name]), outcome) for name in NUMBERS + WORDS}
    summary = fitted.summary()
    say(timed, optbinning.__version__, iv_holdout=values, sum_iv=float(summary["iv"].astype(float).sum()), bins=int(summary["n_bins"].astype(int).sum()))

if ask.task == "fit":
    x, y, x_later, y_later = design()
    if ask.peer.startswith("glum"):
        import glum

        x = np.asfortranarray(x)
        with Timed() as timed:
            model = glum.GeneralizedLinearRegressor(
                family="binomial", alpha=1 / len(y), l1_ratio=0, solver="irls-ls", gradient_tol=1e-6, scale_predictors=False
            ).fit(x, y)
            if ask.peer == "glum-covariance":
                # The errors that statsmodels and recoup give; the default is a robust matrix and takes longer.
                model.covariance_matrix(x, y, robust=False, expected_information=True, dispersion=1.0)
        version, p = glum.__version__, model.predict(x_later)
    elif ask.peer == "statsmodels":
        import statsmodels
        import statsmodels.api as sm

        with Timed() as timed:
            model = sm.Logit(y, np.column_stack([np.ones(len(x)), x])).fit(method="newton", maxiter=50, disp=0)
            model.bse
        version, p = statsmodels.__version__, model.predict(np.column_stack([np.ones(len(x_later)), x_later]))
    else:
        import sklearn
        from sklearn.linear_model import LogisticRegression

        solver = {"sklearn-newton": dict(solver="newton-cholesky", tol=1e-6, max_iter=50), "sklearn-lbfgs": dict(solver="lbfgs", max_iter=2000)}[ask.peer]
        with Timed() as timed:
            model = LogisticRegression(C=1.0, **solver).fit(x, y)
        version, p = sklearn.__version__, model.predict_proba(x_later)[:, 1]
    say(timed, version, **quality(y_later, p))

if ask.task == "card":
    import optbinning
    from optbinning import Scorecard
    from sklearn.linear_model import LogisticRegression

    train = frame("train")
    with Timed() as timed:
        card = Scorecard(
            binning_process=process(),
            estimator=LogisticRegression(C=1e6, max_iter=500),
            scaling_method="pdo_odds",
            scaling_method_params=dict(pdo=20, odds=50, scorecard_points=600),
        ).fit(train[NUMBERS + WORDS], train["y"].to_numpy(), metric_missing="empirical", metric_special="empirical")
    later, outcome = hold_out()
    figures = quality(outcome, card.predict_proba(later[NUMBERS + WORDS])[:, 1])
    with open(folder / "card.pkl", "wb") as out:
        pickle.dump(card, out)
    table, binned, points = card.table("detailed"), card.binning_process_, {}
    for name in NUMBERS + WORDS:
        bins, rows = binned.get_binned_variable(name), table[table["Variable"] == name].reset_index(drop=True)
        value, label = rows["Points"].astype(float).to_numpy(), rows["Bin"].astype(str).tolist()
        of = dict(missing=value[label.index("Missing")], special=value[label.index("Special")], special_codes=SPECIAL.get(name, []))
        if name in NUMBERS:
            of |= dict(splits=[float(s) for s in bins.splits], points=value[: len(bins.splits) + 1].tolist())
        else:
            of |= dict(groups=[[str(w) for w in g] for g in bins.splits], points=value[: len(bins.splits)].tolist())
        points[name] = of
    (folder / "card.json").write_text(json.dumps(points))
    say(timed, optbinning.__version__, **figures)

if ask.task == "score":
    import polars as pl

    card = json.loads((folder / "card.json").read_text())
    names = list(card)

    def points(name):
        of, value = card[name], pl.col(name)
        if "splits" in of:
            chosen = pl.when(value.is_null() | value.is_nan()).then(pl.lit(of["missing"], pl.Float32))
            for code in of["special_codes"]:
                chosen = chosen.when(value == code).then(pl.lit(of["special"], pl.Float32))
            for split, at in zip(of["splits"], of["points"]):
                chosen = chosen.when(value < split).then(pl.lit(at, pl.Float32))
            return chosen.otherwise(pl.lit(of["points"][-1], pl.Float32)).alias(name)
        table = {word: at for group, at in zip(of["groups"], of["points"]) for word in group}
        return value.replace_strict(table, default=of["missing"], return_dtype=pl.Float32).alias(name)

    with Timed() as timed:
        best = {name: max(card[name]["points"] + [card[name]["missing"]]) for name in names}
        # How far each feature is below its best, as a whole number that carries the feature's place: three maxima are the three reasons.
        short = [
            (((pl.lit(best[n], pl.Float32) - pl.col(n)) * 1000).cast(pl.Int32) * 64 + pl.lit(i, pl.Int32)).alias(f"c{i}") for i, n in enumerate(names)
        ]
        codes = [f"c{i}" for i in range(len(names))]
        query = pl.scan_parquet(folder / "score.parquet").select("account_id", *[points(name) for name in names])
        query = query.with_columns(pl.sum_horizontal(names).alias("score")).with_columns(short)
        query = query.with_columns(pl.max_horizontal(codes).alias("m1"))
        for k in (2, 3):
            query = query.with_columns(pl.max_horizontal([pl.when(pl.col(c) < pl.col(f"m{k - 1}")).then(pl.col(c)) for c in codes]).alias(f"m{k}"))
        reasons = [pl.lit(pl.Series(names)).gather(pl.col(f"m{k}") % 64).alias(f"reason_{k}") for k in (1, 2, 3)]
        # The card's points fall as the chance of 1 rises, so the best chance has the fewest.
        ranked = query.select("account_id", "score", *reasons).sort("score", maintain_order=True).with_row_index("rank", offset=1)
        ranked = ranked.collect()
        ranked.write_parquet(folder / "ranked_by_polars.parquet")
    outcome = pd.read_parquet(folder / "score_y.parquet").set_index("account_id")["y"].reindex(ranked["account_id"].to_numpy()).to_numpy()
    score = ranked["score"].to_numpy()
    from sklearn.metrics import roc_auc_score

    say(timed, pl.__version__, auc=round(float(roc_auc_score(outcome, -score)), 6))
