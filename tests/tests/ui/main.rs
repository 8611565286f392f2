//! What users see when they make a mistake with a derive macro: one mistake per file of `cases`, named after the rule it
//! breaks, and beside it what the pinned compiler says. The compiler is handed the crate as it was built for the tests;
//! to build it for these cases alone takes longer than all of them together.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails where its expectation does")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, thread};

#[test]
fn each_mistake_points_at_the_token_to_change_and_says_what_would_be_right() {
    let library = PathBuf::from(env::var_os("LAKEORM_LIBRARY").expect("run `cargo xtask test ui`"));
    let files = fs::read_dir(tests().join(CASES)).unwrap().map(|entry| entry.unwrap().file_name());
    let names = files.filter_map(|name| Some(name.to_str()?.strip_suffix(".rs")?.to_owned()));
    let cases: Vec<String> = names.collect();
    assert!(!cases.is_empty());
    let share = cases.len().div_ceil(thread::available_parallelism().unwrap().get());
    let mut wrong: Vec<String> = thread::scope(|scope| {
        let check = |share: &[String]| -> Vec<String> {
            share.iter().filter_map(|case| wrong(case, &library)).collect()
        };
        let shares: Vec<_> = cases.chunks(share).map(|share| scope.spawn(move || check(share))).collect();
        shares.into_iter().flat_map(|share| share.join().unwrap()).collect()
    });
    wrong.sort();
    assert!(wrong.is_empty(), "\n{}`LAKEORM_UPDATE_SNAPSHOTS=1` writes what is said now", wrong.concat());
}

/// Where the cases are, as the compiler names it.
const CASES: &str = "tests/ui/cases";

fn tests() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The difference from the text beside a case, if there is one.
fn wrong(case: &str, library: &Path) -> Option<String> {
    let said = said(case, library);
    let beside = tests().join(CASES).join(format!("{case}.stderr"));
    if env::var_os("LAKEORM_UPDATE_SNAPSHOTS").is_some() {
        fs::write(&beside, &said).unwrap();
    }
    let Ok(expected) = fs::read_to_string(&beside) else {
        return Some(format!("---- {case} has no {case}.stderr beside it, and said:\n{said}"));
    };
    (said != expected).then(|| format!("---- {case}, expected:\n{expected}---- and said:\n{said}"))
}

/// The compiler's messages for a case.
fn said(case: &str, library: &Path) -> String {
    let beside = library.parent().unwrap().display().to_string();
    let compiled = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .current_dir(tests())
        .args(["--edition=2024", "--crate-type=bin", "--emit=metadata", "--diagnostic-width=140"])
        .args(["--out-dir", env!("CARGO_TARGET_TMPDIR"), "-L", &format!("dependency={beside}")])
        .arg("--extern")
        .arg(format!("lakeorm={}", library.display()))
        .arg(format!("{CASES}/{case}.rs"))
        .output()
        .unwrap();
    assert!(!compiled.status.success(), "{case} compiles");
    without_places(&String::from_utf8(compiled.stderr).unwrap())
}

/// A text of the compiler with the lines of the case and of no other file, so that it stays as it is while others change
/// and wherever they are; its last words, which count the errors, are left out.
fn without_places(text: &str) -> String {
    let workspace = tests().parent().unwrap().display().to_string();
    let messages = text.split_inclusive("\n\n").filter(|message| message.contains("--> "));
    let messages: Vec<_> = messages.map(|message| indented(message, &workspace)).collect();
    messages.join("\n")
}

/// One message. The width of its margin is that of the largest number of a line, in whatever file.
fn indented(message: &str, workspace: &str) -> String {
    let width = message.lines().find_map(|line| line.find("--> ")).unwrap_or_default();
    let mut elsewhere = false;
    let mut kept = Vec::new();
    for line in message.trim_end().lines() {
        let (margin, text) = line.split_at_checked(width).unwrap_or((line, ""));
        if margin.chars().any(|char| !char.is_ascii_digit() && char != ' ') {
            elsewhere = false;
            kept.push(line.to_owned());
            continue;
        }
        let place = text.strip_prefix("--> ").or_else(|| text.strip_prefix("::: "));
        elsewhere = place.map_or(elsewhere, |place| !place.starts_with(CASES));
        match place {
            Some(place) if elsewhere => {
                let path = place.split_once(".rs:").map_or(place, |(path, _)| path);
                let of_rust = || path.split_once("/library/").map(|(_, path)| path);
                let file = path.strip_prefix(workspace).or_else(of_rust).unwrap_or(path);
                kept.push(format!("    --> {}.rs", file.trim_start_matches('/')));
            }
            None if elsewhere && text.starts_with(" |") => {}
            // How many there are changes with every implementation.
            None if text.trim_start().starts_with("and ") && text.ends_with(" others") => {}
            _ => kept.push(format!("{:>4}{text}", margin.trim()).trim_end().to_owned()),
        }
    }
    kept.into_iter().map(|line| line + "\n").collect()
}
