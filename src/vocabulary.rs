//! Enums whose variants are words of the configuration: one table for reading, showing and the schema.

/// Makes an enum of `Variant = "word"` rows: `FromNode`, `as_str` and, in tests, its JSON schema.
macro_rules! vocabulary {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $($(#[$of_variant:meta])* $variant:ident = $word:literal,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        $vis enum $name {
            $($(#[$of_variant])* #[cfg_attr(test, schemars(rename = $word))] $variant,)+
        }

        impl crate::config::node::FromNode for $name {
            fn from_node(node: &crate::config::node::Reader<'_>) -> Result<Self, crate::config::node::Error> {
                node.word(&[$(($word, Self::$variant)),+])
            }
        }

        impl $name {
            /// The word in the configuration.
            #[must_use]
            $vis const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }
    };
}

pub(crate) use vocabulary;
