//! The time zone of the session, through whose local text the instants of partitions go where a format keeps texts.

use arrow_array::RecordBatch;
use futures_util::TryStreamExt;
use spark_connect::DataType;
use spark_connect::types::StructField;

use super::described::{is_no_answer, text_in};
use crate::dialect::Dialect;
use crate::driver::Driver;
use crate::error::{Error, ErrorKind, Result};
use crate::names::shown;
use crate::source::{Read, Source};
use crate::table::TableName;

/// The question for the session's zone, in whose answer the zone has this name.
const ASK: &str = "SELECT current_timezone() AS time_zone";
const ZONE: &str = "time_zone";

/// The names of the zone in which text is the same instant for everybody, but for offsets of zero.
const UTC: [&str; 8] = ["UTC", "GMT", "Z", "UT", "UCT", "Zulu", "Universal", "Greenwich"];

/// Refuses partitions by these columns where one is an instant and the session's zone is not UTC. Where clocks are set
/// back, two instants have one local text. Newer versions of Delta on Spark store that text as an instant in UTC; others
/// store it as it is, so that who reads it in another zone, also in one of a fixed offset, reads another instant.
pub(super) async fn check(
    driver: &dyn Driver,
    dialect: &dyn Dialect,
    table: &TableName,
    columns: &[&StructField],
) -> Result<()> {
    let instant = columns.iter().find(|column| column.data_type == DataType::Timestamp);
    let Some(column) = instant.filter(|_| dialect.partition_values_are_text()) else { return Ok(()) };
    let Some(zone) = of_session(driver).await?.filter(|zone| !is_utc(zone)) else { return Ok(()) };
    let (column, format, zone) = (&column.name, dialect.name(), shown(&zone));
    let message = format!(
        "values of partitions of the table {table} by the TIMESTAMP \"{column}\" go through local text in {format}: in \
         the session's time zone, {zone}, two instants may have one text, or the text may be another instant to who reads \
         it in another zone; nothing was done. Set spark.sql.session.timeZone to UTC, with \
         `session_conf` where the driver is built, or partition by a DATE or a TIMESTAMP_NTZ"
    );
    Err(Error::new(ErrorKind::Config, message))
}

/// The zone, unless the engine has no answer.
async fn of_session(driver: &dyn Driver) -> Result<Option<String>> {
    match driver.read(Read::all(Source::sql(ASK))).try_collect::<Vec<RecordBatch>>().await {
        Ok(told) => {
            let told = told.iter().filter(|batch| batch.num_rows() > 0);
            Ok(told.map(|batch| text_in(batch, ZONE, 0)).find(|zone| !zone.is_empty()))
        }
        Err(error) if is_no_answer(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether it is UTC, also as an offset of zero: `Etc/UTC`, `GMT0`, `+00:00`.
fn is_utc(zone: &str) -> bool {
    let zone = zone.strip_prefix("Etc/").unwrap_or(zone);
    let name = zone.trim_end_matches(['+', '-', ':', '0']);
    name.is_empty() || UTC.iter().any(|utc| name.eq_ignore_ascii_case(utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utc_has_many_names_and_no_offset() {
        for zone in
            ["UTC", "Etc/UTC", "utc", "Z", "Zulu", "GMT", "GMT0", "Etc/GMT-0", "+00:00", "-00:00", "UTC+0"]
        {
            assert!(is_utc(zone), "{zone}");
        }
        for zone in
            ["+02:00", "+10:00", "-00:30", "GMT+10", "Etc/GMT+1", "UTC+01:00", "Europe/Paris", "EST", "Japan"]
        {
            assert!(!is_utc(zone), "{zone}");
        }
    }
}
