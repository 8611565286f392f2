//! Reads the descriptors out of PySpark's `*_pb2.py` modules.
//!
//! Such a module hands one serialized `FileDescriptorProto` to `AddSerializedFile`, as a Python bytes literal.

use std::fs;
use std::iter::Peekable;
use std::path::Path;
use std::str::Bytes;

use prost::Message;
use prost_types::{FileDescriptorProto, FileDescriptorSet};

use crate::failure::{During, Outcome};

/// The descriptors of every module in a directory.
pub(crate) fn read_directory(directory: &Path) -> Outcome<FileDescriptorSet> {
    let mut set = FileDescriptorSet::default();
    for entry in fs::read_dir(directory).during(directory.display())? {
        let path = entry.during(directory.display())?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().ends_with("_pb2.py")) {
            let source = fs::read_to_string(&path).during(path.display())?;
            let bytes = serialized_file(&source).during(path.display())?;
            set.file.push(FileDescriptorProto::decode(bytes.as_slice()).during(path.display())?);
        }
    }
    Ok(set)
}

/// The argument of `AddSerializedFile` in the text of a module.
fn serialized_file(source: &str) -> Result<Vec<u8>, String> {
    let (_, argument) = source.split_once("AddSerializedFile(").ok_or("has no call of AddSerializedFile")?;
    let mut text = argument.bytes().peekable();
    let mut bytes = Vec::new();
    // Python joins literals that stand next to each other.
    loop {
        match text.find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'b') => literal(&mut text, &mut bytes)?,
            Some(b')') if !bytes.is_empty() => return Ok(bytes),
            Some(other) => return Err(format!("expected a bytes literal, found {:?}", char::from(other))),
            None => return Err("the call of AddSerializedFile does not end".into()),
        }
    }
}

/// Reads one literal after its `b`.
fn literal(text: &mut Peekable<Bytes<'_>>, bytes: &mut Vec<u8>) -> Result<(), String> {
    let quote =
        text.next().filter(|byte| matches!(byte, b'\'' | b'"')).ok_or("a bytes literal without a quote")?;
    while let Some(byte) = text.next() {
        match byte {
            b'\\' => bytes.extend(escape(text)?),
            _ if byte == quote => return Ok(()),
            _ => bytes.push(byte),
        }
    }
    Err("a bytes literal does not end".into())
}

/// Reads one escape after its backslash. A backslash before a line end stands for nothing.
fn escape(text: &mut Peekable<Bytes<'_>>) -> Result<Option<u8>, String> {
    let byte = text.next().ok_or("a bytes literal ends inside an escape")?;
    let value = match byte {
        b'\n' => return Ok(None),
        b'\\' | b'\'' | b'"' => byte,
        b'a' => 0x07,
        b'b' => 0x08,
        b't' => b'\t',
        b'n' => b'\n',
        b'v' => 0x0b,
        b'f' => 0x0c,
        b'r' => b'\r',
        b'x' => {
            let digits = [text.next(), text.next()];
            code(digits.into_iter().flatten(), 16).ok_or("an escape \\x without two hexadecimal digits")?
        }
        b'0'..=b'7' => {
            let more: Vec<u8> =
                std::iter::from_fn(|| text.next_if(|next| matches!(next, b'0'..=b'7'))).take(2).collect();
            code([byte].into_iter().chain(more), 8).ok_or("an octal escape above 255")?
        }
        other => return Err(format!("an unknown escape \\{}", char::from(other))),
    };
    Ok(Some(value))
}

fn code(digits: impl Iterator<Item = u8>, radix: u32) -> Option<u8> {
    let digits: String = digits.map(char::from).collect();
    u8::from_str_radix(&digits, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_escape_of_a_bytes_literal_is_decoded() {
        let source = r#"D = pool().AddSerializedFile(
            b'\n\x1a\\\'"\"\t\r\0\12\3778\a\b\f\vA'
        )"#;
        let expected = b"\n\x1a\\'\"\"\t\r\x00\x0a\xff8\x07\x08\x0c\x0bA";
        assert_eq!(serialized_file(source).unwrap(), expected);
    }

    #[test]
    fn neighbouring_literals_are_joined() {
        assert_eq!(serialized_file("AddSerializedFile(b'a\\\nb' b\"'c\")").unwrap(), b"ab'c");
    }

    #[test]
    fn text_that_is_not_a_literal_is_an_error() {
        let cases = [
            ("x = 1", "has no call of AddSerializedFile"),
            ("AddSerializedFile(name)", "expected a bytes literal, found 'n'"),
            ("AddSerializedFile(b'a'", "the call of AddSerializedFile does not end"),
            ("AddSerializedFile(b'a", "a bytes literal does not end"),
            ("AddSerializedFile(b'\\q')", "an unknown escape \\q"),
            ("AddSerializedFile(b'\\x4')", "an escape \\x without two hexadecimal digits"),
            ("AddSerializedFile(b'\\400')", "an octal escape above 255"),
        ];
        for (source, reason) in cases {
            assert_eq!(serialized_file(source).unwrap_err(), reason, "{source}");
        }
    }
}
