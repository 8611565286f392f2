//! What users see when they make a mistake: one mistake per file, named after the rule it breaks. The texts are
//! the pinned compiler's.

#[test]
fn each_mistake_points_at_the_token_to_change_and_says_what_would_be_right() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
