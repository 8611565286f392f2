//! The table.

use lakeorm_benches::rounds::Figures;

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

/// The other crates, of which a `Vec` per batch is held against each path.
const PEERS: [&str; 2] = ["serde_arrow", "arrow_convert"];

pub(crate) fn head() {
    let peers = PEERS.map(|peer| format!("{peer:>15}{:>23}", format!("{peer}/derive"))).concat();
    println!(
        "{:<16}{:>6}{:>7}  {:<8}{:>10}{:>10}{:>14}{peers}{:>10}",
        "shape", "NULL %", "batch", "path", "derive", "by hand", "derive/hand", "memcpy"
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
        let peers = PEERS.map(|peer| {
            let peer = find("vec", peer);
            let ratio = shown(peer.map(|peer| peer.over(derive)));
            format!("{:>15}{ratio:>23}", shown(peer.map(Figures::median)))
        });
        println!(
            "{shape:<16}{nulls:>6}{rows:>7}  {path:<8}{:>10.2}{:>10}{:>14}{}{:>10}",
            derive.median(),
            shown(hand.map(Figures::median)),
            shown(hand.map(|hand| derive.over(hand))),
            peers.concat(),
            shown(find("copy", "memcpy").map(Figures::median)),
        );
    }
}

fn shown(figure: Option<f64>) -> String {
    figure.map_or_else(|| "–".to_owned(), |figure| format!("{figure:.2}"))
}
