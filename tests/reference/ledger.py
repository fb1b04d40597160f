"""A ledger account: versions of its schedule, its path day by day, its episodes, and which payments stand."""
from collections import namedtuple

# What is seen at the end of a day t.
State = namedtuple("State", "dpd arrears balance unpaid shadow_dpd version")
NOTHING = State(0, 0, 0, 0, 0, 0)
# A maximal run of days with dpd >= 1: end is the first day after it, None while it lasts; how: payment, re_age, charge_off, open.
Episode = namedtuple("Episode", "entry end how")


def in_window(t, d, w):
    return d - w < t <= d


def by_due(i):
    return (i.due_on, i.amount)


def payment_order(p):
    return (p.paid_on, p.known_on, -p.amount)


def settle(dues, paid):
    """FIFO: (arrears, day of the oldest instalment with an unpaid part, number of instalments not fully covered)."""
    arrears = max(0, sum(i.amount for i in dues) - paid)
    if arrears == 0:
        return 0, None, 0
    left, oldest, unpaid = max(0, paid), None, 0
    for i in sorted(dues, key=by_due):
        covered = min(left, i.amount)
        left -= covered
        if covered < i.amount:
            unpaid += 1
            if oldest is None:
                oldest = i.due_on
    return arrears, oldest, unpaid


def standing_rows(payments, d):
    """The rows known by d that no reversal known by d has taken back, oldest first.

    Matched in the order in which they became known (of one day payments first), so that a match never changes; a reversal known before its
    payment waits for it.
    """
    known = sorted([p for p in payments if p.paid_on <= d and p.known_on <= d], key=payment_order)
    taken, seen = set(), []
    for n in sorted(range(len(known)), key=lambda n: (known[n].known_on, known[n].amount < 0, n)):
        amount = known[n].amount
        others = [m for m in seen if known[m].amount == -amount and m not in taken and (m < n if amount < 0 else m > n)]
        if amount != 0 and others:
            taken |= {n, max(others) if amount < 0 else others[0]}
        seen.append(n)
    return [p for n, p in enumerate(known) if n not in taken]


