//! Words of a row that are written wrongly or contradict each other: each is an error of its own, and nothing else is.

use proc_macro2::TokenStream;
use quote::quote;

use super::{messages, messages_of};
use crate::table::lake_table;

/// The messages about a field with these words, beside another one.
fn of_row(words: &TokenStream, ty: &TokenStream) -> Vec<String> {
    messages(quote! {
        struct Row<'a> {
            id: &'a str,
            #[lake(#words)]
            field: #ty,
        }
    })
}

/// The same in the row of a table.
pub(super) fn of_table(words: &TokenStream, ty: &TokenStream) -> Vec<String> {
    messages_of(&lake_table(quote! {
        #[lake(table = "t")]
        struct Row {
            id: i64,
            #[lake(#words)]
            field: #ty,
        }
    }))
}

/// The one word is refused beside the other, with the words of the message before `; remove one of them`.
pub(super) fn check_pair(found: &[String], expected: &str, case: &str) {
    assert_eq!(found, [format!("{expected}; remove one of them")], "{case}");
}

#[test]
fn a_value_that_its_word_does_not_take_is_refused_with_the_form_that_it_does() {
    const EMPTY: &str = "`rename` must not be empty";
    const STRING: &str = "`rename` takes a string: `rename = \"…\"`";
    const PATH: &str = "`with` takes a path without quotes: `with = path::to::it`";
    const TYPE: &str = "`try_from` takes the type to read the column as, in quotes: `try_from = \"i64\"`";
    const FLATTEN: &str = "`flatten` is written `flatten` or `flatten(prefix = \"…\")`";
    const DEFAULT: &str = "`default` takes the path of a function that gives the value, without quotes and without a \
                           call: `default = path::to::it`";
    for (words, expected) in [
        (quote!(rename = ""), EMPTY),
        (quote!(rename = 1), STRING),
        (quote!(rename), STRING),
        (quote!(with = "seconds"), PATH),
        (quote!(with = <Seconds as Read>::it), PATH),
        (quote!(with), PATH),
        (quote!(try_from = i64), TYPE),
        (quote!(try_from = "i64,"), TYPE),
        (quote!(try_from), TYPE),
        (quote!(flatten = "ship_"), FLATTEN),
        (quote!(flatten("ship_")), FLATTEN),
        (quote!(flatten(suffix = "ship_")), FLATTEN),
        (quote!(flatten(prefix = "")), "`prefix` must not be empty"),
        (quote!(default = "one"), DEFAULT),
        (quote!(default = one()), DEFAULT),
        (quote!(default(one)), DEFAULT),
        (quote!(skip = true), "`skip` takes no value"),
        (quote!(json(always)), "`json` takes no value"),
        (quote!(prefix = "ship_"), "`prefix` is written `flatten(prefix = \"…\")` here"),
        (quote!(deserialize_with = "f"), "`deserialize_with` is written `with = path::to::module` here"),
        (quote!(skip_deserializing), "`skip_deserializing` is written `skip` here"),
        (quote!(from = "i64"), "`from` is written `try_from = \"…\"` here"),
    ] {
        assert_eq!(of_row(&words, &quote!(Field)), [expected], "{words}");
    }
    for (words, expected) in [
        (quote!(crate = "lakeorm"), "`crate` takes a path without quotes: `crate = path::to::it`"),
        (
            quote!(deny_unknown_fields),
            "a result has columns: `deny_unknown_fields` is `deny_unknown_columns` here",
        ),
        (quote!(deny_unknown_columns = true), "`deny_unknown_columns` takes no value"),
        (
            quote!(rename_all = "camel_case"),
            "unknown case `camel_case`; did you mean `camelCase`? Expected one of `lowercase`, `UPPERCASE`, \
             `PascalCase`, `camelCase`, `snake_case`, `SCREAMING_SNAKE_CASE`, `kebab-case`, `SCREAMING-KEBAB-CASE`",
        ),
    ] {
        let found = messages(quote!(
            #[lake(#words)]
            struct Row {
                id: i64,
            }
        ));
        assert_eq!(found, [expected], "{words}");
    }
}

