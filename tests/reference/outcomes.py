"""What happened after d: the outcome columns of a case."""
from book import bucket, month_number
from ledger import settle

NAMES = ["repaid", "paid_ratio", "cure", "cured_at_horizon", "not_rolled", "reaged", "relapse"]


def empty():
    return {name: None for name in NAMES}


def ledger_outcomes(ledger, d, settings):
    h, lag, until = settings.horizon_days, settings.lag, settings.outcomes_until
    out = empty()
    if settings.rule == "cure_by_status" or h is None or d + h + lag > until:
        return out
    arrears = ledger.at(d).arrears

    def received(paid_by, known_by):
        """Net of the payments not known at d, made by one day and known by another."""
        return sum(p.amount for p in ledger.payments if p.known_on > d and p.paid_on <= paid_by and p.known_on <= known_by)

    p = received(d + h, d + h + lag)
    out["reaged"] = 0
    for s in ledger.in_force_from.values():
        if d < s <= d + h and ledger.at(s - 1).dpd >= 1 and ledger.at(s).dpd == 0 and received(s - 1, s - 1) < arrears:
            out["reaged"] = 1
    out["paid_ratio"] = min(1.0, max(0.0, p / arrears))
    out["cure"] = int(p >= arrears and not out["reaged"])

    end = d + h
    v = ledger.version_in_force(end)
    dues = [i for i in ledger.known_instalments(v, end) if i.due_on <= end]
    paid = sum(q.amount for q in ledger.payments if q.paid_on <= end and q.known_on <= end + lag and ledger.belongs(q, v))
    _, oldest, _ = settle(dues, paid)
    dpd_at_horizon = 0 if oldest is None else end - oldest
    out["cured_at_horizon"] = int(dpd_at_horizon == 0 and not out["reaged"])

    worst = max(bucket(ledger.at(t).dpd) for t in range(d + 1, d + h + 1))
    out["not_rolled"] = int(worst <= bucket(ledger.at(d).dpd))

    if out["cure"] == 1:
        cured_on = next(c for c in range(d + 1, d + h + 1) if received(c, c + lag) >= arrears)
        if cured_on + 90 <= until:
            out["relapse"] = int(any(ledger.at(t).dpd >= 30 for t in range(cured_on + 1, cured_on + 91)))

    if settings.rule == "paid_at_least":
        out["repaid"] = int(out["paid_ratio"] >= settings.share)
    else:
        out["repaid"] = out[settings.rule]
    return out


def statement_outcomes(account, latest, settings):
    """Told in cycles: current at the statement exactly horizon_cycles calendar months after the latest one, and no worse bucket until then."""
    out = empty()
    if settings.horizon_cycles is None:
        return out
    month = month_number(latest.statement_on) + settings.horizon_cycles
    for s in account.statements:
        if month_number(s.statement_on) == month and s.statement_on <= settings.outcomes_until:
            until = [t for t in account.statements if latest.statement_on < t.statement_on <= s.statement_on]
            out["not_rolled"] = int(max(bucket(t.dpd) for t in until) <= bucket(latest.dpd))
            out["repaid"] = out["not_rolled"] if settings.rule == "not_rolled" else int(s.current)
    return out
