//! Which limit it is that a call exceeds: gRPC's of a message's size, or one of what a server or a gateway takes on.

use super::ServerError;

/// What the implementations of gRPC say of a message that is too large, on both sides, in lower case.
const SIZE: [&str; 9] = [
    // tonic
    "message length too large",
    // Java
    "message exceeds maximum size",
    "increase the maxmessagesize",
    "message too large",
    // Go and C++
    "message larger than max",
    "message after decompression larger than max",
    // JavaScript
    "message with a size larger than",
    "message that exceeds the maximum size",
    // .NET
    "message exceeds the maximum configured message size",
];

pub(super) fn is_message_size(server: &ServerError) -> bool {
    let said = server.words().map(str::to_ascii_lowercase);
    said.is_some_and(|said| SIZE.iter().any(|words| said.contains(words)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_message_is_told_in_the_words_of_every_grpc() {
        let is_size = |words: &str| {
            is_message_size(&ServerError { message: words.to_owned(), ..ServerError::default() })
        };
        for words in [
            "Error, decoded message length too large: found 5 bytes, the limit is: 4 bytes",
            "Error, encoded message length too large: found 5 bytes, the limit is: 4 bytes",
            "gRPC message exceeds maximum size 4194304: 5000000",
            "Decompressed gRPC message exceeds maximum size 4194304",
            "Frame size 5 exceeds maximum: 4. If this is normal, increase the maxMessageSize",
            "message too large 5 > 4",
            "grpc: received message larger than max (5 vs. 4)",
            "grpc: trying to send message larger than max (5 vs. 4)",
            "grpc: received message after decompression larger than max 4",
            "SERVER: Received message larger than max (5 vs. 4)",
            "Sent message larger than max (5 vs. 4)",
            "Attempted to send message with a size larger than 4",
            "Received message that exceeds the maximum size",
            "Received message exceeds the maximum configured message size.",
        ] {
            assert!(is_size(words), "{words}");
        }
        for words in [
            "",
            "too many requests",
            "max sessions",
            "the maximum number of messages is reached",
            "received initial metadata size exceeds limit",
        ] {
            assert!(!is_size(words), "{words}");
        }
    }
}
