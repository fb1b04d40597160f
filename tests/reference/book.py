"""The book as read: settings, accounts and their records. Days are whole numbers (date.toordinal()), money is whole cents.

Nothing is worked out here but the day on which a record became known and, for a statement, its days past due.
"""
import csv
import gzip
import os
import tomllib
from collections import defaultdict, namedtuple
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

Instalment = namedtuple("Instalment", "due_on known_on amount")
Payment = namedtuple("Payment", "paid_on known_on amount")
Statement = namedtuple("Statement", "statement_on known_on dpd current balance arrears amount_due amount_paid")
Contact = namedtuple("Contact", "contacted_on known_on channel direction result")
# own: the event names the account; otherwise it names the borrower.
Event = namedtuple("Event", "kind start until known_on amount own", defaults=(None, True))

# SPEC: "absent known_on = happened + posting_lag_days, except instalments". DEFINITIONS and DICTIONARY say statement_on for statements.
STATEMENTS_LAG = False


def day(value):
    """A day as a whole number; None for an empty cell."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        value = date.fromisoformat(value.strip())
    return date(value.year, value.month, value.day).toordinal()


def calendar(t):
    return date.fromordinal(t)


def is_month_end(t):
    return calendar(t + 1).month != calendar(t).month


def month_ends(first, last):
    """Every month end from first to last, both included."""
    return [t for t in range(first, last + 1) if is_month_end(t)]


def months_between(a, b):
    """Whole calendar months from a to b; a month's last day stands for later days of a longer month."""
    x, y = calendar(a), calendar(b)
    months = (y.year - x.year) * 12 + y.month - x.month
    return months if y.day >= x.day or is_month_end(b) else months - 1


def month_number(t):
    return calendar(t).year * 12 + calendar(t).month - 1


