//! The same of the words about a table's columns.

use proc_macro2::TokenStream;
use quote::quote;

use super::refused_rows::{check_pair, of_table};
use super::{messages, messages_of};
use crate::table::lake_table;

#[test]
fn digits_are_refused_beside_what_has_none() {
    for (word, other) in [
        (quote!(skip), "skip"),
        (quote!(flatten), "flatten"),
        (quote!(json), "json"),
        (quote!(created_at), "created_at"),
        (quote!(updated_at), "updated_at"),
    ] {
        let found = of_table(&quote!(decimal(9, 2), #word), &quote!(Field));
        check_pair(
            &found,
            &format!("`decimal` is about one column of numbers, and `{other}` has none"),
            other,
        );
    }
    let by = |ty: &str| of_table(&quote!(decimal(9, 2), try_from = #ty), &quote!(Field));
    assert_eq!(by("Decimal"), [""; 0]);
    assert!(by("i64")[0].starts_with("`decimal` sets the digits of a DECIMAL, and `i64` is none"));
}

#[test]
fn what_a_table_says_of_a_column_is_refused_where_the_field_has_none() {
    for (word, key) in [
        (quote!(primary_key), "primary_key"),
        (quote!(merge_key), "merge_key"),
        (quote!(created_at), "created_at"),
        (quote!(updated_at), "updated_at"),
        (quote!(comment = "its key"), "comment"),
        (quote!(sql_default = "1"), "sql_default"),
    ] {
        for (other, name) in [(quote!(skip), "skip"), (quote!(flatten), "flatten")] {
            let found = of_table(&quote!(#other, #word), &quote!(Field));
            check_pair(&found, &format!("`{key}` is about one column, and `{name}` has none"), key);
        }
    }
}

#[test]
fn what_a_struct_says_of_a_table_is_refused_where_it_names_none() {
    let expected = |key: &str| format!("`{key}` is about a table, and the struct names none: add ");
    for (words, key) in [
        (quote!(comment = "all"), "comment"),
        (quote!(partition_by(id)), "partition_by"),
        (quote!(sort_by(id)), "sort_by"),
        (quote!(validate), "validate"),
    ] {
        let found = messages_of(&lake_table(quote!(
            #[lake(#words)]
            struct Row {
                id: i64,
            }
        )));
        assert!(found.len() == 1 && found[0].starts_with(&expected(key)), "{found:?}");
    }
    for (words, key) in [
        (quote!(primary_key), "primary_key"),
        (quote!(merge_key), "merge_key"),
        (quote!(created_at), "created_at"),
        (quote!(updated_at), "updated_at"),
        (quote!(comment = "its key"), "comment"),
        (quote!(sql_default = "1"), "sql_default"),
    ] {
        let found = messages_of(&lake_table(quote!(
            struct Row {
                #[lake(#words)]
                field: Field,
            }
        )));
        assert!(found.len() == 1 && found[0].starts_with(&expected(key)), "{found:?}");
    }
    assert_eq!(
        messages_of(&lake_table(quote!(
            struct Row {
                #[lake(decimal(9, 2))]
                price: Decimal,
            }
        ))),
        [""; 0]
    );
}

#[test]
fn a_column_of_lakeorms_own_is_refused_in_a_table_alone() {
    for (name, what) in [
        ("_ingest_id", "lakeorm stores in it the id of the write"),
        ("_Ingest_ID", "lakeorm stores in it the id of the write"),
        ("_lakeorm_row", "lakeorm numbers in it the rows of a merge"),
    ] {
        let own = name.to_lowercase();
        let expected = format!("the column `{own}` is reserved: {what}; give this field another column");
        assert_eq!(of_table(&quote!(rename = #name), &quote!(i64)), [expected]);
        let row = quote!(
            struct Row {
                #[lake(rename = #name)]
                id: i64,
            }
        );
        assert_eq!((messages_of(&lake_table(row.clone())), messages(row)), (vec![], vec![]));
    }
    let fields = |words: TokenStream| {
        messages_of(&lake_table(quote!(
            #[lake(table = "t")]
            struct Row {
                id: i64,
                #[lake(#words)]
                _ingest_id: Field,
            }
        )))
    };
    assert_eq!(fields(quote!(comment = "the write")).len(), 1);
    assert_eq!(fields(quote!(skip)), [""; 0]);
    assert_eq!(fields(quote!(flatten)), [""; 0]);
    // Two spellings of such a column are each refused for what it is.
    let both = messages_of(&lake_table(quote!(
        #[lake(table = "t")]
        struct Row {
            _ingest_id: String,
            #[lake(rename = "_INGEST_ID")]
            other: String,
        }
    )));
    assert!(both.len() == 2 && both.iter().all(|told| told.contains("is reserved")), "{both:?}");
}

/// One error for each, and none of a field without a column.
#[test]
fn two_spellings_of_one_column_are_told_apart_from_one_spelling_and_from_no_column() {
    let with = |words: TokenStream| {
        messages_of(&lake_table(quote!(
            #[lake(table = "t")]
            struct Row {
                id: i64,
                #[lake(#words)]
                ID: Field,
            }
        )))
    };
    let spelled = "column \"ID\" of a table is the same as \"id\" of the field `id`: engines compare names without case; \
                   give this one another name";
    assert_eq!(with(quote!(comment = "another")), [spelled]);
    let equal = "column \"id\" is already read by the field `id`; give this one another name";
    assert_eq!(with(quote!(rename = "id")), [equal]);
    for words in [quote!(skip), quote!(flatten), quote!(rename = "other")] {
        assert_eq!(with(words.clone()), [""; 0], "{words}");
    }
}

#[test]
fn a_key_is_no_option_and_no_stamp() {
    for (word, key) in [(quote!(primary_key), "primary_key"), (quote!(merge_key), "merge_key")] {
        let null = format!("a column of the `{key}` is never NULL: the field must not be an `Option`");
        assert_eq!(of_table(&word, &quote!(Option<Id>)), [null.as_str()]);
        assert_eq!(of_table(&quote!(#word, try_from = "i64"), &quote!(Option<Id>)), [null.as_str()]);
        assert_eq!(of_table(&quote!(#word, try_from = "Option<i64>"), &quote!(Id)), [null.as_str()]);
        for (stamp, at) in [(quote!(created_at), "created_at"), (quote!(updated_at), "updated_at")] {
            let found = of_table(&quote!(#stamp, #word), &quote!(DateTime<Utc>));
            let words = format!("`{key}` says which row it is, and `{at}` sets another time with each write");
            check_pair(&found, &words, key);
        }
    }
    assert_eq!(of_table(&quote!(comment = "none yet"), &quote!(Option<Id>)), [""; 0]);
    // A map may be a key that no merge compares.
    assert_eq!(of_table(&quote!(primary_key), &quote!(HashMap<i64, i64>)), [""; 0]);
    assert_eq!(of_table(&quote!(merge_key, try_from = "i64"), &quote!(HashMap<i64, i64>)), [""; 0]);
}

#[test]
fn a_stamp_is_one_on_one_field_that_holds_a_time() {
    let both = of_table(&quote!(created_at, updated_at), &quote!(DateTime<Utc>));
    assert_eq!(both, ["`created_at` and `updated_at` cannot be on one field: use two fields"]);
    for (stamp, at) in [(quote!(created_at), "created_at"), (quote!(updated_at), "updated_at")] {
        let two = messages_of(&lake_table(quote!(
            #[lake(table = "t")]
            struct Row {
                #[lake(#stamp)]
                a: DateTime<Utc>,
                #[lake(#stamp)]
                b: DateTime<Utc>,
                #[lake(#stamp)]
                c: DateTime<Utc>,
            }
        )));
        let twice = format!("`{at}` is given to two fields; remove one of them");
        assert_eq!(two, [twice.clone(), twice]);
        for (words, ty, known) in [
            (quote!(), quote!(i64), "`i64`"),
            (quote!(), quote!(Option<String>), "`String`"),
            (quote!(), quote!(Vec<u8>), "`[u8]`"),
            (quote!(), quote!(Vec<i64>), "a list"),
            (quote!(), quote!(HashMap<i64, Time>), "a map"),
            (quote!(), quote!((Time, Time)), "a tuple"),
            (quote!(json,), quote!(Time), "`json`"),
            (quote!(try_from = "i64",), quote!(Time), "`i64`"),
        ] {
            let found = of_table(&quote!(#words #stamp), &ty);
            let begin = format!("`{at}` sets the time of the write, and {known} holds no TIMESTAMP: ");
            assert!(found.len() == 1 && found[0].starts_with(&begin), "{found:?}");
        }
        for ty in [quote!(DateTime<Utc>), quote!(Option<Time>), quote!(Vec<Time>)] {
            assert_eq!(of_table(&stamp, &ty), [""; 0], "{ty}");
        }
    }
    let each = messages_of(&lake_table(quote!(
        #[lake(table = "t")]
        struct Row {
            #[lake(created_at)]
            a: DateTime<Utc>,
            #[lake(updated_at)]
            b: DateTime<Utc>,
        }
    )));
    assert_eq!(each, [""; 0]);
}

#[test]
fn the_name_of_a_table_has_parts_that_are_not_empty() {
    let named = |name: &str| {
        messages_of(&lake_table(quote!(
            #[lake(table = #name)]
            struct Row {
                id: i64,
            }
        )))
    };
    for name in ["t", "a.b", "a.b.c", "`a.b`.c", "`.a`", "a.`b`", "a-b.c d"] {
        assert_eq!(named(name), [""; 0], "{name}");
    }
    for name in [".", "a.", ".a", ".a.b", "a..b", "`a", "a.b`", "``", "a.``", "``.a", "`a.b"] {
        let found = named(name);
        assert!(
            found.len() == 1 && found[0].starts_with("`table` takes a name with dots"),
            "{name}: {found:?}"
        );
    }
}

#[test]
fn a_name_is_refused_that_is_quoted_in_part_or_has_a_space_at_a_dot() {
    let named = |name: &str| {
        messages_of(&lake_table(quote!(
            #[lake(table = #name)]
            struct Row {
                id: i64,
            }
        )))
    };
    for name in [" a.b ", "`a. b`", "```a`.b", "` a`.b"] {
        assert_eq!(named(name), [""; 0], "{name}");
    }
    for name in ["a. b", "a .b", "a`b`", "`a`b", "`a` .b"] {
        let found = named(name);
        assert!(
            found.len() == 1 && found[0].starts_with("`table` takes a name with dots"),
            "{name}: {found:?}"
        );
    }
}
