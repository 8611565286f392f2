//! Macros that several modules call.

/// The methods of a pointer to a trait's implementation, each of which calls the one behind the pointer.
macro_rules! forward {
    ($(fn $name:ident(&self $(, $argument:ident: $type:ty)*) -> $answer:ty;)*) => {$(
        fn $name(&self $(, $argument: $type)*) -> $answer {
            (**self).$name($($argument),*)
        }
    )*};
}

/// Calls a macro with the names of the types and the positions of tuples.
macro_rules! for_tuples {
    ($tuple:ident) => {
        $tuple! { A 0 }
        $tuple! { A 0 B 1 }
        $tuple! { A 0 B 1 C 2 }
        $tuple! { A 0 B 1 C 2 D 3 }
        $tuple! { A 0 B 1 C 2 D 3 E 4 }
        $tuple! { A 0 B 1 C 2 D 3 E 4 F 5 }
        $tuple! { A 0 B 1 C 2 D 3 E 4 F 5 G 6 }
        $tuple! { A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 }
        $tuple! { A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 }
        $tuple! { A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 }
        $tuple! { A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 }
        $tuple! { A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 }
        $tuple! { A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 }
        $tuple! { A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13 }
        $tuple! { A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13 O 14 }
        $tuple! { A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11 M 12 N 13 O 14 P 15 }
    };
}

#[cfg(test)]
mod tests {
    /// The methods that a text declares from these words on to the end of their block.
    fn methods(text: &'static str, from: &str) -> Vec<&'static str> {
        let (_, block) = text.split_once(from).unwrap();
        let (block, _) = block.split_once("\n}\n").unwrap();
        let lines = block.lines().filter_map(|line| line.trim_start().strip_prefix("fn "));
        lines.filter_map(|line| line.split_once('(').map(|(name, _)| name)).collect()
    }

    #[test]
    fn a_pointer_forwards_every_method_of_a_dialect() {
        let of_trait = methods(include_str!("dialect.rs"), "pub trait Dialect");
        assert_eq!(methods(include_str!("dialect/shared.rs"), "macro_rules!"), of_trait);
        assert!(of_trait.contains(&"was_skipped"));
    }

    #[test]
    fn a_pointer_forwards_every_method_of_a_driver() {
        let of_trait = methods(include_str!("driver.rs"), "pub trait Driver");
        assert_eq!(methods(include_str!("driver/shared.rs"), "macro_rules!"), of_trait);
        assert!(of_trait.contains(&"close"));
    }
}
