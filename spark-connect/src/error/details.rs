//! The details of a status, as far as they are looked at.
//!
//! Read here and not by `tonic-types`, which panics on some numbers of seconds.

use std::collections::HashMap;
use std::time::Duration;

use prost::Message;
use tonic::Status;

/// The details of a status that can be read. One that cannot be read hides no other.
pub(super) struct Details(Vec<Detail>);

impl Details {
    pub(super) fn of(status: &Status) -> Self {
        let mut packed = PackedDetails::default();
        if packed.merge(status.details()).is_err() {
            tracing::debug!("the details of a status break off, so only those before are known");
        }
        let details = packed.details.iter().filter_map(|detail| Detail::decode(detail.as_slice()).ok());
        Self(details.collect())
    }

    /// What failed.
    pub(super) fn error_info(&self) -> Option<ErrorInfo> {
        self.first("google.rpc.ErrorInfo")
    }

    /// That the server asks to wait.
    pub(super) fn retry_info(&self) -> Option<RetryInfo> {
        self.first("google.rpc.RetryInfo")
    }

    /// The first message of a type that can be read.
    fn first<M: Message + Default>(&self, name: &str) -> Option<M> {
        let mut of_the_type = self.0.iter().filter(|detail| detail.type_url.rsplit('/').next() == Some(name));
        of_the_type.find_map(|detail| M::decode(detail.value.as_slice()).ok())
    }
}

/// `google.rpc.Status`, whose details are read one by one.
#[derive(Clone, PartialEq, Message)]
struct PackedDetails {
    #[prost(bytes = "vec", repeated, tag = "3")]
    details: Vec<Vec<u8>>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
struct Detail {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// `google.rpc.ErrorInfo`: what failed.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ErrorInfo {
    #[prost(string, tag = "1")]
    pub(super) reason: String,
    #[prost(map = "string, string", tag = "3")]
    pub(super) metadata: HashMap<String, String>,
}

/// `google.rpc.RetryInfo`: that the server asks to wait.
#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    delay: Option<Delay>,
}

impl RetryInfo {
    /// How long, if it says so.
    pub(super) fn delay(self) -> Option<Duration> {
        self.delay.and_then(Delay::duration)
    }
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

    fn detail(name: &str, value: Vec<u8>) -> Vec<u8> {
        Detail { type_url: format!("type.googleapis.com/{name}"), value }.encode_to_vec()
    }

    fn waiting(seconds: i64, nanos: i32) -> Vec<u8> {
        let info = RetryInfo { delay: Some(Delay { seconds, nanos }) };
        detail("google.rpc.RetryInfo", info.encode_to_vec())
    }

    fn telling(class: &str) -> Vec<u8> {
        let metadata = HashMap::from([("errorClass".to_owned(), class.to_owned())]);
        let info = ErrorInfo { reason: "java.lang.X".to_owned(), metadata };
        detail("google.rpc.ErrorInfo", info.encode_to_vec())
    }

    fn failure(details: Vec<u8>) -> Failure {
        Failure::from_status(&Status::with_details(Code::Internal, "later", details.into()), "host:443")
    }

    fn failure_with(details: &[Vec<u8>]) -> Failure {
        failure(PackedDetails { details: details.to_vec() }.encode_to_vec())
    }

    fn class(failure: &Failure) -> Option<&str> {
        failure.error.server().and_then(|server| server.error_class())
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
            let Failure { remedy, retry_delay, .. } = failure_with(&[waiting(seconds, nanos)]);
            assert_eq!(remedy, Remedy::Retry, "{seconds} {nanos}");
            let waited = RetryPolicy::default().wait(0, retry_delay, 1.0).unwrap();
            assert!(waited <= Duration::from_secs(601), "{seconds} {nanos}: {waited:?}");
        }
        assert_eq!(failure_with(&[waiting(7, 5)]).retry_delay, Some(Duration::new(7, 5)));
    }

    #[test]
    fn a_detail_that_cannot_be_read_hides_no_other() {
        let not_utf8 = vec![0x0a, 1, 0xff];
        let unread = vec![0x0a, 0xff];
        for bad in [
            Vec::new(),
            vec![0xff; 20],
            not_utf8.clone(),
            detail("google.rpc.ErrorInfo", not_utf8),
            detail("google.rpc.RetryInfo", unread),
            detail("google.rpc.Help", vec![0xff]),
        ] {
            let told =
                failure_with(&[bad.clone(), waiting(7, 0), bad.clone(), telling("DIVIDE_BY_ZERO"), bad]);
            assert_eq!(told.retry_delay, Some(Duration::from_secs(7)));
            assert_eq!(class(&told), Some("DIVIDE_BY_ZERO"));
        }
    }

    #[test]
    fn details_that_break_off_tell_what_stands_before_the_break() {
        let whole = PackedDetails { details: vec![telling("DIVIDE_BY_ZERO"), waiting(7, 0)] }.encode_to_vec();
        let first = PackedDetails { details: vec![telling("DIVIDE_BY_ZERO")] }.encode_to_vec().len();
        for end in 0..whole.len() {
            let told = failure(whole[..end].to_vec());
            assert_eq!(class(&told), (end >= first).then_some("DIVIDE_BY_ZERO"), "{end}");
            assert_eq!((told.remedy, told.retry_delay), (Remedy::None, None), "{end}");
        }
        assert_eq!(failure(whole).remedy, Remedy::Retry);
    }
}
