"""Tiny accounts worked by hand: python3 selftest.py. Comments hold the arithmetic; amounts in cents unless .features gives major units."""
import math
import os
import tempfile

import features
import features_ledger
from book import Account, Contact, Event, Instalment, Payment, Settings, Statement, day, months_between, read_book
from features_borrower import Borrower, days_to_payday, holds
from ledger import Episode, settle, standing_rows
from outcomes import ledger_outcomes, statement_outcomes

D = lambda text: day("2025-" + text)


def settings(until="12-31", **changes):
    s = Settings()
    s.data_until = s.outcomes_until = s.last_day = D(until)
    s.horizon_days = 30
    for name, value in changes.items():
        setattr(s, name, value)
    return s


def dues(*rows, known="01-01"):
    return [Instalment(D(on), D(known), amount) for on, amount in rows]


def pay(on, amount, known=None):
    return Payment(D(on), D(known or on), amount)


def one(s=None, **parts):
    """(borrower, ledger, row at a day) of a single account."""
    a = Account("A", **parts)
    b = Borrower([a], s or settings())
    return b, b.ledgers["A"], lambda d: b.features(a, D(d))


def check(row, **wanted):
    for name, value in wanted.items():
        got = row[name]
        alike = got is value if value is None or got is None else math.isclose(got, value, rel_tol=1e-12, abs_tol=1e-12)
        assert alike, f"{name}: {got!r}, by hand {value!r}"


def test_fifo_and_months():
    # 150 paid on 100 + 100 + 100: the first is covered, the second half, the third not: two unpaid, the oldest is the second.
    assert settle(dues(("01-10", 100), ("02-10", 100), ("03-10", 100)), 150) == (150, D("02-10"), 2)
    # Of two on a day the smaller is covered first: 60 covers 50 and 10 of 100.
    assert settle(dues(("01-10", 100), ("01-10", 50)), 60) == (90, D("01-10"), 1)
    assert settle([], 10) == (0, None, 0) and settle([], -10) == (10, None, 0)
    # 31 January to 28 February is a month (last day stands for later days); 15 January to 14 February is none.
    assert months_between(D("01-31"), D("02-28")) == 1 and months_between(D("01-15"), D("02-14")) == 0
    # Payday 31 is clamped: from 10 February 18 days to the 28th; on the payday itself 0.
    assert days_to_payday(D("02-10"), 31) == 18 and days_to_payday(D("02-28"), 31) == 0 and days_to_payday(D("01-20"), 15) == 26
    assert features_ledger.cycle_before(D("03-31")) == D("02-28") and features_ledger.cycle_before(D("03-30")) == D("02-28")
    assert features_ledger.cycle_before(D("03-15")) == D("02-15")


def test_reversal():
    b, l, at = one(instalments=dues(("01-10", 10000), ("02-10", 10000)),
                   payments=[pay("01-10", 10000), pay("02-10", 10000), pay("02-12", -10000, "02-14")], failed=[pay("02-20", 0)])
    # The reversal takes back the latest of its size (10 February), from the 14th on.
    assert [p.paid_on for p in standing_rows(l.payments, D("02-13"))] == [D("01-10"), D("02-10")]
    assert [p.paid_on for p in standing_rows(l.payments, D("02-14"))] == [D("01-10")]
    assert l.at(D("02-13")).dpd == 0 and l.at(D("02-14")).dpd == 4
    # 28 February: 18 days after 10 February; the episode began on the 14th: 15 days; last standing payment 21 + 28 = 49 days ago.
    # On time (net of payments made by the due day, the reversal was made later): both. Failed: one reversal, one bounced debit.
    check(at("02-28"), dpd=18, arrears=100, unpaid_instalments=1, days_in_episode=15, days_since_payment=49, payments_90=1, paid_90=100,
          paid_to_due_90=0.5, failed_debits_30=2, on_time_rate_90=1, last_payment_to_due=1, payment_variation_90=None, payment_day_spread=None,
          paid_in_episode_to_arrears=0, balance=100, partial_payments_365=0)


