//! The order of the modules: who may use whom, as ARCHITECTURE.md says in a table for each crate.

use std::collections::{BTreeMap, BTreeSet};

use super::uses::{Use, exported, uses};

/// The order of one crate, as its table in ARCHITECTURE.md gives it.
#[derive(Debug)]
pub(super) struct Layers {
    /// Where the sources lie.
    source: String,
    /// What each module may use.
    allowed: BTreeMap<String, BTreeSet<String>>,
    /// Uses against the order that have a reason.
    exceptions: BTreeSet<(String, String)>,
}

/// A source file of the crate, by its path below the crate's `src`.
pub(super) struct File<'f> {
    pub(super) path: &'f str,
    pub(super) text: &'f str,
}

impl Layers {
    /// The order of each crate that has a table: one under a heading that names the sources, as in
    /// "### `lakeorm/src`", with the columns module and may use. Exceptions are list items below it, as in
    /// "- `a` uses `b`: the reason".
    pub(super) fn read(architecture: &str) -> Vec<Self> {
        let sections = architecture.split("\n### `").skip(1);
        sections.filter_map(Self::section).filter(|layers| !layers.allowed.is_empty()).collect()
    }

    fn section(text: &str) -> Option<Self> {
        let (source, rest) = text.split_once('`')?;
        let rest = rest.split("\n## ").next().unwrap_or(rest);
        let mut layers =
            Self { source: source.to_owned(), allowed: BTreeMap::new(), exceptions: BTreeSet::new() };
        for line in rest.lines() {
            if let Some(row) = line.strip_prefix("| `") {
                layers.row(&format!("`{row}"));
            } else if let Some((from, to)) =
                line.strip_prefix("- `").and_then(|line| line.split_once("` uses `"))
                && let Some((to, _)) = to.split_once("`: ")
            {
                layers.exceptions.insert((from.to_owned(), to.to_owned()));
            }
        }
        Some(layers)
    }

    fn row(&mut self, row: &str) {
        let mut cells = row.split('|');
        let modules = quoted(cells.next().unwrap_or_default());
        let used = cells.next().unwrap_or_default();
        let mut used: BTreeSet<String> = match used.trim() {
            "all above" => self.allowed.keys().cloned().collect(),
            _ => quoted(used).into_iter().collect(),
        };
        used.extend(modules.iter().cloned());
        for module in modules {
            self.allowed.insert(module, used.clone());
        }
    }

    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// Every use against the order, and every exception that nothing needs.
    pub(super) fn faults(&self, files: &[File<'_>]) -> Vec<String> {
        let root = files.iter().find(|file| file.path == "lib.rs").map_or("", |file| file.text);
        let names: BTreeMap<String, Vec<String>> = exported(root).into_iter().collect();
        let (mut faults, mut needed) = (Vec::new(), BTreeSet::new());
        for file in files.iter().filter(|file| file.path != "lib.rs" && !is_test(file.path)) {
            let place = format!("{}/{}", self.source, file.path);
            let module = module_of(file.path);
            let Some(layer) = self.layer(&module) else {
                faults.push(format!("{place}:1: ARCHITECTURE.md has no row for {}", module.join("::")));
                continue;
            };
            for Use { line, path } in uses(file.text, &module) {
                // A name of the root stands for what it exports; that of another crate is no module's.
                let path = path.first().and_then(|name| names.get(name)).unwrap_or(&path);
                let Some(used) = self.layer(path) else { continue };
                if self.allowed.get(layer).is_some_and(|allowed| allowed.contains(used)) {
                    continue;
                }
                let pair = (layer.to_owned(), used.to_owned());
                if !self.exceptions.contains(&pair) {
                    faults.push(format!("{place}:{line}: {layer} may not use {used} (ARCHITECTURE.md)"));
                }
                needed.insert(pair);
            }
        }
        let unneeded = self.exceptions.difference(&needed);
        faults.extend(unneeded.map(|(from, to)| {
            format!("ARCHITECTURE.md: {} lists `{from}` uses `{to}`, which it does not", self.source)
        }));
        faults
    }

    /// The module of the table that holds `path`: the longest that begins it.
    fn layer(&self, path: &[String]) -> Option<&str> {
        let ends = (1..=path.len()).rev();
        ends.filter_map(|end| self.allowed.get_key_value(&path.get(..end)?.join("::")))
            .map(|(module, _)| module.as_str())
            .next()
    }
}

fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn is_test(path: &str) -> bool {
    path.split('/').any(|part| part == "tests" || part == "tests.rs")
}

fn module_of(path: &str) -> Vec<String> {
    path.trim_end_matches(".rs").split('/').map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "# A\n\n### `x/src`\n\n| module | may use |\n|---|---|\n| `low` | – |\n\
                         | `left`, `right` | `low` |\n| `top` | all above |\n\n- `low` uses `right`: a reason\n\n## B\n";

    fn faults(files: &[(&str, &str)]) -> Vec<String> {
        let layers = Layers::read(TABLE);
        assert_eq!(layers.len(), 1);
        let files: Vec<File<'_>> = files.iter().map(|&(path, text)| File { path, text }).collect();
        layers[0].faults(&files)
    }

    #[test]
    fn a_use_upwards_is_a_fault_with_file_line_and_pair() {
        let files =
            [("low/a.rs", "\nuse crate::top::T;\nuse crate::right::R;\n"), ("top.rs", "use crate::low::L;")];
        assert_eq!(faults(&files), ["x/src/low/a.rs:2: low may not use top (ARCHITECTURE.md)"]);
    }

    #[test]
    fn modules_of_one_row_may_use_each_other() {
        let files = [("left.rs", "use crate::right::R;"), ("low.rs", "use crate::right::R;")];
        assert_eq!(faults(&files), Vec::<String>::new());
    }

    #[test]
    fn a_name_of_the_root_counts_as_the_module_behind_it() {
        let files = [
            ("lib.rs", "pub use top::T;\n"),
            ("left.rs", "use crate::T;"),
            ("low.rs", "use super::right::R;"),
        ];
        assert_eq!(faults(&files), ["x/src/left.rs:1: left may not use top (ARCHITECTURE.md)"]);
    }

    #[test]
    fn an_exception_that_nothing_needs_and_a_module_without_a_row_are_faults() {
        let told = faults(&[("new.rs", "")]);
        assert_eq!(
            told,
            [
                "x/src/new.rs:1: ARCHITECTURE.md has no row for new",
                "ARCHITECTURE.md: x/src lists `low` uses `right`, which it does not"
            ]
        );
    }

    #[test]
    fn tests_may_use_anything() {
        let files = [("low/tests.rs", "use crate::top::T;"), ("low.rs", "use crate::right::R;")];
        assert_eq!(faults(&files), Vec::<String>::new());
    }
}
