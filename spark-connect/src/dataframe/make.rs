//! The makers of frames.

use arrow_array::RecordBatch;

use super::home::Home;
use super::{DataFrame, DataFrameReader};
use crate::error::Result;
use crate::plan::{IntoColumns, PlanError, Relation};
use crate::pool::{PooledSession, SessionPool};
use crate::session::Session;
use crate::sql::Statement;

impl Home {
    pub(crate) fn frame(&self, relation: Relation) -> DataFrame {
        let relation = relation.belonging_to(Some(self.origin()), self.owner());
        let pool = match self {
            Self::Pool(pool) => Some(pool.clone()),
            Self::Leased(_) | Self::Session(_) => None,
        };
        DataFrame { relation, pool }
    }

    fn sql(&self, text: Statement) -> DataFrame {
        let refusal = refusal(&text);
        let frame = self.frame(Relation::sql(text));
        match refusal {
            None => frame,
            Some(refusal) => frame.with(frame.relation.refused(refusal)),
        }
    }

    fn range(&self, start: i64, end: i64, step: i64, partitions: Option<u32>) -> DataFrame {
        let count = partitions.map(|count| i32::try_from(count).unwrap_or(i32::MAX));
        let relation = Relation::range(start, end, step, count);
        self.frame(match (step, partitions) {
            (0, _) => relation.refused(PlanError::new("the step of a range must not be 0")),
            (_, Some(0)) => relation.refused(PlanError::new("a range needs at least one partition")),
            _ => relation,
        })
    }

    fn local(&self, batches: &[RecordBatch]) -> DataFrame {
        let relation = match batches.first() {
            Some(batch) => Relation::local(&batch.schema(), batches),
            None => Relation::range(0, 0, 1, None)
                .refused(PlanError::new("a frame of no batches has no columns: give one batch without rows")),
        };
        self.frame(relation)
    }
}

/// Why a statement makes no frame.
fn refusal(text: &Statement) -> Option<PlanError> {
    match text.markers() {
        Err(error) => Some(error.into()),
        _ if text.has_effects() => Some(PlanError::new(
            "`sql` makes a frame of a query, which may run any number of times, and this statement is not a plain query: \
             run it once with `Session::command` (`exec` in lakeorm)",
        )),
        _ => None,
    }
}

/// The same ways for all that frames are made with.
macro_rules! makes_frames {
    ($($maker:ty => $owned:literal;)*) => {$(
        impl $maker {
            /// A frame of a table or view by its name in SQL.
            #[doc = $owned]
            pub fn table(&self, name: impl Into<String>) -> DataFrame {
                self.home().frame(Relation::table(name))
            }

            /// A frame of a query. Values for its markers are bound to the frame.
            #[doc = $owned]
            ///
            /// It is a query and nothing else: a statement that may change something is refused when the frame is run.
            pub fn sql(&self, text: impl Into<Statement>) -> DataFrame {
                self.home().sql(text.into())
            }

            /// A frame of the numbers from `start` up to but not including `end`, in the column `id`.
            #[doc = $owned]
            pub fn range(&self, start: i64, end: i64) -> DataFrame {
                self.range_by(start, end, 1)
            }

            /// A frame of the numbers from `start` up to but not including `end` in steps of `step`, in the column
            /// `id`.
            #[doc = $owned]
            pub fn range_by(&self, start: i64, end: i64, step: i64) -> DataFrame {
                self.home().range(start, end, step, None)
            }

            /// As [`range_by`](Self::range_by), with the numbers in this many partitions, at least one.
            #[doc = $owned]
            pub fn range_with_partitions(&self, start: i64, end: i64, step: i64, partitions: u32) -> DataFrame {
                self.home().range(start, end, step, Some(partitions))
            }

            /// A reader, which makes a frame of files or of another source.
            #[doc = $owned]
            pub fn read(&self) -> DataFrameReader {
                DataFrameReader::new(self.home())
            }

            /// A frame of these rows, which travel with the plan, or ahead of it if they are many and the server keeps
            /// them. All batches must have the same schema. Views go as texts and bytes, and timestamps as ones of
            /// microseconds.
            #[doc(alias = "createDataFrame")]
            #[doc = $owned]
            pub fn create_dataframe(&self, batches: &[RecordBatch]) -> DataFrame {
                self.home().local(batches)
            }

            /// A frame of the rows that a table function of the server returns for these arguments.
            #[doc(alias = "tvf")]
            #[doc = $owned]
            pub fn table_function(&self, name: impl Into<String>, arguments: impl IntoColumns) -> DataFrame {
                self.home().frame(Relation::table_function(name.into(), arguments.into_columns()))
            }

            /// Refuses a relation that cannot run here, before anything is sent.
            ///
            /// # Errors
            ///
            /// [`ErrorKind::InvalidStatement`](crate::ErrorKind::InvalidStatement) for the relation of a frame that
            /// another pool made, or a session of another, and for one with a mistake in it.
            #[doc(hidden)]
            pub fn check_relation(&self, relation: &Relation) -> Result<()> {
                self.home().check(relation)
            }
        }
    )*};
}

makes_frames! {
    SessionPool => "The frame runs in any session of the pool.";
    PooledSession => "The frame runs in this session.";
    Session => "The frame runs in this session.";
}

impl DataFrame {
    /// A frame that cannot run, for this reason, which is the error of running it or a frame made from it.
    pub fn refused(reason: impl Into<String>) -> Self {
        let nothing = Relation::range(0, 0, 1, None);
        Self::of(nothing.refused(PlanError::new(reason.into())))
    }

    /// A frame of a relation, which runs where the frames run that it is combined with.
    pub fn of(relation: Relation) -> Self {
        Self { relation, pool: None }
    }
}