def test_reversal_unmatched_and_doubled():
    rows = [pay("01-10", 5000), pay("01-12", 5000), pay("01-20", -5000), pay("01-21", -5000), pay("01-22", -5000), pay("01-25", -700)]
    # The first takes back the 12th, the second the 10th, the third finds none and stands, as does -700.
    assert [(p.paid_on, p.amount) for p in standing_rows(rows, D("01-20"))] == [(D("01-10"), 5000)]
    assert [(p.paid_on, p.amount) for p in standing_rows(rows, D("01-31"))] == [(D("01-22"), -5000), (D("01-25"), -700)]
    _, _, at = one(instalments=dues(("01-09", 100)), payments=rows)
    # -50 - 7 = -57; no payment stands; four negative rows. Net of all: 10000 - 15700 = -57.00 on 1.00 due: arrears 58.
    check(at("01-31"), paid_30=-57, payments_30=0, days_since_payment=None, failed_debits_30=4, arrears=58, dpd=22, last_payment_to_due=None)


def test_late_posting():
    b, l, at = one(instalments=dues(("01-10", 10000)), payments=[pay("01-10", 10000, "01-13")])
    assert [l.at(D(t)).dpd for t in ("01-10", "01-11", "01-12", "01-13")] == [0, 1, 2, 0]
    assert l.episodes(D("01-12")) == [Episode(D("01-11"), None, "open")]
    assert l.episodes(D("01-31")) == [Episode(D("01-11"), D("01-13"), "payment")]
    check(at("01-12"), days_since_payment=None, on_time_rate_30=0, paid_30=0)
    # Once it is known, it was on time; when it counted (13th) nothing was left unpaid.
    check(at("01-31"), days_since_payment=21, on_time_rate_30=1, past_cures=1, median_days_to_cure=2, max_dpd_last_episode=2, partial_payments_30=0)
    # Outcome with two days of lag: made before as_of, posted after it: counts. 100 of 100 by 31 January + 30: a cure.
    s = settings(lag=2)
    b, l, at = one(s, instalments=dues(("01-10", 10000), ("03-01", 10000)), payments=[pay("01-30", 10000, "02-02"), pay("03-02", 4000, "03-04")])
    out = ledger_outcomes(l, D("01-31"), s)
    # P = 100 + 40 = 140, clipped to 1. At 2 March: 200 due, 140 paid by then and known by 4 March: one day past due, so not cured at the horizon.
    check(out, cure=1, paid_ratio=1, repaid=1, cured_at_horizon=0, reaged=0)
    s = settings(lag=1)
    # With one day of lag the 40 known on 4 March are out: P = 100.
    assert ledger_outcomes(l, D("01-31"), settings(lag=1, rule="paid_at_least", share=1.0))["repaid"] == 1
    # Mature up to as_of + 30 + 1: as_of 29 November + 31 = 30 December; as_of 30 November + 31 = 31 December; 1 December is not.
    assert ledger_outcomes(l, D("11-30"), s)["cure"] is not None and ledger_outcomes(l, D("12-01"), s)["cure"] is None


def reage(start, known=None):
    return Event("re_age", D(start), None, D(known or start))


def test_reage_once():
    old, new = dues(("01-10", 10000), ("02-10", 10000), ("03-10", 10000)), dues(("03-20", 15000), ("04-20", 15000), known="02-22")
    b, l, at = one(instalments=old + new, events=[reage("02-20", "02-22")])
    assert l.in_force_from == {1: D("02-22")} and l.paid_from(1) == D("02-20")
    # 21 February: 21 + 21 = 42 days after 10 January; from the 22nd the new schedule, nothing due.
    assert l.at(D("02-21")).dpd == 42 and l.at(D("02-22")).dpd == 0 and l.at(D("02-22")).balance == 30000
    assert l.episodes(D("03-15")) == [Episode(D("01-11"), D("02-22"), "re_age")]
    # Void: the old instalment of 10 March, not those of January and February. Due in 90 days: 100 + 100 + 150.
    assert [l.is_void(i, D("03-31")) for i in old] == [False, False, True] and not any(l.is_void(i, D("02-21")) for i in old)
    check(at("03-31"), dpd=11, arrears=150, balance=300, shadow_dpd=80, reaged_365=1, past_cures=0, past_cure_rate=0, max_dpd_last_episode=42,
          median_days_to_cure=None, paid_to_due_90=0, on_time_rate_90=0, first_payment_default=1, remaining_term=0, days_in_episode=11,
          arrears_to_balance=0.5, bucket_change_1c=1, episodes_90=2)
    out = ledger_outcomes(l, D("01-31"), settings())
    # 31 January: dpd 21, arrears 100; 10 February is 31 days, bucket 2; the 22nd a re-age; 2 March dpd 0 by re-age alone.
    check(out, reaged=1, cure=0, cured_at_horizon=0, not_rolled=0, paid_ratio=0, relapse=None, repaid=0)
    # 100 paid on 21 February covers the arrears of 31 January before the schedule changes: a cure and no re-age (dpd that day is 11).
    b, l, at = one(instalments=old + new, events=[reage("02-20", "02-22")], payments=[pay("02-21", 10000)])
    check(ledger_outcomes(l, D("01-31"), settings()), reaged=0, cure=1, cured_at_horizon=1, paid_ratio=1)
    # It was made on or after R = 20 February, so it counts under the new schedule too: 300 - 100.
    assert l.at(D("02-28")).balance == 20000


