//! The rules of a row that is written, and of its table, beyond those of a row.

use proc_macro2::Span;

use super::layout;
use crate::attrs::Named;
use crate::ctxt::Ctxt;
use crate::near::unknown;
use crate::row::ast::{Container, Field};
use crate::ty::{holds_map, holds_null, only_plain, option_of, unraw};

/// The columns that belong to lakeorm, and what it has in them.
const OWN_COLUMNS: [(&str, &str); 2] = [
    ("_ingest_id", "lakeorm stores in it the id of the write"),
    ("_lakeorm_row", "lakeorm numbers in it the rows of a merge"),
];

/// Reports every broken rule.
pub(super) fn check(container: &Container<'_>, ctxt: &mut Ctxt) {
    for field in &container.fields {
        decimal_has_a_column(field, ctxt);
        leaves_the_own_columns(container, field, ctxt);
        of_a_table_has_a_column(field, ctxt);
        key_is_never_null(field, ctxt);
        key_is_compared(field, ctxt);
        stamp_says_one_thing(field, ctxt);
        layout::stamp_is_an_instant(field, ctxt);
    }
    columns_differ_in_more_than_case(container, ctxt);
    names_a_table(container, ctxt);
    table_name_has_parts(container, ctxt);
    one_column_is_stamped(container, ctxt);
    columns_of_the_layout_are_there(container, ctxt);
    layout::check(container, ctxt);
}

fn decimal_has_a_column(field: &Field<'_>, ctxt: &mut Ctxt) {
    let Some(decimal) = &field.attrs.decimal else { return };
    let attrs = &field.attrs;
    let others = [
        ("skip", attrs.skip.is_some()),
        ("flatten", attrs.flatten.is_some()),
        ("json", attrs.json.is_some()),
        ("created_at", attrs.table.created_at.is_some()),
        ("updated_at", attrs.table.updated_at.is_some()),
    ];
    if let Some((other, _)) = others.into_iter().find(|(_, given)| *given) {
        ctxt.error(
            decimal.span,
            format!("`decimal` is about one column of numbers, and `{other}` has none; remove one of them"),
        );
    } else if let Some(name) = field.written_type().and_then(only_plain) {
        ctxt.error(
            decimal.span,
            format!(
                "`decimal` sets the digits of a DECIMAL, and `{name}` is none: remove it, or give the field a type such as \
                 `lakeorm::Decimal`"
            ),
        );
    }
}

fn leaves_the_own_columns(container: &Container<'_>, field: &Field<'_>, ctxt: &mut Ctxt) {
    if container.attrs.table.name.is_none() || !field.attrs.reads_one_column() {
        return;
    }
    let name = container.column_name(field);
    if let Some((own, what)) = own_column(&name) {
        let span = span_of_name(field);
        ctxt.error(span, format!("the column `{own}` is reserved: {what}; give this field another column"));
    }
}

/// The column of lakeorm's that has this name, and what it is for.
fn own_column(name: &str) -> Option<&'static (&'static str, &'static str)> {
    OWN_COLUMNS.iter().find(|(own, _)| name.eq_ignore_ascii_case(own))
}

/// The place where a column gets its name.
fn span_of_name(field: &Field<'_>) -> Span {
    field.attrs.rename.as_ref().map_or_else(|| field.ident.span(), |rename| rename.value.span())
}

