"""Roll rates, cures and relapses once more, in plain loops: every row of a ledger book's flows, compared with what `recoup rolls` wrote.

    python3 rolls.py BOOK_FOLDER ROLLS.csv DATA_UNTIL

Written from SPEC and DEFINITIONS alone, day by day and account by account; slow and obvious. Needs nothing but Python. Schedules, re-ages and
days past due are those of ledger.py; no tolerance. ROLLS.csv is that of `--by product`. The interval is made from each borrower's deviation,
not from sums of squares. Exits with 1 and says what differs.
"""
import csv
import sys
from collections import defaultdict
from math import sqrt

from book import bucket, calendar, day, month_ends, read_book
from ledger import Ledger

folder, rolls_file, until = sys.argv[1:4]
END = day(until)
Z = 1.959963984540054
FLOWS = ["roll_forward", "jump", "stay", "roll_back", "cure", "re_age", "left"]

_, families = read_book(folder)
accounts = [a for family in families for a in family]


def gone(account):
    """The first day on which the account is known to be written off or its borrower dead."""
    days = [max(e.start, e.known_on) for e in account.events if e.kind in ("write_off", "deceased")]
    return min(days, default=END + 1000)


def re_aged(ledger, start, end):
    """Whether a re-age ended a run of late days in (start, end], or became known there within a run that goes on."""
    for e in ledger.episodes(END):
        if e.end is not None and e.end <= end:
            if e.end > start and e.how == "re_age":
                return True
        elif any(start < in_force <= end and in_force >= e.entry for in_force in ledger.in_force_from.values()):
            return True
    return False


# (month, product, from, flow) -> borrower -> [numerator, denominator], by count and by balance.
count = defaultdict(lambda: defaultdict(lambda: [0, 0]))
money = defaultdict(lambda: defaultdict(lambda: [0, 0]))
not_known = defaultdict(int)
ends = month_ends(min(a.opened_on for a in accounts), END)
for account in accounts:
    ledger = Ledger(account, END)
    dpd = lambda t: ledger.at(t).dpd
    balance = lambda t: max(0, ledger.at(t).balance)
    closed, lost = account.closed_on or END + 1000, gone(account)
    borrower = account.borrower_id
    for start, end in zip(ends, ends[1:]):
        if account.opened_on > start or closed <= start or lost <= start:
            continue
        before, after = bucket(dpd(start)), bucket(dpd(end))
        then, moved = balance(start), balance(end)
        if lost <= end:
            flow = "left"
        elif after < before and re_aged(ledger, start, end):
            flow = "re_age"
        elif before > 0 and after == 0:
            flow = "cure"
        elif closed <= end:
            flow = "left"
        else:
            flow = "roll_back" if after < before else "stay" if after == before else "roll_forward" if after == before + 1 else "jump"
        if flow in ("cure", "left"):
            moved = then
        scopes = [(m, p) for m in ("all", f"{calendar(end):%Y-%m}") for p in ("all", account.product or "(none)")]
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
            while dpd(cured) > 0:
                cured += 1
            relapsed = any(dpd(t) >= 30 for t in range(cured + 1, cured + 91)) if cured + 90 <= END else None
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
