//! The windows of HTTP/2 with which a runner reads, by its name.

use lakeorm::spark::SparkDriverBuilder;
use tonic::transport::Endpoint;

/// How much may be on its way to a runner.
#[derive(Clone, Copy)]
pub(crate) enum Windows {
    /// What the client has by itself.
    Own,
    /// So many bytes for a stream.
    Bytes(u32),
}

impl Windows {
    /// A runner's name without its windows, and these.
    pub(crate) fn of(runner: &str) -> (&str, Self) {
        match runner.split_once(", windows of ") {
            Some((runner, size)) => {
                let (count, unit) = size.split_once(' ').unwrap();
                let unit = if unit == "KiB" { 1024 } else { 1024 * 1024 };
                (runner, Self::Bytes(count.parse::<u32>().unwrap() * unit))
            }
            None => (runner, Self::Own),
        }
    }

    /// A channel by hand carries one result, so its connection has the window of a stream.
    pub(crate) fn by_hand(self, endpoint: Endpoint) -> Endpoint {
        match self {
            Self::Own => endpoint,
            Self::Bytes(bytes) => {
                endpoint.initial_stream_window_size(bytes).initial_connection_window_size(bytes)
            }
        }
    }

    pub(crate) fn by_lakeorm(self, builder: SparkDriverBuilder) -> SparkDriverBuilder {
        match self {
            Self::Bytes(bytes) => builder.stream_window(bytes as usize),
            Self::Own => builder,
        }
    }
}
