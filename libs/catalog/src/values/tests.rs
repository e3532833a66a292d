//! Rules that every value keeps.

use std::fmt::Debug;

use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, json};

use super::*;

/// Nothing, or the code of the rule that is broken.
type Checked = Result<(), &'static str>;

/// Checks a text against its type: which rule it breaks, and that JSON agrees.
fn text<T: std::str::FromStr<Err = InvalidValue> + AsRef<str> + Serialize + DeserializeOwned>(text: &str) -> Checked {
    let json = serde_json::to_string(text).unwrap();
    let read = serde_json::from_str::<T>(&json);
    match text.parse::<T>() {
        Ok(value) => {
            assert_eq!(value.as_ref(), text);
            assert_eq!(serde_json::to_string(&value).unwrap(), json);
            assert!(read.is_ok());
            Ok(())
        }
        Err(error) => {
            let said = read.err().expect("JSON takes what `try_new` refuses").to_string();
            assert!(said.starts_with(&format!("invalid value: {}, expected {}", error.code, error.wanted)), "{said}");
            Err(error.code)
        }
    }
}

#[test]
fn texts_have_their_form() {
    let long = |chars: usize| "x".repeat(chars);
    let table: &[(&str, Checked, Checked)] = &[
        ("ids", text::<Id>("r-1752-11391"), Ok(())),
        ("ids may be anything printable", text::<Id>("urn:uuid:Schüler/7@x"), Ok(())),
        ("ids without a space", text::<Id>("a b"), Err("bad_format")),
        ("ids without a line break", text::<Id>("a\n"), Err("bad_format")),
        ("ids are not empty", text::<Id>(""), Err("too_short")),
        ("the longest id", text::<Id>(&long(255)), Ok(())),
        ("a longer id", text::<Id>(&long(256)), Err("too_long")),
        ("an id of too many bytes", text::<Id>(&"ü".repeat(128)), Err("bad_format")),
        ("names", text::<PersonName>("María José O'Neill-Çelik"), Ok(())),
        ("names of digits", text::<PersonName>("11391"), Ok(())),
        ("names of nothing", text::<PersonName>("  "), Err("bad_format")),
        ("names on two lines", text::<PersonName>("Ada\r\nBcc: all"), Err("bad_format")),
        ("the longest name", text::<PersonName>(&"ü".repeat(200)), Ok(())),
        ("a longer name", text::<PersonName>(&"ü".repeat(201)), Err("too_long")),
        ("addresses", text::<EmailAddress>("ada+school@example.edu"), Ok(())),
        ("addresses on two lines", text::<EmailAddress>("ada@example.edu\nx"), Err("bad_format")),
        ("addresses without a domain", text::<EmailAddress>("ada@"), Err("bad_format")),
        ("telephone numbers", text::<PhoneNumber>("+44 (0)20 7946-0123"), Ok(())),
        ("telephone numbers of two digits", text::<PhoneNumber>("12"), Err("bad_format")),
        ("languages", text::<Language>("zh-Hant-TW"), Ok(())),
        ("languages with an underscore", text::<Language>("pt_BR"), Err("bad_format")),
        ("languages that end early", text::<Language>("pt-"), Err("bad_format")),
        ("countries", text::<CountryCode>("DE"), Ok(())),
        ("countries in small letters", text::<CountryCode>("de"), Err("bad_format")),
        ("currencies", text::<CurrencyCode>("EUR"), Ok(())),
        ("web addresses", text::<HttpsUrl>("https://files.example.edu/item-1?sig=5f"), Ok(())),
        ("web addresses without TLS", text::<HttpsUrl>("http://files.example.edu"), Err("bad_format")),
        ("web addresses of nothing", text::<HttpsUrl>("https://"), Err("bad_format")),
        ("web addresses on two lines", text::<HttpsUrl>("https://example.edu/\nx"), Err("bad_format")),
        ("time zones", text::<TimeZone>("America/Argentina/Buenos_Aires"), Ok(())),
        ("letter grades", text::<LetterGrade>("A+"), Ok(())),
        ("letter grades of two words", text::<LetterGrade>("A plus"), Err("bad_format")),
        ("prose", text::<PrivateText<20>>("two\nlines\tand more"), Ok(())),
        ("prose with a bell", text::<PrivateText<20>>("ding\u{7}"), Err("bad_format")),
        ("prose that is too long", text::<PrivateText<20>>(&long(21)), Err("too_long")),
    ];
    for (what, found, expected) in table {
        assert_eq!(found, expected, "{what}");
    }
}

