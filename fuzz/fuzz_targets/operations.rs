//! Whatever a server does while an operation runs, it ends in a result or an error: responses in any order, streams that
//! end or break, statuses with their details, and what is kept of them.

#![no_main]

libfuzzer_sys::fuzz_target!(|script: &[u8]| {
    let _ = spark_connect::fuzzing::run_operation(script);
});
