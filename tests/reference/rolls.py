"""Roll rates, cures and relapses once more, in plain loops: every row of a ledger book's flows, compared with what `recoup rolls` wrote.

    python3 rolls.py BOOK_FOLDER ROLLS.csv DATA_UNTIL

Written from DEFINITIONS alone, day by day and account by account; slow and obvious. Needs nothing but Python. No tolerance, no posting lag, no
re-ages: the project that `recoup simulate` writes. ROLLS.csv is that of `--by product`. The interval is made from each borrower's deviation,
not from sums of squares. Exits with 1 and says what differs.
"""
import csv
import sys
from collections import defaultdict
from datetime import date, timedelta
from math import sqrt

folder, rolls_file, until = sys.argv[1:4]
END = date.fromisoformat(until)
Z = 1.959963984540054
FLOWS = ["roll_forward", "jump", "stay", "roll_back", "cure", "re_age", "left"]


def rows(name):
    return list(csv.DictReader(open(f"{folder}/{name}.csv", newline="")))


def day(text):
    return date.fromisoformat(text) if text else None


def cents(text):
    return round(float(text) * 100)


accounts = {r["account_id"]: r for r in rows("accounts")}
dues, pays, gone = defaultdict(list), defaultdict(list), defaultdict(lambda: date.max)
for r in rows("instalments"):
    dues[r["account_id"]].append((day(r["due_on"]), cents(r["amount"])))
for r in rows("payments"):
    pays[r["account_id"]].append((day(r["known_on"]) or day(r["paid_on"]), cents(r["amount"])))
for records in dues.values():
    records.sort()
for r in rows("events"):
    assert r["kind"] != "re_age", "this script knows no re-ages"
    if r["kind"] in ("write_off", "deceased"):
        known = max(day(r["from"]), day(r["known_on"]) or date.min)
        for a, account in accounts.items():
            if r["account_id"] == a or (not r["account_id"] and r["borrower_id"] == account["borrower_id"]):
                gone[a] = min(gone[a], known)


def dpd(a, today):
    left = sum(p[1] for p in pays[a] if p[0] <= today)
    for due_on, amount in dues[a]:
        if due_on > today:
            return 0
        if left < amount:
            return (today - due_on).days
        left -= amount
    return 0


def balance(a, today):
    return max(0, sum(d[1] for d in dues[a]) - sum(p[1] for p in pays[a] if p[0] <= today))


