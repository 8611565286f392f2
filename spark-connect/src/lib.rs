//! A Spark Connect client: from a connection string to Arrow record batches.
//!
//! ```text
//! "sc://…" → Remote → Channel → Session → Plan → ResponseStream → RecordBatch
//! ```

pub(crate) mod proto;
