//! The program that the README begins with is the example `quickstart`, which the tests run.

/// The first line in which the two differ, apart from how each gets its driver.
pub(super) fn fault(readme: &str, example: &str) -> Option<String> {
    let (Some(shown), Some(run)) = (program(readme), program(example)) else {
        return Some(
            "README.md, examples/quickstart.rs: one of them has no struct and `main` with a `db`".to_owned(),
        );
    };
    let mut lines = shown.lines().zip(run.lines());
    let differs = lines.find(|(shown, run)| shown != run).map(|(shown, _)| shown.trim().to_owned());
    match differs {
        None if shown == run => None,
        line => {
            let line = line.unwrap_or_else(|| "its last lines".to_owned());
            Some(format!("README.md: the first program differs from examples/quickstart.rs: {line}"))
        }
    }
}

/// The struct and what `main` does once it has a driver.
fn program(text: &str) -> Option<String> {
    let (_, text) = text.split_once("#[derive(")?;
    let (structs, text) = text.split_once("async fn main()")?;
    let (_, text) = text.split_once("    let db = ")?;
    let (body, _) = text.split_once("\n}\n")?;
    Some(format!("{structs}{body}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(driver: &str, last: &str) -> String {
        format!(
            "#[derive(X)]\nstruct A;\n\nasync fn main() {{\n{driver}    let db = open();\n    {last}\n}}\n"
        )
    }

    #[test]
    fn the_programs_may_differ_in_how_they_get_a_driver_alone() {
        let readme = text("    // Said here.\n    let drv = remote();\n", "close()");
        assert_eq!(fault(&readme, &text("    let drv = driver();\n", "close()")), None);
        let told = fault(&readme, &text("", "leave()")).unwrap();
        assert_eq!(told, "README.md: the first program differs from examples/quickstart.rs: close()");
        let told = fault(&readme, &text("", "close()\n    // More.")).unwrap();
        assert!(told.ends_with("its last lines"), "{told}");
        assert!(fault(&readme, "fn main() {}").is_some());
    }
}
