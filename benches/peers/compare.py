#!/usr/bin/env python3
"""Whether feature files agree: compare.py A.parquet B.parquet [C.parquet ...] [--re-aged EVENTS.parquet FILE] (.csv works too).

Rows are matched on account_id, as text; an account missing from either file is a difference. --re-aged drops from FILE, one of
those named, the accounts with a re_age event in EVENTS, which the other engines leave out. Every column of A must be in the others and equal to 1e-9 (of the larger of 1 and the
value), null equal to null; columns only the others have are named and ignored. Exit 1 at any difference.
"""
import argparse
import sys

import polars as pl

KEY = "account_id"


def table(path):
    return (pl.read_csv(path, infer_schema_length=None) if path.endswith(".csv") else pl.read_parquet(path)).with_columns(pl.col(KEY).cast(pl.String))


def read(path, re_aged):
    features = table(path)
    if re_aged and path == re_aged[1]:
        events = table(re_aged[0]).filter(pl.col("kind") == "re_age")
        rows, features = features.height, features.join(events, on=KEY, how="anti")
        print(f"{path}: {rows - features.height} re-aged accounts dropped")
    return features


def compare(a, b, path_a, path_b):
    bad = 0
    for t, path in ((a, path_a), (b, path_b)):
        if repeated := t.height - t[KEY].n_unique():
            print(f"{path}: {repeated} repeated {KEY}")
            bad += repeated
    for x, y, path in ((a, b, path_b), (b, a, path_a)):
        missing = x.join(y, on=KEY, how="anti")[KEY].sort()
        if missing.len():
            print(f"{path}: {missing.len()} accounts missing, first {missing.head(5).to_list()}")
            bad += missing.len()
    if extra := [x for x in b.columns if x not in a.columns]:
        print(f"{path_b}: more columns, ignored: {', '.join(extra)}")
    joined = a.join(b, on=KEY, suffix=":b")
    for column in a.columns:
        if column == KEY:
            continue
        if column not in b.columns:
            print(f"{path_b}: no column {column}")
            bad += 1
            continue
        both = joined.select(KEY, a=pl.col(column).cast(pl.Float64), b=pl.col(column + ":b").cast(pl.Float64))
        x, y = pl.col("a"), pl.col("b")
        close = (x - y).abs() <= 1e-9 * pl.max_horizontal(pl.lit(1.0), x.abs(), y.abs())
        differ = both.filter(~(x.eq_missing(y) | close.fill_null(False))).sort(KEY)
        if differ.height:
            print(f"{column}: {differ.height} differ; first: " + "; ".join(f"{k}: {u} and {v}" for k, u, v in differ.head(5).rows()))
            bad += differ.height
    print(f"{path_a} and {path_b}: {joined.height} accounts, {len(a.columns) - 1} columns, {bad} differences")
    return bad


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("files", nargs="+"), p.add_argument("--re-aged", nargs=2, metavar=("EVENTS", "FILE"))
    a = p.parse_args()
    if len(a.files) < 2 or (a.re_aged and a.re_aged[1] not in a.files):
        p.error("two files or more; the second of --re-aged is one of them")
    first = read(a.files[0], a.re_aged)
    sys.exit(1 if sum([compare(first, read(f, a.re_aged), a.files[0], f) for f in a.files[1:]]) else 0)


if __name__ == "__main__":
    main()