def test_reage_twice():
    rows = dues(("01-10", 10000), ("02-10", 10000), ("03-10", 10000)) + dues(("03-20", 15000), ("04-20", 15000), known="02-22")
    rows += dues(("05-01", 30000), known="04-01")
    b, l, at = one(instalments=rows, events=[reage("04-01"), reage("02-20", "02-22")], payments=[pay("03-25", 5000)])
    assert [l.version_in_force(D(t)) for t in ("02-21", "02-22", "03-31", "04-01")] == [0, 1, 1, 2]
    # 31 March: 150 - 50; original: 300 - 50, still the January one, 21 + 28 + 31 = 80 days. From 1 April payments before it do not count.
    check(at("03-31"), arrears=100, dpd=11, shadow_dpd=80, balance=250)
    check(at("04-30"), arrears=0, dpd=0, balance=300, remaining_term=0)
    assert [l.is_void(i, D("04-30")) for i in sorted(rows)] == [False, False, True, False, True, False]
    assert l.episodes(D("05-02")) == [Episode(D("01-11"), D("02-22"), "re_age"), Episode(D("03-21"), D("04-01"), "re_age"), Episode(D("05-02"), None, "open")]
    # A partial payment of 25 March: 150 due under version 1 > 50. Due, not void, by 30 April in 180 days: 100 + 100 + 150.
    check(at("04-30"), partial_payments_90=1, paid_to_due_180=50 / 350, reaged_365=2)


def test_reage_that_replaces_nothing():
    b, l, at = one(instalments=dues(("01-10", 10000), ("03-10", 10000)), events=[reage("01-20")], payments=[pay("01-25", 10000), pay("03-12", 10000)])
    assert [e.how for e in l.episodes(D("03-31"))] == ["payment", "payment"] and l.version_in_force(D("03-31")) == 0
    # 11 to 25 January, 14 days, and 11 to 12 March, one day: both by payment.
    check(at("03-31"), past_cures=2, past_cure_rate=1, median_days_to_cure=7.5, max_dpd_last_episode=1, reaged_365=1, shadow_dpd=0)


def test_charge_off():
    off = Event("write_off", D("03-01"), None, D("03-05"))
    b, l, at = one(opened_on=D("01-01"), instalments=dues(("01-10", 10000), ("04-10", 10000)), payments=[pay("03-20", 10000)], events=[off])
    a = b.accounts[0]
    # W = max(1, 5 March). 4 March: still open. The run of April begins after W: no episode, but days past due go on.
    assert l.episodes(D("03-04")) == [Episode(D("01-11"), None, "open")]
    assert l.episodes(D("04-30")) == [Episode(D("01-11"), D("03-05"), "charge_off")]
    check(at("04-30"), past_cures=0, past_cure_rate=0, dpd=20, days_in_episode=0, max_dpd_last_episode=53, paid_in_episode_to_arrears=None)
    assert features.is_case(b, a, D("02-28"), settings()) and not features.is_case(b, a, D("04-30"), settings())
    assert features.is_case(b, a, D("03-04"), settings())


def test_promises():
    def promise(start, until, amount):
        return Event("promise", D(start), D(until), D(start), amount)

    made = [promise("01-12", "01-15", 10000), promise("01-20", "01-22", None), promise("01-30", "02-05", 2000), promise("01-05", "01-06", None)]
    b, l, at = one(instalments=dues(("01-10", 10000)), payments=[pay("01-16", 9500)], events=made)
    # First: 95 on the day after the 15th, within 3 days of grace, is 95 % of 100: kept. Second: arrears of the 20th are 5, nothing came by
    # the 25th: broken that day (6 days before the 31st). Third: open. Fourth: no arrears on the 5th, undecided for ever.
    check(at("01-31"), promises_30=4, promise_kept_rate_30=(1 + 2 * 0.5) / (1 + 1 + 2), broken_promises_30=1, days_since_broken=6, promise_open=1)
    check(at("01-24"), broken_promises_30=0, days_since_broken=None, promise_open=1, promise_kept_rate_30=(1 + 1) / (1 + 2))
    check(at("01-15"), promise_kept_rate_30=None, promises_30=2, promise_open=1)
    # 8 February is 5 + 3: the third is broken. Its day is in the window of 30 days, as is the 25th of January.
    check(at("02-08"), broken_promises_30=2, days_since_broken=0, promise_open=0)
    s = settings(has_events=False)
    b, l, at = one(s, instalments=dues(("01-10", 10000)))
    check(at("01-31"), promises_30=None, promise_open=None, broken_promises_365=None)


