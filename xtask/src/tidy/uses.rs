//! What the source of a module uses of its own crate.

/// One use: where it stands, and the path from the crate's root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) line: usize,
    pub(super) path: Vec<String>,
}

/// The uses in the source of the module at `module`, without those of its tests. Paths are those from the crate's
/// root; those of other crates are left out.
pub(super) fn uses(source: &str, module: &[String]) -> Vec<Use> {
    let mut uses = Vec::new();
    let mut lines = source.lines().enumerate().peekable();
    while let Some((number, line)) = lines.next() {
        let next = lines.peek().map_or("", |(_, line)| line.trim());
        if line.trim() == "#[cfg(test)]" && next.starts_with("mod ") && next.ends_with('{') {
            break;
        }
        let mut text = code(line).to_owned();
        if is_use(&text) {
            while !text.contains(';')
                && let Some((_, more)) = lines.next()
            {
                text.push_str(code(more));
            }
        }
        let found = if is_use(&text) { imported(&text) } else { inline(&text) };
        let paths = found.iter().filter_map(|path| from_root(path, module));
        uses.extend(paths.map(|path| Use { line: number + 1, path }));
    }
    uses
}

/// The paths that the re-exports of a crate's root stand for, each with the name that it has there.
pub(super) fn exported(root: &str) -> Vec<(String, Vec<String>)> {
    uses_of_children(root).into_iter().filter_map(|path| Some((path.last()?.clone(), path))).collect()
}

fn uses_of_children(root: &str) -> Vec<Vec<String>> {
    let joined: String = root.lines().map(|line| format!("{} ", code(line))).collect();
    let statements = joined.split(';').map(str::trim);
    let statements = statements.filter_map(|statement| statement.find("pub use ").map(|at| &statement[at..]));
    statements.flat_map(imported).collect()
}

/// A line without its comment. Two slashes behind a colon are part of an address.
fn code(line: &str) -> &str {
    let comment = line.match_indices("//").find(|(at, _)| !line[..*at].ends_with(':'));
    comment.map_or(line, |(at, _)| &line[..at])
}

fn is_use(line: &str) -> bool {
    let line = line.trim_start();
    let behind_visibility = match line.strip_prefix("pub") {
        Some(rest) if rest.starts_with('(') => rest.split_once(')').map_or("", |(_, rest)| rest),
        Some(rest) => rest,
        None => line,
    };
    behind_visibility.trim_start().starts_with("use ")
}

/// The paths of a `use`, with its braces taken apart.
fn imported(statement: &str) -> Vec<Vec<String>> {
    let Some((_, tree)) = statement.split_once("use ") else { return Vec::new() };
    let mut paths = Vec::new();
    expand(tree.trim().trim_end_matches(';'), &[], &mut paths);
    paths
}

fn expand(tree: &str, before: &[String], paths: &mut Vec<Vec<String>>) {
    let tree = tree.trim();
    let Some((head, group)) = tree.split_once('{') else {
        let name = tree.split(" as ").next().unwrap_or(tree);
        let path = segments(name).filter(|segment| segment != "self" || before.is_empty());
        return paths.push(before.iter().cloned().chain(path).collect());
    };
    let before: Vec<String> = before.iter().cloned().chain(segments(head)).collect();
    let (mut depth, mut begun) = (0_usize, 0);
    let group = group.trim_end().strip_suffix('}').unwrap_or(group);
    for (at, sign) in group.char_indices() {
        match sign {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                expand(&group[begun..at], &before, paths);
                begun = at + 1;
            }
            _ => {}
        }
    }
    if !group[begun..].trim().is_empty() {
        expand(&group[begun..], &before, paths);
    }
}

fn segments(path: &str) -> impl Iterator<Item = String> {
    path.split("::").map(|segment| segment.trim().to_owned()).filter(|segment| !segment.is_empty())
}

/// The paths that stand in the middle of code and begin with the crate.
fn inline(line: &str) -> Vec<Vec<String>> {
    let begins = line.match_indices("crate::").filter(|(at, _)| {
        let before = line[..*at].chars().next_back();
        !before.is_some_and(|sign| sign.is_alphanumeric() || "_$/\"".contains(sign))
    });
    let paths = begins.map(|(at, _)| {
        let end = line[at..].find(|sign: char| !(sign.is_alphanumeric() || "_:".contains(sign)));
        segments(&line[at..end.map_or(line.len(), |end| at + end)]).collect()
    });
    paths.collect()
}

/// The path from the crate's root, unless it is another crate's or the module's own child.
fn from_root(path: &[String], module: &[String]) -> Option<Vec<String>> {
    let (first, rest) = path.split_first()?;
    match first.as_str() {
        "crate" => Some(rest.to_vec()),
        "super" => {
            let up = path.iter().take_while(|segment| *segment == "super").count();
            let kept = module.get(..module.len().checked_sub(up)?)?;
            Some(kept.iter().chain(path.get(up..)?).cloned().collect())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(source: &str, module: &str) -> Vec<String> {
        let module: Vec<String> = segments(module).collect();
        uses(source, &module)
            .iter()
            .map(|found| format!("{} {}", found.line, found.path.join("::")))
            .collect()
    }

    #[test]
    fn groups_are_taken_apart_and_lines_are_those_of_the_statement() {
        let source = "use std::fmt;\n\nuse crate::{a::{self, B}, c::D as E};\npub(crate) use crate::f::{\n    G,\n    H,\n};\n";
        assert_eq!(paths(source, "x"), ["3 a", "3 a::B", "3 c::D", "4 f::G", "4 f::H"]);
    }

    #[test]
    fn super_is_counted_from_the_module() {
        assert_eq!(paths("use super::super::b::C;", "a::d::e"), ["1 a::b::C"]);
        assert_eq!(paths("use super::b::C;", "a"), ["1 b::C"]);
    }

    #[test]
    fn paths_in_code_count_and_those_in_comments_tests_and_macros_do_not() {
        let source = "//! crate::no\nlet a = crate::b::c(\"sc://crate::no\"); // crate::no\n$crate::no::d!();\n#[cfg(test)]\nmod tests {\n    use crate::no;\n}\n";
        assert_eq!(paths(source, "x"), ["2 b::c"]);
    }

    #[test]
    fn the_root_says_what_its_names_stand_for() {
        let root = "mod a;\n#[cfg(x)]\npub use a::B;\npub use c::{\n    D, e,\n};\n";
        let names: Vec<String> =
            exported(root).iter().map(|(name, path)| format!("{name} {}", path.join("::"))).collect();
        assert_eq!(names, ["B a::B", "D c::D", "e c::e"]);
    }
}
