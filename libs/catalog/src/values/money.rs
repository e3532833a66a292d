//! Money.

use serde::{Deserialize, Deserializer, Serialize};

use super::{InvalidValue, always_valid, described, text::texts};

texts! {
    /// A currency as three capital letters (ISO 4217): `EUR`.
    shown CurrencyCode, "a currency", 3, "three capital letters", "^[A-Z]{3}$",
        |text| text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
}

/// An amount that somebody pays. It is counted in the currency's smallest unit, so that nothing is rounded.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Money {
    amount_minor: i64,
    currency: CurrencyCode,
}

impl Money {
    /// The largest amount, in the currency's smallest unit.
    pub const AMOUNT_MINOR_MAX: i64 = 1_000_000_000_000;

    /// An amount in the currency's smallest unit, such as cents. Fails when it is negative or absurdly large.
    pub fn try_new(amount_minor: i64, currency: CurrencyCode) -> Result<Self, InvalidValue> {
        let code = match amount_minor {
            0..=Self::AMOUNT_MINOR_MAX => return Ok(Self { amount_minor, currency }),
            ..0 => "too_small",
            _ => "too_large",
        };
        Err(InvalidValue { what: "an amount", code, wanted: "a whole number from 0 to 1000000000000".into() })
    }

    /// The amount, in the currency's smallest unit.
    pub fn amount_minor(&self) -> i64 {
        self.amount_minor
    }

    /// The currency.
    pub fn currency(&self) -> &CurrencyCode {
        &self.currency
    }
}

always_valid!(Money);
described!(Money, {
    "type": "object",
    "properties": {
        "amountMinor": {
            "description": "The amount, in the currency's smallest unit, such as cents.",
            "type": "integer",
            "minimum": 0,
            "maximum": Money::AMOUNT_MINOR_MAX,
        },
        "currency": {
            "description": "The currency as three capital letters (ISO 4217), such as `EUR`.",
            "type": "string",
            "pattern": "^[A-Z]{3}$",
        },
    },
    "required": ["amountMinor", "currency"],
});

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Unchecked {
            amount_minor: i64,
            currency: CurrencyCode,
        }
        let Unchecked { amount_minor, currency } = Unchecked::deserialize(deserializer)?;
        Self::try_new(amount_minor, currency).map_err(InvalidValue::into_serde)
    }
}
