//! What the fields of a type are called in its JSON: the type's own code has other names for them.

use serde::{
    Deserializer,
    de::{DeserializeOwned, Error as _, Visitor, value::Error},
    forward_to_deserialize_any,
};

/// A path of Rust names, such as `periods[0].end_time`, as the JSON of the type has it: `periods[0].endTime`.
///
/// serde knows what it calls the fields of the type itself. When one of these has an underscore, the names are the same in both; else
/// the JSON has them in camel case. Types inside are taken to do as the type around them does.
pub(super) fn json_path<T: DeserializeOwned>(path: &str) -> String {
    if fields_of::<T>().iter().any(|name| name.contains('_')) { path.to_owned() } else { camel_case(path) }
}

/// The fields of a struct, as serde calls them; none when the type is something else.
fn fields_of<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut fields: &'static [&'static str] = &[];
    // It always fails: all that was wanted of it is that it asks.
    let _ = T::deserialize(Asked(&mut fields));
    fields
}

/// Hands out nothing, and remembers for which fields it was asked.
struct Asked<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Asked<'_> {
    type Error = Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        *self.0 = fields;
        self.deserialize_any(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Error> {
        Err(Error::custom("there is no value"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq tuple
        tuple_struct map enum identifier ignored_any
    }
}

/// `file_size_bytes` as `fileSizeBytes`. What is between the names of a path stays as it is.
fn camel_case(path: &str) -> String {
    let mut camel = String::with_capacity(path.len());
    let mut begins_word = false;
    for letter in path.chars() {
        match letter {
            '_' => begins_word = true,
            _ if begins_word => {
                camel.push(letter.to_ascii_uppercase());
                begins_word = false;
            }
            _ => camel.push(letter),
        }
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Camel {
        #[serde(rename = "id")]
        _id: String,
        _end_time: Option<String>,
    }

    #[derive(serde::Deserialize)]
    struct Snake {
        #[serde(rename = "end_time")]
        _end_time: String,
    }

    #[derive(serde::Deserialize)]
    #[expect(dead_code, reason = "only its name is looked at")]
    struct Around(Snake);

    #[test]
    fn a_path_has_the_names_of_the_json() {
        let table = [
            ("end_time", "endTime"),
            ("periods[10].end_time", "periods[10].endTime"),
            ("a_b_c.d.e_f[0]", "aBC.d.eF[0]"),
            ("id", "id"),
            ("", ""),
        ];
        for (path, expected) in table {
            assert_eq!(json_path::<Camel>(path), expected);
            assert_eq!(json_path::<String>(path), expected);
            assert_eq!((json_path::<Snake>(path), json_path::<Around>(path)), (path.to_owned(), path.to_owned()));
        }
        assert_eq!(fields_of::<Camel>(), ["id", "endTime"]);
    }
}