def bucket(days):
    return 0 if days <= 0 else min(7, (days - 1) // 30 + 1)


def month_ends():
    first = min(day(r["opened_on"]) for r in accounts.values())
    d = date(first.year, first.month, 1)
    while True:
        d = date(d.year + d.month // 12, d.month % 12 + 1, 1)
        if d - timedelta(days=1) > END:
            return
        yield d - timedelta(days=1)


# (month, product, from, flow) -> borrower -> [numerator, denominator], by count and by balance.
count = defaultdict(lambda: defaultdict(lambda: [0, 0]))
money = defaultdict(lambda: defaultdict(lambda: [0, 0]))
not_known = defaultdict(int)
ends = list(month_ends())
for a, account in accounts.items():
    closed = day(account["closed_on"]) or date.max
    borrower = account["borrower_id"]
    for start, end in zip(ends, ends[1:]):
        if day(account["opened_on"]) > start or closed <= start or gone[a] <= start:
            continue
        before, after = bucket(dpd(a, start)), bucket(dpd(a, end))
        then, moved = balance(a, start), balance(a, end)
        if gone[a] <= end:
            flow = "left"
        elif before > 0 and after == 0:
            flow = "cure"
        elif closed <= end:
            flow = "left"
        else:
            flow = "roll_back" if after < before else "stay" if after == before else "roll_forward" if after == before + 1 else "jump"
        if flow in ("cure", "left"):
            moved = then
        scopes = [(m, p) for m in ("all", f"{end:%Y-%m}") for p in ("all", account["product"] or "(none)")]
        for scope in scopes:
            for name in ["M7+" if before == 7 else f"M{before}"] + (["M1+"] if before else []):
                for each in FLOWS:
                    cell = count[(*scope, name, each)][borrower]
                    cell[0] += each == flow
                    cell[1] += 1
                    cell = money[(*scope, name, each)][borrower]
                    cell[0] += moved if each == flow else 0
                    cell[1] += then
            key = (*scope, "cured", "relapse")
            count[key]
        if flow == "cure":
            cured = start
            while dpd(a, cured) > 0:
                cured += timedelta(days=1)
            window = [cured + timedelta(days=k) for k in range(1, 91)]
            relapsed = any(dpd(a, d) >= 30 for d in window) if window[-1] <= END else None
            for scope in scopes:
                key = (*scope, "cured", "relapse")
                if relapsed is None:
                    not_known[key] += 1
                else:
                    count[key][borrower][0] += relapsed
                    count[key][borrower][1] += 1


def estimate(cells):
    pairs = [p for p in cells.values() if p[0] or p[1]]
    b = sum(p[1] > 0 for p in pairs)
    d = sum(p[1] for p in pairs)
    if d == 0:
        return None, None, None
    r = sum(p[0] for p in pairs) / d
    var = b / (b - 1) * sum((n - r * m) ** 2 for n, m in pairs) / d**2 if b > 1 else 0.0
    if var < 1e-15:
        var = 0.0
    if r > 1 or (r == 1 and var > 0):
        return (r, max(0.0, r - Z * sqrt(var)), r + Z * sqrt(var)) if b > 1 else (r, None, None)
    n = r * (1 - r) / var if var > 0 and r > 0 else b
    scale = 1 + Z * Z / n
    centre, half = (r + Z * Z / (2 * n)) / scale, Z * sqrt(r * (1 - r) / n + Z * Z / (4 * n * n)) / scale
    return r, max(0.0, centre - half), min(1.0, centre + half)


def possible(name, flow):
    """Whether the flow can be: nothing is cured from M0, nothing rolls on from M7+."""
    if name in ("M1+", "cured"):
        return True
    k = 7 if name == "M7+" else int(name[1])
    least, most = {"roll_forward": (0, 6), "jump": (0, 5), "roll_back": (2, 7), "cure": (1, 7), "re_age": (1, 7)}.get(flow, (0, 7))
    return least <= k <= most


found = {(r["month"], r["product"], r["from_bucket"], r["flow"]): r for r in csv.DictReader(open(rolls_file, newline=""))}
differences = [f"{key}: only here" for key in count if key not in found] + [f"{key}: only there" for key in found if key not in count]
for key, cells in count.items():
    row = found.get(key)
    if row is None:
        continue
    mine = {
        "n": sum(p[1] for p in cells.values()),
        "borrowers": sum(p[1] > 0 for p in cells.values()),
        "accounts": sum(p[0] for p in cells.values()),
    }
    nothing = (None, None, None)
    may_be = possible(*key[2:])
    mine.update(zip(("share_by_count", "low_by_count", "high_by_count"), estimate(cells) if may_be else nothing))
    if key[3] == "relapse":
        mine["not_known"] = not_known[key]
    else:
        mine["balance_then"] = sum(p[1] for p in money[key].values()) / 100
        mine["balance"] = sum(p[0] for p in money[key].values()) / 100
        mine.update(zip(("share_by_balance", "low_by_balance", "high_by_balance"), estimate(money[key]) if may_be else nothing))
    for name, value in mine.items():
        theirs = float(row[name]) if row[name] else None
        if (value is None) != (theirs is None) or (value is not None and abs(value - theirs) > 1e-7 * max(1.0, abs(value))):
            differences.append(f"{key} {name}: {value} is not {theirs}")
for line in differences[:20]:
    print(line)
print(f"{len(count)} rows, {len(differences)} differences")
sys.exit(1 if differences else 0)
