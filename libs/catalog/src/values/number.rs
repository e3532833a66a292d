//! Values that are numbers with bounds.

/// Declares numbers within bounds. Infinities and what is not a number are never within them. `shown` ones are printed; of `private`
/// ones `{:?}` prints the type alone.
macro_rules! numbers {
    ($($(#[$doc:meta])* $visible:ident $name:ident, $what:literal, $min:literal to $max:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, PartialOrd, ::serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(f64);

        impl $name {
            /// The smallest one.
            pub const MIN: Self = Self($min);
            /// The largest one.
            pub const MAX: Self = Self($max);

            /// Checks a number. Fails when it is out of bounds.
            pub fn try_new(value: f64) -> Result<Self, $crate::values::InvalidValue> {
                let code = match value {
                    $min..=$max => return Ok(Self(value)),
                    _ if value < $min => "too_small",
                    _ if value > $max => "too_large",
                    _ => "invalid",
                };
                let wanted = format!("a number from {} to {}", $min, $max).into();
                Err($crate::values::InvalidValue { what: $what, code, wanted })
            }

            /// The number itself.
            pub fn value(self) -> f64 {
                self.0
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = <f64 as ::serde::Deserialize>::deserialize(deserializer)?;
                Self::try_new(value).map_err($crate::values::InvalidValue::into_serde)
            }
        }

        $crate::values::described!($name, {
            "type": "number",
            "minimum": $min,
            "maximum": $max,
        } $visible);
        $crate::values::always_valid!($name);
        $crate::values::text::$visible!($name);
    )*};
}

pub(crate) use numbers;
