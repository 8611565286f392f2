//! Which write a row came with.

use std::fmt;

use uuid::Uuid;

/// The id of one write, which each of its rows has in the column [`_ingest_id`](crate::table::INGEST_ID).
///
/// It is a UUID of version 7, in the order of time; or of version 8, made of an idempotency key, so that the same key is
/// the same write, whoever repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IngestId(Uuid);

impl IngestId {
    pub(super) fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// The id of a key: the same on every machine and in every version.
    #[must_use]
    pub fn of_key(key: &str) -> Self {
        use sha2::{Digest, Sha256};
        let digest = Sha256::new().chain_update(b"lakeorm idempotency key\0").chain_update(key).finalize();
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(digest).for_each(|(byte, hashed)| *byte = hashed);
        Self(Uuid::new_v8(bytes))
    }

    /// As a UUID.
    #[must_use]
    pub fn uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for IngestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_id_in_every_process_and_version() {
        assert_eq!(IngestId::of_key("2026-11-26/7"), IngestId::of_key("2026-11-26/7"));
        assert_ne!(IngestId::of_key("2026-11-26/7"), IngestId::of_key("2026-11-26/8"));
        // Changing it would write again what programs that run now have written.
        assert_eq!(IngestId::of_key("key").to_string(), "ac739923-9ed9-8d6e-8f65-34f98e34ebcc");
    }
}
