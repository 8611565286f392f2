//! The same of the words of a value.

use proc_macro2::TokenStream;
use quote::quote;

use super::messages_of;
use crate::value::lake_value;

fn of_value(value: TokenStream) -> Vec<String> {
    messages_of(&lake_value(value))
}

#[test]
fn a_value_is_an_enum_or_a_struct_of_one_field_that_says_nothing() {
    const ONE: &str = "LakeValue needs an enum, or a struct with exactly one field beside any PhantomData; a struct of \
                       several columns derives LakeRow";
    for value in [
        quote!(
            struct Id;
        ),
        quote!(
            struct Id(i64, i64);
        ),
        quote!(
            struct Id(PhantomData<i64>);
        ),
        quote!(
            struct Id {
                a: i64,
                b: i64,
            }
        ),
    ] {
        assert_eq!(of_value(value.clone()), [ONE], "{value}");
    }
    assert_eq!(
        of_value(quote!(
            struct Id<T>(i64, PhantomData<T>);
        )),
        [""; 0]
    );
    assert_eq!(
        of_value(quote!(union Id { a: i64, b: u64 })),
        ["LakeValue needs an enum, or a struct with one field"]
    );
    for (words, key) in [(quote!(rename_all = "camelCase"), "rename_all"), (quote!(integer), "integer")] {
        let expected = format!("`{key}` is about variants, and a newtype has none; remove it");
        assert_eq!(
            of_value(quote!(
                #[lake(#words)]
                struct Id(i64);
            )),
            [expected]
        );
    }
    for word in [quote!(rename = "id"), quote!(json)] {
        let expected = "the field of a newtype takes no attributes: it is read as it is";
        assert_eq!(
            of_value(quote!(
                struct Id(#[lake(#word)] i64);
            )),
            [expected]
        );
    }
    let table = "unknown attribute of a value `table`; expected one of `rename_all`, `integer`, `crate`";
    assert_eq!(
        of_value(quote!(
            #[lake(table = "t")]
            struct Id(i64);
        )),
        [table]
    );
}

#[test]
fn an_enum_has_a_variant_of_its_own_and_each_has_one_text() {
    let none = "LakeValue needs at least one variant with a value of its own";
    assert_eq!(
        of_value(quote!(
            enum Role {}
        )),
        [none]
    );
    assert_eq!(
        of_value(quote!(
            enum Role {
                #[lake(other)]
                Other,
            }
        )),
        [none]
    );
    let twice = "the text \"a\" is already that of `A`; give this one another";
    assert_eq!(
        of_value(quote!(
            #[lake(rename_all = "lowercase")]
            enum Role {
                A,
                #[lake(rename = "a")]
                B,
            }
        )),
        [twice]
    );
    assert_eq!(
        of_value(quote!(
            enum Role {
                A,
                #[lake(rename = "a")]
                B,
            }
        )),
        [""; 0]
    );
    let held =
        "a variant of a LakeValue has no fields, but for one with `#[lake(other)]`, which may hold the value";
    for variant in [quote!(B(i64)), quote!(B {}), quote!(B())] {
        assert_eq!(of_value(quote!(enum Role { A, #variant })), [held], "{variant}");
    }
    // Such a word may have been meant as `other`.
    let unknown = of_value(quote!(
        enum Role {
            A,
            #[lake(others)]
            B(String),
        }
    ));
    assert_eq!(
        unknown,
        ["unknown attribute of a variant `others`; did you mean `other`? Expected one of `rename`, `other`"]
    );
}

#[test]
fn an_enum_of_numbers_says_nothing_of_texts() {
    let expected =
        |key: &str| format!("`{key}` is about texts, but `integer` reads numbers; remove one of them");
    let found = of_value(quote!(
        #[lake(integer, rename_all = "lowercase")]
        enum Level {
            Low,
            High,
        }
    ));
    assert_eq!(found, [expected("rename_all")]);
    let found = of_value(quote!(
        #[lake(integer)]
        enum Level {
            Low,
            #[lake(rename = "Low")]
            High,
        }
    ));
    assert_eq!(found, [expected("rename")]);
    assert_eq!(
        of_value(quote!(
            #[lake(integer)]
            enum Level {
                Low,
                High = 7,
                #[lake(other)]
                Other(i64),
            }
        )),
        [""; 0]
    );
}

#[test]
fn one_variant_takes_every_other_value_and_holds_it_alone() {
    let two = of_value(quote!(
        enum Role {
            A,
            #[lake(other)]
            B,
            #[lake(other)]
            C,
            #[lake(other)]
            D,
        }
    ));
    assert_eq!(two, ["only one variant can take every other value"; 2]);
    let renamed = of_value(quote!(
        enum Role {
            A,
            #[lake(other, rename = "b")]
            B,
        }
    ));
    assert_eq!(renamed, ["`other` has no text of its own; remove `rename`"]);
    for fields in [quote!((String, String)), quote!({ text: String }), quote!(())] {
        let held = of_value(quote!(enum Role { A, #[lake(other)] B #fields }));
        assert_eq!(
            held,
            ["`other` holds nothing, or the value: write `Other` or `Other(String)`"],
            "{fields}"
        );
    }
    for fields in [quote!(), quote!((String))] {
        assert_eq!(of_value(quote!(enum Role { A, #[lake(other)] B #fields })), [""; 0], "{fields}");
    }
}
