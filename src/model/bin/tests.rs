//! Hand-worked numbers, labels, drops and what cannot be done as asked.

use super::tests_data::{ask, column, limits};
use super::*;
use crate::data::features::{NO_LEVEL, Values};

fn number(values: &[f64]) -> FeatureColumn {
    column("x", Values::Number(values.to_vec()))
}

fn words(codes: &[u32], levels: &[&str]) -> FeatureColumn {
    column("w", Values::Category { codes: codes.to_vec(), levels: levels.iter().map(|l| (*l).into()).collect() })
}

fn fit(asks: &[Ask], outcome: &[f64], limits: &Limits) -> (Vec<Binned>, Vec<Dropped>) {
    fit_bins(asks, Rows::All(outcome.len()), &Target { outcome, weight: None }, limits).unwrap()
}

fn seen(binned: &Binned) -> Vec<(&str, u64, f64)> {
    binned.bins.bins.iter().map(|b| (b.label.as_str(), b.n, b.repaid)).collect()
}

#[test]
fn weights_of_evidence_by_hand() {
    // 10 cases, 6 repaid. Bin 0: 4 cases, 3 repaid; bin 1: 5 cases, 2 repaid; missing: 1 case, 1 repaid.
    let x = number(&[1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 2.0, f64::NAN]);
    let outcome = [1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0];
    let (kept, dropped) = fit(&[ask(&x)], &outcome, &limits(2, 0.0));
    assert!(dropped.is_empty());
    assert_eq!(seen(&kept[0]), [("up to 1", 4, 3.0), ("above 1", 5, 2.0), ("missing", 1, 1.0)]);
    assert_eq!(kept[0].bins.trend, Trend::Down);
    assert_eq!(kept[0].codes, [0, 0, 0, 0, 1, 1, 1, 1, 1, 2]);
    let bins = &kept[0].bins.bins;
    let book = (6.0f64 / 4.0).ln();
    for (bin, (g, b)) in bins.iter().zip([(3.5, 1.5), (2.5, 3.5), (1.5, 0.5)]) {
        let (woe, half) = (f64::ln(g / b) - book, 1.959964 * f64::sqrt(1.0 / g + 1.0 / b));
        assert!((bin.woe - woe).abs() < 1e-15);
        assert!((bin.woe_interval[0] - (woe - half)).abs() < 1e-14 && (bin.woe_interval[1] - (woe + half)).abs() < 1e-14);
    }
    let by_hand = (3.0 / 6.0 - 1.0 / 4.0) * bins[0].woe + (2.0 / 6.0 - 3.0 / 4.0) * bins[1].woe + (1.0 / 6.0) * bins[2].woe;
    assert!((kept[0].bins.information_value - by_hand).abs() < 1e-15);
    assert!((bins.iter().map(|b| b.information_value).sum::<f64>() - by_hand).abs() < 1e-15);
    let rows = table(&kept[0].bins);
    assert_eq!((rows[1].share, rows[1].repaid_share, rows[2].n), (0.5, Some(0.4), 1));
    assert_eq!(kept[0].bins.at_scoring.missing, "own bin, 1 training case, weight of evidence 0.69");
}

#[test]
fn weights_and_parts_of_outcomes_count_by_hand() {
    let x = number(&[1.0, 1.0, 2.0, 2.0]);
    let target = Target { outcome: &[1.0, 0.0, 0.5, 0.0], weight: Some(&[2.0, 1.0, 1.0, 3.0]) };
    let (kept, _) = fit_bins(&[ask(&x)], Rows::All(4), &target, &limits(2, 0.0)).unwrap();
    let bins = &kept[0].bins.bins;
    assert_eq!((bins[0].weight, bins[0].repaid, bins[1].weight, bins[1].repaid), (3.0, 2.0, 4.0, 0.5));
    assert!((bins[1].woe - ((1.0f64 / 4.0).ln() - (2.5f64 / 4.5).ln())).abs() < 1e-15);
    // A bin needs 1 repaid, weighted: the second has half of one.
    let strict = Limits { min_events: 1.0, ..limits(2, 0.0) };
    let (kept, dropped) = fit_bins(&[ask(&x)], Rows::All(4), &target, &strict).unwrap();
    assert!(kept.is_empty());
    assert_eq!(dropped[0].reason, "all training cases fall into one bin");
}