#[test]
fn a_decimal_has_38_digits_at_most_and_no_more_behind_the_point_than_it_has() {
    for words in
        [quote!(decimal(38, 38)), quote!(decimal(38, 0)), quote!(decimal(1, 1)), quote!(decimal(1, 0))]
    {
        assert_eq!(of_table(&words, &quote!(Decimal)), [""; 0], "{words}");
    }
    for words in [
        quote!(decimal),
        quote!(decimal = 9),
        quote!(decimal(9)),
        quote!(decimal(9, 2, 1)),
        quote!(decimal("9", "2")),
        quote!(decimal(0, 0)),
        quote!(decimal(39, 2)),
        quote!(decimal(9, 10)),
        quote!(decimal(9, 256)),
    ] {
        let expected = "`decimal` takes all digits, 1 to 38, and those after the point, at most as many: `decimal(18, 2)`";
        assert_eq!(of_table(&words, &quote!(Decimal)), [expected], "{words}");
    }
}

#[test]
fn what_names_or_converts_a_column_is_refused_beside_skip_and_flatten() {
    for (word, key, verb) in [
        (quote!(rename = "a"), "rename", "names"),
        (quote!(alias = "a"), "alias", "names"),
        (quote!(json), "json", "converts"),
        (quote!(try_from = "i64"), "try_from", "converts"),
        (quote!(with = seconds), "with", "converts"),
    ] {
        let skip_verb = if verb == "names" { "names" } else { "reads" };
        let found = of_row(&quote!(skip, #word), &quote!(Field));
        check_pair(&found, &format!("`{key}` {skip_verb} a column, but `skip` reads none"), key);
        let found = of_row(&quote!(flatten, #word), &quote!(Field));
        check_pair(&found, &format!("`{key}` {verb} one column, but `flatten` reads several"), key);
    }
    let found = of_row(&quote!(skip, flatten), &quote!(Field));
    check_pair(&found, "`flatten` reads a column, but `skip` reads none", "flatten");
    // Nothing more is said of what is skipped.
    assert_eq!(of_row(&quote!(skip, flatten), &quote!((i64, i64))), found);
    let found = of_row(&quote!(skip, flatten, rename = "a", default), &quote!(Field));
    assert!(found.len() == 2 && found.iter().all(|told| told.contains("but `skip` reads none")), "{found:?}");
    for default in [quote!(default), quote!(default = one)] {
        let found = of_row(&quote!(flatten, #default), &quote!(Field));
        assert!(
            found.len() == 1 && found[0].starts_with("`default` is about one missing column"),
            "{found:?}"
        );
        assert_eq!(of_row(&quote!(skip, #default), &quote!(Field)), [""; 0]);
    }
}

#[test]
fn a_column_is_converted_in_one_way() {
    for (words, second, first) in [
        (quote!(json, try_from = "i64"), "try_from", "json"),
        (quote!(with = seconds, json), "with", "json"),
        (quote!(with = seconds, try_from = "i64"), "with", "try_from"),
    ] {
        let found = of_row(&words, &quote!(Field));
        check_pair(&found, &format!("`{second}` and `{first}` both say how to read the column"), second);
    }
}

#[test]
fn a_tuple_is_not_flattened_in_an_option_either() {
    for ty in [quote!((i64, i64)), quote!(Option<(i64, i64)>), quote!(Option<Option<(i64,)>>)] {
        let found = of_row(&quote!(flatten), &ty);
        assert!(found.len() == 1 && found[0].starts_with("a tuple cannot be flattened"), "{ty}: {found:?}");
    }
    assert_eq!(of_row(&quote!(with = pair), &quote!((i64, i64))), [""; 0]);
}

#[test]
fn a_row_is_refused_in_itself_where_its_column_would_be() {
    let own = |words: TokenStream, ty: TokenStream| messages(quote!(struct Row { id: i64, #words row: #ty }));
    for ty in [
        quote!(Row),
        quote!(Option<Row>),
        quote!(Vec<Row>),
        quote!(Box<Row>),
        quote!(Rc<Row>),
        quote!(Arc<Option<Row>>),
    ] {
        let found = own(quote!(), ty.clone());
        assert!(found.len() == 1 && found[0].starts_with("a row cannot contain itself"), "{ty}: {found:?}");
        for words in [quote!(skip), quote!(json), quote!(try_from = "i64"), quote!(with = keys)] {
            assert_eq!(own(quote!(#[lake(#words)]), ty.clone()), [""; 0], "{words} {ty}");
        }
    }
    assert_eq!(own(quote!(), quote!(Link<Row>)), [""; 0]);
}

#[test]
fn a_borrow_is_looked_at_as_far_as_it_is_one_from_the_batch() {
    const WITHOUT: &str = "a borrow needs a lifetime";
    const STATIC: &str = "a row borrows from its batch";
    for (words, ty, expected) in [
        (quote!(), quote!(&str), Some(WITHOUT)),
        (quote!(), quote!(Vec<&str>), Some(WITHOUT)),
        // Such a type is no type, whoever fills the field.
        (quote!(skip), quote!(&str), Some(WITHOUT)),
        (quote!(), quote!(&'static str), Some(STATIC)),
        (quote!(), quote!(Option<&'static str>), Some(STATIC)),
        (quote!(), quote!(Cow<'static, str>), Some(STATIC)),
        (quote!(), quote!(&'a str), None),
        (quote!(), quote!(Cow<'a, str>), None),
        (quote!(), quote!(Wrapped<&'static str>), None),
        (quote!(skip), quote!(&'static str), None),
        (quote!(with = word), quote!(&'static str), None),
        (quote!(try_from = "String"), quote!(&'static str), None),
        (quote!(json), quote!(&'static str), None),
    ] {
        let found = of_row(&words, &ty);
        assert_eq!(found.len(), usize::from(expected.is_some()), "{words} {ty}: {found:?}");
        assert!(expected.is_none_or(|expected| found[0].starts_with(expected)), "{words} {ty}: {found:?}");
    }
    assert_eq!(of_table(&quote!(comment = "fixed"), &quote!(&'static str)), [""; 0]);
}

#[test]
fn two_fields_or_names_of_one_column_are_refused_unless_they_have_none() {
    let second = |words: TokenStream| {
        messages(quote!(
            struct Row {
                id: i64,
                #[lake(#words)]
                other: Other,
            }
        ))
    };
    let taken = "column \"id\" is already read by the field `id`; give this one another name";
    for words in [quote!(rename = "id"), quote!(alias = "id"), quote!(alias = "b", alias = "id")] {
        assert_eq!(second(words.clone()), [taken], "{words}");
    }
    let anyway = "column \"other\" is what `other` is read from anyway; remove this `alias`";
    assert_eq!(second(quote!(alias = "other")), [anyway]);
    assert_eq!(second(quote!(rename = "a", alias = "other", alias = "Id")), [""; 0]);
    let without = messages(quote!(
        #[lake(rename_all = "lowercase")]
        struct Row {
            id: i64,
            #[lake(skip)]
            r#id: i64,
            #[lake(flatten)]
            r#id: Inner,
        }
    ));
    assert_eq!(without, [""; 0]);
}

#[test]
fn a_row_has_a_field_with_a_column_or_the_columns_of_another_row() {
    let of = |words: TokenStream| {
        [false, true].map(|is_table| {
            let row = quote!(
                struct Row {
                    #[lake(#words)]
                    field: Field,
                }
            );
            if is_table { messages_of(&lake_table(row)) } else { messages(row) }
        })
    };
    let expected = |name: &str| {
        vec![format!("{name} needs at least one field that has a column: a row needs at least one column")]
    };
    assert_eq!(of(quote!(skip)), [expected("LakeRow"), expected("LakeTable")]);
    assert_eq!(of(quote!(flatten)), [vec![], vec![]] as [Vec<String>; 2]);
}

/// The compiler shows what two derives say in the same words once.
#[test]
fn two_derives_of_one_struct_refuse_a_word_in_the_same_words() {
    for (row, expected) in [
        (
            quote!(
                #[lake(tabel = "orders")]
                struct Order {
                    id: i64,
                }
            ),
            "unknown attribute of a struct `tabel`; did you mean `table`? Expected one of `rename_all`, \
             `deny_unknown_columns`, `crate`, `table`, `partition_by`, `sort_by`, `comment`, `validate`",
        ),
        (
            quote!(
                struct Order {
                    #[lake(table = "orders")]
                    id: i64,
                }
            ),
            "`table` belongs on the struct, not on a field",
        ),
        (
            quote!(
                #[lake(merge_key)]
                struct Order {
                    id: i64,
                }
            ),
            "`merge_key` belongs on a field, not on the struct",
        ),
        (
            quote!(
                #[lake(alias = "orders")]
                struct Order {
                    id: i64,
                }
            ),
            "`alias` belongs on a field, not on the struct",
        ),
    ] {
        assert_eq!(messages(row.clone()), [expected]);
        assert_eq!(messages_of(&lake_table(row)), [expected]);
    }
}
