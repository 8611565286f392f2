//! Bitmaps of numbers.

functions! {
    bitmap_and_agg(bitmap: column) "The bits that all bitmaps have.";
    bitmap_bit_position(number: column) "The place of a number in its bitmap.";
    bitmap_bucket_number(number: column) "The number of the bitmap that a number is in.";
    bitmap_construct_agg(position: column) "The bitmap of several places.";
    bitmap_count(bitmap: column) "How many bits are set.";
    bitmap_or_agg(bitmap: column) "The bits that some bitmap has.";
}