#[test]
fn useless_features_are_dropped_with_their_reason() {
    let nulls = number(&[f64::NAN; 4]);
    let same = number(&[3.0; 4]);
    let none = words(&[NO_LEVEL; 4], &["a"]);
    let one = words(&[0; 4], &["a"]);
    let outcome = [1.0, 0.0, 1.0, 0.0];
    let (kept, dropped) = fit(&[ask(&nulls), ask(&same), ask(&none), ask(&one)], &outcome, &limits(4, 0.0));
    assert!(kept.is_empty());
    let reasons: Vec<&str> = dropped.iter().map(|d| d.reason.as_str()).collect();
    let (no_value, one_value) = ("it has no value in any training case", "it has the same value in every training case");
    assert_eq!(reasons, [no_value, one_value, no_value, "all training cases fall into one bin"]);
    // One value or none known is still something, and a book of one outcome has no evidence.
    let known = number(&[3.0, f64::NAN, 3.0, f64::NAN]);
    let (kept, _) = fit(&[ask(&known)], &outcome, &limits(4, 0.0));
    assert_eq!(seen(&kept[0]), [("any value", 2, 2.0), ("missing", 2, 0.0)]);
    let (kept, _) = fit(&[ask(&known)], &[1.0; 4], &limits(4, 0.0));
    assert_eq!((kept[0].bins.information_value, kept[0].bins.bins[0].woe), (0.0, 0.0));
    let (kept, dropped) = fit(&[ask(&number(&[]))], &[], &limits(4, 0.0));
    assert_eq!((kept.len(), dropped[0].reason.as_str()), (0, no_value));
}

#[test]
fn rare_words_share_a_bin_and_infinities_have_a_place() {
    let w = words(&[0, 0, 0, 1, 1, 2, NO_LEVEL, 0], &["a", "b", "c"]);
    let outcome = [1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0];
    let (kept, _) = fit(&[ask(&w)], &outcome, &limits(4, 0.25));
    assert_eq!(seen(&kept[0]), [("a, b", 6, 3.0), ("other", 1, 1.0), ("missing", 1, 0.0)]);
    let later = words(&[2, 1, 0, NO_LEVEL], &["b", "missing", "z"]);
    assert_eq!(kept[0].bins.cut.codes(&later, Rows::All(4)), [1, 1, 0, 2]);
    assert_eq!(kept[0].bins.cut.codes(&number(&[1.0]), Rows::All(1)), [2]);
    let wild = number(&[f64::NEG_INFINITY, 0.0, 1.0, f64::INFINITY, 0.0, 1.0, 0.0, 1.0]);
    let (kept, _) = fit(&[ask(&wild)], &[0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0], &limits(2, 0.25));
    assert_eq!(kept[0].bins.bins.iter().map(|b| b.n).collect::<Vec<_>>(), [4, 4, 0]);
    assert_eq!(kept[0].bins.at_scoring.missing, "no training case had it: weight of evidence 0, the book's average");
}

#[test]
fn specials_keep_their_bin() {
    let specials = [
        Special { name: "never had one".into(), values: vec![-999.0, -998.0], words: vec!["none".into()] },
        Special { name: "not asked".into(), values: vec![-1.0], words: vec![] },
    ];
    let x = number(&[-999.0, 1.0, 2.0, 3.0, -998.0, f64::NAN, 1.0, 3.0]);
    let outcome = [1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0];
    let (kept, _) = fit(&[Ask { specials: &specials, ..ask(&x) }], &outcome, &limits(3, 0.0));
    assert_eq!(seen(&kept[0]), [("up to 2", 3, 0.0), ("above 2", 2, 2.0), ("never had one", 2, 1.0), ("not asked", 0, 0.0), ("missing", 1, 1.0)]);
    assert_eq!(kept[0].bins.at_scoring.special[1], "no training case had it: weight of evidence 0, the book's average");
    assert_eq!(kept[0].bins.trend, Trend::Up);
    let cut = &kept[0].bins.cut;
    assert_eq!([-998.0, -1.0, -2.0, 2.0, 2.5, f64::INFINITY, f64::NAN].map(|x| cut.number_code(x)), [2, 3, 0, 0, 1, 1, 4]);
    let w = words(&[0, 0, 1, 1, 2, 2, 2], &["none", "other", "yes"]);
    let (kept, _) = fit(&[Ask { specials: &specials, ..ask(&w) }], &outcome[..7], &limits(3, 0.0));
    assert_eq!(
        seen(&kept[0]),
        [("yes", 3, 1.0), ("\"other\"", 2, 1.0), ("other", 0, 0.0), ("never had one", 2, 1.0), ("not asked", 0, 0.0), ("missing", 0, 0.0)]
    );
}

