//! The columns of a table that a row type needs.

use crate::names::{Found, find, is_same};

/// The columns that a row type needs, as far as they have names.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Projection {
    /// Every column.
    All,
    /// These columns, by name.
    Columns(Vec<ProjectedColumn>),
}

/// A column that a row type needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectedColumn {
    names: Vec<String>,
    required: bool,
}

impl ProjectedColumn {
    pub(crate) fn new(names: Vec<String>, required: bool) -> Self {
        Self { names, required }
    }

    /// Its name, followed by the names that are tried in turn if there is no column of that name.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether the row type has no default for it.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.required
    }
}

impl Projection {
    /// The names to ask for, of a table whose columns are not known. `None` if its columns have to be known first, for
    /// [`positions`](Self::positions), or if all of them are wanted.
    #[must_use]
    pub fn names(&self) -> Option<Vec<&str>> {
        let Self::Columns(columns) = self else { return None };
        let mut names: Vec<&str> = Vec::with_capacity(columns.len());
        for column in columns {
            let [name] = column.names.as_slice() else { return None };
            if !column.required {
                return None;
            }
            match names.iter().find(|known| is_same(known, name)) {
                None => names.push(name),
                Some(known) if known == name => {}
                // One column or two, which only the table can tell.
                Some(_) => return None,
            }
        }
        Some(names)
    }

    /// The positions of the columns to ask for, each once, of a table whose columns have the names `table`. `None` if
    /// all of them are wanted: by the row type, or because a column is missing or ambiguous, so that the error can say
    /// so.
    ///
    /// Names match as they do when the result is decoded. A driver that compares names by a rule of its own may leave a
    /// column out, and its field then gets a default.
    #[must_use]
    pub fn positions<S: AsRef<str>>(&self, table: &[S]) -> Option<Vec<usize>> {
        let Self::Columns(columns) = self else { return None };
        let names = || table.iter().map(AsRef::as_ref);
        let mut positions = Vec::with_capacity(columns.len());
        for column in columns {
            let found = column.names.iter().map(|name| find(name, &names()));
            match found.into_iter().find(|found| *found != Found::Nothing) {
                Some(Found::One(position)) if positions.contains(&position) => {}
                Some(Found::One(position)) if is_alone(position, names()) => positions.push(position),
                None | Some(Found::Nothing) if !column.required => {}
                _ => return None,
            }
        }
        // No column at all would be a result of which an error could show nothing.
        (!positions.is_empty()).then_some(positions)
    }
}

/// Whether an engine that regards no case finds nothing but this column by its name.
fn is_alone<'a>(position: usize, mut names: impl Iterator<Item = &'a str> + Clone) -> bool {
    let all = names.clone();
    names.nth(position).is_some_and(|name| all.filter(|other| is_same(other, name)).count() == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(names: &[&str], required: bool) -> ProjectedColumn {
        ProjectedColumn { names: names.iter().map(|&name| name.to_owned()).collect(), required }
    }

    #[test]
    fn required_columns_are_asked_for_by_name_and_once() {
        let columns =
            |names: &[&str]| Projection::Columns(names.iter().map(|name| column(&[name], true)).collect());
        assert_eq!(columns(&["id", "a.b", "id"]).names(), Some(vec!["id", "a.b"]));
        assert_eq!(columns(&["id", "ID"]).names(), None);
        assert_eq!(columns(&["été", "ÉTÉ"]).names(), None);
        assert_eq!(Projection::All.names(), None);
    }

    #[test]
    fn a_column_of_two_names_or_with_a_default_is_looked_for_first() {
        assert_eq!(Projection::Columns(vec![column(&["a", "b"], true)]).names(), None);
        assert_eq!(Projection::Columns(vec![column(&["a"], false)]).names(), None);
    }

    #[test]
    fn columns_are_found_as_they_are_when_the_result_is_decoded() {
        let wanted = Projection::Columns(vec![
            column(&["id"], true),
            column(&["été"], false),
            column(&["name", "title"], true),
            column(&["ID"], true),
            column(&["gone"], false),
        ]);
        assert_eq!(wanted.positions(&["TITLE", "x", "ÉTÉ", "Id"]), Some(vec![3, 2, 0]));
        assert_eq!(wanted.positions(&["Title", "Name", "id"]), Some(vec![2, 1]));
    }

    #[test]
    fn the_whole_table_is_read_where_a_column_is_missing_or_ambiguous() {
        let required = Projection::Columns(vec![column(&["id"], true), column(&["a", "b"], true)]);
        assert_eq!(required.positions(&["id", "c"]), None);
        assert_eq!(required.positions(&["id", "A", "a"]), None);
        assert_eq!(required.positions(&["id", "B", "b"]), None);
        let optional = Projection::Columns(vec![column(&["a"], false)]);
        assert_eq!(optional.positions(&["c"]), None);
        assert_eq!(optional.positions(&["A", "Ａ", "c"]), Some(vec![0]));
        assert_eq!(optional.positions(&["ÀA", "aa"]), None);
    }
}
