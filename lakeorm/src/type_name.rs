//! Rust type names as a person writes them, for messages.

/// The type's name without module paths: `core::option::Option<alloc::string::String>` is `Option<String>`.
pub(crate) fn short_type_name(full: &str) -> String {
    let mut short = String::with_capacity(full.len());
    let mut path = String::new();
    for c in full.chars() {
        if c.is_alphanumeric() || c == '_' || c == ':' {
            path.push(c);
        } else {
            short.push_str(last_segment(&path));
            path.clear();
            short.push(c);
        }
    }
    short.push_str(last_segment(&path));
    short
}

fn last_segment(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn module_paths_are_dropped_at_every_level() {
        assert_eq!(short_type_name(std::any::type_name::<Option<String>>()), "Option<String>");
        assert_eq!(short_type_name(std::any::type_name::<Option<&str>>()), "Option<&str>");
        assert_eq!(short_type_name(std::any::type_name::<Vec<u8>>()), "Vec<u8>");
        assert_eq!(short_type_name(std::any::type_name::<[i8; 3]>()), "[i8; 3]");
        assert_eq!(short_type_name("chrono::datetime::DateTime<chrono::offset::utc::Utc>"), "DateTime<Utc>");
    }
}
