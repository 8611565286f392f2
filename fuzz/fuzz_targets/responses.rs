//! Whatever a server sends is a result or an error: no panic, no allocation that a few bytes ask for.

#![no_main]

libfuzzer_sys::fuzz_target!(|responses: &[u8]| {
    let _ = spark_connect::fuzzing::read_result(responses);
});
