//! Payments worked by hand: partial, reversed, posted late, relapsed, and rows that move no money.

use super::{CURE, NO_CONTACTS, NO_EVENTS, PLAIN, worked};

#[test]
fn partial_payments_to_a_cure() {
    // 100 due on the 10th of February to May. Paid: Feb 8 100; Mar 20 40, Apr 5 30, Apr 20 130 (300 of 300 due: cured); Jun 1 100.
    // Episodes: Mar 11 – Apr 20 by payment (40 days, dpd 40 on Apr 19); May 11 – Jun 1 (dpd 21 on May 31).
    // Apr 15: due 300, paid 170: February whole, 70 of March; March in part and April whole are unpaid; Mar 10 is 36 days ago.
    // May 15: due 400, paid 300; May 10 is 5 days ago.
    let book = worked("", CURE, "
        accounts account_id,borrower_id,opened_on
            1,b,2021-01-05
        instalments account_id,due_on,amount
            1,2021-02-10,100 1,2021-03-10,100 1,2021-04-10,100 1,2021-05-10,100
        payments account_id,paid_on,amount
            1,2021-02-08,100 1,2021-03-20,40 1,2021-04-05,30 1,2021-04-20,130 1,2021-06-01,100
    ");
    let case = book.case("1", "2021-04-15");
    case.features(&[PLAIN, NO_EVENTS, NO_CONTACTS], "
        dpd 36; bucket 2; arrears 130; balance 230; arrears_to_balance 130 / 230; unpaid_instalments 2; shadow_dpd 36
        days_in_episode 36; max_dpd_w 36; days_in_arrears_w 30 | 36; first_payment_default 0
        episodes_w 0 | 1  # entry Mar 11
        months_since_30dpd 0  # dpd 36 today
        bucket_change_1c 1  # Mar 15: 5 days past due, M1
        days_since_payment 10; payments_w 2 | 3; paid_w 70 | 170; paid_to_due_w 70 / 100 | 170 / 300
        on_time_rate_w 0 / 1 | 1 / 3  # February alone
        last_payment_to_due 30 / 100; failed_debits_w 0; paid_in_episode_to_arrears 70 / 130
        partial_payments_w 2  # Mar 20: 40 of 100; Apr 5: 30 of 60
        payment_variation_w sqrt(100) / 70 | sqrt(8600) / 170  # {40, 30}: mean 35, deviation 5; with 100: sqrt(3 × 12500 − 170²) / 170
        payment_day_spread sqrt(378) / 3  # days 8, 20, 5: sqrt(3 × 489 − 33²) / 3
        months_on_book 3; remaining_term 0
        accounts_of_borrower 1; total_exposure 230; borrower_max_dpd_365 36
        day_of_month 15; month 4; days_to_payday null; regime_spring 1
    ");
    case.outcomes("
        paid_ratio 1; cure yes; cured_at_horizon no; not_rolled yes; reaged no; relapse no
    ");
    let case = book.case("1", "2021-05-15");
    case.features(&[PLAIN, NO_EVENTS, NO_CONTACTS], "
        dpd 5; bucket 1; arrears 100; balance 100; arrears_to_balance 100 / 100; unpaid_instalments 1; shadow_dpd 5
        days_in_episode 5; max_dpd_w 40; episodes_w 1 | 2; first_payment_default 0
        days_in_arrears_w 9 | 45  # Apr 16 – 19 and May 11 – 15
        months_since_30dpd 0  # Apr 19 to May 15
        bucket_change_1c -1  # Apr 15: M2
        past_cures 1; past_cure_rate 1 / 1; median_days_to_cure 40; max_dpd_last_episode 40
        days_since_payment 25; paid_w 130 | 200 | 300; paid_to_due_w 130 / 100 | 200 / 300 | 300 / 400; on_time_rate_w 0 / 1 | 0 / 3 | 1 / 4
        payments_w 1 | 3 | 4  # 90 days: Mar 20, Apr 5, Apr 20
        last_payment_to_due 130 / 100; payment_variation_w null | sqrt(18200) / 200 | sqrt(27600) / 300; payment_day_spread sqrt(747) / 4
        failed_debits_w 0; paid_in_episode_to_arrears 0 / 100
        partial_payments_w 0 | 2  # Apr 20 paid all of the 130 left
        months_on_book 4; remaining_term 0
        accounts_of_borrower 1; total_exposure 100; borrower_past_cures 1; borrower_max_dpd_365 40
        day_of_month 15; month 5; days_to_payday null; regime_spring 0
    ");
    case.outcomes("
        paid_ratio 1; cure yes; cured_at_horizon yes; not_rolled yes; reaged no; relapse no
    ");
}

#[test]
fn a_reversal_known_late_reopens_arrears() {
    // 100 due on the 1st of February to July. Paid: Feb 1, Mar 1, Apr 1 100 each; Apr 3 −100 (of Apr 1), known Apr 20; May 1, Jun 10,
    // Jul 1 100.
    // Episodes: Apr 20 (April is then 19 days late) – May 1: that day's 100 covers April and what is unpaid falls due the same day, dpd
    // 0: by payment, 11 days, dpd 29 on Apr 30.
    // From May 2 again (May is unpaid until Jun 10: dpd 39 on Jun 9).
    // Apr 25: due 300, paid 200. May 5: due 400, paid 300.
    let book = worked("", CURE, "
        accounts account_id,borrower_id,opened_on
            1,b,2021-01-02
        instalments account_id,due_on,amount
            1,2021-02-01,100 1,2021-03-01,100 1,2021-04-01,100 1,2021-05-01,100 1,2021-06-01,100 1,2021-07-01,100
        payments account_id,paid_on,amount,known_on
            1,2021-02-01,100, 1,2021-03-01,100, 1,2021-04-01,100, 1,2021-04-03,-100,2021-04-20 1,2021-05-01,100, 1,2021-06-10,100,
            1,2021-07-01,100,
    ");
    let case = book.case("1", "2021-04-25");
    case.features(&[PLAIN, NO_EVENTS, NO_CONTACTS], "
        dpd 24; bucket 1; arrears 100; balance 400; arrears_to_balance 100 / 400; unpaid_instalments 1; shadow_dpd 24
        days_in_episode 6; max_dpd_w 24; episodes_w 1; days_in_arrears_w 6; bucket_change_1c 1; first_payment_default 0
        payments_w 0 | 2; paid_w 0 | 200; paid_to_due_w 0 / 100 | 200 / 300
        days_since_payment 55  # Mar 1: the payment of Apr 1 was taken back
        on_time_rate_w 1 / 1 | 3 / 3  # the reversal is dated after Apr 1: April was paid on its day
        last_payment_to_due 100 / 100; partial_payments_w 0; payment_variation_w null | 0; payment_day_spread 0
        paid_in_episode_to_arrears 0 / 100
        failed_debits_w 1  # the reversal of Apr 3
        months_on_book 3
        remaining_term 2  # to Jul 1
        accounts_of_borrower 1; total_exposure 400; borrower_max_dpd_365 24
        day_of_month 25; month 4; days_to_payday null; regime_spring 1
    ");
    case.outcomes("
        paid_ratio 1; cure yes; cured_at_horizon no; not_rolled yes; reaged no
        relapse yes  # cured May 1; May 31 is day 30 of May
    ");
    let case = book.case("1", "2021-05-05");
    case.features(&[PLAIN, NO_EVENTS, NO_CONTACTS], "
        dpd 4; bucket 1; arrears 100; balance 300; arrears_to_balance 100 / 300; unpaid_instalments 1; shadow_dpd 4
        days_in_episode 4; max_dpd_w 29; episodes_w 2; first_payment_default 0
        days_in_arrears_w 15  # Apr 20 – 30 and May 2 – 5
        bucket_change_1c 1  # on Apr 5 the reversal was not known: M0
        past_cures 1; past_cure_rate 1 / 1; median_days_to_cure 11; max_dpd_last_episode 29
        days_since_payment 4; payments_w 1 | 2 | 3; paid_w 100 | 200 | 300; paid_to_due_w 100 / 100 | 200 / 300 | 300 / 400
        on_time_rate_w 0 / 1 | 2 / 3 | 3 / 4  # by May 1 300 of 400; March and April in time
        last_payment_to_due 100 / 100; payment_variation_w null | 0; payment_day_spread 0; paid_in_episode_to_arrears 0 / 100
        partial_payments_w 1  # May 1: 100 of the 200 left
        failed_debits_w 0 | 1  # 30 days back is Apr 5, not included
        months_on_book 4; remaining_term 1
        accounts_of_borrower 1; total_exposure 300; borrower_past_cures 1; borrower_max_dpd_365 29
        day_of_month 5; month 5; days_to_payday null; regime_spring 0
    ");
    case.outcomes("
        paid_ratio 0; cure no; cured_at_horizon no; reaged no; relapse null
        not_rolled no  # Jun 4: 34 days, M2
    ");
}

#[test]
fn a_posting_lag_of_four_days() {
    // What does not say when it was known was known four days later; outcomes until Jul 31. 100 due on the 15th of February to May.
    // Paid: Feb 15 (known that day), Mar 15 (known Mar 19), Apr 14 (Apr 18), May 19 (May 23), 100 each.
    // Episodes: Mar 16 – 19 (3 days, dpd 3); Apr 16 – 18 (2 days, dpd 2); May 16 – 23 (dpd 7).
    // Apr 17: due 300, known 200. May 20: due 400, known 300.
    let book = worked("posting_lag_days = 4\noutcomes_until = \"2021-07-31\"", CURE, "
        accounts account_id,borrower_id,opened_on
            1,b,2021-01-10
        instalments account_id,due_on,amount
            1,2021-02-15,100 1,2021-03-15,100 1,2021-04-15,100 1,2021-05-15,100
        payments account_id,paid_on,amount,known_on
            1,2021-02-15,100,2021-02-15 1,2021-03-15,100, 1,2021-04-14,100, 1,2021-05-19,100,
    ");
    let case = book.case("1", "2021-04-17");
    case.features(&[PLAIN, NO_EVENTS, NO_CONTACTS], "
        dpd 2; bucket 1; arrears 100; balance 200; arrears_to_balance 100 / 200; unpaid_instalments 1; shadow_dpd 2
        days_in_episode 2; episodes_w 1 | 2; days_in_arrears_w 2 | 5; bucket_change_1c 0; first_payment_default 0
        max_dpd_w 2 | 3  # 30 days back is Mar 18: not included
        past_cures 1; past_cure_rate 1 / 1; median_days_to_cure 3; max_dpd_last_episode 3
        days_since_payment 33; payments_w 0 | 2; paid_w 0 | 200; paid_to_due_w 0 / 100 | 200 / 300
        on_time_rate_w 0 / 1 | 2 / 3  # March was paid on the day, though posted late; April is not known
        last_payment_to_due 100 / 100; partial_payments_w 0; payment_variation_w null | 0; payment_day_spread 0; failed_debits_w 0
        paid_in_episode_to_arrears 0 / 100
        months_on_book 3; remaining_term 0
        accounts_of_borrower 1; total_exposure 200; borrower_past_cures 1; borrower_max_dpd_365 3
        day_of_month 17; month 4; days_to_payday null; regime_spring 1
    ");
    case.outcomes("
        paid_ratio 1; cure yes; not_rolled yes; reaged no
        cured_at_horizon no  # May 17: May 15 unpaid
        relapse no  # cured Apr 18; 90 days on is Jul 17; at most 7 days late
    ");
    let case = book.case("1", "2021-05-20");
    case.features(&[PLAIN, NO_EVENTS, NO_CONTACTS], "
        dpd 5; bucket 1; arrears 100; balance 100; arrears_to_balance 100 / 100; unpaid_instalments 1; shadow_dpd 5
        days_in_episode 5; max_dpd_w 5; episodes_w 1 | 3; days_in_arrears_w 5 | 10; bucket_change_1c 1; first_payment_default 0
        past_cures 2; past_cure_rate 2 / 2; median_days_to_cure 2.5; max_dpd_last_episode 2
        days_since_payment 36; payments_w 0 | 2 | 3; paid_w 0 | 200 | 300; paid_to_due_w 0 / 100 | 200 / 300 | 300 / 400
        on_time_rate_w 0 / 1 | 2 / 3 | 3 / 4
        last_payment_to_due 100 / 100; partial_payments_w 0; payment_variation_w null | 0; failed_debits_w 0; paid_in_episode_to_arrears 0 / 100
        payment_day_spread sqrt(2) / 3  # days 15, 15, 14
        months_on_book 4; remaining_term 0
        accounts_of_borrower 1; total_exposure 100; borrower_past_cures 2; borrower_max_dpd_365 5
        day_of_month 20; month 5; days_to_payday null; regime_spring 0
    ");
    case.outcomes("
        paid_ratio 1; cure yes; cured_at_horizon yes; not_rolled yes; reaged no
        relapse null  # cured May 21; 90 days on is Aug 19, after Jul 31
    ");
}

#[test]
fn episodes_cured_and_a_relapse() {
    // 100 due on the 1st of February to August. Paid: Feb 11, Mar 1, Apr 22, May 1, Jun 25 100 each; Aug 5 200.
    // Episodes by payment: Feb 2 – 11 (9 days, dpd 9 on Feb 10); Apr 2 – 22 (20 days, dpd 20); Jun 2 – 25 (23 days, dpd 23); Jul 2 – Aug
    // 5 (dpd 34).
    // Jun 20: due 500, paid 400. Aug 3: due 700, paid 500, Jul 1 is 33 days ago.
    let book = worked("", CURE, "
        accounts account_id,borrower_id,opened_on
            1,b,2021-01-02
        instalments account_id,due_on,amount
            1,2021-02-01,100 1,2021-03-01,100 1,2021-04-01,100 1,2021-05-01,100 1,2021-06-01,100 1,2021-07-01,100 1,2021-08-01,100
        payments account_id,paid_on,amount
            1,2021-02-11,100 1,2021-03-01,100 1,2021-04-22,100 1,2021-05-01,100 1,2021-06-25,100 1,2021-08-05,200
    ");
    let case = book.case("1", "2021-06-20");
    case.features(&[PLAIN, NO_EVENTS, NO_CONTACTS], "
        dpd 19; bucket 1; arrears 100; balance 300; arrears_to_balance 100 / 300; unpaid_instalments 1; shadow_dpd 19
        days_in_episode 19; max_dpd_w 19 | 20; episodes_w 1 | 2 | 3; days_in_arrears_w 19 | 39 | 48; bucket_change_1c 1; first_payment_default 0
        past_cures 2; past_cure_rate 2 / 2; max_dpd_last_episode 20
        median_days_to_cure 14.5  # 9 and 20
        days_since_payment 50; payments_w 0 | 2 | 4; paid_w 0 | 200 | 400; paid_to_due_w 0 / 100 | 200 / 300 | 400 / 500
        on_time_rate_w 0 / 1 | 1 / 3 | 2 / 5  # March and May
        last_payment_to_due 100 / 100; partial_payments_w 0; payment_variation_w null | 0; payment_day_spread sqrt(1203) / 4
        failed_debits_w 0; paid_in_episode_to_arrears 0 / 100
        months_on_book 5; remaining_term 1
        accounts_of_borrower 1; total_exposure 300; borrower_past_cures 2; borrower_max_dpd_365 20
        day_of_month 20; month 6; days_to_payday null; regime_spring 0
    ");
    case.outcomes("
        paid_ratio 1; cure yes; cured_at_horizon no; not_rolled yes; reaged no
        relapse yes  # cured Jun 25; Jul 31 is day 30 of Jul 1
    ");
    let case = book.case("1", "2021-08-03");
    case.features(&[PLAIN, NO_EVENTS, NO_CONTACTS], "
        dpd 33; bucket 2; arrears 200; balance 200; arrears_to_balance 200 / 200; unpaid_instalments 2; shadow_dpd 33
        days_in_episode 33; max_dpd_w 33; episodes_w 0 | 2 | 3 | 4; months_since_30dpd 0; bucket_change_1c 1; first_payment_default 0
        days_in_arrears_w 30 | 56 | 82 | 85  # 180 days back is Feb 4: Feb 5 – 10 alone
        past_cures 3; past_cure_rate 3 / 3; max_dpd_last_episode 23
        median_days_to_cure 20  # 9, 20, 23
        days_since_payment 39; payments_w 0 | 1 | 5; paid_w 0 | 100 | 500; paid_to_due_w 0 / 100 | 100 / 300 | 500 / 600 | 500 / 700
        on_time_rate_w 0 / 1 | 0 / 3 | 2 / 6 | 2 / 7
        last_payment_to_due 100 / 100; partial_payments_w 0; payment_variation_w null | null | 0; payment_day_spread sqrt(2560) / 5
        failed_debits_w 0; paid_in_episode_to_arrears 0 / 200
        months_on_book 7; remaining_term 0
        accounts_of_borrower 1; total_exposure 200; borrower_past_cures 3; borrower_max_dpd_365 33
        day_of_month 3; month 8; days_to_payday null; regime_spring 0
    ");
    case.outcomes("
        paid_ratio 1; cure yes; cured_at_horizon yes; not_rolled yes; reaged no; relapse no
    ");
}

#[test]
fn first_payment_default_and_rows_that_move_no_money() {
    // 100 and 50 due on Feb 1, 0 on Mar 1, 100 on Apr 1. Paid: Feb 20 40; Mar 3 a bounced debit of 50; Mar 5 −30, which matches no
    // payment; Mar 12 140.
    // Episode: Feb 2 – Mar 12 (dpd 38 on Mar 11). From Apr 2 on again.
    // Feb 25: due 150, paid 40. Mar 8: due 150, paid 10, Feb 1 is 35 days ago.
    let book = worked("", CURE, "
        accounts account_id,borrower_id,opened_on
            1,b,2021-01-02
        instalments account_id,due_on,amount
            1,2021-02-01,100 1,2021-02-01,50 1,2021-03-01,0 1,2021-04-01,100
        payments account_id,paid_on,amount,result
            1,2021-02-20,40,paid 1,2021-03-03,50,failed 1,2021-03-05,-30, 1,2021-03-12,140,
    ");
    let case = book.case("1", "2021-02-25");
    case.features(&[PLAIN, NO_EVENTS, NO_CONTACTS], "
        dpd 24; bucket 1; arrears 110; balance 210; arrears_to_balance 110 / 210; unpaid_instalments 2; shadow_dpd 24
        days_in_episode 24; max_dpd_w 24; episodes_w 1; days_in_arrears_w 24; bucket_change_1c 1; first_payment_default null
        days_since_payment 5; payments_w 1; paid_w 40; paid_to_due_w 40 / 150
        on_time_rate_w 0 / 2  # the two of Feb 1
        partial_payments_w 1; payment_variation_w null; payment_day_spread null; failed_debits_w 0; paid_in_episode_to_arrears 40 / 110
        last_payment_to_due 40 / 100  # of the two of Feb 1 the larger
        months_on_book 1; remaining_term 1
        accounts_of_borrower 1; total_exposure 210; borrower_max_dpd_365 24
        day_of_month 25; month 2; days_to_payday null; regime_spring 0
    ");
    case.outcomes("
        paid_ratio 1; cure yes; cured_at_horizon yes; reaged no
        not_rolled no  # Mar 11: 38 days
        relapse yes  # cured Mar 12, −30 and 140; May 1 is day 30 of Apr 1
    ");
    let case = book.case("1", "2021-03-08");
    case.features(&[PLAIN, NO_EVENTS, NO_CONTACTS], "
        dpd 35; bucket 2; arrears 140; balance 240; arrears_to_balance 140 / 240; shadow_dpd 35
        unpaid_instalments 2  # a zero instalment is never unpaid
        days_in_episode 35; max_dpd_w 35; episodes_w 0 | 1; days_in_arrears_w 30 | 35; months_since_30dpd 0; bucket_change_1c 1
        first_payment_default 1  # 40 of 150 by Mar 3
        days_since_payment 16; payments_w 1; paid_w 10; on_time_rate_w 0 / 1 | 0 / 3
        paid_to_due_w null | 10 / 150  # 30 days: the zero of Mar 1 alone
        partial_payments_w 1; payment_variation_w null; payment_day_spread null; paid_in_episode_to_arrears 10 / 140
        last_payment_to_due null  # the latest due is zero
        failed_debits_w 2  # the bounced debit and the negative row
        months_on_book 2; remaining_term 0
        accounts_of_borrower 1; total_exposure 240; borrower_max_dpd_365 35
        day_of_month 8; month 3; days_to_payday null; regime_spring 1
    ");
    case.outcomes("
        paid_ratio 1; cure yes; cured_at_horizon no; not_rolled yes; reaged no; relapse yes
    ");
}

#[test]
fn a_payment_made_before_and_posted_after() {
    // 100 due on the 15th of February to April. Paid: Feb 15 100, Mar 20 50, Mar 28 30 (known Apr 2), Apr 10 15, Apr 29 50 (known May
    // 3).
    // Episode: from Mar 16 (dpd 48 on May 2; from May 3 April is the oldest).
    // Mar 31: due 200, paid 150. The 30 of Mar 28 count in the outcome, once; the 50 of Apr 29 are posted after Apr 30 and do not.
    // Apr 20: due 300, paid 195; Mar 15 is 36 days ago.
    let book = worked("", CURE, "
        accounts account_id,borrower_id,opened_on
            1,b,2021-01-10
        instalments account_id,due_on,amount
            1,2021-02-15,100 1,2021-03-15,100 1,2021-04-15,100
        payments account_id,paid_on,amount,known_on
            1,2021-02-15,100, 1,2021-03-20,50, 1,2021-03-28,30,2021-04-02 1,2021-04-10,15, 1,2021-04-29,50,2021-05-03
    ");
    let case = book.case("1", "2021-03-31");
    case.features(&[PLAIN, NO_EVENTS, NO_CONTACTS], "
        dpd 16; bucket 1; arrears 50; balance 150; arrears_to_balance 50 / 150; unpaid_instalments 1; shadow_dpd 16
        days_in_episode 16; max_dpd_w 16; episodes_w 1; days_in_arrears_w 16; bucket_change_1c 1; first_payment_default 0
        days_since_payment 11; payments_w 1 | 2; paid_w 50 | 150; paid_to_due_w 50 / 100 | 150 / 200; on_time_rate_w 0 / 1 | 1 / 2
        last_payment_to_due 50 / 100; partial_payments_w 1; payment_variation_w null | sqrt(2500) / 150; payment_day_spread sqrt(25) / 2
        failed_debits_w 0; paid_in_episode_to_arrears 50 / 50
        months_on_book 2; remaining_term 0
        accounts_of_borrower 1; total_exposure 150; borrower_max_dpd_365 16
        day_of_month 31; month 3; days_to_payday null; regime_spring 1
    ");
    case.outcomes("
        cure no; cured_at_horizon no; reaged no; relapse null
        paid_ratio 45 / 50  # 30 and 15
        not_rolled no  # Apr 30: 46 days
    ");
    let case = book.case("1", "2021-04-20");
    case.features(&[PLAIN, NO_EVENTS, NO_CONTACTS], "
        dpd 36; bucket 2; arrears 105; balance 105; arrears_to_balance 105 / 105; unpaid_instalments 2; shadow_dpd 36
        days_in_episode 36; max_dpd_w 36; episodes_w 0 | 1; days_in_arrears_w 30 | 36; months_since_30dpd 0; bucket_change_1c 1
        first_payment_default 0
        days_since_payment 10; payments_w 2 | 4; paid_w 45 | 195; paid_to_due_w 45 / 100 | 195 / 300; on_time_rate_w 0 / 1 | 1 / 3
        last_payment_to_due 15 / 100; payment_variation_w sqrt(225) / 45 | sqrt(16475) / 195; payment_day_spread sqrt(707) / 4
        failed_debits_w 0; paid_in_episode_to_arrears 95 / 105
        partial_payments_w 2 | 3  # Apr 2: 30 of 50; Apr 10: 15 of 20; Mar 20: 50 of 100
        months_on_book 3; remaining_term 0
        accounts_of_borrower 1; total_exposure 105; borrower_max_dpd_365 36
        day_of_month 20; month 4; days_to_payday null; regime_spring 1
    ");
    case.outcomes("
        paid_ratio 50 / 105; cure no; cured_at_horizon no; not_rolled yes; reaged no; relapse null
    ");
}

#[test]
fn long_arrears_within_a_tolerance_first() {
    // Arrears of up to 5 count as none. No opened_on: each instalment is known on its day. Due on the 15th: January 100, February 100,
    // March 100 and 20, April 100, May 100.
    // Paid: Jan 15 97; Feb 15 60 and 40; Feb 20 60; Mar 2 -60, known Mar 10, which takes back the 60 of Feb 20, the later one; Jul 10 10
    // and 9; Aug 10 300.
    // In order until Mar 14, with 3 of February unpaid (197 of 200). Mar 15: 123 unpaid, the oldest part due Feb 15: the episode begins
    // with dpd 28.
    // Jul 9: dpd 144. Jul 10: 216 paid, now Mar 15 is the oldest: dpd 117. Jul 30: due 520, paid 216; Mar 15 is 137 days ago. Aug 10: 4
    // unpaid: in order.
    let book = worked("[arrears]\ntolerance_amount = 5", CURE, "
        accounts account_id,borrower_id
            1,b
        instalments account_id,due_on,amount
            1,2021-01-15,100 1,2021-02-15,100 1,2021-03-15,100 1,2021-03-15,20 1,2021-04-15,100 1,2021-05-15,100
        payments account_id,paid_on,amount,known_on
            1,2021-01-15,97, 1,2021-02-15,60, 1,2021-02-15,40, 1,2021-02-20,60, 1,2021-03-02,-60,2021-03-10 1,2021-07-10,9, 1,2021-07-10,10,
            1,2021-08-10,300,
    ");
    let case = book.case("1", "2021-07-30");
    case.features(&[PLAIN, NO_EVENTS, NO_CONTACTS], "
        dpd 137; bucket 5; arrears 304; balance 304; arrears_to_balance 304 / 304; shadow_dpd 137
        unpaid_instalments 4  # both of March (16 of 120 paid), April, May
        days_in_episode 138; episodes_w 0 | 0 | 1; days_in_arrears_w 30 | 90 | 138; months_since_30dpd 0; ever_90dpd 1
        max_dpd_w 144  # Jul 9
        bucket_change_1c 0  # Jun 30: dpd 135, M5
        first_payment_default 1  # 97 of 100 by Feb 14: the tolerance is of arrears
        days_since_payment 20; payments_w 2 | 2 | 4 | 5; paid_w 19 | 19 | 119 | 216; paid_to_due_w null | 19 / 100 | 119 / 420 | 216 / 520
        on_time_rate_w null | 0 / 1 | 0 / 5 | 0 / 6  # no instalment was covered whole on its day
        payment_variation_w sqrt(1) / 19 | sqrt(1) / 19 | sqrt(7363) / 119 | sqrt(27294) / 216; payment_day_spread sqrt(150) / 5
        failed_debits_w 0 | 0 | 1; paid_in_episode_to_arrears 19 / 304
        last_payment_to_due 9 / 100  # of the two of Jul 10 the smaller
        partial_payments_w 2 | 2 | 4 | 5  # Feb 15: 60 of 103, 40 of 43; Jul 10: 10 of 323, 9 of 313; Jan 15: 97 of 100
        remaining_term 0
        months_on_book null  # neither opened nor a statement
        accounts_of_borrower 1; total_exposure 304; borrower_max_dpd_365 144
        day_of_month 30; month 7; days_to_payday null; regime_spring 0
    ");
    case.outcomes("
        paid_ratio 300 / 304; cured_at_horizon yes; not_rolled yes; reaged no; relapse no
        cure yes  # 300 of 304, within the tolerance
    ");
}