/// Engines compare the names of a table's columns without case. Equal names are reported by the checks of a row, and
/// lakeorm's own columns by a check of theirs.
fn columns_differ_in_more_than_case(container: &Container<'_>, ctxt: &mut Ctxt) {
    if container.attrs.table.name.is_none() {
        return;
    }
    let mut seen: Vec<(String, &Field<'_>)> = Vec::new();
    for field in container.fields.iter().filter(|field| field.attrs.reads_one_column()) {
        let name = container.column_name(field);
        if own_column(&name).is_some() {
            continue;
        }
        match seen.iter().find(|(other, _)| other.eq_ignore_ascii_case(&name)) {
            Some((other, first)) if *other != name => ctxt.error(
                span_of_name(field),
                format!(
                    "column \"{name}\" of a table is the same as \"{other}\" of the field `{}`: engines compare names \
                     without case; give this one another name",
                    first.ident
                ),
            ),
            Some(_) => {}
            None => seen.push((name, field)),
        }
    }
}

fn of_a_table_has_a_column(field: &Field<'_>, ctxt: &mut Ctxt) {
    if field.attrs.reads_one_column() {
        return;
    }
    let other = if field.attrs.skip.is_some() { "skip" } else { "flatten" };
    for (key, span) in field.attrs.table.given() {
        ctxt.error(span, format!("`{key}` is about one column, and `{other}` has none; remove one of them"));
    }
}

fn key_is_never_null(field: &Field<'_>, ctxt: &mut Ctxt) {
    if option_of(field.ty).is_none() && !field.written_type().is_some_and(holds_null) {
        return;
    }
    for (key, span) in field.attrs.table.keys() {
        ctxt.error(span, format!("a column of the `{key}` is never NULL: the field must not be an `Option`"));
    }
}

fn key_is_compared(field: &Field<'_>, ctxt: &mut Ctxt) {
    let Some(key) = &field.attrs.table.merge_key else { return };
    if field.written_type().is_some_and(holds_map) {
        ctxt.error(
            key.span,
            "a merge compares the columns of the `merge_key`, and engines compare no MAP: choose a key without a map in it",
        );
    }
}

fn stamp_says_one_thing(field: &Field<'_>, ctxt: &mut Ctxt) {
    let table = &field.attrs.table;
    let stamps = table.stamps();
    if let ([(first, _)], [(key, span), ..]) = (stamps.as_slice(), table.keys().as_slice()) {
        ctxt.error(
            *span,
            format!("`{key}` says which row it is, and `{first}` sets another time with each write; remove one of them"),
        );
    }
    if let [_, (second, span)] = stamps.as_slice() {
        ctxt.error(*span, format!("`created_at` and `{second}` cannot be on one field: use two fields"));
    }
}

fn names_a_table(container: &Container<'_>, ctxt: &mut Ctxt) {
    if container.attrs.table.name.is_some() {
        return;
    }
    let comment = container.attrs.table.comment.iter().map(|comment| ("comment", comment.span));
    for (key, span) in container.says_of_a_table().chain(comment) {
        ctxt.error(
            span,
            format!(
                "`{key}` is about a table, and the struct names none: add `#[lake(table = \"db.name\")]` if its rows have a \
                 table of their own; a row that is flattened into another struct cannot have it: put the field into that \
                 struct itself"
            ),
        );
    }
}

/// As lakeorm reads it: parts between dots, in back-ticks those with other characters.
fn table_name_has_parts(container: &Container<'_>, ctxt: &mut Ctxt) {
    let Some(name) = &container.attrs.table.name else { return };
    let text = name.value.value();
    let (mut quoted, mut letters, mut before, mut rest) =
        (false, 0_usize, None, text.trim().chars().peekable());
    let mut is_name = true;
    while let Some(letter) = rest.next() {
        match letter {
            '`' if quoted && rest.next_if_eq(&'`').is_some() => letters += 1,
            '`' => {
                let neighbour = if quoted { rest.peek().copied() } else { before };
                is_name &= matches!(neighbour, None | Some('.'));
                quoted = !quoted;
            }
            '.' if !quoted => is_name &= std::mem::take(&mut letters) > 0,
            _ => {
                let is_beside_a_dot = before == Some('.') || rest.peek() == Some(&'.');
                is_name &= quoted || !letter.is_whitespace() || !is_beside_a_dot;
                letters += 1;
            }
        }
        before = Some(letter);
    }
    if !is_name || quoted || letters == 0 {
        ctxt.error(
            name.value.span(),
            "`table` takes a name with dots between its parts, and back-ticks around one that holds a dot: \
             `table = \"catalog.db.orders\"`",
        );
    }
}

fn one_column_is_stamped(container: &Container<'_>, ctxt: &mut Ctxt) {
    for key in ["created_at", "updated_at"] {
        let stamps = container.fields.iter().flat_map(|field| field.attrs.table.stamps());
        let spans: Vec<Span> = stamps.filter(|(stamp, _)| *stamp == key).map(|(_, span)| span).collect();
        for span in spans.into_iter().skip(1) {
            ctxt.error(span, format!("`{key}` is given to two fields; remove one of them"));
        }
    }
}

fn columns_of_the_layout_are_there(container: &Container<'_>, ctxt: &mut Ctxt) {
    let table = &container.attrs.table;
    let partitions = table.partition_by.iter().flat_map(|given| &given.value).map(|part| &part.column);
    let sorted = table.sort_by.iter().flat_map(|given| &given.value);
    for column in partitions.chain(sorted) {
        if let Err(message) = column_of(container, column) {
            ctxt.error(column.span(), message);
        }
    }
}

/// The name of a column of the struct.
pub(super) fn column_of(container: &Container<'_>, named: &Named) -> Result<String, String> {
    let has_rows = container.fields.iter().any(|field| field.attrs.flatten.is_some());
    let own: Vec<&Field<'_>> =
        container.fields.iter().filter(|field| field.attrs.reads_one_column()).collect();
    match named {
        Named::Field(ident) => match own.iter().find(|field| field.ident == ident) {
            Some(field) => Ok(container.column_name(field)),
            None if container.fields.iter().any(|field| field.ident == ident) => {
                Err(format!("the field `{}` has no column of its own: name one in quotes", unraw(ident)))
            }
            None => {
                let known = own.iter().map(|field| unraw(field.ident));
                let message = not_there("field", &unraw(ident), &known.collect::<Vec<_>>());
                Err(if has_rows { message + "; a flattened row's columns stand in quotes" } else { message })
            }
        },
        Named::Column(name) => {
            let name = name.value();
            // The columns of flattened rows are not seen here; those are looked for when the table is made.
            let known: Vec<String> = own.iter().map(|field| container.column_name(field)).collect();
            match has_rows || known.contains(&name) {
                true => Ok(name),
                false => Err(not_there("column", &name, &known)),
            }
        }
    }
}

/// The error of a field or column that the struct does not have.
fn not_there(what: &str, name: &str, known: &[String]) -> String {
    match known {
        [] => format!("the struct has no {what} `{name}`"),
        known => unknown(what, name, &known.iter().map(String::as_str).collect::<Vec<_>>()),
    }
}
