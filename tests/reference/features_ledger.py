"""Features of one ledger account at d, in SPEC's order. Money comes out in major units, ratios as one division of whole cents."""
import math

from book import bucket, calendar, is_month_end, months_between
from ledger import by_due, episode_holding, in_window, payment_order, standing_rows

WINDOWS = (30, 90, 180, 365)


def cycle_before(d):
    """The previous month end if d is a month end, else the same day of the previous month, clamped."""
    previous_month_end = d - calendar(d).day
    if is_month_end(d):
        return previous_month_end
    return previous_month_end - max(0, calendar(previous_month_end).day - calendar(d).day)


def median(values):
    """None of nothing; the mean of the two middle ones of an even number."""
    if not values:
        return None
    ordered, n = sorted(values), len(values)
    return ordered[n // 2] if n % 2 == 1 else (ordered[n // 2 - 1] + ordered[n // 2]) / 2


def variation(amounts):
    """Population standard deviation / mean: sqrt(n * sum of squares - square of sum) / sum."""
    if len(amounts) < 2:
        return None
    total = sum(amounts)
    return math.sqrt(len(amounts) * sum(x * x for x in amounts) - total * total) / total


def spread(days):
    """Population standard deviation."""
    if len(days) < 2:
        return None
    return math.sqrt(len(days) * sum(x * x for x in days) - sum(days) ** 2) / len(days)


def delinquency(ledger, d):
    now, runs = ledger.at(d), ledger.episodes(d)
    out = {
        "dpd": now.dpd,
        "bucket": bucket(now.dpd),
        "arrears": now.arrears / ledger.unit,
        "arrears_to_balance": now.arrears / now.balance if now.balance > 0 else None,
        "unpaid_instalments": now.unpaid,
    }
    holding = episode_holding(runs, d)
    out["days_in_episode"] = d - holding.entry + 1 if holding else 0
    for w in WINDOWS:
        out[f"max_dpd_{w}"] = max(ledger.at(t).dpd for t in range(d - w + 1, d + 1))
        out[f"episodes_{w}"] = sum(in_window(e.entry, d, w) for e in runs)
        out[f"days_in_arrears_{w}"] = sum(ledger.at(t).dpd >= 1 for t in range(d - w + 1, d + 1))
    thirty = [t for t in ledger.days_to(d) if ledger.at(t).dpd >= 30]
    out["months_since_30dpd"] = months_between(thirty[-1], d) if thirty else None
    out["first_payment_default"] = first_payment_default(ledger, d)
    before, begins = cycle_before(d), ledger.history_begins()
    out["bucket_change_1c"] = None
    if begins is not None and begins <= before:
        out["bucket_change_1c"] = bucket(now.dpd) - bucket(ledger.at(before).dpd)
    ended = [e for e in runs if e.end is not None]
    cured = [e for e in ended if e.how == "payment"]
    out["past_cures"] = len(cured)
    out["past_cure_rate"] = len(cured) / len(ended) if ended else None
    out["median_days_to_cure"] = median([e.end - e.entry for e in cured])
    out["max_dpd_last_episode"] = max(ledger.at(t).dpd for t in range(ended[-1].entry, ended[-1].end)) if ended else None
    out["ever_90dpd"] = int(any(ledger.at(t).dpd >= 90 for t in ledger.days_to(d)))
    out["reaged_365"] = sum(in_window(known_on, d, 365) for known_on, start in ledger.reages if start <= d)
    out["shadow_dpd"] = now.shadow_dpd
    return out


def first_payment_default(ledger, d):
    original = ledger.known_instalments(0, d)
    if not original:
        return None
    first = min(i.due_on for i in original)
    asked = sum(i.amount for i in original if i.due_on == first)
    paid = sum(p.amount for p in ledger.payments if p.paid_on <= d and p.known_on <= d and p.paid_on <= first + 30)
    if paid >= asked:
        return 0
    return 1 if d >= first + 30 else None


def payment(ledger, d):
    rows = standing_rows(ledger.payments, d)
    made = [p for p in rows if p.amount > 0]
    known = [p for p in ledger.payments if p.paid_on <= d and p.known_on <= d]
    debits = [p for p in known if p.amount < 0] + [p for p in ledger.account.failed if p.paid_on <= d and p.known_on <= d]
    # Of all versions: what was asked for, known by d, due by d and not replaced before it fell due.
    dues = [i for i in ledger.account.instalments if i.known_on <= d and i.due_on <= d and not ledger.is_void(i, d)]
    on_time = [(i, ok) for v in ledger.versions for i, ok in paid_on_time(ledger, v, known, d)]
    partial = [p for p in made if is_partial(ledger, p, known)]
    out = {"days_since_payment": d - max(p.paid_on for p in made) if made else None}
    for w in WINDOWS:
        made_w = [p for p in made if in_window(p.paid_on, d, w)]
        paid_w = sum(p.amount for p in rows if in_window(p.paid_on, d, w))
        due_w = sum(i.amount for i in dues if in_window(i.due_on, d, w))
        on_time_w = [ok for i, ok in on_time if in_window(i.due_on, d, w)]
        out[f"payments_{w}"] = len(made_w)
        out[f"paid_{w}"] = paid_w / ledger.unit
        out[f"paid_to_due_{w}"] = paid_w / due_w if due_w > 0 else None
        out[f"on_time_rate_{w}"] = sum(on_time_w) / len(on_time_w) if on_time_w else None
        out[f"partial_payments_{w}"] = sum(in_window(p.paid_on, d, w) for p in partial)
        out[f"payment_variation_{w}"] = variation([p.amount for p in made_w])
        out[f"failed_debits_{w}"] = sum(in_window(p.paid_on, d, w) for p in debits)
    out["last_payment_to_due"] = None
    if made and dues:
        last_day = max(p.paid_on for p in made)
        last = min(p.amount for p in made if p.paid_on == last_day)
        due_day = max(i.due_on for i in dues)
        due = max(i.amount for i in dues if i.due_on == due_day)
        out["last_payment_to_due"] = last / due if due > 0 else None
    out["payment_day_spread"] = spread([calendar(p.paid_on).day for p in made if in_window(p.paid_on, d, 365)])
    holding, arrears = episode_holding(ledger.episodes(d), d), ledger.at(d).arrears
    out["paid_in_episode_to_arrears"] = None
    if holding and arrears > 0:
        out["paid_in_episode_to_arrears"] = sum(p.amount for p in rows if p.paid_on >= holding.entry) / arrears
    return out


def paid_on_time(ledger, v, known, d):
    """(instalment, paid on time or not) for the instalments of version v that are due by d, known and not void."""
    out, asked = [], 0
    for i in sorted(ledger.known_instalments(v, d), key=by_due):
        if i.due_on > d or ledger.is_void(i, d):
            continue
        asked += i.amount
        paid = sum(p.amount for p in known if ledger.belongs(p, v) and p.paid_on <= i.due_on)
        out.append((i, paid >= asked))
    return out


def is_partial(ledger, payment, known):
    """Did arrears stay unpaid when this payment counted? known: all rows known by d, in order of payment."""
    def counts_on(p):
        return max(p.paid_on, p.known_on)

    c = counts_on(payment)
    v = ledger.version_in_force(c)
    if not ledger.belongs(payment, v):
        return False
    dues = sum(i.amount for i in ledger.known_instalments(v, c) if i.due_on <= c)
    place = (c, payment_order(payment))
    earlier = sum(p.amount for p in known if ledger.belongs(p, v) and (counts_on(p), payment_order(p)) < place)
    # Rows alike to the last detail: those before this one in the list count before it.
    for p in known:
        if p is payment:
            break
        if p == payment:
            earlier += p.amount
    return dues - earlier > payment.amount


def promises(ledger, d, settings):
    """Five families; all null where the project has no events table."""
    out = {}
    outcome = [(e, promise_outcome(ledger, e, d, settings)) for e in ledger.account.known_events("promise", d) if e.own]
    due = {"broken": [until + settings.grace for e, (what, until) in outcome if what == "broken"]}
    for w in WINDOWS:
        made_w = [what for e, (what, _) in outcome if in_window(e.start, d, w)]
        kept, broken = made_w.count("kept"), made_w.count("broken")
        out[f"promises_{w}"] = len(made_w)
        out[f"promise_kept_rate_{w}"] = None
        if kept + broken > 0:
            out[f"promise_kept_rate_{w}"] = (kept + settings.weight * settings.rate_kept) / (kept + broken + settings.weight)
        out[f"broken_promises_{w}"] = sum(in_window(t, d, w) for t in due["broken"])
    out["days_since_broken"] = d - max(due["broken"]) if due["broken"] else None
    out["promise_open"] = int(any(what == "open" for e, (what, _) in outcome))
    return {name: value if settings.has_events else None for name, value in out.items()}


def promise_outcome(ledger, e, d, settings):
    """(kept | broken | open | undecided, day it falls due)."""
    until = e.until if e.until is not None else e.start
    amount = e.amount if e.amount is not None else ledger.at(e.start).arrears
    if amount <= 0:
        return "undecided", until
    net = sum(p.amount for p in ledger.payments if p.paid_on <= d and p.known_on <= d and e.start <= p.paid_on <= until + settings.grace)
    if float(net) >= settings.kept_share * float(amount):
        return "kept", until
    return ("broken" if d >= until + settings.grace else "open"), until


def ledger_account(ledger, d):
    """Account features that come from the schedule: remaining_term, and the instalment that instalment_to_income divides (in cents)."""
    v = ledger.version_in_force(d)
    known = ledger.known_instalments(v, d)
    if not known:
        return None, None
    term = max(0, months_between(d, max(i.due_on for i in known)))
    ahead = [i for i in known if i.due_on > d]
    next_day = min(i.due_on for i in ahead) if ahead else max(i.due_on for i in known)
    return term, max(i.amount for i in known if i.due_on == next_day)