def test_two_episodes():
    b, l, at = one(opened_on=D("01-01"), instalments=dues(("01-10", 10000), ("02-10", 10000), ("03-10", 10000)),
                   payments=[pay("01-20", 10000), pay("02-15", 10000)], limit=50000, income=40000)
    assert l.episodes(D("03-31")) == [Episode(D("01-11"), D("01-20"), "payment"), Episode(D("02-11"), D("02-15"), "payment"), Episode(D("03-11"), None, "open")]
    # Median of 9 and 4; the last ended one reached 4; 9 + 4 + 21 days in arrears; the window of 30 days begins after 1 March.
    check(at("03-31"), past_cures=2, past_cure_rate=1, median_days_to_cure=6.5, max_dpd_last_episode=4, days_in_episode=21, episodes_30=1,
          episodes_90=3, days_in_arrears_90=34, max_dpd_90=21, bucket_change_1c=1, first_payment_default=0, on_time_rate_90=0, months_since_30dpd=None,
          paid_to_due_90=2 / 3, days_since_payment=44, payments_30=0, months_on_book=2, utilisation=0.2, instalment_to_income=0.25, ever_90dpd=0)
    # Another 10 January unpaid for 90 days: 10 April. First payment default is unknown until 9 February, unless it was paid.
    b, l, at = one(instalments=dues(("01-10", 10000)))
    check(at("04-09"), ever_90dpd=0, first_payment_default=1, max_dpd_30=89)
    check(at("04-10"), ever_90dpd=1, months_since_30dpd=0, bucket=3)
    check(at("02-08"), first_payment_default=None)
    check(at("02-09"), first_payment_default=1, dpd=30, bucket=1)
    # The history begins on 1 January: one cycle before 31 January (31 December) there was none.
    check(at("01-31"), bucket_change_1c=None)


def test_partial_payments():
    b, l, at = one(instalments=dues(("01-10", 10000), ("02-10", 10000)),
                   payments=[pay("01-10", 4000), pay("01-15", 6000), pay("02-12", 3000, "02-14"), pay("02-14", 2000)])
    # 40 of 100: partial; 60 of the 60 left: not. On 14 February two count: 30 of 100 left, then 20 of 70 left: both partial.
    # Variation: mean 37.5, squares 6.25 + 506.25 + 56.25 + 306.25 = 875, sd = sqrt(218.75). Days 10, 15, 12, 14: mean 12.75, sd = sqrt(3.6875).
    # Episode from 11 February: 50 came of the 50 that are left. Last payment 20 of 100.
    check(at("02-28"), partial_payments_365=3, partial_payments_30=2, payment_variation_365=math.sqrt(218.75) / 37.5, payment_day_spread=math.sqrt(3.6875),
          last_payment_to_due=0.2, paid_in_episode_to_arrears=1, arrears=50, unpaid_instalments=1, dpd=18)
    # Two instalments on a day, 30 and 70, with 40 paid by then: the smaller was on time, the larger was not.
    b, l, at = one(instalments=dues(("01-10", 7000), ("01-10", 3000)), payments=[pay("01-10", 4000)])
    check(at("01-31"), on_time_rate_30=0.5, last_payment_to_due=40 / 70, unpaid_instalments=1)


def st(on, dpd, arrears=None, paid=None, due=10000, known=None):
    return Statement(D(on), D(known or on), dpd, dpd == 0, 100000, arrears, due, paid)


