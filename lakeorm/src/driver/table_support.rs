//! How an engine treats tables, where engines differ.

/// How an engine treats tables, where engines differ; see [`Driver::table_support`](crate::Driver::table_support).
///
/// By default everything holds but `fills_columns`. A driver of one's own starts from that:
///
/// ```
/// use lakeorm::TableSupport;
///
/// let mut support = TableSupport::default();
/// support.fills_columns = true;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "each stands alone, and no two of them make a state")]
pub struct TableSupport {
    /// Whether columns that an INSERT leaves out get their default value, or NULL. Where they do not, an insert that
    /// leaves out some is sent as a merge.
    pub fills_columns: bool,
    /// Whether columns can be added to a table, their types widened, and the order of its rows set. Where not, a
    /// migration that needs one of these is refused before anything is done.
    pub alters_tables: bool,
    /// Whether values that are taken from a table's statistics are exact. Where they may be rounded, tables with fractional
    /// DECIMALs or DOUBLEs are created without statistics.
    pub has_exact_statistics: bool,
    /// Whether each of several first commits to a new table is kept, or fails. Where only the last is kept, a table is
    /// created with an empty commit.
    pub keeps_first_commits: bool,
    /// Whether a fractional DECIMAL can be the value of a partition that the format keeps as
    /// [text](crate::dialect::Dialect::partition_values_are_text). Where it cannot, a table with such a partition is
    /// neither created nor written to.
    pub writes_decimal_partitions: bool,
    /// Whether rows can be merged into a table with fields inside of a STRUCT that are NOT NULL. Where they cannot,
    /// tables are created without such fields.
    pub merges_nested_not_null: bool,
    /// Whether a statement fails where a file that its plan names is gone. Where it takes such a file for one without
    /// rows, the files of a statement that was told to stop are left to `Client::cleanup_staging`.
    pub reports_missing_files: bool,
}

/// Everything but `fills_columns`.
impl Default for TableSupport {
    fn default() -> Self {
        Self {
            fills_columns: false,
            alters_tables: true,
            has_exact_statistics: true,
            keeps_first_commits: true,
            writes_decimal_partitions: true,
            merges_nested_not_null: true,
            reports_missing_files: true,
        }
    }
}