#[test]
fn bins_by_hand_are_taken_as_they_are() {
    let x = number(&[1.0, 2.0, 3.0, 4.0]);
    let w = words(&[0, 1, 2, 2], &["a", "b", "c"]);
    let edges = ByHand::Edges(vec![1.0, 1.5, 3.0]);
    let groups = ByHand::Groups(vec![vec!["z".into(), "b".into()], vec!["a".into()]]);
    let outcome = [1.0, 0.0, 1.0, 0.0];
    let asks = [Ask { by_hand: Some(&edges), ..ask(&x) }, Ask { by_hand: Some(&groups), ..ask(&w) }];
    let (kept, _) = fit(&asks, &outcome, &limits(2, 0.5));
    assert_eq!(
        seen(&kept[0]),
        [("up to 1", 1, 1.0), ("above 1 to 1.5", 0, 0.0), ("above 1.5 to 3", 2, 1.0), ("above 3", 1, 0.0), ("missing", 0, 0.0)]
    );
    assert_eq!(seen(&kept[1]), [("b, z", 1, 0.0), ("a", 1, 1.0), ("other", 2, 1.0), ("missing", 0, 0.0)]);
    assert!(kept[0].bins.by_hand);
    assert_eq!((kept[0].bins.trend, kept[1].bins.trend), (Trend::Down, Trend::Free));
    assert_eq!(kept[1].bins.at_scoring.other.as_deref(), Some("the bin of rare words, 2 training cases, weight of evidence 0.00"));
}

#[test]
fn what_cannot_be_done_is_said_all_at_once() {
    let (x, w) = (number(&[1.0, 2.0]), words(&[0, 1], &["a", "b"]));
    let bad = [
        ByHand::Edges(vec![2.0, 1.0, f64::NAN]),
        ByHand::Groups(vec![vec!["a".into()], vec!["a".into()], vec![]]),
        ByHand::Edges((0..250).map(f64::from).collect()),
        ByHand::Groups(vec![]),
        ByHand::Edges(vec![1.0, 1.0, f64::INFINITY]),
    ];
    let special = [Special { name: "s".into(), values: vec![f64::NAN, 1.0, 1.0], words: vec!["a".into()] }];
    let asks = [
        Ask { by_hand: Some(&bad[0]), ..ask(&x) },
        Ask { by_hand: Some(&bad[1]), specials: &special, ..ask(&w) },
        Ask { by_hand: Some(&bad[2]), ..ask(&x) },
        Ask { by_hand: Some(&bad[3]), ..ask(&w) },
        Ask { by_hand: Some(&bad[4]), ..ask(&x) },
        Ask { by_hand: Some(&bad[0]), ..ask(&w) },
        Ask { by_hand: Some(&bad[1]), ..ask(&x) },
    ];
    let failure = fit_bins(&asks, Rows::All(2), &Target { outcome: &[0.0, 1.0], weight: None }, &limits(2, 0.0)).unwrap_err();
    let count = |code: &str| failure.problems.iter().filter(|p| p.code == code).count();
    assert_eq!((count("model.bins_by_hand"), count("model.special_values")), (2 + 3 + 1 + 1 + 2 + 1 + 1, 2), "{failure}");
    assert!(failure.problems.iter().all(|p| p.message.contains("`x`") || p.message.contains("`w`")));
    let target = |outcome, weight| fit_bins(&[ask(&x)], Rows::All(2), &Target { outcome, weight }, &limits(2, 0.0)).unwrap_err().problems[0].code;
    assert_eq!(target(&[0.0, 2.0], None), "model.bad_outcome");
    assert_eq!(target(&[0.0], None), "model.bad_outcome");
    assert_eq!(target(&[0.0, f64::NAN], None), "model.bad_outcome");
    assert_eq!(target(&[0.0, 1.0], Some(&[1.0, -1.0])), "model.bad_weight");
    assert_eq!(target(&[0.0, 1.0], Some(&[1.0])), "model.bad_weight");
}

