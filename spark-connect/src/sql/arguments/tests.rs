use super::*;
use crate::sql::markers;

fn positional(values: &[i32]) -> Arguments {
    let mut arguments = Arguments::default();
    values.iter().for_each(|value| arguments.push(value));
    arguments
}

fn named(names: &[&str]) -> Arguments {
    let mut arguments = Arguments::default();
    names.iter().for_each(|name| arguments.insert(name, "secret"));
    arguments
}

fn complaint(sql: &str, arguments: &Arguments) -> String {
    arguments.check(&markers(sql).unwrap()).unwrap_err().to_string()
}

#[test]
fn matching_markers_and_values_pass() {
    let cases = [
        ("SELECT 1", Arguments::default()),
        ("SELECT ?, ?", positional(&[1, 2])),
        ("SELECT :a, :b, :a", named(&["b", "a"])),
    ];
    for (sql, arguments) in cases {
        assert_eq!(arguments.check(&markers(sql).unwrap()), Ok(()), "{sql}");
    }
}

#[test]
fn a_mismatch_says_which_markers_are_meant() {
    let cases = [
        (
            "SELECT ?, ?",
            positional(&[1, 2, 3]),
            "the statement has 2 `?` markers and 3 values are bound: bind one value for each marker",
        ),
        (
            "SELECT ?",
            Arguments::default(),
            "the statement has 1 `?` marker and no value is bound: bind one value for each with `bind`",
        ),
        (
            "SELECT :b, :a",
            Arguments::default(),
            "the statement has markers without values (:a, :b): bind each with `bind_named`",
        ),
        (
            "SELECT '?', $1",
            positional(&[1]),
            "1 value is bound and the statement has no markers: write `?` or `:name` where a value goes; `$1`, and a \
             `?` in quotes or in a comment, are text",
        ),
        (
            "SELECT :a",
            positional(&[1]),
            "1 value is bound by position and the statement's markers are named (:a): use `bind_named`",
        ),
        (
            "SELECT ?",
            named(&["a"]),
            "values are bound by name (:a) and the statement has 1 `?` marker: use `bind`",
        ),
        (
            "SELECT :a, :c",
            named(&["a", "b"]),
            "the statement has markers without values (:c), and values are bound to names that no marker has (:b)",
        ),
        (
            "SELECT :a",
            named(&["a", "b", "c"]),
            "values are bound to names that no marker has (:b, :c): remove them or correct the names",
        ),
        (
            "SELECT ?, :a",
            positional(&[1]),
            "the statement mixes `?` markers with named ones (:a): use one kind",
        ),
    ];
    for (sql, arguments, message) in cases {
        assert_eq!(complaint(sql, &arguments), message, "{sql}");
    }
}

#[test]
fn the_first_binding_mistake_is_the_one_reported() {
    let mixed = "values are bound both by position and by name: use either `bind` or `bind_named`";
    let mut arguments = positional(&[1]);
    arguments.insert("a", &1);
    arguments.insert(":b", &1);
    assert_eq!(complaint("SELECT ?", &arguments), mixed);

    let mut arguments = named(&["a"]);
    arguments.push(&1);
    assert_eq!(complaint("SELECT :a", &arguments), mixed);

    let twice = "two values are bound to :a: bind each name once";
    assert_eq!(complaint("SELECT :a", &named(&["a", "a"])), twice);

    let colon = "a value is bound to `:a`: drop the colon and bind `a`";
    assert_eq!(complaint("SELECT :a", &named(&[":a"])), colon);

    let empty = "a value is bound to an empty name: give the marker's name";
    assert_eq!(complaint("SELECT 1", &named(&[""])), empty);
}

#[test]
fn a_value_that_cannot_be_made_is_reported_by_its_marker_and_not_shown() {
    let mut arguments = positional(&[1]);
    arguments.push(&u64::MAX);
    assert!(!arguments.is_empty());
    let error = arguments.check(&markers("SELECT ?, ?").unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "the value bound to `?` number 2 cannot be sent");
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "a u64 is out of the range of BIGINT: bind a value below 2^63, or a DECIMAL(20,0)"
    );
}

#[test]
fn debug_shows_names_and_types_and_no_value() {
    let shown = format!("{:?}", named(&["password"]));
    assert!(shown.contains("\"password\": Literal(STRING)"), "{shown}");
    assert!(!shown.contains("secret"), "{shown}");
}

