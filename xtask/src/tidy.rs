//! `cargo xtask tidy`: rules about the repository's text that no lint checks.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::cargo::workspace;
use crate::failure::{Failure, Outcome};
use crate::process::output;
use crate::progress::say;

mod first_screen;
mod layers;
mod uses;

use layers::{File, Layers};

/// Over this many lines a file is worth a look.
const LONG: usize = 600;

/// Starts of paths that exist on somebody's machine only, in two parts so that this file is not one of them.
const MACHINE_PATHS: [(&str, &str); 4] = [("/ro", "ot/"), ("/wo", "rk/"), ("/ho", "me/"), ("/t", "mp/")];

/// Checks every file that git knows; prints warnings and fails with all faults at once.
pub(crate) fn tidy() -> Outcome {
    let root = workspace();
    let listed = output(Command::new("git").current_dir(&root).args(["ls-files", "-z"]), "git ls-files")?;
    // Not every file is text, and one that was just removed is still listed.
    let names = listed.split('\0').filter(|name| !name.is_empty());
    let files: Vec<(&str, String)> =
        names.filter_map(|name| Some((name, fs::read_to_string(root.join(name)).ok()?))).collect();
    if files.is_empty() {
        return Err(Failure::new("git lists no file to check"));
    }
    let mut faults = Vec::new();
    for (name, text) in &files {
        faults.extend(faults_of(name, text));
        if let Some(warning) = too_long(name, text) {
            say(format_args!("warning: {warning}"));
        }
    }
    faults.extend(against_the_order(&files));
    let text = |wanted| files.iter().find(|(name, _)| *name == wanted).map_or("", |(_, text)| text.as_str());
    faults.extend(first_screen::fault(text("README.md"), text("examples/quickstart.rs")));
    if faults.is_empty() {
        say(format_args!("tidy: {} files", files.len()));
        return Ok(());
    }
    Err(Failure::new(format!("tidy:\n{}", faults.join("\n"))))
}

/// The uses between modules that the tables of ARCHITECTURE.md do not allow.
fn against_the_order(files: &[(&str, String)]) -> Vec<String> {
    let architecture = files.iter().find(|(name, _)| *name == "ARCHITECTURE.md").map_or("", |(_, text)| text);
    let orders = Layers::read(architecture);
    if orders.is_empty() {
        return vec!["ARCHITECTURE.md: no table says which module may use which".to_owned()];
    }
    let sources = |layers: &Layers| -> Vec<File<'_>> {
        let below = format!("{}/", layers.source());
        let written = files.iter().filter(|(name, _)| name.ends_with(".rs") && !name.contains("/generated/"));
        written.filter_map(|(name, text)| Some(File { path: name.strip_prefix(&below)?, text })).collect()
    };
    orders.iter().flat_map(|layers| layers.faults(&sources(layers))).collect()
}

fn faults_of(name: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if Path::new(name).file_name().is_some_and(|file| file == "mod.rs") {
        faults.push(format!("{name}: a module `foo` lives in `foo.rs`, not in `foo/mod.rs`"));
    }
    for (number, line) in text.lines().enumerate() {
        if let Some(path) = machine_path(line) {
            faults.push(format!("{name}:{}: {path} is a path on one machine only", number + 1));
        }
    }
    faults
}

/// The first path in `line` that begins like one on somebody's machine. In the middle of a longer path or of an
/// address the same letters mean nothing.
fn machine_path(line: &str) -> Option<String> {
    MACHINE_PATHS.iter().map(|(head, tail)| format!("{head}{tail}")).find(|path| {
        line.match_indices(path.as_str()).any(|(at, _)| {
            let before = line.get(..at).and_then(|text| text.chars().next_back());
            !before.is_some_and(|c| c.is_alphanumeric() || "_-./~}$".contains(c))
        })
    })
}

fn too_long(name: &str, text: &str) -> Option<String> {
    let written_by_hand = !name.contains("/generated/") && !name.ends_with("Cargo.lock");
    let lines = text.lines().count();
    (written_by_hand && lines > LONG).then(|| format!("{name} has {lines} lines"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(index: usize, rest: &str) -> String {
        let (head, tail) = MACHINE_PATHS[index];
        format!("{head}{tail}{rest}")
    }

    #[test]
    fn a_path_on_one_machine_is_a_fault_with_its_line() {
        let text = format!("fine\nlet a = \"{}\";\n", joined(0, "x"));
        let path = joined(0, "");
        let fault = format!("a.rs:2: {path} is a path on one machine only");
        assert_eq!(faults_of("a.rs", &text), [fault]);
    }

    #[test]
    fn the_same_letters_inside_an_address_or_a_longer_path_are_none() {
        for before in ["https://docs.rs", "target", "$HOME", ".."] {
            assert_eq!(machine_path(&format!("{before}{}", joined(2, "x"))), None);
        }
    }

    #[test]
    fn a_mod_rs_is_a_fault() {
        assert_eq!(faults_of("a/src/b/mod.rs", "").len(), 1);
        assert_eq!(faults_of("a/src/b_mod.rs", "").len(), 0);
    }

    #[test]
    fn a_long_file_is_told_unless_it_is_generated() {
        let text = "line\n".repeat(LONG + 1);
        assert_eq!(too_long("a.rs", &text).as_deref(), Some("a.rs has 601 lines"));
        assert_eq!(too_long("src/generated/a.rs", &text), None);
        assert_eq!(too_long("fuzz/Cargo.lock", &text), None);
        assert_eq!(too_long("a.rs", "line\n"), None);
    }
}
