//! What an engine can do: the one place of the tests that knows which engine can do what.

/// Something that not every engine can do, or that not every one does in the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ability {
    /// Adds columns to a table.
    AltersTables,
    /// Writes times before 1900, when calendars were others, without a conf that says so.
    AncientTimes,
    /// Arithmetic and casts that fail are errors, without a conf that says so.
    Ansi,
    /// Binds a value wherever a statement may have one, beside the text.
    Binding,
    /// Sends a row in chunks that is larger than a message.
    Chunks,
    /// Keeps the rows of a frame under a name of the server's.
    Checkpoints,
    /// Texts with a collation.
    Collations,
    /// Delta tables.
    Delta,
    /// Reads the files of Azure Blob Storage and of Google Cloud Storage.
    Clouds,
    /// Answers a statement that writes with the number of rows that it wrote.
    CountsWrites,
    /// Ends a session for good when it is told to.
    EndsSessions,
    /// Names the class of an error.
    ErrorClasses,
    /// Tells the SQLSTATE of an error, the values in its message, and the piece of the statement that it is about.
    ErrorDetails,
    /// Makes a row of each entry of a map.
    ExplodedMaps,
    /// Values of GEOMETRY and GEOGRAPHY.
    Geometry,
    /// Such values with the number of their reference system.
    GeometryWithSrid,
    /// Lets an INT of a Delta table grow to BIGINT.
    GrowingIntegers,
    /// Several groupings of one frame.
    GroupingSets,
    /// The catalog `ice`, of Iceberg tables.
    Iceberg,
    /// Iceberg tables, in that catalog or among its own.
    IcebergTables,
    /// Frames as lists of values in conditions.
    InSubqueries,
    /// Keeps bytes in a STRING that are no text.
    InvalidUtf8,
    /// Keeps a result until the client says that it has it.
    KeepsResults,
    /// Keeps a session that is in use, however many others there are.
    KeepsSessions,
    /// Large Arrow types for texts and bytes, on demand.
    LargeTypes,
    /// The functions that came with that line of Spark.
    FunctionsOf(u32, u32),
    /// Finds one function by its name.
    FunctionsByName,
    /// Frames beside each row of another.
    LateralJoins,
    /// Frames merged into a table.
    Merges,
    /// Joins with the nearest row.
    NearestJoins,
    /// Takes instants inside of the literals of structs.
    NestedInstants,
    /// Timestamps of nine digits.
    Nanoseconds,
    /// Reads the files of S3.
    Objects,
    /// Compares the plans of frames.
    PlanHashes,
    /// Tells of the progress of a query.
    Progress,
    /// Keeps in a Delta table which writes with a key have landed.
    RemembersKeys,
    /// Refuses a conf whose value makes no sense.
    RefusesConfs,
    /// Scripts of SQL, `BEGIN … END`.
    Scripts,
    /// Confs of every name by `SET`.
    SqlConfs,
    /// Copies a session with what is set in it.
    SessionCopies,
    /// The catalog `memory`, whose commits end as its tables say.
    ScriptedCommits,
    /// Session variables and functions in SQL.
    SqlObjects,
    /// Tables that every session sees, and temporary views that no other does.
    SharedTables,
    /// Keeps in the snapshots of an Iceberg table which writes with a key have landed.
    StampsSnapshots,
    /// Quantiles and frequent items.
    Statistics,
    /// Keeps the rows of a table where it is told to.
    TableCaches,
    /// Frames as values and conditions of others.
    Subqueries,
    /// Times of day.
    Times,
    /// Times of day as literals, inside of other types, and as parameters.
    TimesEverywhere,
    /// Rows as columns.
    Transposing,
    /// Casts of frames that give NULL where a value does not fit.
    TryCasts,
    /// UPDATE and DELETE of its own tables.
    Updates,
    /// Types that a user defines.
    UserTypes,
    /// Values of VARIANT, and intervals of the calendar as values.
    Variants,
    /// A function over two lists.
    ZippedLists,
}

/// An engine: which one it is, and what is loaded into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Sail,
    Spark(u32, u32, Flavour),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flavour {
    Plain,
    Delta,
    Lake,
}

impl Kind {
    /// The engine beside which the test command starts one that wants a token.
    pub(super) const GUARDED: Self = Self::Spark(4, 3, Flavour::Plain);

