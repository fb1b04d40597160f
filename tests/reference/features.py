"""The definitions once more, in plain loops: every case, outcome and feature of a ledger book, compared with what `recoup cases` wrote.

    python3 features.py BOOK_FOLDER CASES.csv

Written from DEFINITIONS alone, day by day and record by record; slow and obvious. Needs nothing but Python. Month-end observation, outcome
`cure` in 30 days, no tolerance, no posting lag: the project that `recoup simulate` writes. Exits with 1 and says what differs.
"""
import csv
import gzip
import math
import sys
from collections import defaultdict
from datetime import date, timedelta

folder, cases_file = sys.argv[1:3]
HORIZON = timedelta(days=30)


def rows(name):
    try:
        return list(csv.DictReader(gzip.open(f"{folder}/{name}.csv.gz", "rt", newline="")))
    except FileNotFoundError:
        return list(csv.DictReader(open(f"{folder}/{name}.csv", newline="")))


def day(text):
    return date.fromisoformat(text) if text else None


def cents(text):
    return round(float(text) * 100)


accounts = {r["account_id"]: r for r in rows("accounts")}
dues, pays, notes = defaultdict(list), defaultdict(list), defaultdict(list)
for r in rows("instalments"):
    dues[r["account_id"]].append((day(r["due_on"]), cents(r["amount"])))
for r in rows("payments"):
    pays[r["account_id"]].append((day(r["paid_on"]), day(r["known_on"]), cents(r["amount"])))
for r in rows("events"):
    notes[r["borrower_id"]].append((r["account_id"], r["kind"], day(r["from"]), day(r["to"]), day(r["known_on"])))
for table in (dues, pays):
    for records in table.values():
        records.sort()
END = max(day(r["known_on"]) for r in rows("payments"))
END = date(2025, 12, 31) if END > date(2025, 11, 30) else END
START = min(day(r["opened_on"]) for r in accounts.values())
family = defaultdict(list)
for a, r in accounts.items():
    family[r["borrower_id"]].append(a)


def history(a):
    """Days past due, arrears and unpaid instalments of every day, as known at its end."""
    out = {}
    today = START
    while today <= END:
        due = [d for d in dues[a] if d[0] <= today]
        paid = sum(p[2] for p in pays[a] if p[1] <= today)
        arrears = max(0, sum(d[1] for d in due) - paid)
        dpd, unpaid, left = 0, 0, paid
        if arrears > 0:
            for due_on, amount in due:
                if left < amount:
                    if unpaid == 0:
                        dpd = (today - due_on).days
                    unpaid += 1
                left = max(0, left - amount)
        out[today] = (dpd, arrears, unpaid)
        today += timedelta(days=1)
    return out


