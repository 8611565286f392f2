//! The additions of the environment and the setters to a text.

use std::error::Error;

use super::*;

/// The environment of a test: the variables it names, and no other.
fn among(variables: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
    move |name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
}

#[test]
fn the_environment_fills_only_what_the_text_leaves_open() {
    let lookup = among(&[
        ("SPARK_CONNECT_AUTHENTICATE_TOKEN", "from-env"),
        ("SPARK_CONNECT_USER_AGENT", "env-agent"),
        ("SPARK_USER", "spark-user"),
        ("USER", "login"),
    ]);
    let open = parse("sc://h").with_lookup(&lookup).unwrap();
    assert_eq!(bearer(&open).as_deref(), Some("Bearer from-env"));
    assert!(open.uses_tls());
    assert_eq!(open.user_agent(), "env-agent");
    assert_eq!(open.user_id(), Some("spark-user"));

    let text = "sc://h/;token=t;user_agent=a;user_id=";
    let full = parse(text).with_lookup(&lookup).unwrap();
    assert_eq!(full, parse(text));
}

#[test]
fn the_login_name_is_the_user_only_without_a_spark_user() {
    let login = among(&[("USER", "login"), ("SPARK_USER", "")]);
    assert_eq!(parse("sc://h").with_lookup(login).unwrap().user_id(), Some("login"));
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let remote = parse("sc://h").with_lookup(|_| Some(String::new())).unwrap();
    assert_eq!(remote, parse("sc://h"));
}

#[test]
fn a_token_in_the_environment_that_no_header_carries_is_refused_by_its_variable() {
    let lookup = among(&[("SPARK_CONNECT_AUTHENTICATE_TOKEN", "broken\u{fffd}")]);
    let error = parse("sc://h").with_lookup(lookup).unwrap_err();
    assert_eq!(error.key(), Some("SPARK_CONNECT_AUTHENTICATE_TOKEN"));
    assert_eq!(
        error.to_string(),
        "`SPARK_CONNECT_AUTHENTICATE_TOKEN` holds a character that a header cannot carry: only printable ASCII is \
         allowed"
    );
    assert!(error.source().is_none());
}

#[test]
fn setters_replace_what_the_text_said() {
    let id = Uuid::parse_str(ID).unwrap();
    let remote = parse("sc://h/;token=a;user_id=b;user_agent=c;x-team=d")
        .with_token("t")
        .and_then(|remote| remote.with_user_agent("agent"))
        .and_then(|remote| remote.with_header("X-Team", "new"))
        .unwrap()
        .with_user_id("ada")
        .with_session_id(id);
    let expected = format!("sc://h/;token=t;user_id=ada;user_agent=agent;session_id={ID};x-team=new");
    assert_eq!(remote, parse(&expected));
}

#[test]
fn setters_check_like_the_text() {
    let remote = parse("sc://h");
    assert_eq!(remote.clone().with_token("").unwrap_err().key(), Some("token"));
    assert_eq!(remote.clone().with_token("a\nb").unwrap_err().key(), Some("token"));
    assert_eq!(remote.clone().with_user_agent("").unwrap_err().key(), Some("user_agent"));
    assert_eq!(remote.clone().with_header("", "v").unwrap_err().key(), Some(""));
    assert_eq!(remote.with_header("te", "v").unwrap_err().key(), Some("te"));
}