def test_statements():
    rows = [st("01-31", 0), st("02-28", 10, 6000, 4000), st("03-31", 40, 12000, 4000), st("04-30", 0, 0, 15000)]
    s = settings(rule="cure_by_status", horizon_cycles=1)
    b, l, at = one(s, statements=rows, income=20000, limit=200000)
    a = b.accounts[0]
    # 31 March: entry 28 February, 32 days; 90 days: 28 (since 31 January) + 31; 30 days: only since 1 March. Paid 40 + 40 of the 2 x 100 asked before.
    check(at("03-31"), dpd=40, bucket=2, arrears=120, balance=1000, arrears_to_balance=0.12, days_in_episode=32, max_dpd_30=40, days_in_arrears_90=59,
          days_in_arrears_30=30, episodes_30=0, episodes_90=1, payments_90=2, paid_90=80, paid_to_due_90=80 / 200, on_time_rate_90=0,
          partial_payments_90=2, days_since_payment=0, last_payment_to_due=0.4, paid_in_episode_to_arrears=40 / 120, bucket_change_1c=1,
          months_since_30dpd=0, payment_variation_90=0, unpaid_instalments=None, failed_debits_90=None, shadow_dpd=40, instalment_to_income=0.5,
          utilisation=0.5, months_on_book=2, past_cures=0, promises_90=0, promise_open=None, remaining_term=None)
    # 30 April: cured after 61 days; 150 of the 100 asked is on time: 1 of the 3 since 30 January, 1 of the 1 since 31 March.
    check(at("04-30"), past_cures=1, median_days_to_cure=61, max_dpd_last_episode=40, on_time_rate_30=1, on_time_rate_90=1 / 3, days_in_episode=0, bucket_change_1c=-2)
    check(statement_outcomes(a, rows[2], s), repaid=1, cure=None, paid_ratio=None)
    check(statement_outcomes(a, rows[1], s), repaid=0)
    check(statement_outcomes(a, rows[3], s), repaid=None)
    check(statement_outcomes(a, rows[2], settings()), repaid=None)
    # Looked at by the first month end that knows the latest statement; a statement of 30 April is 31 days old on 31 May, but not new.
    assert features.is_observed(b, a, D("04-30")) and not features.is_observed(b, a, D("05-31"))
    # Known only on 2 April: seen by 30 April, 30 days old; at 31 March the statement of February was known before that month.
    b, l, at = one(s, statements=[st("02-28", 10), st("03-31", 40, known="04-02")])
    a = b.accounts[0]
    assert not features.is_observed(b, a, D("03-31")) and features.is_observed(b, a, D("04-30")) and features.is_case(b, a, D("04-30"), s)
    # First statement late: 30 days, or from the window's start. A re-age within the run makes its end no cure, and shadow_dpd null.
    b, l, at = one(s, statements=[st("01-31", 5), st("02-28", 0)], events=[reage("02-10")])
    check(at("02-28"), days_in_arrears_30=2, days_in_arrears_90=30, past_cures=0, past_cure_rate=0, shadow_dpd=None, reaged_365=1)


def test_both_shapes():
    b, l, at = one(statements=[st("01-31", 5), st("02-28", 0)], instalments=dues(("03-10", 10000), known="03-01"))
    # Statements until 9 March; on the 10th the first instalment is due. What the statements said before goes on counting.
    assert b.statements_at(b.accounts[0], D("03-09")) and b.statements_at(b.accounts[0], D("03-10")) is None
    check(at("03-09"), past_cures=1, unpaid_instalments=None, balance=1000)
    check(at("03-31"), past_cures=1, episodes_90=2, max_dpd_last_episode=5, days_in_arrears_90=28 + 21, dpd=21, balance=100, months_on_book=2, unpaid_instalments=1)
    assert set(at("03-09")) == set(at("03-31"))


