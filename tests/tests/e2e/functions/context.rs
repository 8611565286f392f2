//! Facts about the server, the session and the position of a row; calls of Java.

use lakeorm::spark::Column;
use lakeorm::spark::functions::*;

use super::{Call, calls};

/// Parts of a UUID, by a method of Java's that takes a text.
fn uuid_of(text: &str) -> [Column; 3] {
    [lit("java.util.UUID"), lit("fromString"), lit(text)]
}

pub(super) fn calls() -> Vec<Call> {
    let uuid = "a5cf6c42-0c85-418f-af6c-3e4e5b1328f2";
    calls! {
        current_catalog() => "spark_catalog";
        current_database() => "default";
        current_path() => "system.builtin,system.session,spark_catalog.default";
        current_schema() => "default";
        current_user() as |c| c.ne("") => "true";
        input_file_block_length() => "-1";
        input_file_block_start() => "-1";
        input_file_name() => "";
        java_method(uuid_of(uuid)) => uuid;
        monotonically_increasing_id() => "0";
        reflect(uuid_of(uuid)) => uuid;
        session_user() as |c| c.eq(current_user()) => "true";
        spark_partition_id() => "0";
        try_reflect(uuid_of("no UUID")) => None;
        user() as |c| c.eq(current_user()) => "true";
        version() as |c| c.rlike("^\\d+\\.\\d+\\.\\d+") => "true";
    }
}
