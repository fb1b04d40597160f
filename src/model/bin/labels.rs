//! Bins in words.

use super::{AtScoring, Bin, Cut};

/// Letters of the words of a group that a label shows.
const SHOWN_LETTERS: usize = 60;

/// One label a bin, all different.
pub(super) fn labels(cut: &Cut) -> Vec<String> {
    let named: Vec<String> = cut.specials().iter().map(|s| s.name.clone()).collect();
    let mut labels = match cut {
        Cut::Number { edges, .. } => interval_labels(&edges.iter().map(|e| e.0).collect::<Vec<f64>>()),
        Cut::Category { groups, .. } => {
            let reserved = |text: &String| text == "other" || text == "missing" || named.contains(text);
            let group = |words: &Vec<String>| {
                let text = group_label(words);
                if reserved(&text) { format!("{text:?}") } else { text }
            };
            groups.iter().map(group).chain(["other".to_string()]).collect()
        }
        // Labelled by the labels of the two, in `pair`.
        Cut::Pair { .. } => Vec::new(),
    };
    labels.extend(named);
    labels.push("missing".into());
    for k in 1..labels.len() {
        let same = labels[..k].iter().filter(|before| **before == labels[k]).count();
        if same > 0 {
            labels[k] = format!("{} ({})", labels[k], same + 1);
        }
    }
    labels
}

/// What unusual values get.
pub(super) fn at_scoring(cut: &Cut, bins: &[Bin]) -> AtScoring {
    let own = |bin: &Bin| match bin.n {
        0 => "no training case had it: weight of evidence 0, the book's average".to_string(),
        1 => format!("own bin, 1 training case, weight of evidence {:.2}", bin.woe),
        n => format!("own bin, {n} training cases, weight of evidence {:.2}", bin.woe),
    };
    let first = cut.first_special();
    AtScoring {
        missing: own(&bins[bins.len() - 1]),
        other: matches!(cut, Cut::Category { .. }).then(|| match bins[first - 1].n {
            0 => "no training case was outside the groups: weight of evidence 0, the book's average".to_string(),
            _ => own(&bins[first - 1]).replace("own bin", "the bin of rare words"),
        }),
        special: bins[first..bins.len() - 1].iter().map(own).collect(),
    }
}

/// `up to 10`, `above 10 to 25`, `above 25`.
fn interval_labels(edges: &[f64]) -> Vec<String> {
    let shown = shown_edges(edges);
    match shown.as_slice() {
        [] => vec!["any value".to_string()],
        [first, .., last] => {
            let between = shown.windows(2).map(|w| format!("above {} to {}", w[0], w[1]));
            [format!("up to {first}")].into_iter().chain(between).chain([format!("above {last}")]).collect()
        }
        [only] => vec![format!("up to {only}"), format!("above {only}")],
    }
}

/// Edges as short as they can be and still differ.
fn shown_edges(edges: &[f64]) -> Vec<String> {
    let mut texts: Vec<String> = edges.iter().map(|x| short(*x)).collect();
    for digits in [5, 7, 9, 12, 17] {
        let same: Vec<usize> = (1..texts.len()).filter(|k| texts[k - 1] == texts[*k]).flat_map(|k| [k - 1, k]).collect();
        for k in same {
            texts[k] = with_digits(edges[k], digits);
        }
    }
    texts
}

/// The words of a group, cut where there are many.
fn group_label(words: &[String]) -> String {
    let mut text = String::new();
    for (k, word) in words.iter().enumerate() {
        let letters = text.chars().count() + word.chars().count();
        if k > 0 && letters + 2 > SHOWN_LETTERS {
            return format!("{text}… (+{} more)", words.len() - k);
        }
        if k > 0 {
            text.push_str(", ");
        }
        if word.chars().count() > SHOWN_LETTERS {
            text.extend(word.chars().take(SHOWN_LETTERS));
            text.push('…');
        } else {
            text.push_str(word);
        }
    }
    text
}

/// A number as people write it: whole if it is whole, else with a few decimals; very great and very small ones with an exponent.
pub fn short(x: f64) -> String {
    let size = x.abs();
    if x == x.trunc() && size < 1e15 {
        return format!("{:.0}", x + 0.0);
    }
    if !(1e-3..1e15).contains(&size) {
        return with_digits(x, 3);
    }
    let decimals = if size >= 100.0 {
        1
    } else if size >= 1.0 {
        2
    } else {
        4
    };
    let text = format!("{x:.decimals$}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// A number with so many significant digits; 17 are enough for any two to differ.
fn with_digits(x: f64, digits: usize) -> String {
    let near = if digits >= 17 { x } else { format!("{x:.*e}", digits - 1).parse().unwrap_or(x) };
    if x != 0.0 && !(1e-3..1e15).contains(&x.abs()) && x.is_finite() { format!("{near:e}") } else { format!("{near}") }
}
