"""Repeated cross-validation of peers on the folds of ours, with paired intervals. Prints a small table and, with --out, writes one JSON object: name, rows,
groups, repaid_share, repeats, folds, auc, differences, versions.

    python3 discrimination.py --table FILE.parquet --ours FILE.csv --name hmeq --out FILE.json

--table: a row a case; `outcome` is 1 if repaid, else 0; `group`, if there, names the borrower; every other column is a feature, of numbers or of strings.
--ours: row,repeat,fold,recoup,recoup_additive: the row of the table from 0, the fold in which it was held out in that repeat, and our log-odds of being
repaid, with interactions and without. Every repeat has every row once.
--peers: any of lightgbm,lightgbm_tuned,optbinning,onehot; all by default.

Each peer is trained on the rows of the other folds. The pooled AUC is that of all held-out predictions of a repeat together, as they come, averaged over
the repeats; the other is the mean over all folds. A difference is one of pooled AUCs; its interval is the middle 95 % of 500 bootstrap draws of whole
groups (of rows, if there is no `group`), the same draws for every method. The models are not fitted again in a draw.

lightgbm_tuned is the model of the four fifths it was trained on; the fifth by which it stops is not given back, which costs it on small tables.
"""
import argparse
import json
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

DRAWS, SEED = 500, 20240607
OURS = ["recoup", "recoup_additive"]


def stop(message):
    raise SystemExit(f"discrimination: {message}")


