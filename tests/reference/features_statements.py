"""Features of a statement account at d; rows: its statements known by d, latest first. Same names as for a ledger."""
from book import bucket, month_number, months_between
from features_ledger import WINDOWS, median, variation
from ledger import Episode, episode_holding, in_window


def known_statements(account, d):
    return [s for s in reversed(account.statements) if s.statement_on <= d and s.known_on <= d]


def ratio(above, below):
    return above / below if above is not None and below is not None and below > 0 else None


def total(values):
    """Sum of what is known; None if nothing is."""
    known = [x for x in values if x is not None]
    return sum(known) if known else None


def episodes(account, rows, d):
    reages = [e.known_on for e in account.known_events("re_age", d) if e.own]
    found, entry = [], None
    for s in reversed(rows):
        if s.dpd >= 1 and entry is None:
            entry = s.statement_on
        if s.dpd < 1 and entry is not None:
            how = "re_age" if any(entry <= k <= s.statement_on for k in reages) else "payment"
            found.append(Episode(entry, s.statement_on, how))
            entry = None
    if entry is not None:
        found.append(Episode(entry, None, "open"))
    return found


def delinquency(account, rows, d, unit):
    now, runs = rows[0], episodes(account, rows, d)
    oldest_first = rows[::-1]
    holding = episode_holding(runs, d)
    out = {
        "dpd": now.dpd,
        "bucket": bucket(now.dpd),
        "arrears": None if now.arrears is None else now.arrears / unit,
        "arrears_to_balance": ratio(now.arrears, now.balance),
        "unpaid_instalments": None,
        "days_in_episode": d - holding.entry + 1 if holding else 0,
    }
    for w in WINDOWS:
        inside = [s.dpd for s in rows if in_window(s.statement_on, d, w)]
        out[f"max_dpd_{w}"] = max(inside) if inside else None
        out[f"episodes_{w}"] = sum(in_window(e.entry, d, w) for e in runs)
        days = 0
        for n, s in enumerate(oldest_first):
            if s.dpd >= 1 and in_window(s.statement_on, d, w):
                before = oldest_first[n - 1].statement_on if n > 0 else s.statement_on - 30
                days += s.statement_on - max(before, d - w)
        out[f"days_in_arrears_{w}"] = days
    thirty = [s.statement_on for s in rows if s.dpd >= 30]
    out["months_since_30dpd"] = months_between(thirty[0], d) if thirty else None
    out["first_payment_default"] = None
    before = [s for s in rows if month_number(s.statement_on) == month_number(now.statement_on) - 1]
    out["bucket_change_1c"] = bucket(now.dpd) - bucket(before[0].dpd) if before else None
    ended = [e for e in runs if e.end is not None]
    cured = [e for e in ended if e.how == "payment"]
    out["past_cures"] = len(cured)
    out["past_cure_rate"] = len(cured) / len(ended) if ended else None
    out["median_days_to_cure"] = median([e.end - e.entry for e in cured])
    out["max_dpd_last_episode"] = max(s.dpd for s in rows if ended[-1].entry <= s.statement_on < ended[-1].end) if ended else None
    out["ever_90dpd"] = int(any(s.dpd >= 90 for s in rows))
    reages = [e.known_on for e in account.known_events("re_age", d) if e.own]
    out["reaged_365"] = sum(in_window(k, d, 365) for k in reages)
    out["shadow_dpd"] = None if reages else now.dpd
    return out


def payment(account, rows, d, unit):
    paying = [n for n, s in enumerate(rows) if s.amount_paid is not None and s.amount_paid > 0]
    out = {"days_since_payment": d - rows[paying[0]].statement_on if paying else None}
    # (day, asked by the statement before, paid in this cycle)
    pairs = []
    for n, s in enumerate(rows[:-1]):
        asked = rows[n + 1].amount_due
        if asked is not None and asked > 0 and s.amount_paid is not None:
            pairs.append((s.statement_on, asked, s.amount_paid))
    for w in WINDOWS:
        inside = [s for s in rows if in_window(s.statement_on, d, w)]
        paid = total([s.amount_paid for s in inside])
        pairs_w = [(asked, got) for t, asked, got in pairs if in_window(t, d, w)]
        positive = [s.amount_paid for s in inside if s.amount_paid is not None and s.amount_paid > 0]
        out[f"payments_{w}"] = len(positive) if inside and inside[0].amount_paid is not None else None
        out[f"paid_{w}"] = None if paid is None else paid / unit
        out[f"paid_to_due_{w}"] = ratio(sum(got for _, got in pairs_w), sum(asked for asked, _ in pairs_w)) if pairs_w else None
        out[f"on_time_rate_{w}"] = sum(got >= asked for asked, got in pairs_w) / len(pairs_w) if pairs_w else None
        out[f"partial_payments_{w}"] = sum(0 < got < asked for asked, got in pairs_w) if pairs_w else None
        out[f"payment_variation_{w}"] = variation(positive)
        out[f"failed_debits_{w}"] = None
    out["last_payment_to_due"] = None
    if paying and paying[0] + 1 < len(rows):
        out["last_payment_to_due"] = ratio(rows[paying[0]].amount_paid, rows[paying[0] + 1].amount_due)
    out["payment_day_spread"] = None
    out["paid_in_episode_to_arrears"] = None
    holding = episode_holding(episodes(account, rows, d), d)
    if holding:
        since_entry = [s for s in rows if s.statement_on >= holding.entry]
        if any(s.amount_paid is not None for s in since_entry):
            after = sum(s.amount_paid for s in since_entry if s.statement_on > holding.entry and s.amount_paid is not None)
            out["paid_in_episode_to_arrears"] = ratio(after, rows[0].arrears)
    return out


def promises(account, d, settings):
    made = [e.start for e in account.known_events("promise", d) if e.own]
    out = {}
    for w in WINDOWS:
        out[f"promises_{w}"] = sum(in_window(t, d, w) for t in made) if settings.has_events else None
        out[f"promise_kept_rate_{w}"] = out[f"broken_promises_{w}"] = None
    out["days_since_broken"] = out["promise_open"] = None
    return out
