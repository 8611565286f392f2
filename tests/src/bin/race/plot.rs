//! The wall times of the largest result as a picture.

use std::fmt::Write;

use crate::rounds::Case;

/// What is asked for, and by whom `tonic` alone stands for it.
const SECTIONS: [(&str, &str); 3] = [
    ("Arrow batches", "raw Arrow"),
    ("rows, one by one", "raw typed"),
    ("rows, all of them", "raw typed, collected"),
];

/// Where the bars begin and end, and how far one lies below another.
const LEFT: f64 = 240.0;
const RIGHT: f64 = 700.0;
const STEP: f64 = 22.0;

/// Colours that can be read on white and on black; the page's own cannot be asked for in a picture.
const STYLE: &str = "text { font: 12px sans-serif; fill: #1f2328 } .head { font-weight: 600 } .faint { fill: #656d76 } \
    line { stroke: #d0d7de } .raw { fill: #8c959f } .lakeorm { fill: #0969da } .peer { fill: #c69026 } \
    @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .faint { fill: #9198a1 } line { stroke: #30363d } \
    .lakeorm { fill: #4493f8 } }";

/// Bars on a logarithmic scale, each with its ratio to the floor of its section.
pub(crate) fn svg(cases: &[Case]) -> String {
    let group = cases.iter().rev().find(|case| case.group.ends_with("rows")).map(|case| &case.group);
    let cases: Vec<_> = cases.iter().filter(|case| Some(&case.group) == group).collect();
    let sections = SECTIONS.map(|(title, floor)| (title, floor, section(&cases, floor)));
    let scale = Scale::over(sections.iter().flat_map(|(.., bars)| bars));
    let (mut body, mut top) = (String::new(), 8.0);
    for (title, floor, bars) in &sections {
        let floor = bars.iter().find(|case| case.runner == *floor);
        text(&mut body, "head", 8.0, top + 15.0, title);
        top += STEP;
        for case in bars {
            bar(&mut body, case, floor.map(|floor| floor.median("wall_ms")), &scale, top);
            top += STEP;
        }
        top += STEP / 2.0;
    }
    let ticks = scale.ticks(top);
    let unit = format!("{}, wall time", group.map_or("", String::as_str));
    text(&mut body, "faint", 16.0, top + 16.0, &unit);
    let height = top + 28.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"860\" height=\"{height:.0}\" viewBox=\"0 0 860 {height:.0}\">\n\
         <style>{STYLE}</style>\n{ticks}{body}</svg>\n"
    )
}

/// The floor, what stands on it and the peers, the fastest first. Borrowed rows are no batches that somebody keeps.
fn section<'a>(cases: &[&'a Case], floor: &str) -> Vec<&'a Case> {
    let belongs = |case: &&&Case| {
        case.runner == floor || (case.floor == Some(floor) && case.runner != "lakeorm borrowed")
    };
    let mut bars: Vec<_> = cases.iter().filter(belongs).copied().collect();
    // Who failed in every round has no time.
    bars.retain(|case| case.median("wall_ms").is_finite());
    bars.sort_by(|one, other| one.median("wall_ms").total_cmp(&other.median("wall_ms")));
    bars
}

fn bar(body: &mut String, case: &Case, floor: Option<f64>, scale: &Scale, top: f64) {
    let wall = case.median("wall_ms");
    let (name, class) = match case.runner.split_once(' ') {
        Some(("raw", way)) => (format!("tonic alone ({way})"), "raw"),
        Some(("lakeorm", _)) => (case.runner.to_owned(), "lakeorm"),
        _ => (case.runner.to_owned(), "peer"),
    };
    text(body, "", 16.0, top + 15.0, &name);
    let end = scale.at(wall);
    let width = end - LEFT;
    let _ = writeln!(
        body,
        "<rect class=\"{class}\" x=\"{LEFT}\" y=\"{:.0}\" width=\"{width:.1}\" height=\"16\" rx=\"2\"/>",
        top + 3.0
    );
    let ratio = floor.map_or_else(String::new, |floor| ratio(wall / floor));
    text(body, "", end + 6.0, top + 15.0, &format!("{wall:.0} ms{ratio}"));
}

fn ratio(ratio: f64) -> String {
    let digits = if ratio < 10.0 { 2 } else { 0 };
    format!(" · {ratio:.digits$} ×")
}

fn text(body: &mut String, class: &str, x: f64, y: f64, text: &str) {
    let _ = writeln!(body, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.0}\">{text}</text>");
}

/// Milliseconds by their logarithm, from a power of ten below the least of them.
struct Scale {
    least: f64,
    most: f64,
}

impl Scale {
    fn over<'a>(bars: impl Iterator<Item = &'a &'a Case>) -> Self {
        let walls: Vec<f64> = bars.map(|case| case.median("wall_ms")).collect();
        let least = walls.iter().copied().fold(f64::INFINITY, f64::min);
        let most = walls.iter().copied().fold(0.0, f64::max);
        Self { least: 10_f64.powf(least.log10().floor()), most }
    }

    fn at(&self, milliseconds: f64) -> f64 {
        LEFT + (milliseconds / self.least).log10() / (self.most / self.least).log10() * (RIGHT - LEFT)
    }

    /// A line behind the bars at each round number, and the number below it.
    fn ticks(&self, bottom: f64) -> String {
        let mut ticks = String::new();
        let powers = (0..6).map(|power| self.least * 10_f64.powi(power));
        let rounds = powers.flat_map(|power| [power, 2.0 * power, 5.0 * power]);
        for milliseconds in rounds.take_while(|it| *it <= self.most) {
            let x = self.at(milliseconds);
            let _ = writeln!(ticks, "<line x1=\"{x:.1}\" y1=\"8\" x2=\"{x:.1}\" y2=\"{bottom:.0}\"/>");
            let label = match milliseconds >= 1000.0 {
                true => format!("{} s", milliseconds / 1000.0),
                false => format!("{milliseconds} ms"),
            };
            text(&mut ticks, "faint", x - 12.0, bottom + 16.0, &label);
        }
        ticks
    }
}
