#!/usr/bin/env python3
"""A flat table of cases with a known truth: generate_table.py --out FOLDER [--rows N] [--seed S]

Writes train.parquet (account_id, 35 features, y), score.parquet (as many other rows, without y), score_y.parquet (their account_id,
y and true probability p_true) and truth.json (the coefficients, and how well the true probabilities do). Same seed, same files, with
numpy 2.4 and pyarrow 26. At the defaults (1,000,000 rows, 250 MB a table, some 10 CPU seconds) the oracle's AUC is 0.80697.

y is 1, repaid, in 27.5 % of rows. Features: n00 to n29, made of correlated normal latents z; region, product, channel, occupation,
branch with 12, 6, 4, 25 and 60 levels of falling frequency. By j modulo 5, n_j is

    0  exp(0.8 z + 3)             a balance, long right tail
    1  round(max(0, 12 + 6 z))    a count, many ties
    2  z^3 + z                    heavy tails
    3  1 / (1 + exp(-z))          a share
    4  50 + 15 z

Every third numeric lacks 5 to 10 % of its values, n07 and n17 have the special code -999 in 4 % of rows, occupation lacks 5 %.
n18 to n29 carry no signal of their own. Log-odds of y are linear in the latents and the levels but for three bends: n00, n02, n04.
A missing n03 lowers them by 0.3; what else is missing says nothing.
"""
import argparse
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

NUMERICS = 30
LEVELS = {"region": 12, "product": 6, "channel": 4, "occupation": 25, "branch": 60}
COEFFICIENTS = [0.50, -0.45, 0.40, -0.35, 0.32, -0.30, 0.28, -0.25, 0.22, -0.20, 0.18, -0.16, 0.14, -0.12, 0.10, -0.08, 0.06, -0.05]
INTERCEPT = -1.16
BENDS = "+0.30 (|z0| - 0.8) - 0.25 max(z2 - 0.5, 0) + 0.20 tanh(2 z4); missing n03: -0.3"
SPECIAL_CODE, SPECIAL_SHARE, SPECIAL_COLUMNS = -999.0, 0.04, (7, 17)


def world(seed):
    """The coefficients, the effect of each level, and the factor of the latents' correlation."""
    rng = np.random.default_rng(seed)
    beta = np.zeros(NUMERICS)
    beta[: len(COEFFICIENTS)] = COEFFICIENTS
    effects = {name: np.round(rng.normal(0, 0.15 if name == "branch" else 0.35, n), 3) for name, n in LEVELS.items()}
    # Six common factors give the correlations; half of each, so that no two numerics are near copies.
    loadings = rng.normal(size=(NUMERICS, 6))
    shared = loadings @ loadings.T / 6 * 0.5
    shared = shared / np.sqrt(np.outer(np.diag(shared), np.diag(shared))) * 0.5 + 0.5 * np.eye(NUMERICS)
    return beta, effects, np.linalg.cholesky(shared)


def numeric(j, z):
    match j % 5:
        case 0:
            return np.exp(0.8 * z + 3)
        case 1:
            return np.round(np.maximum(0, 12 + 6 * z))
        case 2:
            return z * z * z + z
        case 3:
            return 1 / (1 + np.exp(-z))
        case _:
            return 50 + 15 * z


def cases(rows, seed, first_id, beta, effects, factor):
    """The columns of a table, y and its true probability. The order of the draws is part of the data."""
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((rows, NUMERICS)) @ factor.T
    eta = INTERCEPT + z @ beta
    eta += 0.30 * (np.abs(z[:, 0]) - 0.8) - 0.25 * np.maximum(z[:, 2] - 0.5, 0) + 0.20 * np.tanh(2 * z[:, 4])
    columns = {"account_id": pa.array(np.arange(first_id, first_id + rows, dtype=np.int64))}
    of_missing = np.zeros(rows)
    for j in range(NUMERICS):
        x, missing = numeric(j, z[:, j]), None
        if j % 3 == 0:
            missing = rng.random(rows) < 0.05 + 0.05 * (j / 30)
            if j == 3:
                of_missing = np.where(missing, -0.3, 0.0)
        elif j in SPECIAL_COLUMNS:
            x[rng.random(rows) < SPECIAL_SHARE] = SPECIAL_CODE
        columns[f"n{j:02d}"] = pa.array(x, mask=missing)
    for name, n in LEVELS.items():
        frequency = 1 / np.arange(1, n + 1) ** 0.7
        level = rng.choice(n, rows, p=frequency / frequency.sum())
        eta += effects[name][level]
        missing = rng.random(rows) < (0.05 if name == "occupation" else 0)
        words = pa.array([f"{name[:3].upper()}{i:02d}" for i in range(n)])
        columns[name] = pa.DictionaryArray.from_arrays(pa.array(level.astype(np.int32), mask=missing), words).cast(pa.string())
    eta += of_missing
    p = 1 / (1 + np.exp(-eta))
    return columns, (rng.random(rows) < p).astype(np.int8), p


def auc(y, score):
    """Without ties, which true probabilities do not have."""
    ranks = np.empty(len(score))
    ranks[np.argsort(score, kind="stable")] = np.arange(1, len(score) + 1)
    repaid = int(y.sum())
    return float((ranks[y == 1].sum() - repaid * (repaid + 1) / 2) / (repaid * (len(y) - repaid)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=20240607)
    a = parser.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)

    def write(name, columns):
        pq.write_table(pa.table(columns), a.out / name, compression="snappy", row_group_size=131072)

    beta, effects, factor = world(a.seed)
    columns, y, _ = cases(a.rows, a.seed + 1, 0, beta, effects, factor)
    write("train.parquet", {**columns, "y": pa.array(y)})
    rate_train = float(y.mean())
    columns, y, p = cases(a.rows, a.seed + 2, 10_000_000, beta, effects, factor)
    write("score.parquet", columns)
    write("score_y.parquet", {"account_id": columns["account_id"], "y": pa.array(y), "p_true": pa.array(p)})
    oracle = {
        "rate_train": rate_train,
        "rate_score": float(y.mean()),
        "oracle_auc": auc(y, p),
        "oracle_log_loss": float(-np.mean(np.where(y == 1, np.log(p), np.log1p(-p)))),
    }
    truth = {
        "rows": a.rows,
        "seed": a.seed,
        **oracle,
        "intercept": INTERCEPT,
        "coefficients": beta.tolist(),
        "effects": {name: e.tolist() for name, e in effects.items()},
        "bends": BENDS,
    }
    (a.out / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")
    print(json.dumps({name: round(value, 5) for name, value in oracle.items()}))


if __name__ == "__main__":
    main()
