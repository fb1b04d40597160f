//! A borrower's other accounts, contacts, and statements, worked by hand.

use super::{CURE, CURE_BY_STATUS, NO_CONTACTS, NO_EVENTS, NO_PROMISES, PLAIN, STATEMENTS, worked};

#[test]
fn a_written_off_account_seen_from_the_borrowers_other_one() {
    // W: 100 due on the 10th of February to April; paid Feb 12 100 and Jun 1 200; written off from May 1, known May 3.
    // W's episodes: Feb 11 – 12 by payment; Mar 11 – May 3 charged off, so the payment of Jun 1 is no cure. Its dpd goes on: 66 on May
    // 15, 82 on May 31.
    // V: 50 due on the 1st of April to June; paid Apr 1 50, Jun 20 100. Episode: May 2 – Jun 20.
    // On May 15 V: due 100, paid 50; W owes 200. On Jun 10 V: due 150, paid 50, May 1 is 40 days ago; W owes nothing. W is no case.
    let book = worked("", CURE, "
        accounts account_id,borrower_id,opened_on
            W,b,2021-01-02 V,b,2021-03-01
        instalments account_id,due_on,amount
            W,2021-02-10,100 W,2021-03-10,100 W,2021-04-10,100 V,2021-04-01,50 V,2021-05-01,50 V,2021-06-01,50
        payments account_id,paid_on,amount
            W,2021-02-12,100 W,2021-06-01,200 V,2021-04-01,50 V,2021-06-20,100
        events account_id,kind,from,known_on
            W,write_off,2021-05-01,2021-05-03
    ");
    let case = book.case("V", "2021-05-15");
    case.features(&[PLAIN, NO_PROMISES, NO_CONTACTS], "
        dpd 14; bucket 1; arrears 50; balance 100; arrears_to_balance 50 / 100; unpaid_instalments 1; shadow_dpd 14
        days_in_episode 14; max_dpd_w 14; episodes_w 1; days_in_arrears_w 14; bucket_change_1c 1; first_payment_default 0
        days_since_payment 44; payments_w 0 | 1; paid_w 0 | 50; paid_to_due_w 0 / 50 | 50 / 100; on_time_rate_w 0 / 1 | 1 / 2
        last_payment_to_due 50 / 50; partial_payments_w 0; payment_variation_w null; payment_day_spread null; failed_debits_w 0
        paid_in_episode_to_arrears 0 / 50
        months_on_book 2; remaining_term 0
        accounts_of_borrower 2; borrower_past_cures 1; other_delinquent_accounts 1
        total_exposure 300  # W 200 + V 100
        borrower_max_dpd_365 66  # W: Mar 10
        day_of_month 15; month 5; days_to_payday null; regime_spring 0
    ");
    assert_eq!(case.seen.excluded["written_off"], 1);
    case.outcomes("
        paid_ratio 0; cure no; cured_at_horizon no; reaged no; relapse null
        not_rolled no  # Jun 14: 44 days
    ");
    let case = book.case("V", "2021-06-10");
    case.features(&[PLAIN, NO_PROMISES, NO_CONTACTS], "
        dpd 40; bucket 2; arrears 100; balance 100; arrears_to_balance 100 / 100; unpaid_instalments 2; shadow_dpd 40
        days_in_episode 40; max_dpd_w 40; episodes_w 0 | 1; days_in_arrears_w 30 | 40; months_since_30dpd 0; bucket_change_1c 1
        first_payment_default 0
        days_since_payment 70; payments_w 0 | 1; paid_w 0 | 50; paid_to_due_w 0 / 50 | 50 / 150; on_time_rate_w 0 / 1 | 1 / 3
        last_payment_to_due 50 / 50; partial_payments_w 0; payment_variation_w null; payment_day_spread null; failed_debits_w 0
        paid_in_episode_to_arrears 0 / 100
        months_on_book 3; remaining_term 0
        accounts_of_borrower 2; borrower_max_dpd_365 82
        total_exposure 100  # V alone
        borrower_past_cures 1  # W in February; its charge-off and the payment after it are none
        day_of_month 10; month 6; days_to_payday null; regime_spring 0
    ");
    case.outcomes("
        paid_ratio 1; cure yes; cured_at_horizon yes; not_rolled yes; reaged no; relapse no
    ");
}

#[test]
fn a_borrower_of_three_accounts_and_the_contacts_of_all() {
    // A: 100 due on the 5th of January to May; paid Jan 5, Feb 5, Mar 5 100 each, May 10 200. Episode: Apr 6 – May 10 (dpd 34 on May 9).
    // B: 40 due on the 12th of March to May; paid Mar 12, Apr 30, Jun 1 40 each. Episodes: Apr 13 – 30; May 13 – Jun 1.
    // C, closed Jan 31: 30 due on Jun 1 and Jul 1, 2020; paid Jul 6 60: episode Jun 2 – Jul 6, dpd 34 on Jul 5.
    // Attempts up to Apr 28: Mar 1 wrong number, Mar 10 refused, Apr 8, Apr 10, Apr 12 (promise), Apr 20, Apr 22 (channel and direction
    // unknown), Apr 24 wrong number: 8, of which Mar 10 and Apr 12 with the right party.
    // No attempts: sms, letter, e-mail, the inbound app message of Apr 15 (the latest right-party day), the delivered call of Apr 25.
    // The call of Apr 27 is known on Apr 29.
    let book = worked("", CURE, "
        accounts account_id,borrower_id,opened_on,closed_on,product,limit,income,payday,secured
            A,b,2020-11-20,,loan,1000,2000,31,yes B,b,2021-02-01,,card,,,,no C,b,2020-03-01,2021-01-31,loan,,,,
        instalments account_id,due_on,amount
            A,2021-01-05,100 A,2021-02-05,100 A,2021-03-05,100 A,2021-04-05,100 A,2021-05-05,100 B,2021-03-12,40 B,2021-04-12,40
            B,2021-05-12,40 C,2020-06-01,30 C,2020-07-01,30
        payments account_id,paid_on,amount
            A,2021-01-05,100 A,2021-02-05,100 A,2021-03-05,100 A,2021-05-10,200 B,2021-03-12,40 B,2021-04-30,40 B,2021-06-01,40
            C,2020-07-06,60
        contacts account_id,contacted_on,channel,direction,result,known_on
            A,2021-03-01,call,outbound,wrong_number, B,2021-03-10,call,outbound,refused, A,2021-03-20,sms,outbound,delivered,
            B,2021-04-01,letter,outbound,delivered, A,2021-04-08,call,outbound,no_answer, B,2021-04-10,ai_call,outbound,third_party,
            A,2021-04-12,visit,outbound,promise, B,2021-04-15,app,inbound,reached, A,2021-04-20,call,outbound,no_answer,
            B,2021-04-22,,,failed, A,2021-04-23,email,outbound,no_answer, B,2021-04-24,call,outbound,wrong_number,
            A,2021-04-25,call,outbound,delivered, A,2021-04-27,call,outbound,reached,2021-04-29
    ");
    let case = book.case("A", "2021-04-28");
    case.features(&[PLAIN, NO_EVENTS], "
        dpd 23; bucket 1; arrears 100; balance 200; arrears_to_balance 100 / 200; unpaid_instalments 1; shadow_dpd 23
        days_in_episode 23; max_dpd_w 23; episodes_w 1; days_in_arrears_w 23; bucket_change_1c 1; first_payment_default 0
        days_since_payment 54; payments_w 0 | 2 | 3; paid_w 0 | 200 | 300; paid_to_due_w 0 / 100 | 200 / 300 | 300 / 400
        on_time_rate_w 0 / 1 | 2 / 3 | 3 / 4
        last_payment_to_due 100 / 100; partial_payments_w 0; payment_variation_w null | 0; payment_day_spread 0; failed_debits_w 0
        paid_in_episode_to_arrears 0 / 100
        right_party_rate_w (1 + 2 * 0.3) / 8 | (2 + 2 * 0.3) / 10; days_since_right_party 13; consecutive_no_answer 3; inbound_w 1
        refusals_w 0 | 1; lost_contact 1
        months_on_book 5; remaining_term 0; secured 1; utilisation 200 / 1000; product loan; limit 1000; instalment_to_income 100 / 2000
        accounts_of_borrower 2; earlier_accounts 1; borrower_max_dpd_365 34; other_delinquent_accounts 1
        total_exposure 280  # A 200 + B 80
        borrower_past_cures 1  # C
        day_of_month 28; month 4; regime_spring 1
        days_to_payday 2  # 31 is the 30th in April
    ");
    case.outcomes("
        paid_ratio 1; cure yes; cured_at_horizon yes; reaged no; relapse no
        not_rolled no  # May 6: 31 days
    ");
    let case = book.case("B", "2021-04-28");
    case.features(&[PLAIN, NO_EVENTS], "
        dpd 16; bucket 1; arrears 40; balance 80; arrears_to_balance 40 / 80; unpaid_instalments 1; shadow_dpd 16
        days_in_episode 16; max_dpd_w 16; episodes_w 1; days_in_arrears_w 16; bucket_change_1c 1; first_payment_default 0
        days_since_payment 47; payments_w 0 | 1; paid_w 0 | 40; paid_to_due_w 0 / 40 | 40 / 80; on_time_rate_w 0 / 1 | 1 / 2
        last_payment_to_due 40 / 40; partial_payments_w 0; payment_variation_w null; payment_day_spread null; failed_debits_w 0
        paid_in_episode_to_arrears 0 / 40
        right_party_rate_w (1 + 2 * 0.3) / 8 | (2 + 2 * 0.3) / 10; days_since_right_party 13; consecutive_no_answer 3; inbound_w 1
        refusals_w 0 | 1; lost_contact 1
        months_on_book 2; remaining_term 0; secured 0; product card; limit null
        accounts_of_borrower 2; earlier_accounts 1; total_exposure 280; borrower_past_cures 1; borrower_max_dpd_365 34
        other_delinquent_accounts 1
        day_of_month 28; month 4; days_to_payday null; regime_spring 1
    ");
    case.outcomes("
        paid_ratio 1; cure yes; not_rolled yes; reaged no; relapse no
        cured_at_horizon no  # May 28: 16 days
    ");
    let case = book.case("A", "2021-05-04");
    case.features(&[PLAIN, NO_EVENTS], "
        dpd 29; bucket 1; arrears 100; balance 200; arrears_to_balance 100 / 200; unpaid_instalments 1; shadow_dpd 29
        days_in_episode 29; max_dpd_w 29; episodes_w 1; days_in_arrears_w 29; bucket_change_1c 1; first_payment_default 0
        days_since_payment 60; paid_w 0 | 200 | 300; paid_to_due_w 0 / 100 | 200 / 300 | 300 / 400; on_time_rate_w 0 / 1 | 2 / 3 | 3 / 4
        payments_w 0 | 2 | 3  # 90 days back is Feb 3: Feb 5 and Mar 5
        last_payment_to_due 100 / 100; partial_payments_w 0; payment_variation_w null | 0; payment_day_spread 0; failed_debits_w 0
        paid_in_episode_to_arrears 0 / 100
        days_since_right_party 7; consecutive_no_answer 0; inbound_w 1; refusals_w 0 | 1; lost_contact 0
        right_party_rate_w (2 + 2 * 0.3) / 9 | (3 + 2 * 0.3) / 11  # 30 days back is Apr 4: the six of April and Apr 27
        months_on_book 5; remaining_term 0; secured 1; utilisation 200 / 1000; product loan; limit 1000; instalment_to_income 100 / 2000
        accounts_of_borrower 2; earlier_accounts 1; total_exposure 240; borrower_max_dpd_365 34
        borrower_past_cures 2  # C and, on Apr 30, B
        day_of_month 4; month 5; days_to_payday 27; regime_spring 0
    ");
    case.outcomes("
        paid_ratio 1; cure yes; cured_at_horizon yes; not_rolled no; reaged no; relapse no
    ");
}

#[test]
fn statements_with_money() {
    // Cycles: Oct 31 dpd 0; Nov 30 10; Dec 31 0; Jan 31 0; Feb 28 15; Mar 31 45. Episodes: Nov 30 – Dec 31 (31 days); from Feb 28.
    // Asked 50, 70, 50, 50, 100, 110; paid in the cycle 50, 30, 70, 50, 0, 40.
    // Mar 31: 90 days back is Dec 31, not included. Apr 10: the latest statement is still that of Mar 31; 90 days back is Jan 10, 30
    // days back Mar 11.
    let book = worked("", CURE_BY_STATUS, "
        accounts account_id,borrower_id,limit,income
            1,b,1000,1500
        statements account_id,statement_on,days_past_due,balance,arrears,amount_due,amount_paid
            1,2020-10-31,0,500,0,50,50 1,2020-11-30,10,520,20,70,30 1,2020-12-31,0,450,0,50,70 1,2021-01-31,0,460,0,50,50
            1,2021-02-28,15,470,50,100,0 1,2021-03-31,45,480,60,110,40 1,2021-04-30,0,300,0,50,150
        events account_id,kind,from,to
            1,promise,2021-03-05,2021-03-10
    ");
    let case = book.case("1", "2021-03-31");
    case.features(&[PLAIN, STATEMENTS, NO_CONTACTS], "
        dpd 45; bucket 2; arrears 60; balance 480; arrears_to_balance 60 / 480; shadow_dpd 45
        days_in_episode 32; max_dpd_w 45; episodes_w 0 | 1 | 2; months_since_30dpd 0; bucket_change_1c 1
        days_in_arrears_w 30 | 59 | 89  # 30; 31 + 28; and November 30
        past_cures 1; past_cure_rate 1 / 1; median_days_to_cure 31; max_dpd_last_episode 10
        days_since_payment 0; payments_w 1 | 2 | 5; paid_w 40 | 90 | 240; paid_to_due_w 40 / 100 | 90 / 200 | 190 / 320
        on_time_rate_w 0 / 1 | 1 / 3 | 2 / 5  # Jan paid the 50 asked, Feb 0 of 50, Mar 40 of 100; Nov 30 of 50, Dec the 70
        last_payment_to_due 40 / 100; partial_payments_w 1 | 1 | 2; paid_in_episode_to_arrears 40 / 60
        payment_variation_w null | sqrt(100) / 90 | sqrt(4400) / 240  # {50, 40}; {50, 30, 70, 50, 40}: mean 48, variance 880 / 5
        promises_w 1; promise_kept_rate_w null; broken_promises_w null; days_since_broken null; promise_open null
        months_on_book 5; utilisation 480 / 1000; limit 1000; instalment_to_income 110 / 1500
        accounts_of_borrower 1; total_exposure 480; borrower_past_cures 1; borrower_max_dpd_365 45
        day_of_month 31; month 3; days_to_payday null; regime_spring 1
    ");
    case.outcomes("
        paid_ratio null; cure null; cured_at_horizon null; not_rolled yes; reaged null; relapse null
    ");
    let case = book.case("1", "2021-04-10");
    case.features(&[PLAIN, STATEMENTS, NO_CONTACTS], "
        dpd 45; bucket 2; arrears 60; balance 480; arrears_to_balance 60 / 480; shadow_dpd 45
        days_in_episode 42; max_dpd_w 45; episodes_w 0 | 1 | 2; months_since_30dpd 0; bucket_change_1c 1
        days_in_arrears_w 20 | 59 | 89  # 30: since Mar 11
        past_cures 1; past_cure_rate 1 / 1; median_days_to_cure 31; max_dpd_last_episode 10
        days_since_payment 10; payments_w 1 | 2 | 5; paid_w 40 | 90 | 240; paid_to_due_w 40 / 100 | 90 / 200 | 190 / 320
        on_time_rate_w 0 / 1 | 1 / 3 | 2 / 5
        last_payment_to_due 40 / 100; partial_payments_w 1 | 1 | 2; payment_variation_w null | sqrt(100) / 90 | sqrt(4400) / 240
        paid_in_episode_to_arrears 40 / 60
        promise_kept_rate_w null; broken_promises_w null; days_since_broken null; promise_open null
        promises_w 0 | 1  # made Mar 5
        months_on_book 5; utilisation 480 / 1000; limit 1000; instalment_to_income 110 / 1500
        accounts_of_borrower 1; total_exposure 480; borrower_past_cures 1; borrower_max_dpd_365 45
        day_of_month 10; month 4; days_to_payday null; regime_spring 1
    ");
    case.outcomes("
        paid_ratio null; cure null; cured_at_horizon null; not_rolled yes; reaged null; relapse null
    ");
}

#[test]
fn both_shapes_in_one_account() {
    // Statements: Jan 31 dpd 5 (30 overdue of 300, paid 0), Feb 28 dpd 0. Ledger: 100 due on Mar 10 and Apr 10; paid Mar 15 40, Apr 1
    // 60.
    // Before Mar 10 its statements speak, from then on its ledger. Episodes: Jan 31 – Feb 28 in statements (28 days at 5 days past due);
    // Mar 11 – Apr 1 and from Apr 11 in the ledger.
    // Feb 10: the statement of Jan 31. Mar 20: due 100, paid 40.
    let book = worked("", CURE, "
        accounts account_id,borrower_id,opened_on
            1,b,2020-12-01
        instalments account_id,due_on,amount
            1,2021-03-10,100 1,2021-04-10,100
        payments account_id,paid_on,amount
            1,2021-03-15,40 1,2021-04-01,60
        statements account_id,statement_on,days_past_due,balance,arrears,amount_due,amount_paid
            1,2021-01-31,5,300,30,30,0 1,2021-02-28,0,270,0,30,30
    ");
    let case = book.case("1", "2021-02-10");
    case.features(&[PLAIN, STATEMENTS, NO_EVENTS, NO_CONTACTS], "
        dpd 5; bucket 1; arrears 30; balance 300; arrears_to_balance 30 / 300; shadow_dpd 5
        days_in_episode 11; max_dpd_w 5; episodes_w 1; bucket_change_1c null
        days_in_arrears_w 20 | 30  # no statement before: 30 days, from Jan 11 within the window
        days_since_payment null; payments_w 0; paid_w 0; paid_to_due_w null; on_time_rate_w null
        last_payment_to_due null; partial_payments_w null; payment_variation_w null; paid_in_episode_to_arrears 0 / 30
        months_on_book 2
        accounts_of_borrower 1; total_exposure 300; borrower_max_dpd_365 5
        day_of_month 10; month 2; days_to_payday null; regime_spring 0
    ");
    case.outcomes("
        paid_ratio null; cure null; cured_at_horizon null; not_rolled null; reaged null; relapse null
    ");
    let case = book.case("1", "2021-03-20");
    case.features(&[PLAIN, NO_EVENTS, NO_CONTACTS], "
        dpd 10; bucket 1; arrears 60; balance 160; arrears_to_balance 60 / 160; unpaid_instalments 1; shadow_dpd 10
        days_in_episode 10; max_dpd_w 10; episodes_w 1 | 2
        days_in_arrears_w 19 | 38  # 10 in the ledger; 30 days back is Feb 18: nine days to Feb 27 are late by the statement, 28 in all
        bucket_change_1c 0  # Feb 20: 5 days past due by the statement of Jan 31
        past_cures 1; past_cure_rate 1 / 1; median_days_to_cure 28; max_dpd_last_episode 5; borrower_past_cures 1
        first_payment_default null  # 30 days after Mar 10 have not passed
        days_since_payment 5; payments_w 1; paid_w 40; paid_to_due_w 40 / 100; on_time_rate_w 0 / 1
        last_payment_to_due 40 / 100; partial_payments_w 1; payment_variation_w null; payment_day_spread null; failed_debits_w 0
        paid_in_episode_to_arrears 40 / 60
        months_on_book 3; remaining_term 0
        accounts_of_borrower 1; total_exposure 160; borrower_max_dpd_365 10
        day_of_month 20; month 3; days_to_payday null; regime_spring 1
    ");
    case.outcomes("
        paid_ratio 1; cure yes; cured_at_horizon no; not_rolled yes; reaged no
        relapse yes  # cured Apr 1; May 10 is day 30 of Apr 10
    ");
}
