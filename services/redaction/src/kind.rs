//! The kinds of personal data, and when two spellings are one datum.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A kind of personal datum. Its name in plans and JSON is in kebab case, for example `card-number`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An e-mail address.
    Email,
    /// A telephone number, Russian or international.
    Phone,
    /// A payment card number, 13 to 19 digits that satisfy Luhn.
    CardNumber,
    /// The name of a person.
    PersonName,
    /// The series and number of a passport.
    Passport,
    /// A Russian taxpayer number, 10 or 12 digits with checksums.
    Inn,
    /// A Russian pension insurance number, 11 digits with a checksum.
    Snils,
    /// An IPv4 or IPv6 address, private ones included; loopback addresses and masks are not personal.
    IpAddress,
    /// Credentials or a secret parameter inside a URL.
    UrlSecret,
    /// An IBAN or a Russian account of 20 digits.
    AccountNumber,
    /// A password, token, key or code.
    Secret,
    /// The name under which a person signs in, also inside a home folder's path.
    Login,
    /// Anything else that the caller knows to identify the client.
    Custom,
}

/// A name that is no [`Kind`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown kind of personal data {0:?}; known are email, phone, card-number, person-name, passport, inn, snils, ip-address, url-secret, account-number, secret, login, custom"
)]
pub struct UnknownKind(pub String);

impl Kind {
    /// Every kind, in the order of declaration.
    pub const ALL: [Self; 13] = [
        Self::Email,
        Self::Phone,
        Self::CardNumber,
        Self::PersonName,
        Self::Passport,
        Self::Inn,
        Self::Snils,
        Self::IpAddress,
        Self::UrlSecret,
        Self::AccountNumber,
        Self::Secret,
        Self::Login,
        Self::Custom,
    ];

    /// The stable name in plans and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::CardNumber => "card-number",
            Self::PersonName => "person-name",
            Self::Passport => "passport",
            Self::Inn => "inn",
            Self::Snils => "snils",
            Self::IpAddress => "ip-address",
            Self::UrlSecret => "url-secret",
            Self::AccountNumber => "account-number",
            Self::Secret => "secret",
            Self::Login => "login",
            Self::Custom => "custom",
        }
    }

    /// The word inside a token, upper case and without a hyphen.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Email => "EMAIL",
            Self::Phone => "PHONE",
            Self::CardNumber => "CARD",
            Self::PersonName => "NAME",
            Self::Passport => "PASSPORT",
            Self::Inn => "INN",
            Self::Snils => "SNILS",
            Self::IpAddress => "IP",
            Self::UrlSecret => "URLSECRET",
            Self::AccountNumber => "ACCOUNT",
            Self::Secret => "SECRET",
            Self::Login => "LOGIN",
            Self::Custom => "CUSTOM",
        }
    }

    /// What is equal for two spellings of one datum.
    pub(crate) fn essence(self, spelling: &str) -> String {
        match self {
            Self::Phone => {
                let digits: String = spelling.chars().filter(char::is_ascii_digit).collect();
                match (digits.len(), digits.as_bytes().first()) {
                    (11, Some(b'8')) if !spelling.starts_with('+') => format!("7{}", &digits[1..]),
                    (10, _) if !spelling.starts_with('+') => format!("7{digits}"),
                    _ => digits,
                }
            }
            Self::CardNumber | Self::Passport | Self::Inn | Self::Snils | Self::AccountNumber => {
                spelling.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
            }
            Self::Email | Self::PersonName | Self::IpAddress | Self::Login | Self::Custom => {
                spelling.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
            }
            Self::UrlSecret | Self::Secret => spelling.to_owned(),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(name: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| UnknownKind(name.to_owned()))
    }
}
