//! Values that are one of a few words.

/// Declares an enum whose variants are words: in JSON, in files and when printed.
macro_rules! vocabulary {
    ($($(#[$doc:meta])* pub enum $name:ident: $what:literal {
        $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+
    })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, ::serde::Serialize, ::serde::Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every one of them, in the order in which they are declared.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word for it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::values::InvalidValue;

            /// Fails when the word is none of these. Capitals count.
            fn from_str(word: &str) -> Result<Self, Self::Err> {
                let found = Self::ALL.iter().copied().find(|known| known.as_str() == word);
                found.ok_or($crate::values::InvalidValue {
                    what: $what,
                    code: "invalid",
                    wanted: concat!("one of" $(, " `", $word, "`")+).into(),
                })
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        $crate::values::described!($name, { "type": "string", "enum": [$($word),+] });
        $crate::values::always_valid!($name);
    )+};
}

pub(crate) use vocabulary;
