//! Writing a frame's rows.

use super::{DataFrame, OptionValue};
use crate::error::Result;
use crate::plan::{
    Command, IntoColumns, IntoCondition, IntoNames, SaveMode, Target, Write, WriteTo, WriteToMode,
};

impl DataFrame {
    /// A writer of files, or of tables by their format.
    pub fn write(&self) -> DataFrameWriter {
        DataFrameWriter { frame: self.clone(), write: Write::default() }
    }

    /// A writer to a table of a catalog.
    #[doc(alias = "writeTo")]
    pub fn write_to(&self, table: impl Into<String>) -> DataFrameWriterTo {
        let write = WriteTo {
            table: table.into(),
            provider: None,
            options: <_>::default(),
            properties: <_>::default(),
            partitioned_by: Vec::new(),
            cluster_by: Vec::new(),
            mode: WriteToMode::Append,
        };
        DataFrameWriterTo { frame: self.clone(), write }
    }
}

/// The target and the options of writing a frame's rows: [`DataFrame::write`].
///
/// ```no_run
/// # use spark_connect::{DataFrame, SaveMode};
/// # async fn run(frame: DataFrame) -> spark_connect::Result<()> {
/// frame.write().mode(SaveMode::Overwrite).partition_by(["day"]).parquet("events/").await?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing is written before `save`, `save_as_table` or `insert_into`"]
pub struct DataFrameWriter {
    frame: DataFrame,
    write: Write,
}

impl DataFrameWriter {
    /// Writes this format: `parquet`, `csv`, `json`, `orc`, `text`, `delta`, `iceberg`, or one of the server's.
    pub fn format(mut self, format: impl Into<String>) -> Self {
        self.write.format = Some(format.into());
        self
    }

    /// Says what to do about data that is already there; unless this is called, such data is an error;
    /// [`insert_into`](Self::insert_into) appends.
    pub fn mode(mut self, mode: SaveMode) -> Self {
        self.write.mode = Some(mode);
        self
    }

    /// Sets an option of the format.
    pub fn option(mut self, name: impl Into<String>, value: impl Into<OptionValue>) -> Self {
        self.write.options.set(name, value.into().0);
        self
    }

    /// Sets options of the format.
    pub fn options<K: Into<String>, V: Into<OptionValue>>(
        self,
        options: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        options.into_iter().fold(self, |writer, (name, value)| writer.option(name, value))
    }

    /// Divides the rows into directories by these columns.
    #[doc(alias = "partitionBy")]
    pub fn partition_by(mut self, columns: impl IntoNames) -> Self {
        self.write.partition_by = columns.into_names();
        self
    }

    /// Stores rows with similar values in these columns near each other. For Spark 3.5 it is refused as
    /// [`Unsupported`](crate::ErrorKind::Unsupported).
    pub fn cluster_by(mut self, columns: impl IntoNames) -> Self {
        self.write.cluster_by = columns.into_names();
        self
    }

    /// Divides the rows of a table into this many buckets by the hash of these columns.
    #[doc(alias = "bucketBy")]
    pub fn bucket_by(mut self, buckets: u32, columns: impl IntoNames) -> Self {
        self.write.buckets = Some((buckets, columns.into_names()));
        self
    }

    /// Sorts the rows of each bucket.
    #[doc(alias = "sortBy")]
    pub fn sort_by(mut self, columns: impl IntoNames) -> Self {
        self.write.sort_by = columns.into_names();
        self
    }

    /// Writes files under a path.
    ///
    /// # Errors
    ///
    /// As [`DataFrame::collect`]; and [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown) if the answer was lost: it is
    /// not sent again where it may have run.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call stops the write on the server; it may be done by then.
    pub async fn save(self, path: impl Into<String>) -> Result<()> {
        self.to(Target::Path(path.into())).await
    }

    /// Writes to the place that the options name, as the URL and the table of `jdbc`.
    ///
    /// # Errors
    ///
    /// As [`save`](Self::save).
    ///
    /// # Cancel safety
    ///
    /// As [`save`](Self::save).
    pub async fn save_by_options(self) -> Result<()> {
        self.to(Target::Options).await
    }

    /// Writes to a table, which is created if there is none.
    ///
    /// # Errors
    ///
    /// As [`save`](Self::save).
    ///
    /// # Cancel safety
    ///
    /// As [`save`](Self::save).
    #[doc(alias = "saveAsTable")]
    pub async fn save_as_table(self, table: impl Into<String>) -> Result<()> {
        self.to(Target::Table(table.into())).await
    }

    /// Inserts the rows into an existing table, with columns matched by position and not by name.
    ///
    /// # Errors
    ///
    /// As [`save`](Self::save).
    ///
    /// # Cancel safety
    ///
    /// As [`save`](Self::save).
    #[doc(alias = "insertInto")]
    pub async fn insert_into(self, table: impl Into<String>) -> Result<()> {
        self.to(Target::Insert(table.into())).await
    }

    /// Writes to a table of another database. User and password are options.
    ///
    /// # Errors
    ///
    /// As [`save`](Self::save).
    ///
    /// # Cancel safety
    ///
    /// As [`save`](Self::save).
    pub async fn jdbc(self, url: impl Into<String>, table: impl Into<String>) -> Result<()> {
        let (url, table): (String, String) = (url.into(), table.into());
        self.format("jdbc").option("url", url).option("dbtable", table).save_by_options().await
    }

