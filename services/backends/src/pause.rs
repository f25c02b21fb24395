//! How long a service wants not to be called again.

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use tonic::Status;

/// How long a service wants not to be called again, as it said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// From its answer on.
    For(SignedDuration),
    /// Until this instant.
    Until(Timestamp),
}

impl Pause {
    /// How long that is at `now`; nothing when it is over.
    #[must_use]
    pub fn from(self, now: Timestamp) -> SignedDuration {
        match self {
            Self::For(pause) => pause,
            Self::Until(at) => now.duration_until(at).max(SignedDuration::ZERO),
        }
    }

    /// By the `google.rpc.RetryInfo` of an error.
    pub(crate) fn of_status(status: &Status) -> Option<Self> {
        let pause = rpc::retry_after_of(status)?;
        SignedDuration::try_from(pause).ok().map(Self::For)
    }

    /// By the header `Retry-After`: seconds, or a date (RFC 9110, 10.2.3).
    pub(crate) fn of_headers(headers: &HeaderMap) -> Option<Self> {
        let said = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = said.parse::<u32>() {
            return Some(Self::For(SignedDuration::from_secs(i64::from(seconds))));
        }
        jiff::fmt::rfc2822::parse(said).ok().map(|at| Self::Until(at.timestamp()))
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn seconds_and_dates_are_pauses_and_nothing_else_is() {
        let now: Timestamp = "2026-09-14T09:00:00Z".parse().unwrap();
        for (said, seconds) in [
            ("0", Some(0)),
            (" 120 ", Some(120)),
            ("Mon, 14 Sep 2026 09:01:30 GMT", Some(90)),
            ("Mon, 14 Sep 2026 08:59:59 GMT", Some(0)),
            ("Tue, 14 Sep 2026 09:01:30 GMT", None),
            ("-5", None),
            ("99999999999", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_str(said).unwrap())]);
            let pause = Pause::of_headers(&headers).map(|pause| pause.from(now).as_secs());
            assert_eq!(pause, seconds, "`{said}`");
        }
        assert_eq!(Pause::of_headers(&HeaderMap::new()), None);
    }
}