def month_ends(first):
    d = date(first.year, first.month, 1)
    while True:
        d = date(d.year + d.month // 12, d.month % 12 + 1, 1)
        if d - timedelta(days=1) > END:
            return
        yield d - timedelta(days=1)


def months_between(a, b):
    """Whole calendar months from a to b; a month's last day stands for later days of a longer month."""
    months = (b.year - a.year) * 12 + b.month - a.month
    last = (b + timedelta(days=1)).month != b.month
    return months if b.day >= a.day or last else months - 1


def bucket(dpd):
    return 0 if dpd <= 0 else min(7, (dpd - 1) // 30 + 1)


def episodes(path, today):
    """(entry, end) of each run of days with days past due >= 1 up to today; end None while it lasts."""
    found, entry, d = [], None, START
    while d <= today:
        late = path[d][0] >= 1
        if late and entry is None:
            entry = d
        if not late and entry is not None:
            found.append((entry, d))
            entry = None
        d += timedelta(days=1)
    if entry is not None:
        found.append((entry, None))
    return found


def in_window(d, today, days):
    return today - timedelta(days=days) < d <= today


def own_features(a, path, today):
    dpd, arrears, unpaid = path[today]
    opened = day(accounts[a]["opened_on"])
    known = [p for p in pays[a] if p[1] <= today]
    balance = sum(d[1] for d in dues[a]) - sum(p[2] for p in known)
    runs = episodes(path, today)
    ended = [r for r in runs if r[1] is not None]
    thirty = [d for d in path if d <= today and path[d][0] >= 30]
    before = today.replace(day=1) - timedelta(days=1)
    first = min([opened] + [p[1] for p in pays[a]])
    due_year = [d for d in dues[a] if in_window(d[0], today, 365)]
    on_time = 0
    for due_on, amount in due_year:
        owed = sum(d[1] for d in dues[a] if d[0] <= due_on)
        on_time += sum(p[2] for p in known if p[0] <= due_on) >= owed
    partial = 0
    for i, p in enumerate(known):
        if in_window(p[0], today, 365):
            # What was overdue when the payment counted, less payments that counted before it.
            owed = sum(d[1] for d in dues[a] if d[0] <= p[1])
            earlier = sum(q[2] for j, q in enumerate(known) if (q[1], j) < (p[1], i))
            partial += owed - earlier > p[2]

    def to_due(days):
        due = sum(d[1] for d in dues[a] if in_window(d[0], today, days))
        return sum(p[2] for p in known if in_window(p[0], today, days)) / due if due > 0 else None

    return {
        "dpd": dpd,
        "bucket": bucket(dpd),
        "arrears": arrears / 100,
        "arrears_to_balance": arrears / balance if balance > 0 else None,
        "unpaid_instalments": unpaid,
        "days_in_episode": (today - runs[-1][0]).days + 1,
        "max_dpd_365": max(path[d][0] for d in path if in_window(d, today, 365)),
        "episodes_365": sum(in_window(r[0], today, 365) for r in runs),
        "months_since_30dpd": months_between(max(thirty), today) if thirty else None,
        "bucket_change_1c": bucket(dpd) - bucket(path[before][0]) if before >= first else None,
        "past_cures": len(ended),
        "past_cure_rate": 1 if ended else None,
        "days_since_payment": (today - max(p[0] for p in known)).days if known else None,
        "payments_90": sum(in_window(p[0], today, 90) for p in known),
        "paid_to_due_90": to_due(90),
        "paid_to_due_365": to_due(365),
        "on_time_rate_365": on_time / len(due_year) if due_year else None,
        "partial_payments_365": partial,
        "months_on_book": months_between(opened, today),
        "balance": balance / 100,
        "day_of_month": today.day,
    }


def holds(borrower, a, today):
    names, plan = set(), False
    for account, kind, start, end, known in sorted(notes[borrower], key=lambda n: (n[2], n[4])):
        if (account and account != a) or start > today or known > today:
            continue
        open_now = end is None or end >= today
        if kind in ("plan_broken", "plan_completed"):
            plan = False
        elif kind == "plan_active":
            plan = open_now
        elif open_now:
            kind = {"dispute": "dispute_open", "complaint": "complaint_open"}.get(kind, kind)
            kind = "hardship" if kind.startswith("hardship") else "vulnerable" if kind.startswith("vulnerable") else kind
            names.add(kind)
    return names | ({"plan_active"} if plan else set())


expected = {}
for borrower, members in family.items():
    paths = {a: history(a) for a in members}
    for a in members:
        opened, closed = day(accounts[a]["opened_on"]), day(accounts[a]["closed_on"])
        for today in month_ends(date(2024, 6, 30)):
            if opened > today or paths[a][today][0] < 1 or (closed and closed <= today):
                continue
            now = holds(borrower, a, today)
            if "deceased" in now or "write_off" in now:
                continue
            case = own_features(a, paths[a], today)
            case["other_delinquent_accounts"] = sum(paths[b][today][0] >= 1 for b in members if b != a)
            case["borrower_past_cures"] = sum(len([r for r in episodes(paths[b], today) if r[1]]) for b in members)
            case["borrower_max_dpd_365"] = max(paths[b][d][0] for b in members for d in paths[b] if in_window(d, today, 365))
            ends = today + HORIZON
            if ends <= END:
                paid = sum(p[2] for p in pays[a] if p[1] > today and p[0] <= ends and p[1] <= ends)
                arrears = paths[a][today][1]
                case["repaid"] = int(paid >= arrears)
                case["paid_ratio"] = min(1, max(0, paid / arrears))
            else:
                case["repaid"] = case["paid_ratio"] = None
            case["holds"] = " ".join(sorted(now & {"dispute_open", "complaint_open", "moratorium", "cease_contact", "plan_active", "hardship", "vulnerable", "fraud_suspect"}))
            expected[a, today.isoformat()] = case

found = {(r["account_id"], r["as_of"]): r for r in csv.DictReader(open(cases_file, newline=""))}
wrong = [f"only by recoup: {k}" for k in found.keys() - expected.keys()] + [f"only by definition: {k}" for k in expected.keys() - found.keys()]
for key in sorted(found.keys() & expected.keys()):
    for name, value in expected[key].items():
        text = found[key][name]
        if name == "holds":
            same = " ".join(sorted(text.split())) == value
        elif value is None or text == "":
            same = value is None and text == ""
        else:
            same = math.isclose(float(text), value, rel_tol=1e-12, abs_tol=1e-12)
        if not same:
            wrong.append(f"{key} {name}: recoup {text!r}, by definition {value!r}")
print(f"{len(expected)} cases, {len(next(iter(expected.values())))} columns, {len(wrong)} differences")
print("\n".join(wrong[:20]))
sys.exit(1 if wrong or not expected else 0)
