"""A borrower's accounts together at d: which shape each has, contacts, exposure, calendar, holds; and the whole row of one account."""
from datetime import date

import features_ledger
import features_statements
from book import calendar, months_between
from features_ledger import WINDOWS
from features_statements import known_statements, ratio
from ledger import Ledger, in_window

REACHED = ("reached", "promise", "refused")
HOLDS = {"dispute_open", "complaint_open", "moratorium", "cease_contact", "plan_active", "hardship", "vulnerable", "fraud_suspect"}


class Borrower:
    def __init__(self, accounts, settings):
        self.accounts, self.settings = accounts, settings
        self.unit = 10 ** settings.digits
        self.ledgers = {}
        for a in accounts:
            self.ledgers[a.account_id] = Ledger(a, settings.last_day)
            self.ledgers[a.account_id].unit = self.unit

    def statements_at(self, a, d):
        """The account's statements known by d, latest first, if it is a statement account at d; None if it is a ledger account."""
        began = [i.due_on for i in a.instalments if i.due_on <= d and i.known_on <= d]
        began += [p.paid_on for p in a.payments if p.paid_on <= d and p.known_on <= d]
        return (known_statements(a, d) or None) if not began else None

    def begun(self, a, d):
        """opened_on, or without it the earliest record that makes a history."""
        if a.opened_on is not None:
            return a.opened_on <= d
        begins = [max(s.statement_on, s.known_on) for s in a.statements]
        begins += [min(i.due_on, i.known_on) for i in a.instalments]
        ledger_begins = self.ledgers[a.account_id].history_begins()
        if ledger_begins is not None:
            begins.append(ledger_begins)
        return bool(begins) and min(begins) <= d

    @staticmethod
    def closed(a, d):
        return a.closed_on is not None and a.closed_on <= d

    def open(self, a, d):
        return self.begun(a, d) and not self.closed(a, d)

    def dpd(self, a, d):
        rows = self.statements_at(a, d)
        return rows[0].dpd if rows else self.ledgers[a.account_id].at(d).dpd

    def balance(self, a, d):
        """In cents; None if not known."""
        rows = self.statements_at(a, d)
        if rows:
            return rows[0].balance
        begins = self.ledgers[a.account_id].first_day
        return self.ledgers[a.account_id].at(d).balance if begins is not None and begins <= d else None

    def past_cures(self, a, d):
        rows = self.statements_at(a, d)
        runs = features_statements.episodes(a, rows, d) if rows else self.ledgers[a.account_id].episodes(d)
        return sum(e.end is not None and e.how == "payment" for e in runs)

    def max_dpd_365(self, a, d):
        rows = self.statements_at(a, d)
        if rows:
            inside = [s.dpd for s in rows if in_window(s.statement_on, d, 365)]
            return max(inside) if inside else None
        return max(self.ledgers[a.account_id].at(t).dpd for t in range(d - 364, d + 1))

    def contacts(self, d):
        log = [c for a in self.accounts for c in a.contacts if c.contacted_on <= d and c.known_on <= d]
        party = [c.contacted_on for c in log if c.result in REACHED]
        last = max(party) if party else None
        attempts = [c for c in log if c.direction in ("outbound", None) and c.channel in ("call", "ai_call", "visit", None) and c.result != "delivered"]
        weight, rate = self.settings.weight, self.settings.rate_party
        out = {}
        for w in WINDOWS:
            tried = [c for c in attempts if in_window(c.contacted_on, d, w)]
            right = sum(c.result in REACHED for c in tried)
            out[f"right_party_rate_{w}"] = (right + weight * rate) / (len(tried) + weight) if tried else None
            out[f"inbound_{w}"] = sum(c.direction == "inbound" for c in log if in_window(c.contacted_on, d, w))
            out[f"refusals_{w}"] = sum(c.result == "refused" for c in log if in_window(c.contacted_on, d, w))
        out["days_since_right_party"] = d - last if last is not None else None
        since = [c for c in attempts if c.result not in REACHED and (last is None or c.contacted_on > last)]
        out["consecutive_no_answer"] = len(since)
        out["lost_contact"] = int(any(c.result == "wrong_number" and (last is None or c.contacted_on > last) for c in log))
        return {name: value if self.settings.has_contacts else None for name, value in out.items()}

    def account(self, a, d):
        rows = self.statements_at(a, d)
        balance = self.balance(a, d)
        opened = a.opened_on
        if opened is None:
            # Absent opened_on: the first statement, whatever the account's shape is at d.
            first = known_statements(a, d)
            opened = first[-1].statement_on if first else None
        if rows:
            term, instalment = None, rows[0].amount_due
        else:
            term, instalment = features_ledger.ledger_account(self.ledgers[a.account_id], d)
        return {
            "balance": None if balance is None else balance / self.unit,
            "utilisation": ratio(balance, a.limit),
            "months_on_book": months_between(opened, d) if opened is not None else None,
            "remaining_term": term,
            "secured": a.secured,
            "instalment_to_income": ratio(instalment, a.income),
        }

    def together(self, a, d):
        now_open = [b for b in self.accounts if self.open(b, d)]
        exposed = [self.balance(b, d) for b in now_open if self.balance(b, d) is not None]
        highest = [x for x in (self.max_dpd_365(b, d) for b in self.accounts) if x is not None]
        return {
            "accounts_of_borrower": len(now_open),
            "earlier_accounts": sum(self.begun(b, d) and self.closed(b, d) for b in self.accounts),
            "total_exposure": sum(max(0, x) for x in exposed) / self.unit if exposed else None,
            "borrower_past_cures": sum(self.past_cures(b, d) for b in self.accounts),
            "borrower_max_dpd_365": max(highest) if highest else None,
            "other_delinquent_accounts": sum(b is not a and self.dpd(b, d) >= 1 for b in now_open),
        }

    def features(self, a, d):
        """The whole row of account a at d."""
        rows, ledger, out = self.statements_at(a, d), self.ledgers[a.account_id], {}
        if rows:
            out.update(features_statements.delinquency(a, rows, d, self.unit))
            out.update(features_statements.payment(a, rows, d, self.unit))
            out.update(features_statements.promises(a, d, self.settings))
        else:
            out.update(features_ledger.delinquency(ledger, d))
            out.update(features_ledger.payment(ledger, d))
            out.update(features_ledger.promises(ledger, d, self.settings))
        out.update(self.contacts(d))
        out.update(self.account(a, d))
        out.update(self.together(a, d))
        out.update(days(a, d, self.settings))
        out["product"] = a.product
        out["limit"] = None if a.limit is None else a.limit / self.unit
        for name, (_, numeric) in self.settings.own_columns.items():
            text = a.own.get(name)
            out[name] = float(text) if numeric and text is not None else text
        return out