class Ledger:
    """path[t] for every day from the first record to last_day; before that nothing."""

    def __init__(self, account, last_day):
        self.account = account
        self.payments = sorted(account.payments, key=payment_order)
        # (known_on, from) of each re-age, in order; re-age number v is reages[v - 1].
        self.reages = sorted((e.known_on, e.start) for e in account.events if e.kind == "re_age" and e.own)
        self.versions = {v: [] for v in range(len(self.reages) + 1)}
        for i in account.instalments:
            self.versions[self.version_of(i)].append(i)
        # S_v of the versions that replace the schedule.
        self.in_force_from = {v: min(i.known_on for i in rows) for v, rows in self.versions.items() if v >= 1 and rows}
        write_offs = [max(e.start, e.known_on) for e in account.events if e.kind == "write_off"]
        self.write_off = min(write_offs) if write_offs else None
        self.path = {}
        self.first_day = None
        self.walk(last_day)

    def version_of(self, instalment):
        return sum(known_on <= instalment.known_on for known_on, _ in self.reages)

    def version_in_force(self, t):
        return max([0] + [v for v, s in self.in_force_from.items() if s <= t])

    def paid_from(self, v):
        """R_v: payments made before this day do not count under version v; None = all count."""
        return None if v == 0 else self.reages[v - 1][1]

    def belongs(self, payment, v):
        start = self.paid_from(v)
        return start is None or payment.paid_on >= start

    def is_void(self, instalment, d):
        later = [u for u in self.in_force_from if u > self.version_of(instalment)]
        if not later:
            return False
        s = self.in_force_from[min(later)]
        return s <= d and instalment.due_on >= s

    def known_instalments(self, v, t):
        return [i for i in self.versions[v] if i.known_on <= t]

    def look(self, t):
        """(arrears, oldest unpaid due, unpaid, balance, oldest unpaid due of the original schedule, version) from all records, at the end of t."""
        v = self.version_in_force(t)
        known = self.known_instalments(v, t)
        counted = [p for p in self.payments if p.paid_on <= t and p.known_on <= t]
        paid = sum(p.amount for p in counted if self.belongs(p, v))
        arrears, oldest, unpaid = settle([i for i in known if i.due_on <= t], paid)
        balance = sum(i.amount for i in known) - paid
        original = [i for i in self.known_instalments(0, t) if i.due_on <= t]
        _, shadow_oldest, _ = settle(original, sum(p.amount for p in counted))
        return arrears, oldest, unpaid, balance, shadow_oldest, v

    def reaches_from(self):
        """The first day on which a due date or a payment had passed and was known."""
        days = [max(i.due_on, i.known_on) for i in self.account.instalments] + [max(p.paid_on, p.known_on) for p in self.payments]
        return min(days) if days else None

    def stated(self, t):
        """The latest statement known by t."""
        known = [s for s in self.account.statements if s.statement_on <= t and s.known_on <= t]
        return max(known, key=lambda s: s.statement_on) if known else None

    def walk(self, last_day):
        begins = self.reaches_from()
        seen = [max(s.statement_on, s.known_on) for s in self.account.statements]
        before = [day for day in seen if begins is not None and day < begins]
        self.walk_ledger(last_day)
        if before:
            # Until the ledger begins, an account with both speaks through its statements.
            self.path = {t: state for t, state in self.path.items() if t >= begins}
            for t in range(min(before), min(begins, last_day + 1)):
                s = self.stated(t)
                self.path[t] = State(s.dpd, s.arrears or 0, s.balance or 0, 0, 0, 0)
            self.first_day = min(before)

    def walk_ledger(self, last_day):
        changes = set()
        for i in self.account.instalments:
            changes |= {i.due_on, i.known_on}
        for p in self.payments:
            changes |= {p.paid_on, p.known_on}
        if not changes:
            return
        self.first_day = min(changes)
        for t in range(self.first_day, last_day + 1):
            if t in changes:
                # On all other days yesterday's sums hold, and only the count of days goes on.
                arrears, oldest, unpaid, balance, shadow_oldest, version = self.look(t)
            dpd = 0 if oldest is None else t - oldest
            shadow = 0 if shadow_oldest is None else t - shadow_oldest
            self.path[t] = State(dpd, arrears, balance, unpaid, shadow, version)

    def at(self, t):
        return self.path.get(t, NOTHING)

    def days_to(self, d):
        return range(self.first_day, d + 1) if self.first_day is not None else range(0)

    def history_begins(self):
        """Earliest of instalment known_on and the day a payment counts; None without records."""
        begins = self.reaches_from()
        stated = [max(s.statement_on, s.known_on) for s in self.account.statements]
        if begins is not None and any(day < begins for day in stated):
            return min(stated)
        days = [i.known_on for i in self.account.instalments] + [max(p.paid_on, p.known_on) for p in self.payments]
        return min(days) if days else None

    def episodes(self, d):
        """All episodes that began by d, as known at d; oldest first."""
        runs, entry = [], None
        for t in self.days_to(d):
            late = self.at(t).dpd >= 1
            if late and entry is None:
                entry = t
            if not late and entry is not None:
                runs.append((entry, t))
                entry = None
        if entry is not None:
            runs.append((entry, None))
        found = []
        w = self.write_off if self.write_off is not None and self.write_off <= d else None
        for entry, end in runs:
            if w is not None and entry >= w:
                continue
            if w is not None and (end is None or w < end):
                found.append(Episode(entry, w, "charge_off"))
            elif end is None:
                found.append(Episode(entry, None, "open"))
            elif self.ended_by_reage(entry, end, d):
                found.append(Episode(entry, end, "re_age"))
            else:
                found.append(Episode(entry, end, "payment"))
        return found

    def ended_by_reage(self, entry, end, d):
        # A re-age that brought no schedule replaced nothing.
        return end in [s for s in self.in_force_from.values() if s <= d]


def episode_holding(episodes, d):
    for e in episodes:
        if e.entry <= d and (e.end is None or d < e.end):
            return e
    return None
