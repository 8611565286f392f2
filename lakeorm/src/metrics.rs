//! The metrics of this crate: their names, and what each means.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

pub(crate) const QUERIES: &str = "lakeorm_queries_total";
pub(crate) const ROWS: &str = "lakeorm_rows_total";
pub(crate) const BYTES: &str = "lakeorm_received_bytes_total";
pub(crate) const RETRIES: &str = "lakeorm_retries_total";
pub(crate) const REATTACHES: &str = "lakeorm_reattaches_total";
pub(crate) const DURATION: &str = "lakeorm_query_duration_seconds";
pub(crate) const POOL_WAIT: &str = "lakeorm_pool_wait_seconds";
pub(crate) const FIRST_ROW: &str = "lakeorm_time_to_first_row_seconds";
pub(crate) const IN_USE: &str = "lakeorm_pool_sessions_in_use";
pub(crate) const IDLE: &str = "lakeorm_pool_sessions_idle";
pub(crate) const WAITING: &str = "lakeorm_pool_callers_waiting";
pub(crate) const WRITES: &str = "lakeorm_writes_total";
pub(crate) const WRITTEN_ROWS: &str = "lakeorm_written_rows_total";
pub(crate) const WRITTEN_BYTES: &str = "lakeorm_written_bytes_total";
pub(crate) const WRITE_RETRIES: &str = "lakeorm_write_retries_total";
pub(crate) const WRITE_DURATION: &str = "lakeorm_write_duration_seconds";

/// Tells the installed recorder what each metric of this crate means, and its unit. Call it once, after the recorder
/// has been installed; the metrics are recorded without it too.
pub fn describe_metrics() {
    describe_counter!(QUERIES, Unit::Count, "Queries and statements that have ended");
    describe_counter!(ROWS, Unit::Count, "Rows that have been received");
    describe_counter!(BYTES, Unit::Bytes, "Arrow data that has been received");
    describe_counter!(RETRIES, Unit::Count, "Requests that were made again after a failure");
    describe_counter!(
        REATTACHES,
        Unit::Count,
        "Results that were taken up again where their stream had ended"
    );
    describe_histogram!(DURATION, Unit::Seconds, "From the first poll to the end of a query or statement");
    describe_histogram!(POOL_WAIT, Unit::Seconds, "Wait of a query or statement for a session");
    describe_histogram!(FIRST_ROW, Unit::Seconds, "From the first poll to the first batch with a row");
    describe_gauge!(IN_USE, Unit::Count, "Sessions that are borrowed or being opened");
    describe_gauge!(IDLE, Unit::Count, "Sessions that lie ready");
    describe_gauge!(WAITING, Unit::Count, "Callers that wait for a session");
    describe_counter!(WRITES, Unit::Count, "Inserts, merges and migrations that have ended");
    describe_counter!(WRITTEN_ROWS, Unit::Count, "Rows of inserts and merges that have landed");
    describe_counter!(WRITTEN_BYTES, Unit::Bytes, "Arrow data of inserts and merges that have landed");
    describe_counter!(WRITE_RETRIES, Unit::Count, "Statements of inserts and merges that were sent again");
    describe_histogram!(
        WRITE_DURATION,
        Unit::Seconds,
        "From the first poll to the end of an insert, a merge or a migration"
    );
}