def test_contacts_and_borrower():
    def talk(on, channel, result, direction="outbound", known=None):
        return Contact(D(on), D(known or on), channel, direction, result)

    x = Account("X", "B", opened_on=D("01-01"), payday=25, secured=1, instalments=dues(("03-10", 10000), ("04-10", 10000)),
                contacts=[talk("03-05", "call", "no_answer"), talk("03-10", "call", "reached"), talk("03-11", "call", "promise", "inbound")])
    y = Account("Y", "B", opened_on=D("02-01"), instalments=dues(("03-20", 5000)), payments=[pay("03-20", 9000)],
                contacts=[talk("03-12", "visit", "refused", None), talk("03-20", None, "no_answer"), talk("03-21", "ai_call", "wrong_number"),
                          talk("03-22", "sms", "delivered"), talk("03-30", "call", "reached", known="04-02")])
    z = Account("Z", "B", opened_on=D("01-01"), closed_on=D("03-31"), instalments=dues(("02-10", 5000)), payments=[pay("02-14", 5000)])
    s = settings(regimes={"amnesty": (D("03-01"), D("03-31"))})
    b = Borrower([x, y, z], s)
    # Attempts: 5, 10, 12, 20, 21 March, two of them right party: (2 + 2 x 0.5) / (5 + 2). Last right party 12 March; after it two attempts.
    # Exposure: X 200, Y -40 counts 0, Z is closed. Z had a cure and 3 days past due at most; X has 21. Payday: 25 April.
    check(b.features(x, D("03-31")), right_party_rate_30=3 / 7, days_since_right_party=19, consecutive_no_answer=2, inbound_30=1, refusals_30=1, lost_contact=1,
          accounts_of_borrower=2, earlier_accounts=1, total_exposure=200, borrower_past_cures=1, borrower_max_dpd_365=21, other_delinquent_accounts=0,
          days_to_payday=25, regime_amnesty=1, month=3, day_of_month=31, secured=1)
    # The call of 30 March is known on 2 April: from then on it is the last right party, and contact is not lost.
    check(b.features(x, D("04-30")), days_since_right_party=31, consecutive_no_answer=0, lost_contact=0, regime_amnesty=0, right_party_rate_30=None)
    check(b.features(y, D("03-31")), other_delinquent_accounts=1, secured=None, days_to_payday=None)
    s.has_contacts = False
    check(b.features(x, D("03-31")), inbound_30=None, lost_contact=None, consecutive_no_answer=None)


def test_relapse():
    parts = dict(instalments=dues(("01-10", 10000), ("02-10", 10000)), payments=[pay("02-05", 10000)])
    b, l, at = one(**parts)
    # Cured on 5 February. Due again on the 10th: 30 days on 12 March, within 90 days. 2 March: dpd 20, bucket 1 as on 31 January; worst 25.
    check(ledger_outcomes(l, D("01-31"), settings()), cure=1, relapse=1, cured_at_horizon=0, not_rolled=1, paid_ratio=1)
    # 5 February + 90 = 6 May.
    check(ledger_outcomes(l, D("01-31"), settings("05-06")), relapse=1)
    check(ledger_outcomes(l, D("01-31"), settings("05-05")), cure=1, relapse=None)
    check(ledger_outcomes(l, D("01-31"), settings("03-01")), cure=None, paid_ratio=None)
    # A reversal known within the window undoes the cure; 100 - 100 + 30 = 30 of 100.
    parts["payments"] = [pay("02-05", 10000), pay("02-08", -10000), pay("02-20", 3000)]
    b, l, at = one(**parts)
    check(ledger_outcomes(l, D("01-31"), settings(rule="paid_at_least", share=0.3)), cure=0, paid_ratio=0.3, repaid=1, relapse=None, not_rolled=0)


def test_reading():
    tables = {
        "recoup.toml": '[clock]\ndata_until = "2025-12-31"\nposting_lag_days = 2\n[outcome]\nrule = "cure"\nhorizon_days = 30\n',
        "accounts.csv": "account_id,borrower_id,opened_on\n01,b,2025-01-01\n02,,\n",
        "instalments.csv": "account_id,due_on,amount\n01,2025-02-01,10.50\n02,2025-02-01,10\n",
        "payments.csv": "account_id,paid_on,amount,result\n01,2025-02-03,10.50,failed\n01,2025-02-04,3,\n",
        "events.csv": "account_id,borrower_id,kind,from,to,known_on\n,b,dispute,2025-02-10,2025-02-20,\n,b,re_age,2025-02-10,,\n,02,hardship_income,2025-02-10,,\n",
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, text in tables.items():
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        s, families = read_book(folder)
    one_, two = families[0][0], families[1][0]
    assert one_.instalments == [Instalment(D("02-01"), D("01-01"), 1050)] and two.instalments == [Instalment(D("02-01"), D("02-01"), 1000)]
    assert one_.payments == [Payment(D("02-04"), D("02-06"), 300)] and one_.failed == [Payment(D("02-03"), D("02-05"), 0)]
    # The dispute is known on the 12th; a re-age that names no account is set aside.
    assert holds(one_, D("02-11")) == "" and holds(one_, D("02-12")) == "dispute_open" and holds(one_, D("02-21")) == "" and len(one_.events) == 1
    assert holds(two, D("02-28")) == "hardship" and not s.has_contacts and s.has_events


if __name__ == "__main__":
    tests = [(name, f) for name, f in sorted(globals().items()) if name.startswith("test_")]
    for name, f in tests:
        f()
        print("ok", name)
    print(f"{len(tests)} tests")
