//! One rule for names in every script, wherever a name is looked for.

use arrow_array::{ArrayRef, Int64Array};
use lakeorm::{DynamicRow, LakeRow, Value};

use crate::batches::{array, message, rows, structs};

fn column(value: i64) -> ArrayRef {
    array(Int64Array::from(vec![value]))
}

#[derive(Debug, PartialEq, LakeRow)]
struct Season {
    #[lake(rename = "été", default)]
    summer: i64,
    #[lake(rename = "hiver", alias = "ΧΕΙΜΏΝΑΣ", default)]
    winter: i64,
}

#[test]
fn a_default_stands_for_no_column_that_is_there_in_another_case() {
    let found: Vec<Season> = rows(vec![("ÉTÉ", column(4)), ("χειμώνας", column(5))]).unwrap();
    assert_eq!(found, [Season { summer: 4, winter: 5 }]);
    let missing: Vec<Season> = rows(vec![("ete", column(4)), ("E\u{301}TE\u{301}", column(5))]).unwrap();
    assert_eq!(missing, [Season { summer: 0, winter: 0 }]);
}

#[derive(Debug, PartialEq, LakeRow)]
struct Year {
    #[lake(flatten(prefix = "ANNÉE_"))]
    seasons: Season,
}

#[test]
fn a_prefix_and_the_name_behind_it_are_one_name() {
    let found: Vec<Year> = rows(vec![("année_ÉTÉ", column(4))]).unwrap();
    assert_eq!(found, [Year { seasons: Season { summer: 4, winter: 0 } }]);
}

#[derive(Debug, PartialEq, LakeRow)]
struct Almanac {
    seasons: Season,
}

#[test]
fn fields_of_a_struct_are_found_as_columns_are() {
    let seasons = || structs(vec![("ÉTÉ", column(4)), ("HIVER", column(5))], None);
    let found: Vec<Almanac> = rows(vec![("Seasons", seasons())]).unwrap();
    assert_eq!(found, [Almanac { seasons: Season { summer: 4, winter: 5 } }]);
    let twice = structs(vec![("ÉTÉ", column(4)), ("Été", column(5))], None);
    assert_eq!(
        message(rows::<Almanac>(vec![("seasons", twice)])),
        "Almanac.seasons.summer: in column \"seasons\", field \"été\" is ambiguous in the struct: \"ÉTÉ\" at \
         position 1, \"Été\" at position 2; give each its own name with AS in the query"
    );
}

#[derive(Debug, PartialEq, LakeRow)]
struct Turkish {
    id: i64,
    #[lake(rename = "ıd", default)]
    dotless: i64,
}

#[test]
fn the_dotless_i_is_a_letter_of_its_own() {
    let found: Vec<Turkish> = rows(vec![("ID", column(1)), ("ıd", column(2))]).unwrap();
    assert_eq!(found, [Turkish { id: 1, dotless: 2 }]);
    let found: Vec<Turkish> = rows(vec![("Id", column(1))]).unwrap();
    assert_eq!(found, [Turkish { id: 1, dotless: 0 }]);
    let missing = message(rows::<Turkish>(vec![("İd", column(1))]));
    assert!(missing.contains("no column \"id\""), "{missing}");
}

#[test]
fn a_dynamic_row_finds_its_columns_by_the_same_rule() {
    let found: Vec<DynamicRow> = rows(vec![
        ("ÉTÉ", column(1)),
        ("id", column(2)),
        ("Id", column(3)),
        ("twice", column(4)),
        ("twice", column(5)),
    ])
    .unwrap();
    let get = |name| found[0].get(name);
    assert_eq!(get("été"), Some(&Value::Long(1)));
    assert_eq!(get("Id"), Some(&Value::Long(3)));
    assert_eq!(get("ID"), None);
    assert_eq!(get("twice"), Some(&Value::Long(4)));
    assert_eq!(get("TWICE"), None);
}

#[derive(Debug, PartialEq, LakeRow)]
struct Wished {
    #[lake(rename = "ÉMAIL")]
    email: i64,
}

#[test]
fn a_near_name_is_suggested_whatever_its_case() {
    let missing = message(rows::<Wished>(vec![("id", column(1)), ("é_mail", column(1))]));
    assert!(missing.ends_with("did you mean \"é_mail\"?"), "{missing}");
}
