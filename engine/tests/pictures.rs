//! Pictures of anything with any numbers: one of the right size or a refusal; never a panic.
#![allow(missing_docs)]

#[path = "pictures/case.rs"]
mod case;

use case::Case;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(400)
    })]
    #[test]
    fn any_bytes_are_a_picture_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..900)) {
        Case::of(&bytes).check();
    }
}