def bucket(dpd):
    return 0 if dpd <= 0 else min(7, (dpd - 1) // 30 + 1)


def bucket_lower_bound(word):
    """M0, M1 ... M7+ to the bucket's fewest days past due."""
    number = int(word.strip().lstrip("Mm").rstrip("+"))
    return 0 if number == 0 else (number - 1) * 30 + 1


def whole_cents(text, digits=2):
    if text is None or text.strip() == "":
        return None
    return int((Decimal(text.strip()) * 10**digits).to_integral_value(ROUND_HALF_EVEN))


class Settings:
    """What recoup.toml says; every default as documented."""

    def __init__(self, toml=None):
        toml = toml or {}
        clock, cases, outcome = toml.get("clock", {}), toml.get("cases", {}), toml.get("outcome", {})
        population, promises, rates = toml.get("population", {}), toml.get("promises", {}), toml.get("rates", {})
        self.digits = toml.get("currency", {}).get("minor_digits", 2)
        self.data_until = day(clock.get("data_until"))
        self.outcomes_until = day(clock.get("outcomes_until"))
        self.lag = clock.get("posting_lag_days", 0)
        self.grace = promises.get("grace_days", 3)
        self.kept_share = float(promises.get("kept_share", 0.95))
        self.rate_kept = float(rates.get("promise_kept", 0.5))
        self.rate_party = float(rates.get("right_party", 0.5))
        self.weight = float(rates.get("weight", 2))
        self.regimes = {n: (day(r.get("from")), day(r.get("until"))) for n, r in toml.get("regimes", {}).items()}
        self.expressions = set(toml.get("expressions", {}))
        self.observe_from = day(cases.get("from"))
        self.rule = outcome.get("rule", "cure")
        self.share = outcome.get("share")
        self.horizon_days = outcome.get("horizon_days")
        self.horizon_cycles = outcome.get("horizon_cycles")
        self.min_dpd = max(1, population.get("min_dpd", 1))
        if "min_bucket" in population:
            self.min_dpd = max(self.min_dpd, bucket_lower_bound(population["min_bucket"]))
        self.status = toml.get("tables", {}).get("statements", {}).get("status", {})
        # The project's own account columns: feature name -> (source column, numeric or not).
        self.own_columns = {}
        for name, what in toml.get("tables", {}).get("accounts", {}).get("features", {}).items():
            kind, column = (what, name) if isinstance(what, str) else (what.get("kind"), what.get("column", name))
            self.own_columns[name] = (column, kind == "numeric")
        self.has_events = self.has_contacts = True


class Account:
    def __init__(self, account_id, borrower_id=None, opened_on=None, closed_on=None, product=None, limit=None, income=None,
                 payday=None, secured=None, own=None, instalments=(), payments=(), failed=(), statements=(), contacts=(), events=()):
        self.account_id, self.borrower_id = account_id, borrower_id
        self.opened_on, self.closed_on = opened_on, closed_on
        self.product, self.limit, self.income, self.payday, self.secured, self.own = product, limit, income, payday, secured, own or {}
        self.instalments, self.payments = list(instalments), list(payments)
        # Bounced direct debits as Payment with amount 0: they move no money.
        self.failed, self.statements = list(failed), list(statements)
        self.contacts, self.events = list(contacts), list(events)

    def known_events(self, kind, d):
        return [e for e in self.events if e.kind == kind and e.start <= d and e.known_on <= d]


def rows(folder, name):
    """The rows of a table, or None where there is no such table."""
    plain = os.path.join(folder, name + ".csv")
    if os.path.exists(plain + ".gz"):
        with gzip.open(plain + ".gz", "rt", newline="", encoding="utf-8-sig") as file:
            return list(csv.DictReader(file))
    if os.path.exists(plain):
        with open(plain, newline="", encoding="utf-8-sig") as file:
            return list(csv.DictReader(file))
    return None


def read_statement(r, settings):
    def money(column):
        return whole_cents(r.get(column), settings.digits)

    dpd, current = None, None
    if r.get("status"):
        meaning = settings.status.get(r["status"])
        if meaning:
            dpd, current = bucket_lower_bound(meaning["bucket"]), bool(meaning["current"])
    if r.get("bucket"):
        dpd = bucket_lower_bound(r["bucket"])
    if r.get("days_past_due"):
        dpd = int(float(r["days_past_due"]))
    if dpd is None:
        return None
    if current is None:
        current = dpd == 0
    on = day(r["statement_on"])
    known = day(r.get("known_on"))
    if known is None:
        known = on + settings.lag if STATEMENTS_LAG else on
    return Statement(on, known, dpd, current, money("balance"), money("arrears"), money("amount_due"), money("amount_paid"))


def read_book(folder):
    """(settings, families): families is a list of lists of accounts, one list a borrower."""
    settings = Settings()
    if os.path.exists(os.path.join(folder, "recoup.toml")):
        with open(os.path.join(folder, "recoup.toml"), "rb") as file:
            settings = Settings(tomllib.load(file))
    lag, digits = settings.lag, settings.digits
    table = {name: rows(folder, name) for name in ("accounts", "instalments", "payments", "contacts", "events", "statements")}
    settings.has_events = table["events"] is not None
    settings.has_contacts = table["contacts"] is not None

    def known(r, happened):
        given = day(r.get("known_on"))
        return happened + lag if given is None else given

    accounts = {}
    if table["accounts"] is None:
        for name in ("instalments", "payments", "statements"):
            for r in table[name] or []:
                accounts.setdefault(r["account_id"], Account(r["account_id"]))
    for r in table["accounts"] or []:
        secured = (r.get("secured") or "").strip().lower()
        own = {name: r.get(column) or None for name, (column, _) in settings.own_columns.items()}
        payday = r.get("payday")
        accounts[r["account_id"]] = Account(
            r["account_id"], r.get("borrower_id") or None, day(r.get("opened_on")), day(r.get("closed_on")), r.get("product") or None,
            whole_cents(r.get("limit"), digits), whole_cents(r.get("income"), digits), int(float(payday)) if payday else None,
            {"yes": 1, "no": 0}.get(secured), own)

    families = defaultdict(list)
    for a in accounts.values():
        families[("borrower", a.borrower_id) if a.borrower_id else ("account", a.account_id)].append(a)

    for r in table["instalments"] or []:
        a = accounts.get(r["account_id"])
        if a:
            due_on, known_on = day(r["due_on"]), day(r.get("known_on"))
            if known_on is None:
                known_on = a.opened_on if a.opened_on is not None else due_on
            a.instalments.append(Instalment(due_on, known_on, whole_cents(r["amount"], digits)))
    for r in table["payments"] or []:
        a = accounts.get(r["account_id"])
        if a:
            paid_on = day(r["paid_on"])
            if r.get("result") == "failed":
                a.failed.append(Payment(paid_on, known(r, paid_on), 0))
            else:
                a.payments.append(Payment(paid_on, known(r, paid_on), whole_cents(r["amount"], digits)))
    for r in table["statements"] or []:
        a = accounts.get(r["account_id"])
        s = read_statement(r, settings) if a else None
        if s:
            a.statements.append(s)
    for r in table["contacts"] or []:
        a = accounts.get(r["account_id"])
        if a:
            on = day(r["contacted_on"])
            a.contacts.append(Contact(on, known(r, on), r.get("channel") or None, r.get("direction") or None, r.get("result") or None))
    for r in table["events"] or []:
        start = day(r["from"])
        e = Event(r["kind"], start, day(r.get("to")), known(r, start), whole_cents(r.get("amount"), digits), bool(r.get("account_id")))
        if e.own:
            if r["account_id"] in accounts:
                accounts[r["account_id"]].events.append(e)
        elif e.kind not in ("promise", "re_age"):
            borrower = r.get("borrower_id")
            for a in families.get(("borrower", borrower), []) or families.get(("account", borrower), []):
                a.events.append(e)

    first, last = [], []
    for a in accounts.values():
        first += [a.opened_on] * (a.opened_on is not None) + [i.due_on for i in a.instalments]
        for kind in (a.payments, a.failed, a.statements, a.contacts):
            first += [r[0] for r in kind]
            last += [max(r[0], r[1]) for r in kind]
        last += [max(e.start, e.known_on) for e in a.events]
    if settings.data_until is None:
        settings.data_until = max(last)
    if settings.outcomes_until is None:
        settings.outcomes_until = settings.data_until
    if settings.observe_from is None:
        settings.observe_from = min(first)
    settings.last_day = max(settings.data_until, settings.outcomes_until)
    for a in accounts.values():
        a.payments.sort(key=lambda p: (p.paid_on, p.known_on, -p.amount))
        a.statements.sort()
        a.events.sort(key=lambda e: (e.start, e.known_on))
    return settings, list(families.values())
