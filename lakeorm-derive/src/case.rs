//! The rules of `rename_all`: field names are `snake_case`, variant names `PascalCase`, and become one of eight.

/// One rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

impl Case {
    /// The rules by the name that users write.
    const ALL: [(&'static str, Self); 8] = [
        ("lowercase", Self::Lower),
        ("UPPERCASE", Self::Upper),
        ("PascalCase", Self::Pascal),
        ("camelCase", Self::Camel),
        ("snake_case", Self::Snake),
        ("SCREAMING_SNAKE_CASE", Self::ScreamingSnake),
        ("kebab-case", Self::Kebab),
        ("SCREAMING-KEBAB-CASE", Self::ScreamingKebab),
    ];

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, case)| *case)
    }

    pub(crate) fn names() -> [&'static str; 8] {
        Self::ALL.map(|(name, _)| name)
    }

    /// The text for a variant's name.
    pub(crate) fn apply_to_variant(self, variant: &str) -> String {
        match self {
            Self::Lower => variant.to_lowercase(),
            Self::Upper => variant.to_uppercase(),
            Self::Pascal => variant.to_owned(),
            Self::Camel => uncapitalized(variant),
            other => other.apply(&snake(variant)),
        }
    }

    /// The column's name for a field's.
    pub(crate) fn apply(self, field: &str) -> String {
        match self {
            Self::Lower | Self::Snake => field.to_owned(),
            Self::Upper | Self::ScreamingSnake => field.to_uppercase(),
            Self::Pascal => field.split('_').map(capitalized).collect(),
            Self::Camel => uncapitalized(&Self::Pascal.apply(field)),
            Self::Kebab => field.replace('_', "-"),
            Self::ScreamingKebab => field.to_uppercase().replace('_', "-"),
        }
    }
}

/// `VeryTasty` is `very_tasty`: a word starts at every capital.
fn snake(variant: &str) -> String {
    let mut snake = String::with_capacity(variant.len());
    for (i, c) in variant.chars().enumerate() {
        if c.is_uppercase() && i > 0 {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

fn capitalized(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn uncapitalized(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_renames_a_field_as_serde_does() {
        for (rule, one, two, odd) in [
            ("lowercase", "outcome", "very_tasty", "_a_1"),
            ("UPPERCASE", "OUTCOME", "VERY_TASTY", "_A_1"),
            ("PascalCase", "Outcome", "VeryTasty", "A1"),
            ("camelCase", "outcome", "veryTasty", "a1"),
            ("snake_case", "outcome", "very_tasty", "_a_1"),
            ("SCREAMING_SNAKE_CASE", "OUTCOME", "VERY_TASTY", "_A_1"),
            ("kebab-case", "outcome", "very-tasty", "-a-1"),
            ("SCREAMING-KEBAB-CASE", "OUTCOME", "VERY-TASTY", "-A-1"),
        ] {
            let case = Case::parse(rule).unwrap();
            assert_eq!(case.apply("outcome"), one, "{rule}");
            assert_eq!(case.apply("very_tasty"), two, "{rule}");
            assert_eq!(case.apply("_a_1"), odd, "{rule}");
        }
    }

    #[test]
    fn each_rule_renames_a_variant_as_serde_does() {
        for (rule, one, two) in [
            ("lowercase", "outcome", "verytasty"),
            ("UPPERCASE", "OUTCOME", "VERYTASTY"),
            ("PascalCase", "Outcome", "VeryTasty"),
            ("camelCase", "outcome", "veryTasty"),
            ("snake_case", "outcome", "very_tasty"),
            ("SCREAMING_SNAKE_CASE", "OUTCOME", "VERY_TASTY"),
            ("kebab-case", "outcome", "very-tasty"),
            ("SCREAMING-KEBAB-CASE", "OUTCOME", "VERY-TASTY"),
        ] {
            let case = Case::parse(rule).unwrap();
            assert_eq!(case.apply_to_variant("Outcome"), one, "{rule}");
            assert_eq!(case.apply_to_variant("VeryTasty"), two, "{rule}");
        }
    }

    #[test]
    fn an_unknown_rule_is_none() {
        assert_eq!(Case::parse("CamelCase"), None);
    }
}
