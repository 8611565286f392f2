//! What Spark before 4.0 takes for something else without an error.

/// A field that Spark before 4.0 does not know, and so skips. The Databricks Runtimes on Spark 3.5 know some of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misread {
    /// The relation whose columns a star stands for.
    Star,
    /// The mode of a cast that gives NULL where a value does not fit.
    TryCast,
    /// The columns by which the rows of a write are clustered.
    ClusterBy,
}

impl Misread {
    /// The refusal where the field is skipped.
    pub(crate) fn refusal(self) -> &'static str {
        match self {
            Self::Star => {
                "`frame.col(\"*\")` needs Spark 4.0, since servers before it take it for the columns of every frame: name \
                 the columns, or use an alias and `col(\"a.*\")`"
            }
            Self::TryCast => {
                "`try_cast` needs Spark 4.0, since servers before it take it for `cast`: use \
                 `expr(\"try_cast(a AS INT)\")`"
            }
            Self::ClusterBy => {
                "`cluster_by` needs Spark 4.0, since servers before it write the rows without it: use `partition_by`, or \
                 create the table by SQL"
            }
        }
    }
}