#[test]
fn labels_differ_and_stay_short() {
    let of = |edges: &[f64]| labels::labels(&Cut::Number { edges: edges.iter().map(|x| Edge(*x)).collect(), specials: vec![] });
    assert_eq!(of(&[10.0, 25.0]), ["up to 10", "above 10 to 25", "above 25", "missing"]);
    assert_eq!(of(&[0.12341, 0.12342, 0.5]), ["up to 0.12341", "above 0.12341 to 0.12342", "above 0.12342 to 0.5", "above 0.5", "missing"]);
    assert_eq!(of(&[-0.0, 1e-9, 1e20]), ["up to 0", "above 0 to 1e-9", "above 1e-9 to 1e20", "above 1e20", "missing"]);
    let close = [0.1, 0.1 + f64::EPSILON / 8.0, 0.1 + f64::EPSILON / 4.0];
    assert_eq!(of(&close).iter().collect::<std::collections::BTreeSet<_>>().len(), 5, "{:?}", of(&close));
    let group = |words: &[&str]| labels::labels(&Cut::Category { groups: vec![words.iter().map(|w| w.to_string()).collect()], specials: vec![] });
    let many: Vec<String> = (0..30).map(|k| format!("word{k:02}")).collect();
    assert_eq!(group(&many.iter().map(String::as_str).collect::<Vec<_>>())[0], "word00, word01, word02, word03, word04, word05, word06… (+23 more)");
    assert_eq!(group(&["missing"]), ["\"missing\"", "other", "missing"]);
    assert!(group(&["字".repeat(90).as_str(), "b"])[0].chars().count() < 75);
}

#[test]
fn a_cut_from_a_file_is_looked_at() {
    let number = |edges: &[f64], values: &[f64]| Cut::Number {
        edges: edges.iter().map(|x| Edge(*x)).collect(),
        specials: vec![Special { name: "s".into(), values: values.to_vec(), words: vec![] }],
    };
    assert_eq!(number(&[1.0, 2.0], &[3.0]).sound(), Ok(()));
    assert!(number(&[2.0, 1.0], &[]).sound().is_err());
    assert!(number(&[f64::NAN], &[]).sound().is_err());
    assert!(number(&[1.0], &[3.0, 3.0]).sound().is_err());
    assert!(number(&(0..254).map(f64::from).collect::<Vec<_>>(), &[]).sound().is_err());
    assert!(number(&(0..253).map(f64::from).collect::<Vec<_>>(), &[]).sound().is_ok());
    let twice = Cut::Category { groups: vec![vec!["a".into()], vec!["a".into()]], specials: vec![] };
    assert!(twice.sound().is_err());
    for x in [0.1 + 0.2, 1.0 / 3.0, 5e-324, f64::MAX, f64::INFINITY, -0.0] {
        let text = serde_json::to_string(&Edge(x)).unwrap();
        let back: Edge = serde_json::from_str(&text).unwrap();
        assert_eq!(back.0.to_bits(), x.to_bits(), "{text}");
    }
}

#[test]
fn the_population_stability_index_by_hand() {
    // Shares 0.5, 0.5 against 0.25, 0.75 once the halves are added: (9.5 + ½, 9.5 + ½) and (4.5 + ½, 14.5 + ½).
    let by_hand = (0.25f64 - 0.5) * (0.25f64 / 0.5).ln() + (0.75f64 - 0.5) * (0.75f64 / 0.5).ln();
    assert!((psi(&[9.5, 9.5], &[4.5, 14.5]) - by_hand).abs() < 1e-15);
    assert_eq!(psi(&[10.0, 20.0], &[10.0, 20.0]), 0.0);
    assert!(psi(&[10.0, 0.0], &[0.0, 10.0]).is_finite());
}

#[test]
fn months_that_keep_the_order_by_hand() {
    // Training: 0 below 1 below 2. Month 1 agrees. Month 2 turns the pair (0, 1) and keeps the two others: (−1 + 1 + 1) / 3 < ½.
    // Month 3 is too small, month 4 has one outcome, month 5 has cases in one bin alone.
    let x = number(&[1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 3.0, 3.0, 3.0]);
    let (kept, _) = fit(&[ask(&x)], &[0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0], &limits(3, 0.0));
    assert_eq!(kept[0].bins.bins.len(), 4);
    let (mut codes, mut outcome, mut month) = (Vec::new(), Vec::new(), Vec::new());
    let mut add = |m: u32, bin: u8, n: usize, repaid: usize| {
        codes.extend(vec![bin; n]);
        outcome.extend((0..n).map(|k| f64::from(u8::from(k < repaid))));
        month.extend(vec![m; n]);
    };
    for (m, rates) in [(1, [2, 5, 9]), (2, [5, 2, 9])] {
        (0..3).for_each(|bin| add(m, bin, 20, rates[bin as usize]));
    }
    add(3, 0, 20, 1);
    add(3, 2, 20, 9);
    add(4, 0, 60, 0);
    add(4, 1, 60, 0);
    add(5, 1, 60, 20);
    let kept_order = order_kept(&kept[0].bins, &codes, &Target { outcome: &outcome, weight: None }, &month);
    assert_eq!(kept_order, OrderKept { kept: 1, months: 2 });
}