#[test]
fn numbers_have_their_bounds() {
    let code = |value: f64| Percent::try_new(value).map(Percent::value).map_err(|error| error.code);
    assert_eq!((code(0.0), code(200.0)), (Ok(0.0), Ok(200.0)));
    assert_eq!((code(-0.001), code(200.001)), (Err("too_small"), Err("too_large")));
    assert_eq!(
        (code(f64::NEG_INFINITY), code(f64::INFINITY), code(f64::NAN)),
        (Err("too_small"), Err("too_large"), Err("invalid"))
    );
    let share = |value: f64| Share::try_new(value).map(Share::value).map_err(|error| error.code);
    assert_eq!((share(-0.1), share(1.0), share(1.1)), (Err("too_small"), Ok(1.0), Err("too_large")));
    let sentiment = |value: f64| SentimentScore::try_new(value).map(SentimentScore::value).map_err(|error| error.code);
    assert_eq!((sentiment(-1.1), sentiment(-1.0), sentiment(1.1)), (Err("too_small"), Ok(-1.0), Err("too_large")));
    let year = |year: u16| SchoolYear::try_new(year).map(SchoolYear::ends_in).map_err(|error| error.code);
    assert_eq!(
        (year(1899), year(1900), year(2200), year(2201)),
        (Err("too_small"), Ok(1900), Ok(2200), Err("too_large"))
    );
    let eur = || CurrencyCode::try_new("EUR").unwrap();
    let money = |amount| Money::try_new(amount, eur()).map(|money| money.amount_minor()).map_err(|error| error.code);
    assert_eq!((money(-1), money(0), money(1_000_000_000_001)), (Err("too_small"), Ok(0), Err("too_large")));
    assert!(serde_json::from_str::<Money>(r#"{"amountMinor": 1250, "currency": "EUR"}"#).is_ok());
    assert!(serde_json::from_str::<Money>(r#"{"amountMinor": -1, "currency": "EUR"}"#).is_err());
}

#[test]
fn an_object_of_whatever_form_has_its_limits() {
    let many = |count: usize| (0..count).map(|number| (format!("n{number}"), json!(number))).collect::<Map<_, _>>();
    let table = [
        ("nothing", json!({}), Ok(())),
        ("values of every kind", json!({"a b": [null, true, -1, 0.5, "", "two\nlines", {"c": []}]}), Ok(())),
        ("four levels", json!({"a": [[{"b": 1}]]}), Ok(())),
        ("five levels", json!({"a": [[[{"b": 1}]]]}), Err("too_large")),
        ("50 entries", many(50).into(), Ok(())),
        ("51 entries", many(51).into(), Err("too_long")),
        ("51 entries further in", json!({"a": many(51)}), Err("too_long")),
        ("50 items", json!({"a": vec![1; 50]}), Ok(())),
        ("51 items", json!({"a": vec![1; 51]}), Err("too_long")),
        ("a name of 64", json!({"x".repeat(64): 1}), Ok(())),
        ("a name of 65", json!({"x".repeat(65): 1}), Err("bad_format")),
        ("a name of nothing", json!({"a": {"": 1}}), Err("bad_format")),
        ("a name of two lines", json!({"a\nb": 1}), Err("bad_format")),
        ("a text of 4000", json!({"a": "ü".repeat(4_000)}), Ok(())),
        ("a text of 4001", json!({"a": "ü".repeat(4_001)}), Err("too_long")),
        ("a text with a bell", json!({"a": ["\u{7}"]}), Err("bad_format")),
        ("the largest number", json!({"a": 1_u64 << 53}), Ok(())),
        ("a larger one", json!({"a": -1e17}), Err("too_large")),
    ];
    let schema = schemars::schema_for!(PrivateObject).to_value();
    for (what, value, expected) in table {
        let object = PrivateObject::try_new(value.as_object().unwrap().clone());
        assert_eq!(object.as_ref().map(|_| ()).map_err(|error| error.code), expected, "{what}");
        assert_eq!(jsonschema::is_valid(&schema, &value), expected.is_ok(), "{what}, by the schema");
        let read = serde_json::from_value::<PrivateObject>(value.clone());
        assert_eq!(read.is_ok(), expected.is_ok(), "{what}, from JSON");
        if let Ok(object) = object {
            assert_eq!(serde_json::to_value(&object).unwrap(), value, "{what}, to JSON");
        }
    }
}

#[test]
fn what_is_personal_is_not_printed() {
    fn printed<T: Debug>(value: Result<T, InvalidValue>) -> String {
        format!("{:?}", value.unwrap())
    }
    assert_eq!(printed(PersonName::try_new("Ada")), "PersonName(…)");
    assert_eq!(printed(EmailAddress::try_new("ada@example.edu")), "EmailAddress(…)");
    assert_eq!(printed(Score::try_new(78.0)), "Score(…)");
    assert_eq!(printed(HttpsUrl::try_new("https://example.edu")), "HttpsUrl(…)");
    assert_eq!(printed(SentimentScore::try_new(0.5)), "SentimentScore(…)");
    assert_eq!(printed(Share::try_new(0.5)), "Share(0.5)");
    assert_eq!(printed(Points::try_new(40.5)), "Points(40.5)");
    assert_eq!(printed(PrivateObject::try_new(Map::new())), "PrivateObject(…)");
    assert_eq!(printed(PrivateText::<9>::try_new("Ada")), "PrivateText(…)");
    assert_eq!(printed(Ok(Private::new(Sex::Female))), "Private(…)");
    assert_eq!(printed(Id::try_new("u-1")), "Id(u-1)");
}

#[test]
fn vocabularies_are_read_and_written_by_their_words() {
    fn check<T>(all: &[T])
    where
        T: Copy
            + Debug
            + PartialEq
            + std::fmt::Display
            + std::str::FromStr<Err = InvalidValue>
            + Serialize
            + DeserializeOwned,
    {
        for word in all {
            assert_eq!(word.to_string().parse::<T>().as_ref(), Ok(word));
            let json = serde_json::to_string(word).unwrap();
            assert_eq!(json, format!("\"{word}\""));
            assert_eq!(serde_json::from_str::<T>(&json).ok().as_ref(), Some(word));
        }
        assert_eq!("Nothing".parse::<T>().map_err(|error| error.code), Err("invalid"));
    }
    check(OrgType::ALL);
    check(PersonRole::ALL);
    check(ScoreStatus::ALL);
    check(AccountRole::ALL);
    let error = "Fully Graded".parse::<ScoreStatus>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "a score's status must be one of `exempt` `fully graded` `not submitted` `partially graded` `submitted`"
    );
}

proptest! {
    #[test]
    fn an_id_is_whatever_has_up_to_255_printable_bytes(candidate in "\\PC{0,20}|[a-z \n]{0,6}|\\w{250,260}") {
        let printable = !candidate.contains(|c: char| c.is_whitespace() || c.is_control());
        prop_assert_eq!(text::<Id>(&candidate).is_ok(), printable && (1..=255).contains(&candidate.len()));
    }

    #[test]
    fn a_score_is_the_same_after_json(value in -100_000.0..=100_000.0_f64) {
        let score = Score::try_new(value).unwrap();
        let read: Score = serde_json::from_str(&serde_json::to_string(&score).unwrap()).unwrap();
        prop_assert_eq!(read, score);
    }

    #[test]
    fn a_share_of_the_highest_score_is_what_of_it_was_reached(max in 0.5..1_000.0_f64, part in -1.0..=1.99_f64) {
        let (score, max) = (Score::try_new(max * part).unwrap(), Points::try_new(max).unwrap());
        let percent = score.percent_of(max).unwrap();
        prop_assert!((percent.value() - part.max(0.0) * 100.0).abs() < 1e-6);
    }
}
