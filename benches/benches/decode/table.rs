//! The table.

use crate::rounds::Figures;

/// What each path of the derive is held against.
const BASELINES: [(&str, &str); 7] = [
    ("vec", "vec"),
    ("query", "vec"),
    ("collect", "vec"),
    ("loop", "loop"),
    ("stream", "stream"),
    ("visit", "visit"),
    ("for", "visit"),
];

pub(crate) fn head() {
    println!(
        "{:<16}{:>6}{:>7}  {:<8}{:>10}{:>10}{:>14}{:>12}{:>20}{:>10}",
        "shape",
        "NULL %",
        "batch",
        "path",
        "derive",
        "by hand",
        "derive/hand",
        "serde_arrow",
        "serde_arrow/derive",
        "memcpy"
    );
}

/// The lines of one group, a line per path.
pub(crate) fn lines(shape: &str, nulls: u64, rows: usize, figures: &[Figures]) {
    let find = |path: &str, who: &str| figures.iter().find(|f| f.path == path && f.who == who);
    for (path, baseline) in BASELINES {
        let Some(derive) = find(path, "derive") else { continue };
        // A loop that hands rows to a closure is the same one whether they are lent or given.
        let hand = ["loop", "visit"]
            .iter()
            .fold(find(baseline, "by hand"), |found, path| found.or_else(|| find(path, "by hand")));
        let serde = find("vec", "serde_arrow");
        println!(
            "{shape:<16}{nulls:>6}{rows:>7}  {path:<8}{:>10.2}{:>10}{:>14}{:>12}{:>20}{:>10}",
            derive.median(),
            shown(hand.map(Figures::median)),
            shown(hand.map(|hand| derive.over(hand))),
            shown(serde.map(Figures::median)),
            shown(serde.map(|serde| serde.over(derive))),
            shown(find("copy", "memcpy").map(Figures::median)),
        );
    }
}

fn shown(figure: Option<f64>) -> String {
    figure.map_or_else(|| "–".to_owned(), |figure| format!("{figure:.2}"))
}
