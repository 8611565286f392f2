//! Every word of `#[lake(…)]`, with the places where it stands and the derives that read it.

use proc_macro2::Span;
use syn::Meta;
use syn::spanned::Spanned;

use super::key;
use crate::ctxt::Ctxt;
use crate::near::unknown;

/// A derive that reads `#[lake(…)]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Derive {
    Row,
    Value,
    Table,
}

/// Where an attribute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The struct or enum.
    Type,
    Field,
    Variant,
}

struct Word {
    name: &'static str,
    place: Place,
    readers: &'static [Derive],
}

const WORDS: [Word; 26] = {
    use Derive::{Row, Table, Value};
    use Place::{Field, Type, Variant};
    const fn word(name: &'static str, place: Place, readers: &'static [Derive]) -> Word {
        Word { name, place, readers }
    }
    [
        word("rename_all", Type, &[Row, Value, Table]),
        word("deny_unknown_columns", Type, &[Row]),
        word("integer", Type, &[Value]),
        word("crate", Type, &[Row, Value, Table]),
        word("table", Type, &[Table]),
        word("partition_by", Type, &[Table]),
        word("sort_by", Type, &[Table]),
        word("comment", Type, &[Table]),
        word("validate", Type, &[Table]),
        word("rename", Field, &[Row, Table]),
        word("alias", Field, &[Row]),
        word("default", Field, &[Row]),
        word("skip", Field, &[Row, Table]),
        word("flatten", Field, &[Row, Table]),
        word("json", Field, &[Row, Table]),
        word("try_from", Field, &[Row, Table]),
        word("with", Field, &[Row, Table]),
        word("primary_key", Field, &[Table]),
        word("merge_key", Field, &[Table]),
        word("created_at", Field, &[Table]),
        word("updated_at", Field, &[Table]),
        word("comment", Field, &[Table]),
        word("sql_default", Field, &[Table]),
        word("decimal", Field, &[Table]),
        word("rename", Variant, &[Value]),
        word("other", Variant, &[Value]),
    ]
};

impl Derive {
    /// The macro's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Row => "LakeRow",
            Self::Value => "LakeValue",
            Self::Table => "LakeTable",
        }
    }

    /// Whether a type may derive both, so that each passes over the words of the other.
    fn stands_beside(self, other: Self) -> bool {
        matches!((self, other), (Self::Row, Self::Table) | (Self::Table, Self::Row))
    }

    /// The places as this derive calls them.
    fn name_of(self, place: Place) -> &'static str {
        match (place, self) {
            (Place::Type, Self::Value) => "the type",
            (Place::Type, _) => "the struct",
            (Place::Field, _) => "a field",
            (Place::Variant, _) => "a variant",
        }
    }
}

/// Whether the derive reads this word at this place. Another one is an error, except for a word that another derive of the
/// same type reads there.
pub(crate) fn accepts(derive: Derive, place: Place, meta: &Meta, ctxt: &mut Ctxt) -> bool {
    let word = key(meta);
    let here = WORDS.iter().find(|known| known.name == word && known.place == place);
    let readers = here.map(|known| known.readers).unwrap_or_default();
    if readers.contains(&derive) {
        return true;
    }
    if !readers.iter().any(|reader| derive.stands_beside(*reader)) {
        refuse(derive, place, &word, meta.path().span(), ctxt);
    }
    false
}

/// Of two derives that stand beside each other both know all words: they refuse one with the same text, which the
/// compiler shows once.
fn refuse(derive: Derive, place: Place, word: &str, span: Span, ctxt: &mut Ctxt) {
    let is_known_to = |reader: &Derive| *reader == derive || derive.stands_beside(*reader);
    let reads = |known: &&Word| known.readers.iter().any(is_known_to);
    if let Some(known) = WORDS.iter().filter(|known| known.name == word).find(reads) {
        let (there, here) = (derive.name_of(known.place), derive.name_of(place));
        return ctxt.error(span, format!("`{word}` belongs on {there}, not on {here}"));
    }
    let known: Vec<&str> =
        WORDS.iter().filter(|known| known.place == place).filter(reads).map(|known| known.name).collect();
    let what = match (place, derive) {
        (Place::Type, Derive::Value) => "attribute of a value",
        (Place::Type, _) => "attribute of a struct",
        (Place::Field, _) => "attribute of a field",
        (Place::Variant, _) => "attribute of a variant",
    };
    ctxt.error(span, unknown(what, word, &known));
}
