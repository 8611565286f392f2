//! The same of the words about a table's layout.

use proc_macro2::TokenStream;
use quote::quote;

use super::messages_of;
use crate::table::lake_table;

/// What is told of a field that it does not have.
const FIELDS: &str = "expected one of `region`, `customer`, `placed`, `when`, `settings`, `lines`, `pair`, `by_name`, \
                      `flag`, `single`, `double`, `byte`, `short`, `int`, `bytes`, `other`";

/// The messages about these words of a table's struct.
fn of_layout(words: &TokenStream) -> Vec<String> {
    messages_of(&lake_table(quote! {
        #[lake(table = "t", #words)]
        struct Row {
            region: String,
            customer: i64,
            placed: DateTime<Utc>,
            when: DateTime<Utc>,
            #[lake(rename = "ofJson", json)]
            settings: Settings,
            lines: Vec<i64>,
            pair: (i64, i64, i64),
            by_name: HashMap<String, i64>,
            flag: bool,
            single: f32,
            double: f64,
            byte: i8,
            short: Option<i16>,
            int: i32,
            bytes: Vec<u8>,
            other: Other,
            #[lake(skip)]
            skipped: i64,
        }
    }))
}

#[test]
fn a_partition_has_one_of_its_forms() {
    const FORM: &str = "`partition_by` takes fields, or a transform of one: `partition_by(region, day(placed), \
                        bucket(16, customer))`";
    const NUMBER: &str = "expected a number from 1 to 2147483647";
    let of = |partition: TokenStream| of_layout(&quote!(partition_by(#partition)));
    for words in [
        quote!(partition_by),
        quote!(partition_by = "region"),
        quote!(partition_by()),
        quote!(partition_by(=)),
    ] {
        assert_eq!(of_layout(&words), [FORM], "{words}");
    }
    for partition in [
        quote!(1),
        quote!(self::region),
        quote!(region.day()),
        quote!((day)(placed)),
        quote!(day(1)),
        quote!(day(day(placed))),
        quote!(bucket(16, 16)),
    ] {
        assert_eq!(of(partition.clone()), [FORM], "{partition}");
    }
    for transform in ["identity", "year", "month", "day", "hour"] {
        let name = quote::format_ident!("{transform}");
        let expected = format!("`{transform}` takes one field");
        assert_eq!(of(quote!(#name())), [expected.as_str()]);
        assert_eq!(of(quote!(#name(placed, when))), [expected.as_str()]);
        assert_eq!(of(quote!(#name(16, placed))), [expected.as_str()]);
        assert_eq!(of(quote!(#name(placed))), [""; 0]);
    }
    for transform in ["bucket", "truncate"] {
        let name = quote::format_ident!("{transform}");
        let expected = format!("`{transform}` takes a number and a field: `{transform}(16, id)`");
        assert_eq!(of(quote!(#name())), [expected.as_str()]);
        assert_eq!(of(quote!(#name(customer))), [expected.as_str()]);
        assert_eq!(of(quote!(#name(16, customer, region))), [expected.as_str()]);
        for count in
            [quote!(0), quote!(2147483648), quote!(5000000000), quote!("16"), quote!(-1), quote!(COUNT)]
        {
            assert_eq!(of(quote!(#name(#count, customer))), [NUMBER], "{count}");
        }
        assert_eq!(of(quote!(#name(1, customer))), [""; 0]);
        assert_eq!(of(quote!(#name(2147483647, customer))), [""; 0]);
    }
    let unknown = "unknown transform of a partition `days`; did you mean `day`? Expected one of `identity`, `year`, \
                   `month`, `day`, `hour`, `bucket`, `truncate`";
    assert_eq!(of(quote!(days(placed))), [unknown]);
    // Each mistake, and what is wrong with the right entries.
    assert_eq!(
        of(quote!(1, bucket(0, customer), nothing)),
        [FORM, NUMBER, &format!("unknown field `nothing`; {FIELDS}")]
    );
}

#[test]
fn an_order_has_the_form_of_a_list_of_fields() {
    const FORM: &str = "`sort_by` takes fields: `sort_by(customer, placed)`";
    for words in [
        quote!(sort_by),
        quote!(sort_by = "region"),
        quote!(sort_by()),
        quote!(sort_by(1)),
        quote!(sort_by(day(placed))),
        quote!(sort_by(self::region, region)),
    ] {
        assert_eq!(of_layout(&words), [FORM], "{words}");
    }
    let nothing = format!("unknown field `nothing`; {FIELDS}");
    assert_eq!(of_layout(&quote!(sort_by(1, nothing))), [FORM, &nothing]);
}

#[test]
fn a_layout_names_columns_that_are_there() {
    let skipped = "the field `skipped` has no column of its own: name one in quotes";
    let columns = FIELDS.replace("settings", "ofJson");
    let near = FIELDS.replacen('e', "E", 1);
    for (name, expected) in [
        (quote!(nothing), Some(format!("unknown field `nothing`; {FIELDS}"))),
        (quote!(regoin), Some(format!("unknown field `regoin`; did you mean `region`? {near}"))),
        (quote!(ofJson), Some(format!("unknown field `ofJson`; {FIELDS}"))),
        (quote!("settings"), Some(format!("unknown column `settings`; {columns}"))),
        (
            quote!("Region"),
            Some(format!(
                "unknown column `Region`; did you mean `region`? {}",
                near.replace("settings", "ofJson")
            )),
        ),
        (quote!(skipped), Some(skipped.to_owned())),
        (quote!("skipped"), Some(format!("unknown column `skipped`; {columns}"))),
        (quote!(settings), None),
        (quote!("ofJson"), None),
    ] {
        let expected: Vec<String> = expected.into_iter().collect();
        assert_eq!(of_layout(&quote!(partition_by(#name))), expected, "{name}");
        assert_eq!(of_layout(&quote!(partition_by(bucket(2, #name)))), expected, "{name}");
        assert_eq!(of_layout(&quote!(sort_by(#name))), expected, "{name}");
    }
    let flattened = |name: TokenStream| {
        messages_of(&lake_table(quote!(
            #[lake(table = "t", sort_by(#name))]
            struct Row {
                id: i64,
                #[lake(flatten)]
                place: Place,
            }
        )))
    };
    assert_eq!(flattened(quote!(place)), ["the field `place` has no column of its own: name one in quotes"]);
    let city = "unknown field `city`; expected one of `id`; a flattened row's columns stand in quotes";
    assert_eq!(flattened(quote!(city)), [city]);
    assert_eq!(flattened(quote!("city")), [""; 0]);
    let without_columns = lake_table(quote!(
        #[lake(table = "t", sort_by(city))]
        struct Row {
            #[lake(flatten)]
            place: Place,
        }
    ));
    let city = "the struct has no field `city`; a flattened row's columns stand in quotes";
    assert_eq!(messages_of(&without_columns), [city]);
}

#[test]
fn a_column_is_once_in_an_order_and_once_of_each_kind_in_partitions() {
    let partitioned = "`partition_by` lists this column twice; remove one of them";
    for (partitions, is_refused) in [
        (quote!(region, region), true),
        (quote!(region, "region"), true),
        (quote!(identity(region), region), true),
        (quote!(day(placed), hour(placed)), true),
        (quote!(year(placed), month(placed)), true),
        (quote!(bucket(2, customer), bucket(4, customer)), true),
        (quote!(truncate(2, customer), truncate(4, customer)), true),
        (quote!(day(placed), day(when)), false),
        (quote!(placed, day(placed), bucket(2, placed)), false),
        (quote!(customer, bucket(2, customer), truncate(2, customer)), false),
    ] {
        let expected: Vec<&str> = is_refused.then_some(partitioned).into_iter().collect();
        assert_eq!(of_layout(&quote!(partition_by(#partitions))), expected, "{partitions}");
    }
    let sorted = "`sort_by` names this column twice; remove one of them";
    assert_eq!(of_layout(&quote!(sort_by(region, customer, region))), [sorted]);
    assert_eq!(of_layout(&quote!(sort_by(settings, "ofJson"))), [sorted]);
    assert_eq!(of_layout(&quote!(sort_by(region, customer), partition_by(region))), [""; 0]);
}

#[test]
fn partitions_and_orders_are_of_values_that_they_apply_to() {
    let nested = "a table is partitioned by single values, and the field is";
    let time = "the transform applies to a date or a timestamp, and the field is";
    let bucket = "`bucket` applies to integers of 32 and 64 bits, strings, binary, decimals, dates and timestamps, and \
                  the field is";
    let truncate =
        "`truncate` applies to integers of 32 and 64 bits, strings, binary and decimals, and the field is";
    let remedy = "partition by another column, or change the field's type";
    for (field, known) in [("lines", "a list"), ("pair", "a tuple"), ("by_name", "a map")] {
        let name = quote::format_ident!("{field}");
        for part in [quote!(#name), quote!(day(#name)), quote!(bucket(2, #name)), quote!(truncate(2, #name))]
        {
            let expected = format!("{nested} {known}: {remedy}");
            assert_eq!(of_layout(&quote!(partition_by(#part))), [expected], "{part}");
        }
        let sorted = format!(
            "rows are sorted by single values, and the field is {known}: sort by another column, or change the field's type"
        );
        assert_eq!(of_layout(&quote!(sort_by(#name))), [sorted]);
    }
    for (field, known, is_refused) in [
        ("region", "String", false),
        ("customer", "i64", false),
        ("int", "i32", false),
        ("bytes", "[u8]", false),
        ("settings", "json", false),
        ("flag", "bool", true),
        ("single", "f32", true),
        ("double", "f64", true),
        ("byte", "i8", true),
        ("short", "i16", true),
    ] {
        let name = quote::format_ident!("{field}");
        for transform in ["year", "month", "day", "hour"] {
            let transform = quote::format_ident!("{transform}");
            let found = of_layout(&quote!(partition_by(#transform(#name))));
            assert_eq!(found, [format!("{time} `{known}`: {remedy}")], "{field}");
        }
        let refused = |what: &str| is_refused.then(|| format!("{what} `{known}`: {remedy}"));
        let expected: Vec<String> = refused(bucket).into_iter().collect();
        assert_eq!(of_layout(&quote!(partition_by(bucket(2, #name)))), expected, "{field}");
        let expected: Vec<String> = refused(truncate).into_iter().collect();
        assert_eq!(of_layout(&quote!(partition_by(truncate(2, #name)))), expected, "{field}");
        assert_eq!(of_layout(&quote!(partition_by(#name), sort_by(#name))), [""; 0], "{field}");
    }
    for part in [quote!(other), quote!(day(other)), quote!(bucket(2, other)), quote!(truncate(2, other))] {
        assert_eq!(of_layout(&quote!(partition_by(#part), sort_by(other))), [""; 0], "{part}");
    }
}
