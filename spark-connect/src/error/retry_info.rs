//! How long a server asks to wait, in the details of a status (`google.rpc.RetryInfo`).
//!
//! Read here and not by `tonic-types`, which panics on some numbers of seconds.

use std::time::Duration;

use prost::Message;
use prost_types::Any;
use tonic::Status;

/// That the server asks to wait, and how long if it says so.
#[derive(Clone, Copy)]
pub(super) struct Wait(pub(super) Option<Duration>);

impl Wait {
    pub(super) fn asked_by(status: &Status) -> Option<Self> {
        let Details { details } = Details::decode(status.details()).ok()?;
        let info = details.iter().find(|detail| detail.type_url.ends_with("google.rpc.RetryInfo"))?;
        let RetryInfo { delay } = RetryInfo::decode(&*info.value).ok()?;
        Some(Self(delay.and_then(Delay::duration)))
    }
}

/// `google.rpc.Status`, as far as it is looked at.
#[derive(Clone, PartialEq, Message)]
struct Details {
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    delay: Option<Delay>,
}

/// `google.protobuf.Duration`.
#[derive(Clone, Copy, PartialEq, Message)]
struct Delay {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

impl Delay {
    /// None where it is negative.
    fn duration(self) -> Option<Duration> {
        let seconds = Duration::from_secs(self.seconds.try_into().ok()?);
        seconds.checked_add(Duration::from_nanos(self.nanos.try_into().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;
    use crate::RetryPolicy;
    use crate::error::status::{Failure, Remedy};

    fn asking_to_wait(seconds: i64, nanos: i32) -> Failure {
        let value = RetryInfo { delay: Some(Delay { seconds, nanos }) }.encode_to_vec();
        let info = Any { type_url: "type.googleapis.com/google.rpc.RetryInfo".to_owned(), value };
        let details = Details { details: vec![info] }.encode_to_vec();
        Failure::from_status(&Status::with_details(Code::Internal, "later", details.into()), "host:443")
    }

    #[test]
    fn a_wait_that_no_clock_knows_is_a_wait_or_none() {
        for (seconds, nanos) in [
            (i64::MAX, i32::MAX),
            (i64::MIN, i32::MIN),
            (i64::MAX, i32::MIN),
            (0, -1),
            (-1, 0),
            (315_576_000_001, 0),
        ] {
            let Failure { remedy, retry_delay, .. } = asking_to_wait(seconds, nanos);
            assert_eq!(remedy, Remedy::Retry, "{seconds} {nanos}");
            let waited = RetryPolicy::default().wait(0, retry_delay, 1.0).unwrap();
            assert!(waited <= Duration::from_secs(601), "{seconds} {nanos}: {waited:?}");
        }
        assert_eq!(asking_to_wait(7, 5).retry_delay, Some(Duration::new(7, 5)));
    }
}
