//! The protocol's messages and the generated server trait, for a server that tests script.
//!
//! Made from `spark-connect/proto` by `cargo xtask proto`, apart from the client's own copy: a fake that shared
//! code with the client would share its mistakes.
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