    async fn to(mut self, target: Target) -> Result<()> {
        self.write.target = target;
        self.frame.command(Command::write(self.frame.relation.clone(), self.write)).await
    }
}

/// Writes under a path, each in the format of its name.
macro_rules! writes_files {
    ($($format:ident $doc:literal;)*) => {
        impl DataFrameWriter {$(
            #[doc = $doc]
            ///
            /// # Errors
            ///
            /// As [`save`](Self::save).
            ///
            /// # Cancel safety
            ///
            /// As [`save`](Self::save).
            pub async fn $format(self, path: impl Into<String>) -> Result<()> {
                self.format(stringify!($format)).save(path).await
            }
        )*}
    };
}

writes_files! {
    csv "Writes files of comma-separated values under a path.";
    json "Writes files with one JSON object per line under a path.";
    orc "Writes ORC files under a path.";
    parquet "Writes Parquet files under a path.";
    text "Writes text files with a line for each row under a path. The frame has one column, of type STRING.";
    xml "Writes XML files under a path. Spark from 4.0 on.";
}

/// A table of a catalog that a frame's rows are written to: [`DataFrame::write_to`].
#[doc(alias = "DataFrameWriterV2")]
#[derive(Debug, Clone)]
#[must_use = "nothing is written before `create`, `append` or another"]
pub struct DataFrameWriterTo {
    frame: DataFrame,
    write: WriteTo,
}

impl DataFrameWriterTo {
    /// Creates the table in this format: `delta`, `iceberg`, `parquet`, …
    pub fn using(mut self, provider: impl Into<String>) -> Self {
        self.write.provider = Some(provider.into());
        self
    }

    /// Sets an option of the write.
    pub fn option(mut self, name: impl Into<String>, value: impl Into<OptionValue>) -> Self {
        self.write.options.set(name, value.into().0);
        self
    }

    /// Sets options of the write.
    pub fn options<K: Into<String>, V: Into<OptionValue>>(
        self,
        options: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        options.into_iter().fold(self, |writer, (name, value)| writer.option(name, value))
    }

    /// Sets a property of the table.
    #[doc(alias = "tableProperty")]
    pub fn table_property(mut self, name: impl Into<String>, value: impl Into<OptionValue>) -> Self {
        self.write.properties.set(name, value.into().0);
        self
    }

    /// Divides the table by columns, or by what [`years`](crate::functions::years),
    /// [`bucket`](crate::functions::bucket) and the like make of them.
    #[doc(alias = "partitionedBy")]
    pub fn partitioned_by(mut self, columns: impl IntoColumns) -> Self {
        self.write.partitioned_by = columns.into_columns();
        self
    }

    /// Stores rows with similar values in these columns near each other. For Spark 3.5 it is refused as
    /// [`Unsupported`](crate::ErrorKind::Unsupported).
    pub fn cluster_by(mut self, columns: impl IntoNames) -> Self {
        self.write.cluster_by = columns.into_names();
        self
    }

    /// Creates the table and writes the rows. An existing table is an error.
    ///
    /// # Errors
    ///
    /// As [`DataFrameWriter::save`].
    ///
    /// # Cancel safety
    ///
    /// As [`DataFrameWriter::save`].
    pub async fn create(self) -> Result<()> {
        self.run(WriteToMode::Create).await
    }

    /// Replaces the existing table by one with these rows.
    ///
    /// # Errors
    ///
    /// As [`DataFrameWriter::save`].
    ///
    /// # Cancel safety
    ///
    /// As [`DataFrameWriter::save`].
    pub async fn replace(self) -> Result<()> {
        self.run(WriteToMode::Replace).await
    }

    /// Creates the table, or replaces it if it exists.
    ///
    /// # Errors
    ///
    /// As [`DataFrameWriter::save`].
    ///
    /// # Cancel safety
    ///
    /// As [`DataFrameWriter::save`].
    #[doc(alias = "createOrReplace")]
    pub async fn create_or_replace(self) -> Result<()> {
        self.run(WriteToMode::CreateOrReplace).await
    }

    /// Adds the rows to the table, with columns matched by name.
    ///
    /// # Errors
    ///
    /// As [`DataFrameWriter::save`].
    ///
    /// # Cancel safety
    ///
    /// As [`DataFrameWriter::save`].
    pub async fn append(self) -> Result<()> {
        self.run(WriteToMode::Append).await
    }

    /// Replaces the rows of the table for which a condition, an expression or SQL, is true by these rows.
    ///
    /// # Errors
    ///
    /// As [`DataFrameWriter::save`].
    ///
    /// # Cancel safety
    ///
    /// As [`DataFrameWriter::save`].
    pub async fn overwrite(self, condition: impl IntoCondition) -> Result<()> {
        self.run(WriteToMode::Overwrite(condition.into_condition())).await
    }

    /// Replaces the partitions that the rows belong to by these rows.
    ///
    /// # Errors
    ///
    /// As [`DataFrameWriter::save`].
    ///
    /// # Cancel safety
    ///
    /// As [`DataFrameWriter::save`].
    #[doc(alias = "overwritePartitions")]
    pub async fn overwrite_partitions(self) -> Result<()> {
        self.run(WriteToMode::OverwritePartitions).await
    }

    async fn run(mut self, mode: WriteToMode) -> Result<()> {
        self.write.mode = mode;
        self.frame.command(Command::write_to(self.frame.relation.clone(), self.write)).await
    }
}