#[test]
fn what_servers_do_not_bind_as_it_is_is_found_at_any_depth() {
    let instant = Literal::timestamp(0);
    let nested = vec![instant.clone()].to_literal().unwrap();
    assert!(instant.needs_inlining());
    assert!(Literal::calendar_interval(0, 0, 0).unwrap().needs_inlining());
    assert!(Literal::structure([("a".to_owned(), nested)]).unwrap().needs_inlining());
    assert!(vec![Some(1), None].to_literal().unwrap().needs_inlining());
    let empty = Vec::<i64>::new().to_literal().unwrap();
    assert!(empty.needs_inlining());
    assert!(vec![vec![1_i64], Vec::new()].to_literal().unwrap().needs_inlining());
    assert!(BTreeMap::<String, i64>::new().to_literal().unwrap().needs_inlining());
    assert!(Literal::structure([("a".to_owned(), empty)]).unwrap().needs_inlining());
    assert!(!vec![1_i64].to_literal().unwrap().needs_inlining());
    // 1582-10-10, which `java.sql.Date` lacks.
    assert!(Literal::date(-141_432).needs_inlining());
    for literal in [Literal::timestamp_ntz(0), Literal::date(0), None::<i64>.to_literal().unwrap()] {
        assert!(!literal.needs_inlining(), "{literal:?}");
    }
}

#[test]
fn an_array_alone_in_a_list_says_what_to_bind_instead() {
    let mut arguments = Arguments::default();
    arguments.push(&vec![1, 2]);
    assert_eq!(
        complaint("SELECT 1 WHERE a IN (?)", &arguments),
        "an ARRAY is bound to `?` number 1, which stands alone in `IN (…)`: bind its values with `bind_list`, or write \
         `array_contains(…)`"
    );
    assert_eq!(arguments.check(&markers("SELECT a IN (?, b)").unwrap_or_default()), Ok(()));
    let mut arguments = Arguments::default();
    arguments.insert("ids", &vec![1, 2]);
    assert!(complaint("SELECT 1 WHERE a NOT IN (:ids)", &arguments).contains("`bind_named_list`"));
}

#[test]
fn an_empty_list_is_refused() {
    let mut arguments = Arguments::default();
    arguments.push_list(Vec::<i32>::new());
    let complaint = complaint("SELECT a IN (?)", &arguments);
    assert!(complaint.starts_with("the list bound to `?` number 1 is empty"), "{complaint}");
}

#[test]
fn a_colon_apart_from_the_word_before_is_a_marker_if_its_name_is_bound() {
    let statement = "SELECT * FROM t VERSION AS OF :version WHERE doc :path > 1 AND x = :y";
    let mut arguments = named(&["version", "y"]);
    assert_eq!(arguments.check(&markers(statement).unwrap()), Ok(()));
    arguments.insert("path", "secret");
    assert_eq!(arguments.check(&markers(statement).unwrap()), Ok(()));
    assert!(complaint("SELECT doc:path", &named(&["path"])).contains("no marker"));
}

#[test]
fn no_value_is_bound_where_the_server_takes_text() {
    let mut one = Arguments::default();
    one.push("s3cret");
    for sql in [
        "SET my.tenant = ?",
        "set `a.b` = ?",
        "RESET ?",
        "SET my.tenant=?",
        "SET var.x = ?",
        "SET catalog = ?",
        "SET time.of = ?",
    ] {
        let complaint = complaint(sql, &one);
        assert!(complaint.contains("`set_confs`") && !complaint.contains("s3cret"), "{sql}: {complaint}");
    }
    assert!(complaint("SET my.tenant = :name", &named(&["name"])).contains("`session_conf`"));
    for sql in [
        "SET VAR x = ?",
        "SET VARIABLE x = ?",
        "SET VAR (x, y) = (SELECT ?, 1)",
        "SET TIME ZONE ?",
        "SET CATALOG IDENTIFIER(?)",
        "UPDATE t SET a = ?",
        "ADD JAR ?",
    ] {
        assert_eq!(one.check(&markers(sql).unwrap()), Ok(()), "{sql}");
    }
    // Nothing is bound, so the text is the server's to judge.
    for sql in [
        "SET my.tenant = a",
        "SET my.url = http://a/b?c=d",
        "SET my.url = ?",
        "ADD JAR http://a/b.jar?c=d",
        "list files http://a/b?c=d",
        "REFRESH s3://lake/a?/b",
    ] {
        assert_eq!(Arguments::default().check(&markers(sql).unwrap()), Ok(()), "{sql}");
    }
}
