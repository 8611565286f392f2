//! Hashes, checksums and encryption.

use lakeorm::spark::Column;
use lakeorm::spark::functions::*;

use super::{Call, calls};

fn text(binary: Column) -> Column {
    decode(binary, "UTF-8")
}

pub(super) fn calls() -> Vec<Call> {
    let key = || lit("0123456789abcdef");
    calls! {
        aes_decrypt(aes_encrypt("word", key()), key()) as text => "Ada";
        aes_encrypt("word", key()) as octet_length => "31";
        crc32("word") => "3040723336";
        hash(["word", "text"]) => "900936127";
        hmac(lit("key"), lit("message")) as hex => "6E9EF29B75FFFC5B7ABAE527D58FDADB2FE42E7219011976917343065F58ED4A";
        md5(lit("")) => "d41d8cd98f00b204e9800998ecf8427e";
        sha(lit("")) => "da39a3ee5e6b4b0d3255bfef95601890afd80709";
        sha1(lit("")) => "da39a3ee5e6b4b0d3255bfef95601890afd80709";
        sha2(lit(""), 224) => "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f";
        try_aes_decrypt(aes_encrypt("word", key()), lit("fedcba9876543210")) => None;
        uuid() as length => "36";
        uuid_with_seed(7_i64) as |c| c.eq(uuid_with_seed(7_i64)) => "true";
        xxhash64([lit("Spark")]) => "-4294468057691064905";
    }
}
