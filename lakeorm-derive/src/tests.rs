use quote::quote;

use crate::row::lake_row;
use crate::table::lake_table;
use crate::value::lake_value;

mod refused_layouts;
mod refused_rows;
mod refused_tables;
mod refused_values;

/// The messages of an expansion that went wrong.
fn messages(input: proc_macro2::TokenStream) -> Vec<String> {
    messages_of(&lake_row(input))
}

fn messages_of(output: &proc_macro2::TokenStream) -> Vec<String> {
    let output = output.to_string();
    let errors = output.split("compile_error ! { \"").skip(1);
    errors.map(|rest| rest.split("\" }").next().unwrap().replace("\\\"", "\"")).collect()
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let found = messages(quote! {
        #[lake(rename_al = "camelCase", rename = "x")]
        struct Row {
            #[lake(rename = 1)]
            a: i64,
            #[lake(skip, rename = "c")]
            b: i64,
            #[lake(skip, skip, default = "f")]
            c: i64,
        }
    });
    assert_eq!(
        found,
        [
            "unknown attribute of a struct `rename_al`; did you mean `rename_all`? Expected one of `rename_all`, `deny_unknown_columns`, `crate`, `table`, `partition_by`, `sort_by`, `comment`, `validate`",
            "`rename` belongs on a field, not on the struct",
            "`rename` takes a string: `rename = \"…\"`",
            "`skip` is given twice; remove one of them",
            "`default` takes the path of a function that gives the value, without quotes and without a call: `default = path::to::it`",
            "`rename` names a column, but `skip` reads none; remove one of them",
        ]
    );
}

#[test]
fn what_only_another_derive_reads_is_passed_over() {
    let row = quote! {
        #[lake(table = "orders", deny_unknown_columns)]
        struct Order {
            #[lake(merge_key, alias = "key", default)]
            id: i64,
        }
    };
    assert_eq!(messages(row.clone()), [""; 0]);
    assert_eq!(messages_of(&lake_table(row)), [""; 0]);
}

#[test]
fn what_a_struct_says_of_its_table_is_one_expression() {
    let output = lake_table(quote! {
        #[lake(table = "shop.orders", comment = "all of them", partition_by(region, day(placed), bucket(16, "ship_city")),
               sort_by(placed), rename_all = "camelCase")]
        struct Order {
            #[lake(primary_key, merge_key, comment = "its number")]
            order_id: i64,
            #[lake(sql_default = "'eu'")]
            region: String,
            placed: DateTime<Utc>,
            #[lake(created_at)]
            made: DateTime<Utc>,
            #[lake(updated_at)]
            changed: DateTime<Utc>,
            #[lake(flatten(prefix = "ship_"))]
            ship: Address,
        }
    });
    let output = output.to_string().replace(' ', "");
    let expected = r#"__lake::TableDefinition::of::<Self>("shop.orders")
        .comment("allofthem")
        .partition_by(__lake::Transform::Identity,"region")
        .partition_by(__lake::Transform::Day,"placed")
        .partition_by(__lake::Transform::Bucket(16u32),"ship_city")
        .sort_by("placed")
        .primary_key("orderId")
        .merge_key("orderId")
        .column_comment("orderId","itsnumber")
        .column_default("region","'eu'")
        .created_at("made")
        .updated_at("changed")"#;
    let expected: String = expected.split_whitespace().collect();
    assert!(output.contains(&expected), "{output}");
}

#[test]
fn only_a_row_that_says_nothing_of_its_tables_columns_may_be_flattened_into_that_of_a_table() {
    let is_flat =
        |row: proc_macro2::TokenStream| lake_table(row).to_string().contains("__lake :: FlatRow for Row");
    for row in [
        quote!(
            struct Row {
                id: i64,
            }
        ),
        quote!(
            #[lake(table = "t", comment = "its rows")]
            struct Row {
                #[lake(decimal(9, 2))]
                price: Decimal,
                #[lake(flatten)]
                inner: Inner,
            }
        ),
    ] {
        assert!(is_flat(row));
    }
    for words in [quote!(partition_by(id)), quote!(sort_by(id)), quote!(validate)] {
        assert!(!is_flat(quote!(
            #[lake(table = "t", #words)]
            struct Row {
                id: i64,
            }
        )));
    }
    for word in [
        quote!(primary_key),
        quote!(merge_key),
        quote!(created_at),
        quote!(updated_at),
        quote!(comment = "its key"),
        quote!(sql_default = "1"),
    ] {
        assert!(!is_flat(quote!(
            #[lake(table = "t")]
            struct Row {
                #[lake(#word)]
                id: Id,
            }
        )));
    }
}

