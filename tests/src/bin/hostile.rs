//! The hostile results of the protocol suite in a program whose panics abort: what would be caught elsewhere ends it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a failure here is a failed test; its progress is its output"
)]
// A case that nobody runs would be dead code. What the cases start from has more than they use.
#![deny(dead_code)]

#[allow(dead_code, reason = "the suite uses the rest")]
#[path = "../../tests/protocol/given.rs"]
mod given;
#[path = "../../tests/protocol/hostile.rs"]
mod hostile;
#[path = "../../tests/protocol/mutated.rs"]
mod mutated;

/// Names each case and runs it; gives their number.
macro_rules! run {
    ($($module:ident: $($case:ident),+;)+) => {{
        let mut passed = 0;
        $($(
            println!("{}::{}", stringify!($module), stringify!($case));
            $module::$case();
            passed += 1;
        )+)+
        passed
    }};
}

fn main() {
    let aborts = cfg!(panic = "abort");
    assert!(aborts, "build this with a profile whose panics abort");
    let passed = run! {
        hostile:
            compressed_buffers_and_dictionaries_that_claim_gigabytes,
            many_buffers_each_of_which_claims_little,
            rows_and_values_that_take_nothing,
            messages_nested_deeper_than_they_are_read,
            a_text_that_is_not_utf8_names_its_column,
            bits_that_flip_in_columns_of_every_layout;
        mutated:
            arrow_streams_that_are_cut,
            row_counts_that_are_wrong,
            schemas_that_change_in_the_middle,
            lengths_that_are_far_too_large,
            chunks_with_gaps,
            offsets_that_do_not_follow,
            results_that_end_in_the_middle_of_a_response,
            bytes_that_change_are_no_panic_and_never_more_rows_than_were_sent;
    };
    println!("test result: ok. {passed} passed; 0 failed; 0 ignored");
}
