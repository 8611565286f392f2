//! SQL statements with the values beside them, to compare with what was sent.

use std::collections::BTreeMap;
use std::fmt;

use super::proto;
use super::value::{Value, literal_value};

/// A statement as it was sent: its text, and the values of its markers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Statement {
    /// The text, character for character.
    pub text: String,
    /// The values of `?`, in their order.
    pub values: Vec<Value>,
    /// The values of `:name`, by name.
    pub named: BTreeMap<String, Value>,
}

impl Statement {
    /// A statement without values.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// The values of `?`, in their order.
    #[must_use]
    pub fn values(mut self, values: impl IntoIterator<Item = impl Into<Value>>) -> Self {
        self.values = values.into_iter().map(Into::into).collect();
        self
    }

    /// The values of `:name`.
    #[must_use]
    pub fn named<N: Into<String>>(mut self, values: impl IntoIterator<Item = (N, impl Into<Value>)>) -> Self {
        self.named = values.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        self
    }

    /// How many values there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.values.len() + self.named.len()
    }

    /// Spark reads the values of older clients from fields of their own, and so does this.
    pub(super) fn of(sql: &proto::Sql) -> Self {
        let values = sql.pos_args.iter().map(literal_value);
        let named = sql.args.iter().map(|(name, value)| (name.clone(), literal_value(value)));
        Self {
            text: sql.query.clone(),
            values: values.chain(sql.pos_arguments.iter().map(Value::of)).collect(),
            named: named
                .chain(sql.named_arguments.iter().map(|(name, value)| (name.clone(), Value::of(value))))
                .collect(),
        }
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        let named = self.named.iter().map(|(name, value)| format!("{name} = {value}"));
        let values: Vec<String> = self.values.iter().map(Value::to_string).chain(named).collect();
        match values.is_empty() {
            true => Ok(()),
            false => write!(f, " with {}", values.join(", ")),
        }
    }
}