    /// `sail`, or line and flavour as in `spark-4.1-lake`.
    pub(super) fn parse(name: &str) -> Option<Self> {
        if name == "sail" {
            return Some(Self::Sail);
        }
        let (line, flavour) = name.strip_prefix("spark-")?.split_once('-')?;
        let (major, minor) = line.split_once('.')?;
        let flavour = match flavour {
            "plain" => Flavour::Plain,
            "delta" => Flavour::Delta,
            "lake" => Flavour::Lake,
            _ => return None,
        };
        Some(Self::Spark(major.parse().ok()?, minor.parse().ok()?, flavour))
    }

    pub(super) fn has(self, ability: Ability) -> bool {
        match self {
            Self::Sail => Self::sail_has(ability),
            Self::Spark(major, minor, flavour) => Self::spark_has((major, minor), flavour, ability),
        }
    }

    fn sail_has(ability: Ability) -> bool {
        matches!(
            ability,
            Ability::AncientTimes
                | Ability::Ansi
                | Ability::Clouds
                | Ability::CountsWrites
                | Ability::Delta
                | Ability::EndsSessions
                | Ability::Geometry
                | Ability::IcebergTables
                | Ability::InSubqueries
                | Ability::KeepsSessions
                | Ability::LateralJoins
                | Ability::Merges
                | Ability::NestedInstants
                | Ability::Objects
                | Ability::Subqueries
                | Ability::Times
                | Ability::TryCasts
                | Ability::Updates
                | Ability::Variants
        )
    }

    fn spark_has(line: (u32, u32), flavour: Flavour, ability: Ability) -> bool {
        match ability {
            // The readers of other clouds are not loaded into it.
            Ability::Clouds | Ability::CountsWrites => false,
            Ability::FunctionsOf(major, minor) => line >= (major, minor),
            Ability::AltersTables
            | Ability::ErrorClasses
            | Ability::ExplodedMaps
            | Ability::FunctionsByName
            | Ability::InvalidUtf8
            | Ability::KeepsResults
            | Ability::PlanHashes
            | Ability::RefusesConfs
            | Ability::SharedTables
            | Ability::SqlConfs
            | Ability::Statistics
            | Ability::TableCaches
            | Ability::UserTypes
            | Ability::ZippedLists => true,
            Ability::Delta | Ability::RemembersKeys => flavour != Flavour::Plain,
            Ability::Iceberg | Ability::IcebergTables => flavour == Flavour::Lake,
            // The test command has what they take for one line.
            Ability::Objects | Ability::ScriptedCommits => flavour == Flavour::Lake && line == (4, 1),
            // Iceberg for 3.5 reads no such confs.
            Ability::StampsSnapshots => flavour == Flavour::Lake && line >= (4, 0),
            // In 3.5 Iceberg's rules get hold of it first, and fail.
            Ability::Updates => flavour == Flavour::Delta || flavour == Flavour::Lake && line >= (4, 0),
            Ability::AncientTimes
            | Ability::Ansi
            | Ability::Checkpoints
            | Ability::Collations
            | Ability::EndsSessions
            | Ability::ErrorDetails
            | Ability::GrowingIntegers
            | Ability::GroupingSets
            | Ability::KeepsSessions
            | Ability::LargeTypes
            | Ability::LateralJoins
            | Ability::Merges
            | Ability::NestedInstants
            | Ability::NearestJoins
            | Ability::Progress
            | Ability::SqlObjects
            | Ability::Subqueries
            | Ability::Transposing
            | Ability::TryCasts
            | Ability::Variants => line >= (4, 0),
            // Before 4.1 the grammar has no markers in places, and from then on Delta's parser drops the values.
            Ability::Binding => line >= (4, 1) && flavour == Flavour::Plain,
            // 4.0 has scripts behind a conf.
            Ability::Chunks
            | Ability::InSubqueries
            | Ability::Scripts
            | Ability::SessionCopies
            | Ability::Times
            | Ability::TimesEverywhere => line >= (4, 1),
            Ability::Geometry | Ability::GeometryWithSrid => line >= (4, 2),
            Ability::Nanoseconds => line >= (4, 3),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_read() {
        assert_eq!(Kind::parse("sail"), Some(Kind::Sail));
        assert_eq!(Kind::parse("spark-3.5-lake"), Some(Kind::Spark(3, 5, Flavour::Lake)));
        assert_eq!(Kind::parse("spark-4.3-plain"), Some(Kind::GUARDED));
        assert_eq!(Kind::parse("spark-4.3"), None);
    }
}
