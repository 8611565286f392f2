//! `#[lake(…)]` about the table that rows are written to.

use proc_macro2::Span;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Lit, LitStr, Meta, Token};

use super::{Spanning, flag, key, set, string, ungrouped};
use crate::ctxt::Ctxt;
use crate::near::unknown;

/// The struct's attributes for its table.
#[derive(Default)]
pub(crate) struct TableAttrs {
    pub(crate) name: Option<Spanning<LitStr>>,
    pub(crate) comment: Option<Spanning<LitStr>>,
    pub(crate) partition_by: Option<Spanning<Vec<Partition>>>,
    pub(crate) sort_by: Option<Spanning<Vec<Named>>>,
    pub(crate) validate: Option<Spanning<()>>,
}

/// A field's attributes for its column in that table.
#[derive(Default)]
pub(crate) struct TableFieldAttrs {
    pub(crate) primary_key: Option<Spanning<()>>,
    pub(crate) merge_key: Option<Spanning<()>>,
    pub(crate) created_at: Option<Spanning<()>>,
    pub(crate) updated_at: Option<Spanning<()>>,
    pub(crate) comment: Option<Spanning<LitStr>>,
    pub(crate) sql_default: Option<Spanning<LitStr>>,
}

/// One part of `partition_by`.
pub(crate) struct Partition {
    pub(crate) transform: Transform,
    pub(crate) column: Named,
}

/// How a column's value becomes the value of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transform {
    Identity,
    Year,
    Month,
    Day,
    Hour,
    Bucket(u32),
    Truncate(u32),
}

/// A column: by the name of its field, or in quotes by its own, as those of flattened rows have to be.
pub(crate) enum Named {
    Field(syn::Ident),
    Column(LitStr),
}

impl Named {
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Field(ident) => ident.span(),
            Self::Column(name) => name.span(),
        }
    }

    fn read(expr: &Expr) -> Option<Self> {
        match ungrouped(expr) {
            Expr::Path(path) => path.path.get_ident().map(|ident| Self::Field(ident.clone())),
            Expr::Lit(ExprLit { lit: Lit::Str(name), .. }) => Some(Self::Column(name.clone())),
            _ => None,
        }
    }
}

impl TableAttrs {
    /// Reads an attribute, if it is one of these.
    pub(crate) fn read(&mut self, meta: &Meta, ctxt: &mut Ctxt) {
        match key(meta).as_str() {
            "table" => set(&mut self.name, string(meta, ctxt), meta, ctxt),
            "comment" => set(&mut self.comment, string(meta, ctxt), meta, ctxt),
            "partition_by" => set(&mut self.partition_by, partitions(meta, ctxt), meta, ctxt),
            "sort_by" => set(&mut self.sort_by, sort_columns(meta, ctxt), meta, ctxt),
            "validate" => set(&mut self.validate, flag(meta, ctxt), meta, ctxt),
            _ => {}
        }
    }

    /// The attributes of a table other than its name.
    pub(crate) fn given(&self) -> Vec<(&'static str, Span)> {
        let comment = self.comment.iter().map(|given| ("comment", given.span));
        let partitions = self.partition_by.iter().map(|given| ("partition_by", given.span));
        let sorting = self.sort_by.iter().map(|given| ("sort_by", given.span));
        let rules = self.validate.iter().map(|given| ("validate", given.span));
        comment.chain(partitions).chain(sorting).chain(rules).collect()
    }
}

impl TableFieldAttrs {
    /// Reads an attribute, if it is one of these.
    pub(crate) fn read(&mut self, meta: &Meta, ctxt: &mut Ctxt) {
        match key(meta).as_str() {
            "primary_key" => set(&mut self.primary_key, flag(meta, ctxt), meta, ctxt),
            "merge_key" => set(&mut self.merge_key, flag(meta, ctxt), meta, ctxt),
            "created_at" => set(&mut self.created_at, flag(meta, ctxt), meta, ctxt),
            "updated_at" => set(&mut self.updated_at, flag(meta, ctxt), meta, ctxt),
            "comment" => set(&mut self.comment, string(meta, ctxt), meta, ctxt),
            "sql_default" => set(&mut self.sql_default, string(meta, ctxt), meta, ctxt),
            _ => {}
        }
    }

    /// All attributes of the column.
    pub(crate) fn given(&self) -> Vec<(&'static str, Span)> {
        let texts = [("comment", &self.comment), ("sql_default", &self.sql_default)];
        let texts = texts.into_iter().filter_map(|(key, given)| Some((key, given.as_ref()?.span)));
        self.keys().into_iter().chain(self.stamps()).chain(texts).collect()
    }