#[test]
fn a_row_is_flattened_into_that_of_a_table_only_if_it_is_flat() {
    let asked = |words: proc_macro2::TokenStream| {
        let output = lake_table(quote! {
            #words
            struct Row {
                #[lake(flatten)]
                inner: Option<Inner>,
            }
        });
        let output = output.to_string().replace(' ', "");
        (output.contains("is_flat_row::<Option<Inner>>"), output.contains("is_written_row::<Option<Inner>>"))
    };
    assert_eq!(asked(quote!(#[lake(table = "t")])), (true, false));
    assert_eq!(asked(quote!()), (false, true));
}

#[test]
fn a_renamed_crate_is_the_only_crate_that_is_named() {
    let output = lake_row(quote! {
        #[lake(crate = crate::db::orm)]
        struct Row { id: i64 }
    });
    let output = output.to_string();
    assert!(output.contains("use crate :: db :: orm :: __private as __lake"), "{output}");
    assert!(!output.contains("lakeorm"), "{output}");
}

#[test]
fn the_crate_may_be_the_one_that_derives() {
    let output = lake_row(quote! {
        #[lake(crate = crate)]
        struct Row { id: i64 }
    });
    assert!(output.to_string().contains("use crate :: __private as __lake"), "{output}");
}

#[test]
fn the_crate_is_named_by_its_absolute_path_otherwise() {
    let output = lake_row(quote!(
        struct Row {
            id: i64,
        }
    ))
    .to_string();
    assert!(output.contains("use :: lakeorm :: __private as __lake"), "{output}");
}

#[test]
fn mistakes_keep_an_implementation_so_that_uses_of_the_row_are_no_errors() {
    let output = lake_row(quote!(
        enum Row {
            A,
        }
    ))
    .to_string();
    assert!(output.contains("LakeRow < '__b > for Row"), "{output}");
}

#[test]
fn a_type_called_cow_is_read_as_any_other() {
    let output = lake_row(quote! {
        struct Row<T: Herd> {
            one: Cow,
            of_a_parameter: T::Cow,
            list: Vec<Cow>,
            optional: Option<Cow>,
            with_an_argument: farm::Cow<i64>,
            #[lake(skip)]
            not_read: Cow,
        }
    });
    let output = output.to_string().replace(' ', "");
    assert!(output.contains("is_column::<farm::Cow<i64>>") && !output.contains("loop"), "{output}");
}

#[test]
fn nothing_stands_in_for_an_implementation_without_a_message() {
    for row in [
        quote!(
            struct Row {
                text: &str,
            }
        ),
        quote!(
            struct Row {
                texts: Option<Vec<&str>>,
            }
        ),
        quote!(
            struct Row {
                bytes: [u8],
                id: i64,
            }
        ),
        quote!(
            struct Row {
                text: str,
                id: i64,
            }
        ),
    ] {
        assert_eq!(messages(row.clone()).len(), 1, "{row}");
    }
}

#[test]
fn a_borrow_from_a_cow_is_one_from_the_batch() {
    let row = quote! {
        struct Row<'a> {
            shared: std::borrow::Cow<'a, str>,
            forever: Option<Cow<'static, str>>,
        }
    };
    assert!(messages(row)[0].contains("does not live for `'static`"));
}

/// The tokens as a macro by example passes them on that was given them as an expression.
fn grouped(tokens: proc_macro2::TokenStream) -> proc_macro2::TokenTree {
    proc_macro2::Group::new(proc_macro2::Delimiter::None, tokens).into()
}

#[test]
fn a_type_from_a_macro_by_example_is_known_by_its_name() {
    let (row, text, borrowed) = (grouped(quote!(Row)), grouped(quote!(str)), grouped(quote!(&'static str)));
    for (ty, words) in
        [(row, "cannot contain itself"), (text, "has no size"), (borrowed, "does not live for `'static`")]
    {
        let found = messages(quote! { struct Row { x: #ty } });
        assert!(found.len() == 1 && found[0].contains(words), "{found:?}");
    }
}

#[test]
fn columns_that_differ_in_case_alone_are_one_column_of_a_table() {
    let two = |table: proc_macro2::TokenStream| {
        messages_of(&lake_table(quote! {
            #table
            struct Order {
                id: i64,
                #[lake(rename = "Id")]
                other: i64,
            }
        }))
    };
    assert_eq!(
        two(quote!(#[lake(table = "orders")])),
        [
            "column \"Id\" of a table is the same as \"id\" of the field `id`: engines compare names without case; give \
          this one another name"
        ]
    );
    assert_eq!(two(quote!()), [""; 0]);
}

/// The messages about one field of a table.
fn messages_of_field(words: &proc_macro2::TokenStream, ty: &proc_macro2::TokenStream) -> Vec<String> {
    messages_of(&lake_table(quote! {
        #[lake(table = "t")]
        struct Row {
            #[lake(#words)]
            field: #ty,
        }
    }))
}

#[test]
fn digits_are_refused_where_no_type_in_the_field_may_be_a_decimal() {
    for (ty, named) in [
        (quote!(Option<i64>), "i64"),
        (quote!(Vec<Box<f64>>), "f64"),
        (quote!(std::collections::HashMap<String, (bool, i32)>), "String"),
        (quote!([Cow<'a, str>; 2]), "str"),
    ] {
        let found = messages_of_field(&quote!(decimal(9, 2)), &ty);
        let told = format!("`decimal` sets the digits of a DECIMAL, and `{named}` is none: remove it");
        assert!(found.len() == 1 && found[0].starts_with(&told), "{found:?}");
    }
    for ty in [
        quote!(Option<Decimal>),
        quote!(Price),
        quote!(HashMap<String, Decimal>),
        quote!(Vec<(i64, Price)>),
        quote!(Wrapped<i64>),
    ] {
        assert_eq!(messages_of_field(&quote!(decimal(9, 2)), &ty), [""; 0]);
    }
}

#[test]
fn a_key_is_neither_a_map_nor_null_behind_a_pointer() {
    let (map, null) = ("engines compare no MAP", "is never NULL");
    for (ty, words) in [
        (quote!(BTreeMap<i64, i64>), map),
        (quote!(Vec<(i64, String)>), map),
        (quote!((i64, HashMap<i64, i64>)), map),
        (quote!(Arc<Option<i64>>), null),
    ] {
        let found = messages_of_field(&quote!(merge_key), &ty);
        assert!(found.len() == 1 && found[0].contains(words), "{found:?}");
    }
    for ty in [quote!(f64), quote!(Vec<i64>), quote!((i64, String)), quote!(Vec<(i64, i64, i64)>)] {
        assert_eq!(messages_of_field(&quote!(merge_key), &ty), [""; 0]);
    }
}

#[test]
fn a_layout_may_come_from_a_macro_by_example() {
    let (day, count, customer) = (grouped(quote!(day)), grouped(quote!(16)), grouped(quote!("customer")));
    let (whole, region) = (grouped(quote!(truncate(4, #customer))), grouped(quote!(region)));
    let output = lake_table(quote! {
        #[lake(table = "t", partition_by(#region, #day(placed), bucket(#count, customer), #whole), sort_by(#region))]
        struct Order {
            region: String,
            customer: String,
            placed: DateTime<Utc>,
        }
    });
    assert_eq!(messages_of(&output), [""; 0]);
    let output = output.to_string().replace(' ', "");
    let expected = r#"of::<Self>("t")
        .partition_by(__lake::Transform::Identity,"region")
        .partition_by(__lake::Transform::Day,"placed")
        .partition_by(__lake::Transform::Bucket(16u32),"customer")
        .partition_by(__lake::Transform::Truncate(4u32),"customer")
        .sort_by("region")"#;
    let expected: String = expected.split_whitespace().collect();
    assert!(output.contains(&expected), "{output}");
}

#[test]
fn attributes_of_what_other_holds_are_refused_where_they_stand() {
    let output = lake_value(quote! {
        enum Status {
            Open,
            #[lake(other)]
            Other(#[lake(json)] Settings),
        }
    });
    assert_eq!(
        messages_of(&output),
        ["what `other` holds takes no attributes: it is made of the value with `From`, and bound as it is"]
    );
}

#[test]
fn a_constant_is_a_parameter_of_the_types_that_it_is_in() {
    let row = quote! {
        struct Row<'a, const N: usize> {
            vector: [f32; N],
            text: &'a str,
        }
    };
    let value = quote! {
        struct Vector<const N: usize>([f32; N]);
    };
    for output in [lake_row(row.clone()), lake_table(row), lake_value(value)] {
        let output = output.to_string();
        assert!(!output.contains("column :: < [f32 ; N] > ()"), "{output}");
    }
}

#[test]
fn lifetimes_keep_their_bounds_where_their_types_are_asked() {
    let row = quote! {
        struct Row<'a, 'b: 'a, 'c> where 'c: 'b {
            text: Text<'a, 'b, 'c>,
        }
    };
    for output in [lake_row(row.clone()), lake_table(row)] {
        let output = output.to_string().replace(' ', "");
        let asking = "fn__columns<'a,'b:'a,'c,'__b:'a+'b+'c+>()where'c:'b,{";
        assert!(output.contains(asking), "{output}");
    }
}

#[test]
fn a_mistake_in_an_enum_is_one_error_whatever_its_variants_are() {
    let enumeration = quote! {
        enum Role { Reader, Readers, Encoder, Encoders(i64) }
    };
    for output in [lake_row(enumeration.clone()), lake_table(enumeration.clone()), lake_value(enumeration)] {
        assert_eq!(messages_of(&output).len(), 1);
        // `Self::Reader` would be the variant or the associated type.
        let output = output.to_string();
        assert!(!output.contains("Self ::"), "{output}");
    }
}

#[test]
fn bounds_that_differ_in_a_lifetime_alone_are_left_out() {
    let row = |fields: proc_macro2::TokenStream| {
        quote! {
            #[lake(table = "t")]
            struct Row<'a, T> { list: Vec<T>, text: &'a str, #fields }
        }
    };
    let bounds = |output: proc_macro2::TokenStream| {
        let output = output.to_string().replace(' ', "");
        [output.contains("Vec<T>:__lake::"), output.contains("&'astr:__lake::")]
    };
    for (other, is_bound) in [
        (quote!(more: &'a str), true),
        (quote!(kind: &'static str), false),
        (quote!(#[lake(with = word)] kind: bool), false),
        (quote!(#[lake(flatten)] kind: Kind<'static>), false),
    ] {
        assert_eq!(bounds(lake_table(row(other))), [true, is_bound]);
    }
    assert_eq!(bounds(lake_row(row(quote!(more: &'a str)))), [true, true]);
    assert_eq!(bounds(lake_row(row(quote!(kind: Kind<'static>)))), [true, false]);
}

#[test]
fn what_is_no_item_is_an_error_and_not_a_panic() {
    assert_eq!(
        messages(quote!(
            fn f() {}
        ))
        .len(),
        1
    );
}

#[test]
fn expanded_code_stays_short() {
    let output = lake_row(quote! {
        struct Row { a: i64, b: String, c: Option<f64> }
    });
    // What a compiler reads grows with it: 50 structs of 10 fields have to compile as fast as serde's.
    let length = output.to_string().len();
    assert!(length < 4400, "{length}");
}

/// Compares an expansion with the file of that name. `LAKEORM_UPDATE_SNAPSHOTS=1` writes the file.
fn snapshot(name: &str, output: proc_macro2::TokenStream) {
    let printed = prettyplease::unparse(&syn::parse2(output).unwrap());
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/snapshots").join(name);
    if std::env::var_os("LAKEORM_UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &printed).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        printed,
        "{name}: LAKEORM_UPDATE_SNAPSHOTS=1 writes it anew"
    );
}

#[test]
fn a_row_expands_to_code_that_a_person_can_read() {
    snapshot(
        "row.txt",
        lake_row(quote! {
            #[lake(rename_all = "camelCase", deny_unknown_columns)]
            struct Order<'a, T> {
                id: i64,
                placed_by: &'a str,
                #[lake(default = no_lines, alias = "items")]
                lines: Vec<Line<T>>,
                #[lake(flatten(prefix = "ship_"))]
                ship_to: Option<Address>,
                #[lake(try_from = "i64")]
                priority: Option<Priority>,
                #[lake(with = seconds)]
                waited: Duration,
                #[lake(json)]
                note: Note,
                #[lake(skip)]
                seen: bool,
            }
        }),
    );
}

#[test]
fn a_row_that_is_written_expands_to_code_that_a_person_can_read() {
    snapshot(
        "table.txt",
        lake_table(quote! {
            #[lake(rename_all = "camelCase", deny_unknown_columns)]
            struct Order<'a, T> {
                placed_by: &'a str,
                #[lake(default = no_lines, alias = "items")]
                lines: Vec<Line<T>>,
                #[lake(decimal(18, 2))]
                amount: Option<Decimal>,
                #[lake(flatten(prefix = "ship_"))]
                ship_to: Option<Address>,
                #[lake(try_from = "i64")]
                priority: Option<Priority>,
                #[lake(with = seconds)]
                waited: Duration,
                #[lake(json)]
                note: Note,
                #[lake(skip)]
                seen: bool,
            }
        }),
    );
}

#[test]
fn a_value_expands_to_code_that_a_person_can_read() {
    snapshot(
        "value.txt",
        lake_value(quote! {
            #[lake(rename_all = "snake_case")]
            enum Status {
                Open,
                #[lake(rename = "done")]
                Closed,
                #[lake(other)]
                Other(String),
            }
        }),
    );
    snapshot(
        "integer_value.txt",
        lake_value(quote! {
            #[lake(integer)]
            enum Level {
                Low = 1,
                High,
            }
        }),
    );
}
