//! The caller's patience: it goes along with every call, shrinks on the way, and ends what outlives it.
//!
//! It does not follow into `tokio::spawn`; what goes on after an answer gives itself [`within`].

use std::{future::Future, pin::Pin, time::Duration};

use http::{HeaderMap, HeaderValue};
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};

use crate::{
    access::AccessTable,
    layer::{Inner, Request, Response, Step, answer, rebody, refuse, tail},
    refusal::Refusal,
};

/// How long a call may take when its caller does not say.
pub const DEFAULT: Duration = Duration::from_secs(30);

/// How long a call may take at most, whatever its caller says; streams may take a [`STREAM_MAX`].
pub const MAX: Duration = Duration::from_secs(5 * 60);

/// How long a stream may last whose caller sets a deadline; without one it has no end.
pub const STREAM_MAX: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How long a call to another service may take at most, whatever patience is left.
pub const CALL_MAX: Duration = Duration::from_secs(10);

const GRPC_TIMEOUT: &str = "grpc-timeout";

tokio::task_local! {
    static DEADLINE: Instant;
}

/// How long there is until the deadline of the call (or of [`within`]) in which this runs; `None` outside of any.
pub fn remaining() -> Option<Duration> {
    current().map(|until| until.saturating_duration_since(Instant::now()))
}

fn current() -> Option<Instant> {
    DEADLINE.try_with(|until| *until).ok()
}

/// Runs `work` with `patience`, or with what is left of the patience around it if that is less.
///
/// # Errors
/// [`Refusal::OutOfTime`] when it is not done by then; it is dropped at that point.
pub async fn within<F: Future>(patience: Duration, work: F) -> Result<F::Output, Refusal> {
    let until = Instant::now() + patience.min(STREAM_MAX);
    let until = current().map_or(until, |outer| outer.min(until));
    timeout_at(until, DEADLINE.scope(until, work)).await.map_err(|_| Refusal::OutOfTime)
}

/// Holds a call to its caller's deadline.
#[derive(Clone)]
pub(crate) struct Incoming;

impl Step for Incoming {
    async fn run<S: Inner>(self, request: Request, inner: S) -> Response {
        let asked = match asked(request.headers()) {
            Ok(asked) => asked,
            Err(refusal) => return refuse(&refusal),
        };
        let streams = AccessTable::contracts().streams(request.uri().path());
        let patience = match (asked, streams) {
            (Some(asked), false) => asked.min(MAX),
            (Some(asked), true) => asked.min(STREAM_MAX),
            (None, false) => DEFAULT,
            (None, true) => return answer(inner, request).await,
        };
        // A call in process stands inside of its caller's deadline, which its header has told already.
        let until = Instant::now() + patience;
        match timeout_at(until, DEADLINE.scope(until, answer(inner, request))).await {
            Ok(response) if streams => ending(response, until),
            Ok(response) => response,
            Err(_) => refuse(&Refusal::OutOfTime),
        }
    }
}

/// Tells the service called how long there is, and stops waiting for it then.
#[derive(Clone)]
pub(crate) struct Outgoing;

impl Step for Outgoing {
    async fn run<S: Inner>(self, mut request: Request, inner: S) -> Response {
        let asked = match asked(request.headers()) {
            Ok(asked) => asked,
            Err(refusal) => return refuse(&refusal),
        };
        let most = (!AccessTable::contracts().streams(request.uri().path())).then_some(CALL_MAX);
        let Some(patience) = [asked, remaining(), most].into_iter().flatten().min() else {
            return answer(inner, request).await;
        };
        if patience.is_zero() {
            return refuse(&Refusal::OutOfTime);
        }
        let until = Instant::now() + patience.min(STREAM_MAX);
        request.headers_mut().insert(GRPC_TIMEOUT, written(patience));
        match timeout_at(until, answer(inner, request)).await {
            Ok(response) => ending(response, until),
            Err(_) => refuse(&Refusal::OutOfTime),
        }
    }
}

/// The answer, cut off at `until`.
fn ending(response: Response, until: Instant) -> Response {
    let mut end: Option<Pin<Box<Sleep>>> = Some(Box::pin(sleep_until(until)));
    rebody(response, move |body, cx| {
        let Some(sleep) = &mut end else { return std::task::Poll::Ready(None) };
        if sleep.as_mut().poll(cx).is_ready() {
            end = None;
            return std::task::Poll::Ready(Some(Ok(tail(&Refusal::OutOfTime))));
        }
        http_body::Body::poll_frame(body, cx)
    })
}

/// What `grpc-timeout` asks for: up to eight digits and a unit.
fn asked(headers: &HeaderMap) -> Result<Option<Duration>, Refusal> {
    let Some(value) = headers.get(GRPC_TIMEOUT) else { return Ok(None) };
    read(value).map(Some).ok_or_else(|| Refusal::Unreadable {
        what: "grpc-timeout is not 1 to 8 digits followed by H, M, S, m, u or n".to_owned(),
    })
}

fn read(value: &HeaderValue) -> Option<Duration> {
    let text = value.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(number * 60 * 60)),
        "M" => Some(Duration::from_secs(number * 60)),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

/// `patience` in the finest unit that holds it in eight digits, rounded down: never more than there is.
fn written(patience: Duration) -> HeaderValue {
    const MOST: u128 = 99_999_999;
    let text = match (patience.as_micros(), patience.as_millis()) {
        (micros, _) if micros <= MOST => format!("{micros}u"),
        (_, millis) if millis <= MOST => format!("{millis}m"),
        _ => format!("{}S", patience.as_secs().min(99_999_999)),
    };
    HeaderValue::from_str(&text).expect("digits and a letter are a header")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_as_no_more_than_there_was() {
        for patience in [
            Duration::from_nanos(1),
            Duration::from_micros(1_999),
            Duration::from_millis(99_999),
            Duration::new(100, 999_999_999),
            Duration::from_secs(99_999_999),
            STREAM_MAX,
        ] {
            let told = read(&written(patience)).unwrap();
            assert!(told <= patience && patience - told < Duration::from_secs(1), "{patience:?} became {told:?}");
        }
    }

    #[test]
    fn a_timeout_has_one_to_eight_digits_and_a_unit() {
        let of = |text| read(&HeaderValue::from_static(text));
        assert_eq!(of("1H"), Some(Duration::from_secs(3600)));
        assert_eq!(of("2M"), Some(Duration::from_secs(120)));
        assert_eq!(of("99999999n"), Some(Duration::from_nanos(99_999_999)));
        for wrong in ["", "S", "1", "123456789S", "-1S", "1.5S", "1s", " 1S"] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }
}