def days_to_payday(d, payday):
    t = d
    while True:
        c = calendar(t)
        last = (date(c.year + c.month // 12, c.month % 12 + 1, 1) - date(c.year, c.month, 1)).days
        if c.day == min(payday, last):
            return t - d
        t += 1


def days(a, d, settings):
    out = {
        "day_of_month": calendar(d).day,
        "month": calendar(d).month,
        "days_to_payday": None if a.payday is None else days_to_payday(d, a.payday),
    }
    for name, (start, until) in settings.regimes.items():
        out[f"regime_{name}"] = int((start is None or start <= d) and (until is None or d <= until))
    return out


def holds(a, d):
    """Routing facts in force at d, sorted, joined by blanks."""
    names, plan = set(), False
    for e in sorted(a.events, key=lambda e: (e.start, e.known_on)):
        if e.start > d or e.known_on > d:
            continue
        open_now = e.until is None or e.until >= d
        if e.kind in ("plan_broken", "plan_completed"):
            plan = False
        elif e.kind == "plan_active":
            plan = open_now
        elif open_now:
            kind = {"dispute": "dispute_open", "complaint": "complaint_open"}.get(e.kind, e.kind)
            kind = "hardship" if kind.startswith("hardship") else "vulnerable" if kind.startswith("vulnerable") else kind
            names.add(kind)
    return " ".join(sorted((names | ({"plan_active"} if plan else set())) & HOLDS))
