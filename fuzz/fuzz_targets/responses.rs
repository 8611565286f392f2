//! Whatever a server sends is a result or an error: no panic, no allocation that a few bytes ask for.
//!
//! `cargo +nightly fuzz run responses corpus seeds -- -malloc_limit_mb=256`

#![no_main]

libfuzzer_sys::fuzz_target!(
    // Arrow's reader panics on some streams and the client makes an error of it; only what leaves the client counts.
    init: std::panic::set_hook(Box::new(|_| {})),
    |responses: &[u8]| {
        let _ = spark_connect::fuzzing::read_result(responses);
    }
);