    /// The keys that the column is part of.
    pub(crate) fn keys(&self) -> Vec<(&'static str, Span)> {
        let primary = self.primary_key.iter().map(|key| ("primary_key", key.span));
        primary.chain(self.merge_key.iter().map(|key| ("merge_key", key.span))).collect()
    }

    /// When the column is set to the time of the write.
    pub(crate) fn stamps(&self) -> Vec<(&'static str, Span)> {
        let created = self.created_at.iter().map(|stamp| ("created_at", stamp.span));
        created.chain(self.updated_at.iter().map(|stamp| ("updated_at", stamp.span))).collect()
    }
}

const PARTITIONS: &str = "`partition_by` takes fields, or a transform of one: `partition_by(region, day(placed), \
                          bucket(16, customer))`";

fn partitions(meta: &Meta, ctxt: &mut Ctxt) -> Option<Vec<Partition>> {
    let expressions = list(meta, PARTITIONS, ctxt)?;
    // Each mistake is reported, and the right entries are still checked.
    Some(expressions.iter().filter_map(|expr| partition(expr, ctxt)).collect())
}

fn partition(expr: &Expr, ctxt: &mut Ctxt) -> Option<Partition> {
    if let Some(column) = Named::read(expr) {
        return Some(Partition { transform: Transform::Identity, column });
    }
    let Expr::Call(call) = ungrouped(expr) else { return refused(expr.span(), PARTITIONS, ctxt) };
    let Expr::Path(name) = ungrouped(&call.func) else { return refused(expr.span(), PARTITIONS, ctxt) };
    let arguments: Vec<&Expr> = call.args.iter().collect();
    let name_of_transform = name.path.get_ident().map(ToString::to_string).unwrap_or_default();
    let (transform, column) = match (name_of_transform.as_str(), arguments.as_slice()) {
        ("identity", [column]) => (Transform::Identity, column),
        ("year", [column]) => (Transform::Year, column),
        ("month", [column]) => (Transform::Month, column),
        ("day", [column]) => (Transform::Day, column),
        ("hour", [column]) => (Transform::Hour, column),
        ("bucket", [count, column]) => (Transform::Bucket(positive(count, ctxt)?), column),
        ("truncate", [width, column]) => (Transform::Truncate(positive(width, ctxt)?), column),
        ("bucket" | "truncate", _) => {
            let form =
                format!("`{name_of_transform}` takes a number and a field: `{name_of_transform}(16, id)`");
            return refused(call.span(), &form, ctxt);
        }
        ("identity" | "year" | "month" | "day" | "hour", _) => {
            return refused(call.span(), &format!("`{name_of_transform}` takes one field"), ctxt);
        }
        (other, _) => {
            let known = ["identity", "year", "month", "day", "hour", "bucket", "truncate"];
            return refused(name.span(), &unknown("transform of a partition", other, &known), ctxt);
        }
    };
    match Named::read(column) {
        Some(column) => Some(Partition { transform, column }),
        None => refused(column.span(), PARTITIONS, ctxt),
    }
}

fn sort_columns(meta: &Meta, ctxt: &mut Ctxt) -> Option<Vec<Named>> {
    const FORM: &str = "`sort_by` takes fields: `sort_by(customer, placed)`";
    let expressions = list(meta, FORM, ctxt)?;
    let columns =
        expressions.iter().map(|expr| Named::read(expr).or_else(|| refused(expr.span(), FORM, ctxt)));
    Some(columns.flatten().collect())
}

/// The list between the parentheses, which is not empty.
fn list(meta: &Meta, form: &str, ctxt: &mut Ctxt) -> Option<Punctuated<Expr, Token![,]>> {
    let parsed = meta.require_list().and_then(|list| list.parse_args_with(Punctuated::parse_terminated));
    match parsed {
        Ok(expressions) if !Punctuated::is_empty(&expressions) => Some(expressions),
        _ => refused(meta.span(), form, ctxt),
    }
}

fn positive(expr: &Expr, ctxt: &mut Ctxt) -> Option<u32> {
    let number = match ungrouped(expr) {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse().ok(),
        _ => None,
    };
    number
        .filter(|number| (1..=2_147_483_647).contains(number))
        .or_else(|| refused(expr.span(), "expected a number from 1 to 2147483647", ctxt))
}

fn refused<T>(span: Span, message: &str, ctxt: &mut Ctxt) -> Option<T> {
    ctxt.error(span, message);
    None
}
