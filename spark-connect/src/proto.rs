//! The protocol's messages and the generated client.
//!
//! Made from `spark-connect/proto` by `cargo xtask proto`; nothing here is edited by hand and no type of it is
//! part of the public interface.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::allow_attributes_without_reason,
    clippy::clone_on_ref_ptr,
    reason = "generated code: its shape is the generator's, and it holds messages that only some callers use"
)]

include!("generated/spark.connect.rs");