def read_table(path):
    """The features, numbers as floats and strings as objects, the outcome, and the number of each row's group; the last is None without `group`."""
    try:
        table = pd.read_parquet(path)
    except Exception as error:
        stop(f"cannot read the table {path}: {error}")
    if "outcome" not in table:
        stop(f"{path} has no column `outcome`")
    outcome = pd.to_numeric(table.pop("outcome"), errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    if not np.isin(outcome, [0, 1]).all():
        stop("`outcome` must be 0 or 1 in every row")
    if len(set(outcome)) < 2:
        stop("`outcome` needs both 0 and 1")
    group = table.pop("group") if "group" in table else None
    if group is not None and group.isna().any():
        stop("`group` is empty in some rows")
    if not len(table.columns):
        stop(f"{path} has no features")
    for name in table:
        values = table[name]
        if isinstance(values.dtype, pd.CategoricalDtype):
            values = values.astype(object)
        if pd.api.types.is_bool_dtype(values) or pd.api.types.is_numeric_dtype(values) or values.isna().all():
            numbers = values.to_numpy(dtype=float, na_value=np.nan)
            if np.isinf(numbers).any():
                stop(f"the feature {name} has infinite values")
            table[name] = numbers
        elif values.dropna().map(lambda value: isinstance(value, str)).all():
            table[name] = values.astype(object).where(values.notna(), None)
        else:
            stop(f"the feature {name} is neither numbers nor strings, but {values.dtype}")
    return table, outcome.astype(int), None if group is None else pd.factorize(group)[0]


def read_ours(path, rows):
    """For each repeat: the fold of each row, and our two scores, in the order of the table."""
    try:
        ours = pd.read_csv(path)
    except Exception as error:
        stop(f"cannot read {path}: {error}")
    wanted = ["row", "repeat", "fold"] + OURS
    absent = [name for name in wanted if name not in ours]
    if absent:
        stop(f"{path} lacks the columns {', '.join(absent)}")
    for name in wanted:
        ours[name] = pd.to_numeric(ours[name], errors="coerce")
        if not np.isfinite(ours[name]).all():
            stop(f"the column {name} of {path} must be a finite number in every row")
    for name in wanted[:3]:
        if (ours[name] < 0).any() or (ours[name] % 1 != 0).any():
            stop(f"the column {name} of {path} must be whole numbers from 0")
        ours[name] = ours[name].astype(int)
    if not len(ours):
        stop(f"{path} is empty")
    repeats = {}
    for repeat, part in ours.groupby("repeat"):
        part = part.sort_values("row")
        if len(part) != rows or (part["row"].to_numpy() != np.arange(rows)).any():
            has = f"{len(part)} lines, {part['row'].nunique()} different rows"
            stop(f"repeat {repeat} of {path} must have each of the {rows} rows of the table once; it has {has}")
        if part["fold"].nunique() < 2:
            stop(f"repeat {repeat} of {path} has one fold only")
        repeats[int(repeat)] = (part["fold"].to_numpy(), {name: part[name].to_numpy(dtype=float) for name in OURS})
    return repeats


def lightgbm(train, outcome, later, group, repeat, tuned=False):
    import lightgbm as lgb

    both = pd.concat([train, later], ignore_index=True)
    both.columns = [f"f{j}" for j in range(both.shape[1])]
    for name in both:
        if both[name].dtype == object:
            both[name] = both[name].astype("category")
    train, later = both.iloc[: len(train)], both.iloc[len(train) :]
    trees, leaves = (1000, 31) if tuned else (100, 15)
    model = lgb.LGBMClassifier(
        n_estimators=trees, learning_rate=0.05, num_leaves=leaves, min_child_samples=20, random_state=repeat, n_jobs=2, deterministic=True,
        force_row_wise=True, verbosity=-1,
    )  # fmt: skip
    if not tuned:
        return model.fit(train, outcome).predict_proba(later)[:, 1]
    names = np.random.default_rng(repeat).permutation(np.unique(group))
    aside = np.isin(group, names[: max(1, len(names) // 5)])
    if len(set(outcome[aside])) < 2 or len(set(outcome[~aside])) < 2:
        stop(f"repeat {repeat}: a fifth of the training groups, or the rest, has one outcome only; lightgbm_tuned cannot stop early")
    model.fit(train[~aside], outcome[~aside], eval_set=[(train[aside], outcome[aside])], callbacks=[lgb.early_stopping(50, verbose=False)])
    return model.predict_proba(later)[:, 1]


def lightgbm_tuned(train, outcome, later, group, repeat):
    return lightgbm(train, outcome, later, group, repeat, tuned=True)


def optbinning(train, outcome, later, group, repeat):
    from optbinning import BinningProcess, OptimalBinning, Scorecard
    from sklearn.linear_model import LogisticRegression

    def fitted(names):
        words = [name for name in names if train[name].dtype == object]
        process = BinningProcess(names, categorical_variables=words, binning_fit_params={name: {"time_limit": 5} for name in names}, n_jobs=1)
        # The default gives missing values the weight 0; here they mean something.
        return Scorecard(process, LogisticRegression(C=1.0, max_iter=1000)).fit(train[names], outcome, metric_missing="empirical")

    def can(name):
        try:
            kind = "categorical" if train[name].dtype == object else "numerical"
            OptimalBinning(name, dtype=kind, time_limit=5).fit(train[name].to_numpy(), outcome)
            return True
        except Exception:
            return False

    names = [name for name in train if train[name].notna().any()]
    try:
        card = fitted(names)
    except Exception:
        kept = [name for name in names if can(name)]
        print(f"optbinning: repeat {repeat}: cannot bin {', '.join(sorted(set(names) - set(kept)))}")
        names, card = kept, fitted(kept)
    return card.predict_proba(later[names])[:, 1]


def onehot(train, outcome, later, group, repeat):
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import OneHotEncoder

    def levels(name):
        known = train[name].dropna()
        if train[name].dtype != object:
            cuts = np.unique(np.quantile(known, [0.2, 0.4, 0.6, 0.8])) if len(known) else []
            return lambda x: np.where(x.isna(), -1, np.searchsorted(cuts, x.to_numpy(), side="left"))
        share = known.value_counts() / len(train)
        code = {word: k for k, word in enumerate(share.index[share >= 0.01])}
        return lambda x: np.array([-1 if pd.isna(word) else code.get(word, len(code)) for word in x])

    coders = {name: levels(name) for name in train}
    x, x_later = (np.column_stack([code(table[name]) for name, code in coders.items()]) for table in (train, later))
    encoder = OneHotEncoder(handle_unknown="ignore").fit(x)
    model = LogisticRegression(C=1.0, max_iter=2000).fit(encoder.transform(x), outcome)
    return model.predict_proba(encoder.transform(x_later))[:, 1]


PEERS = dict(lightgbm=lightgbm, lightgbm_tuned=lightgbm_tuned, optbinning=optbinning, onehot=onehot)


class Auc:
    """The AUC of one score under any weights of the rows: sorted once, ties count a half."""

    def __init__(self, score, outcome):
        self.order = np.argsort(score, kind="stable")
        self.good = outcome[self.order].astype(float)
        ranked = score[self.order]
        self.starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])

    def __call__(self, weight):
        weight = weight[self.order]
        good = weight * self.good
        bad = weight - good
        if len(self.starts) < len(weight):
            good, bad = np.add.reduceat(good, self.starts), np.add.reduceat(bad, self.starts)
        below, of = np.cumsum(bad), good.sum() * bad.sum()
        return float((good * (below - bad / 2)).sum() / of) if of > 0 else np.nan


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    arguments.add_argument("--table", required=True, type=Path)
    arguments.add_argument("--ours", required=True, type=Path)
    arguments.add_argument("--peers", default=",".join(PEERS))
    arguments.add_argument("--name")
    arguments.add_argument("--out", type=Path)
    ask = arguments.parse_args()
    peers = list(dict.fromkeys(name.strip() for name in ask.peers.split(",") if name.strip()))
    unknown = [name for name in peers if name not in PEERS]
    if unknown:
        stop(f"no peer {', '.join(unknown)}; there are {', '.join(PEERS)}")
    if ask.out and not ask.out.resolve().parent.is_dir():
        stop(f"no folder {ask.out.resolve().parent} to write to")

    table, outcome, group = read_table(ask.table)
    rows = len(table)
    repeats = read_ours(ask.ours, rows)
    grouped = group is not None
    group = group if grouped else np.arange(rows)
    groups = int(group.max()) + 1
    folds = sorted({len(np.unique(fold)) for fold, _ in repeats.values()})
    for repeat, (fold, _) in repeats.items():
        if grouped and len(set(zip(group, fold))) > groups:
            print(f"Warning: repeat {repeat} has groups with rows in more than one fold.")
        for k in np.unique(fold):
            if len(set(outcome[fold != k])) < 2:
                stop(f"repeat {repeat}, fold {k}: the training rows have one outcome only")

    methods = OURS + peers
    scores = {repeat: dict(of) for repeat, (_, of) in repeats.items()}
    seconds = dict.fromkeys(methods, 0.0)
    for peer in peers:
        start = time.perf_counter()
        for repeat, (fold, _) in repeats.items():
            held_out = np.full(rows, np.nan)
            for k in np.unique(fold):
                train, later = fold != k, fold == k
                held_out[later] = PEERS[peer](
                    table[train].reset_index(drop=True), outcome[train], table[later].reset_index(drop=True), group[train], repeat
                )
            if not np.isfinite(held_out).all():
                stop(f"{peer}, repeat {repeat}: some predictions are not numbers")
            scores[repeat][peer] = held_out
        seconds[peer] = time.perf_counter() - start

    ranked = {method: [Auc(scores[repeat][method], outcome) for repeat in repeats] for method in methods}
    pooled = {method: float(np.mean([auc(np.ones(rows)) for auc in ranked[method]])) for method in methods}
    per_fold = {}
    for method in methods:
        # A fold in which all were repaid, or none, has no AUC and is left out.
        parts = [(repeat, fold == k) for repeat, (fold, _) in repeats.items() for k in np.unique(fold)]
        known = [auc for repeat, part in parts if not np.isnan(auc := Auc(scores[repeat][method][part], outcome[part])(np.ones(part.sum())))]
        per_fold[method] = float(np.mean(known)) if known else None

    random = np.random.default_rng(SEED)
    drawn = {method: np.empty(DRAWS) for method in methods}
    for draw in range(DRAWS):
        weight = np.bincount(random.integers(groups, size=groups), minlength=groups)[group].astype(float)
        for method in methods:
            drawn[method][draw] = np.mean([auc(weight) for auc in ranked[method]])
    if np.isnan(drawn[OURS[0]]).any():
        stop("some bootstrap draws have one outcome only: the table has too few groups of one outcome for an interval")

    pairs = [(ours, peer) for peer in peers for ours in OURS] + [tuple(OURS)]
    differences = {}
    for a, b in pairs:
        low, high = np.quantile(drawn[a] - drawn[b], [0.025, 0.975])
        differences[f"{a} - {b}"] = dict(value=round(pooled[a] - pooled[b], 6), interval=[round(float(low), 6), round(float(high), 6)])
    result = dict(
        name=ask.name or ask.table.stem,
        rows=rows,
        groups=groups,
        repaid_share=round(float(outcome.mean()), 6),
        repeats=len(repeats),
        folds=folds[0] if len(folds) == 1 else folds,
        auc={m: dict(pooled=round(pooled[m], 6), per_fold_mean=None if per_fold[m] is None else round(per_fold[m], 6)) for m in methods},
        differences=differences,
        versions={package: version(package) for package in ("lightgbm", "optbinning", "scikit-learn")},
    )

    print(f"{result['name']}: {rows} rows, {groups} groups, {outcome.mean():.1%} repaid, {len(repeats)} repeats of {result['folds']} folds")
    print(f"{'AUC':<34}{'pooled':>9}{'per fold':>10}{'seconds':>9}")
    for method in methods:
        each = "-" if per_fold[method] is None else f"{per_fold[method]:.4f}"
        print(f"{method:<34}{pooled[method]:>9.4f}{each:>10}{'' if method in OURS else f'{seconds[method]:.1f}':>9}")
    print(f"{'difference':<34}{'value':>9}   95 % interval")
    for pair, of in differences.items():
        print(f"{pair:<34}{of['value']:>+9.4f}   {of['interval'][0]:+.4f} to {of['interval'][1]:+.4f}")
    if ask.out:
        ask.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    # optbinning calls scikit-learn, and this file LightGBM, with arguments that are on their way out.
    warnings.filterwarnings("ignore", category=FutureWarning)
    main()
