//! Re-ages and promises worked by hand.

use super::{CURE, NO_CONTACTS, NO_PROMISES, PLAIN, worked};

#[test]
fn a_re_age_with_a_new_schedule() {
    // 100 due on the 10th of February to June. Paid: Feb 10 100. Re-aged from Apr 25, known Apr 26, with 90 due on the 25th of May to
    // August.
    // Paid then: Apr 28 20, Jun 5 50, Jun 20 20, Jul 30 180, Aug 25 90.
    // Episodes: Mar 11 – Apr 26 by re-age (dpd 46 on Apr 25); May 26 – Jun 20 by payment; Jun 26 – Jul 30 (dpd 34 on Jul 29).
    // Apr 12: due 300, paid 100, Mar 10 is 33 days ago. The re-age comes in the window, with nothing paid before it.
    // Jun 10: of the new schedule 90 due, 70 paid (since Apr 25), May 25 is 16 days ago. May 10 and Jun 10 of the old one are void.
    let book = worked("", CURE, "
        accounts account_id,borrower_id,opened_on
            1,b,2021-01-02
        instalments account_id,due_on,amount,known_on
            1,2021-02-10,100, 1,2021-03-10,100, 1,2021-04-10,100, 1,2021-05-10,100, 1,2021-06-10,100, 1,2021-05-25,90,2021-04-26
            1,2021-06-25,90,2021-04-26 1,2021-07-25,90,2021-04-26 1,2021-08-25,90,2021-04-26
        payments account_id,paid_on,amount
            1,2021-02-10,100 1,2021-04-28,20 1,2021-06-05,50 1,2021-06-20,20 1,2021-07-30,180 1,2021-08-25,90
        events account_id,kind,from,known_on
            1,re_age,2021-04-25,2021-04-26
    ");
    let case = book.case("1", "2021-04-12");
    case.features(&[PLAIN, NO_PROMISES, NO_CONTACTS], "
        dpd 33; bucket 2; arrears 200; balance 400; arrears_to_balance 200 / 400; unpaid_instalments 2; shadow_dpd 33
        days_in_episode 33; max_dpd_w 33; episodes_w 0 | 1; days_in_arrears_w 30 | 33; months_since_30dpd 0; bucket_change_1c 1
        first_payment_default 0
        days_since_payment 61; payments_w 0 | 1; paid_w 0 | 100; paid_to_due_w 0 / 100 | 100 / 300; on_time_rate_w 0 / 1 | 1 / 3
        last_payment_to_due 100 / 100; partial_payments_w 0; payment_variation_w null; payment_day_spread null; failed_debits_w 0
        paid_in_episode_to_arrears 0 / 200
        months_on_book 3
        remaining_term 1  # to Jun 10
        accounts_of_borrower 1; total_exposure 400; borrower_max_dpd_365 33
        day_of_month 12; month 4; days_to_payday null; regime_spring 1
    ");
    case.outcomes("
        paid_ratio 20 / 200; cure no; not_rolled yes; relapse null
        cured_at_horizon no  # in order on May 12, but by re-age
        reaged yes  # Apr 26 in the window, dpd 46 the day before, 0 paid before
    ");
    let case = book.case("1", "2021-06-10");
    case.features(&[PLAIN, NO_PROMISES, NO_CONTACTS], "
        dpd 16; bucket 1; arrears 20; arrears_to_balance 20 / 290; unpaid_instalments 1
        balance 290  # 360 − 70
        shadow_dpd 92  # 170 paid in all: Mar 10 in part, 92 days ago
        days_in_episode 16; max_dpd_w 16 | 46; bucket_change_1c 1; first_payment_default 0
        episodes_w 1 | 1 | 2  # 90 days back is Mar 12: the first began Mar 11
        days_in_arrears_w 16 | 60 | 62  # 90 days: Mar 13 – Apr 25 (44) and May 26 on (16)
        months_since_30dpd 1  # Apr 25
        past_cure_rate 0 / 1; max_dpd_last_episode 46; reaged_365 1
        days_since_payment 5; payments_w 1 | 2 | 3; paid_w 50 | 70 | 170; paid_to_due_w 50 / 90 | 70 / 190 | 170 / 390
        on_time_rate_w 0 / 1 | 0 / 2 | 1 / 4
        last_payment_to_due 50 / 90; payment_variation_w null | sqrt(900) / 70 | sqrt(9800) / 170; payment_day_spread sqrt(878) / 3
        failed_debits_w 0; paid_in_episode_to_arrears 50 / 20
        partial_payments_w 1  # Jun 5: 50 of 70; on Apr 28 nothing was due
        months_on_book 5; remaining_term 2
        accounts_of_borrower 1; total_exposure 290; borrower_max_dpd_365 46
        day_of_month 10; month 6; days_to_payday null; regime_spring 0
    ");
    case.outcomes("
        paid_ratio 1; cure yes; cured_at_horizon no; not_rolled yes; reaged no
        relapse yes  # cured Jun 20; Jul 25 is day 30 of Jun 25
    ");
}

#[test]
fn re_aged_twice_and_once_without_instalments() {
    // 100 due on the 5th of February to May, none paid. Re-aged Mar 20: 60 due on the 20th of April to July. Re-aged from Jun 1, known
    // Jun 3: 50 due on Jun 30, Jul 30, Aug 30.
    // A third re-age of Aug 2 has no instalments: it replaces nothing. Paid: Apr 20 60; Jun 2 10 (counts in the third schedule, from Jun
    // 1); Jun 30 20, Jul 20 20, Aug 5 50, Oct 1 50.
    // Episodes: Feb 6 – Mar 20 re-age (dpd 42 on Mar 19); May 21 – Jun 3 re-age (dpd 13); Jul 1 – Jul 20 payment (19 days, dpd 19); Jul
    // 31 – Aug 5 payment (5 days, dpd 5; the re-age of Aug 2 replaced nothing); Aug 31 – Oct 1.
    // Jul 15: 50 due, 30 paid since Jun 1. Sep 5: 150 due, 100 paid.
    let book = worked("", CURE, "
        accounts account_id,borrower_id,opened_on
            1,b,2021-01-05
        instalments account_id,due_on,amount,known_on
            1,2021-02-05,100, 1,2021-03-05,100, 1,2021-04-05,100, 1,2021-05-05,100, 1,2021-04-20,60,2021-03-20 1,2021-05-20,60,2021-03-20
            1,2021-06-20,60,2021-03-20 1,2021-07-20,60,2021-03-20 1,2021-06-30,50,2021-06-03 1,2021-07-30,50,2021-06-03
            1,2021-08-30,50,2021-06-03
        payments account_id,paid_on,amount
            1,2021-04-20,60 1,2021-06-02,10 1,2021-06-30,20 1,2021-07-20,20 1,2021-08-05,50 1,2021-10-01,50
        events account_id,kind,from,known_on
            1,re_age,2021-03-20,2021-03-20 1,re_age,2021-06-01,2021-06-03 1,re_age,2021-08-02,2021-08-02
    ");
    let case = book.case("1", "2021-07-15");
    case.features(&[PLAIN, NO_PROMISES, NO_CONTACTS], "
        dpd 15; bucket 1; arrears 20; balance 120; arrears_to_balance 20 / 120; unpaid_instalments 1
        shadow_dpd 160  # 90 of 400: Feb 5 is 160 days ago
        days_in_episode 15; max_dpd_w 15 | 15 | 42; episodes_w 1 | 2 | 3; days_in_arrears_w 15 | 28 | 70; months_since_30dpd 3
        bucket_change_1c 1; first_payment_default 1
        past_cure_rate 0 / 2; max_dpd_last_episode 13; reaged_365 2
        days_since_payment 15; payments_w 1 | 3; paid_w 20 | 90
        paid_to_due_w 20 / 50 | 90 / 170 | 90 / 370  # not void: Feb 5, Mar 5; Apr 20, May 20; Jun 30
        on_time_rate_w 0 / 1 | 1 / 3 | 1 / 5  # Apr 20 alone
        last_payment_to_due 20 / 50; payment_variation_w null | sqrt(4200) / 90; payment_day_spread sqrt(1208) / 3; failed_debits_w 0
        paid_in_episode_to_arrears 0 / 20
        partial_payments_w 1 | 2  # Jun 2, when the second schedule was in force: 10 of 60; Jun 30: 20 of 40
        months_on_book 6; remaining_term 1
        accounts_of_borrower 1; total_exposure 120; borrower_max_dpd_365 42
        day_of_month 15; month 7; days_to_payday null; regime_spring 0
    ");
    case.outcomes("
        paid_ratio 1; cure yes; cured_at_horizon yes; not_rolled yes; reaged no
        relapse yes  # cured Jul 20; Sep 29 is day 30 of Aug 30
    ");
    let case = book.case("1", "2021-09-05");
    case.features(&[PLAIN, NO_PROMISES, NO_CONTACTS], "
        dpd 6; bucket 1; arrears 50; balance 50; arrears_to_balance 50 / 50; unpaid_instalments 1
        shadow_dpd 184  # 160 paid: Mar 5 in part
        days_in_episode 6; episodes_w 1 | 3 | 4 | 5; months_since_30dpd 5; bucket_change_1c 1; first_payment_default 1
        max_dpd_w 6 | 19 | 42  # 180 days back is Mar 9
        days_in_arrears_w 6 | 30 | 53 | 85  # 90: 19 + 5 + 6; 180: 13 more and Mar 10 – 19; 365: 32 more
        past_cures 2; past_cure_rate 2 / 4; median_days_to_cure 24 / 2; max_dpd_last_episode 5; reaged_365 3
        days_since_payment 31; payments_w 0 | 3 | 5; paid_w 0 | 90 | 160; paid_to_due_w 0 / 50 | 90 / 150 | 160 / 270 | 160 / 470
        on_time_rate_w 0 / 1 | 0 / 3 | 1 / 5 | 1 / 7
        last_payment_to_due 50 / 50; partial_payments_w 0 | 1 | 2; payment_variation_w null | sqrt(1800) / 90 | sqrt(9400) / 160
        payment_day_spread sqrt(2716) / 5; failed_debits_w 0; paid_in_episode_to_arrears 0 / 50
        months_on_book 8; remaining_term 0
        accounts_of_borrower 1; total_exposure 50; borrower_past_cures 2
        borrower_max_dpd_365 42  # 42 on Mar 19
        day_of_month 5; month 9; days_to_payday null; regime_spring 0
    ");
    case.outcomes("
        paid_ratio 1; cure yes; cured_at_horizon yes; reaged no
        not_rolled no  # Sep 30: 31 days, M2
        relapse no  # cured Oct 1; 90 days on is Dec 30
    ");
}

#[test]
fn promises_kept_broken_and_open() {
    // 100 due on the 1st of February to July. Paid: Feb 1 100, Mar 11 95, Apr 13 20, Apr 26 85 (300 of 300), Jun 5 200, Jul 1 100.
    // Episodes: Mar 2 – Apr 26 by payment (55 days, dpd 42 on Apr 12: from Apr 13 on April is the oldest); May 2 – Jun 5 (dpd 34).
    // Promises: Jan 20, no amount, nothing was overdue: never decided. Mar 5 to Mar 10, no amount: the 100 then overdue; 95 on Mar 11, a
    // day late: kept (95 % exactly).
    // Apr 3 to 9, 60: the 20 came on Apr 13, after the grace: broken Apr 12. Apr 14 for the day, 10, known Apr 22: broken Apr 17. Apr 18
    // to 25, 85: kept Apr 26. May 10, no amount (100): broken May 13.
    // Apr 20: due 300, paid 215, Apr 1 is 19 days ago. May 20: due 400, paid 300.
    let book = worked("", CURE, "
        accounts account_id,borrower_id,opened_on
            1,b,2021-01-02
        instalments account_id,due_on,amount
            1,2021-02-01,100 1,2021-03-01,100 1,2021-04-01,100 1,2021-05-01,100 1,2021-06-01,100 1,2021-07-01,100
        payments account_id,paid_on,amount
            1,2021-02-01,100 1,2021-03-11,95 1,2021-04-13,20 1,2021-04-26,85 1,2021-06-05,200 1,2021-07-01,100
        events account_id,kind,from,to,known_on,amount
            1,promise,2021-01-20,2021-01-20,, 1,promise,2021-03-05,2021-03-10,, 1,promise,2021-04-03,2021-04-09,,60
            1,promise,2021-04-14,,2021-04-22,10 1,promise,2021-04-18,2021-04-25,,85 1,promise,2021-05-10,2021-05-10,,
    ");
    let case = book.case("1", "2021-04-20");
    case.features(&[PLAIN, NO_CONTACTS], "
        dpd 19; bucket 1; arrears 85; balance 385; arrears_to_balance 85 / 385; unpaid_instalments 1; shadow_dpd 19
        days_in_episode 50; max_dpd_w 42; episodes_w 0 | 1; days_in_arrears_w 30 | 50; months_since_30dpd 0; bucket_change_1c 0
        first_payment_default 0
        days_since_payment 7; payments_w 1 | 3; paid_w 20 | 215; paid_to_due_w 20 / 100 | 215 / 300; on_time_rate_w 0 / 1 | 1 / 3
        last_payment_to_due 20 / 100; partial_payments_w 1 | 2; payment_variation_w null | sqrt(12050) / 215
        payment_day_spread sqrt(248) / 3; failed_debits_w 0; paid_in_episode_to_arrears 115 / 85
        promise_kept_rate_w (0 + 2 * 0.6) / 3 | (1 + 2 * 0.6) / 4; broken_promises_w 1; days_since_broken 8
        promises_w 2 | 3 | 4  # 90 days back is Jan 20: not included; that of Apr 14 is not known
        promise_open 1  # Apr 18
        months_on_book 3; remaining_term 2
        accounts_of_borrower 1; total_exposure 385; borrower_max_dpd_365 42
        day_of_month 20; month 4; days_to_payday null; regime_spring 1
    ");
    case.outcomes("
        paid_ratio 1; cure yes; cured_at_horizon no; not_rolled yes; reaged no
        relapse yes  # cured Apr 26; May 31 is day 30 of May 1
    ");
    let case = book.case("1", "2021-05-20");
    case.features(&[PLAIN, NO_CONTACTS], "
        dpd 19; bucket 1; arrears 100; balance 300; arrears_to_balance 100 / 300; unpaid_instalments 1; shadow_dpd 19
        days_in_episode 19; episodes_w 1 | 2; months_since_30dpd 1; bucket_change_1c 0; first_payment_default 0
        max_dpd_w 24 | 42  # Apr 25: 24
        days_in_arrears_w 24 | 74  # Apr 21 – 25 and May 2 – 20
        past_cures 1; past_cure_rate 1 / 1; median_days_to_cure 55; max_dpd_last_episode 42
        days_since_payment 24; payments_w 1 | 3 | 4; paid_w 85 | 200 | 300; paid_to_due_w 85 / 100 | 200 / 300 | 300 / 400
        on_time_rate_w 0 / 1 | 0 / 3 | 1 / 4
        last_payment_to_due 85 / 100; partial_payments_w 0 | 2; payment_variation_w null | sqrt(9950) / 200 | sqrt(16600) / 300
        payment_day_spread sqrt(1267) / 4; failed_debits_w 0; paid_in_episode_to_arrears 0 / 100
        promises_w 1 | 5 | 6; broken_promises_w 1 | 3; days_since_broken 7; promise_open 0
        promise_kept_rate_w (0 + 2 * 0.6) / 3 | (2 + 2 * 0.6) / 7  # kept: Mar 5, Apr 18; broken: Apr 3, Apr 14, May 10
        months_on_book 4; remaining_term 1
        accounts_of_borrower 1; total_exposure 300; borrower_past_cures 1; borrower_max_dpd_365 42
        day_of_month 20; month 5; days_to_payday null; regime_spring 0
    ");
    case.outcomes("
        paid_ratio 1; cure yes; cured_at_horizon yes; reaged no; relapse no
        not_rolled no  # Jun 4: 34 days
    ");
}

#[test]
fn a_re_age_within_the_outcome_window() {
    // 100 due on the 10th of February to May. Paid: Feb 10 100, Apr 5 40. Re-aged Apr 15: 60 due on the 15th of May to July. Paid: Apr
    // 20 70, Jun 28 50, Aug 20 60.
    // Episodes: Mar 11 – Apr 15 by re-age (dpd 35 on Apr 14); Jun 16 – Jun 28; Jul 16 – Aug 20 (dpd 35 on Aug 19).
    // Mar 31: due 200, paid 100. In the window 110 come in, but only 40 before the re-age.
    // Jun 20: 120 due, 70 paid since Apr 15; Jun 15 is 5 days ago. May 10 is void.
    let book = worked("", CURE, "
        accounts account_id,borrower_id,opened_on
            1,b,2021-01-02
        instalments account_id,due_on,amount,known_on
            1,2021-02-10,100, 1,2021-03-10,100, 1,2021-04-10,100, 1,2021-05-10,100, 1,2021-05-15,60,2021-04-15 1,2021-06-15,60,2021-04-15
            1,2021-07-15,60,2021-04-15
        payments account_id,paid_on,amount
            1,2021-02-10,100 1,2021-04-05,40 1,2021-04-20,70 1,2021-06-28,50 1,2021-08-20,60
        events account_id,kind,from
            1,re_age,2021-04-15
    ");
    let case = book.case("1", "2021-03-31");
    case.features(&[PLAIN, NO_PROMISES, NO_CONTACTS], "
        dpd 21; bucket 1; arrears 100; balance 300; arrears_to_balance 100 / 300; unpaid_instalments 1; shadow_dpd 21
        days_in_episode 21; max_dpd_w 21; episodes_w 1; days_in_arrears_w 21; first_payment_default 0
        bucket_change_1c 1  # month end to month end: Feb 28
        days_since_payment 49; payments_w 0 | 1; paid_w 0 | 100; paid_to_due_w 0 / 100 | 100 / 200; on_time_rate_w 0 / 1 | 1 / 2
        last_payment_to_due 100 / 100; partial_payments_w 0; payment_variation_w null; payment_day_spread null; failed_debits_w 0
        paid_in_episode_to_arrears 0 / 100
        months_on_book 2; remaining_term 1
        accounts_of_borrower 1; total_exposure 300; borrower_max_dpd_365 21
        day_of_month 31; month 3; days_to_payday null; regime_spring 1
    ");
    case.outcomes("
        cure no; cured_at_horizon no; relapse null
        paid_ratio 1  # 110 of 100
        not_rolled no  # Apr 10: 31 days
        reaged yes  # dpd 35 on Apr 14, 40 < 100 paid by then
    ");
    let case = book.case("1", "2021-06-20");
    case.features(&[PLAIN, NO_PROMISES, NO_CONTACTS], "
        dpd 5; bucket 1; arrears 50; balance 110; arrears_to_balance 50 / 110; unpaid_instalments 1
        shadow_dpd 71  # 210 of 400: Apr 10
        days_in_episode 5; max_dpd_w 5 | 35; episodes_w 1 | 1 | 2; days_in_arrears_w 5 | 28 | 40; months_since_30dpd 2; bucket_change_1c 1
        first_payment_default 0
        past_cure_rate 0 / 1; max_dpd_last_episode 35; reaged_365 1
        days_since_payment 61; payments_w 0 | 2 | 3; paid_w 0 | 110 | 210; paid_to_due_w 0 / 60 | 110 / 220 | 210 / 420
        on_time_rate_w 0 / 1 | 1 / 3 | 2 / 5  # May 15 (70 of 60); Feb 10
        last_payment_to_due 70 / 60; partial_payments_w 0 | 1; payment_variation_w null | sqrt(900) / 110 | sqrt(5400) / 210
        payment_day_spread sqrt(350) / 3; failed_debits_w 0; paid_in_episode_to_arrears 0 / 50
        months_on_book 5; remaining_term 0
        accounts_of_borrower 1; total_exposure 110; borrower_max_dpd_365 35
        day_of_month 20; month 6; days_to_payday null; regime_spring 0
    ");
    case.outcomes("
        paid_ratio 1; cure yes; cured_at_horizon no; not_rolled yes; reaged no
        relapse yes  # cured Jun 28; Aug 14 is day 30 of Jul 15
    ");
}

#[test]
fn a_re_age_after_the_arrears_were_paid() {
    // 100 due on the 10th of March and April; known since Feb 25. Paid Mar 25 100. April is missed and re-aged on Apr 16: 100 due May
    // 16, paid that day.
    // Episodes: Mar 11 – Mar 25 by payment; Apr 11 – Apr 16 by re-age (dpd 5 on Apr 15).
    // Mar 20: due 100, paid nothing. The 100 of Mar 25 cover it before the re-age: a cure, and the re-age of April does not compete.
    let book = worked("", CURE, "
        accounts account_id,borrower_id,opened_on
            1,b,2021-02-25
        instalments account_id,due_on,amount,known_on
            1,2021-03-10,100, 1,2021-04-10,100, 1,2021-05-16,100,2021-04-16
        payments account_id,paid_on,amount
            1,2021-03-25,100 1,2021-05-16,100
        events account_id,kind,from
            1,re_age,2021-04-16
    ");
    let case = book.case("1", "2021-03-20");
    case.features(&[PLAIN, NO_PROMISES, NO_CONTACTS], "
        dpd 10; bucket 1; arrears 100; balance 200; arrears_to_balance 100 / 200; unpaid_instalments 1; shadow_dpd 10
        days_in_episode 10; max_dpd_w 10; episodes_w 1; days_in_arrears_w 10
        bucket_change_1c null  # nothing was known on Feb 20
        first_payment_default null  # 30 days after Mar 10 have not passed
        days_since_payment null; payments_w 0; paid_w 0; paid_to_due_w 0 / 100; on_time_rate_w 0 / 1
        last_payment_to_due null; partial_payments_w 0; payment_variation_w null; payment_day_spread null; failed_debits_w 0
        paid_in_episode_to_arrears 0 / 100
        months_on_book 0; remaining_term 0
        accounts_of_borrower 1; total_exposure 200; borrower_max_dpd_365 10
        day_of_month 20; month 3; days_to_payday null; regime_spring 1
    ");
    case.outcomes("
        paid_ratio 1; cure yes; not_rolled yes
        cured_at_horizon yes  # Apr 19: in order under the new schedule
        reaged no  # Apr 16 in the window, dpd 5 the day before, but 100 paid by then
        relapse no  # cured Mar 25; the new schedule was kept
    ");
}
