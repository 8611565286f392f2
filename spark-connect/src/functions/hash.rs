//! Hashes, checksums and encryption.

functions! {
    aes_decrypt(binary: column, key: column) "A binary decrypted by AES.";
    aes_encrypt(binary: column, key: column) "A binary encrypted by AES.";
    crc32(binary: column) "The checksum CRC-32.";
    hash(columns: columns) "A hash of several columns, of 32 bits.";
    hmac(key: column, message: column) "The code by which a message is authenticated.";
    md5(binary: column) "The checksum MD5 in hexadecimal digits.";
    sha(binary: column) "The checksum SHA-1 in hexadecimal digits.";
    sha1(binary: column) "The checksum SHA-1 in hexadecimal digits.";
    sha2(binary: column, bits: value) "A checksum of SHA-2, of 224, 256, 384 or 512 bits, in hexadecimal digits.";
    try_aes_decrypt(binary: column, key: column) "A binary decrypted by AES, `NULL` where it cannot be.";
    uuid() "A random UUID, different for each row, as text. Not every server takes a seed for it, so each use of \
        a frame draws anew: write the frame to a table to keep them.";
    uuid_with_seed(seed: value) = "uuid"
        "A random UUID, different for each row, as text, from a seed. Spark from 4.0 on.";
    xxhash64(columns: columns) "A hash of several columns, of 64 bits.";
}
