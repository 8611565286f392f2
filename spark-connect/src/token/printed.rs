//! The token in what a program prints: all of it, or a field of a JSON object.

use std::time::Duration;

use serde_json::Value;

use crate::calendar::days_since_1970;

/// Under these names programs print the token: that of Databricks, that of Azure.
const NAMES: [&str; 2] = ["access_token", "accessToken"];

/// Tolerated clock skew.
const SKEW: Duration = Duration::from_secs(5);

/// The token that was printed at `now`, a time since 1970, and for how long it is good where that is told. An error does
/// not repeat what was printed.
pub(super) fn token(printed: &str, now: Duration) -> Result<(String, Option<Duration>), &'static str> {
    let printed = printed.trim();
    if !printed.starts_with('{') {
        return Ok((printed.to_owned(), None));
    }
    // A failure to read it may repeat a part of it.
    let Ok(json) = serde_json::from_str::<Value>(printed) else {
        return Err("it prints JSON that cannot be read");
    };
    let Some(token) = NAMES.iter().find_map(|name| json.get(name)?.as_str()) else {
        return Err("it prints JSON without an `access_token` or `accessToken`");
    };
    match left(&json, now) {
        Some(Duration::ZERO) => Err("it prints a token that has expired"),
        left => Ok((token.to_owned(), left)),
    }
}

/// How long the token is good for. One that expired a moment ago may be good for a moment by another clock.
fn left(json: &Value, now: Duration) -> Option<Duration> {
    let expiry = json.get("expiry").and_then(Value::as_str).and_then(moment);
    match expiry.or_else(|| whole_seconds(json.get("expires_on")?)) {
        Some(end) if end <= now && end.saturating_add(SKEW) > now => Some(SKEW),
        Some(end) => Some(end.saturating_sub(now)),
        None => whole_seconds(json.get("expires_in")?),
    }
}

/// A number of seconds, which some programs write as a text.
fn whole_seconds(value: &Value) -> Option<Duration> {
    let seconds = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())?;
    Some(Duration::from_secs(seconds))
}

/// The time since 1970 of a moment such as `2024-05-01T12:00:00.5+02:00` (RFC 3339), in whole seconds.
fn moment(text: &str) -> Option<Duration> {
    let marks = [4_usize, 7, 10, 13, 16].map(|at| text.get(at..=at).unwrap_or_default()).concat();
    if !marks.eq_ignore_ascii_case("--T::") {
        return None;
    }
    let part = |from: usize, to: usize| number(text.get(from..to)?);
    let days = days_since_1970(part(0, 4)?, part(5, 7)?, part(8, 10)?);
    let seconds = (part(11, 13)? * 60 + part(14, 16)?) * 60 + part(17, 19)?;
    let zone = text.get(19..)?.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    u64::try_from(days * 86_400 + seconds - offset(zone)?).ok().map(Duration::from_secs)
}

/// The seconds that a clock in the zone is ahead of UTC.
fn offset(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("Z") {
        return Some(0);
    }
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let ahead = (number(hours)? * 60 + number(minutes)?) * 60;
    match zone.get(..1)? {
        "+" => Some(ahead),
        "-" => Some(-ahead),
        _ => None,
    }
}

/// A number of at most four digits.
fn number(digits: &str) -> Option<i64> {
    let is_number = digits.len() <= 4 && digits.bytes().all(|digit| digit.is_ascii_digit());
    if is_number { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2024-05-01T12:00:00Z.
    const NOW: Duration = Duration::from_secs(1_714_564_800);

    #[test]
    fn a_token_is_taken_out_of_json_with_how_long_it_is_good() {
        let hour = Some(Duration::from_secs(3600));
        for (printed, left) in [
            (" s3cret\n", None),
            ("{\n  \"access_token\": \"s3cret\",\n  \"token_type\": \"Bearer\"\n}\n", None),
            (r#"{"access_token": "s3cret", "expiry": "2024-05-01T13:00:00.123456789Z"}"#, hour),
            (r#"{"access_token": "s3cret", "expiry": "2024-05-01T09:00:00-04:00"}"#, hour),
            (r#"{"access_token": "s3cret", "expires_in": 3600}"#, hour),
            (
                r#"{"accessToken": "s3cret", "expiresOn": "2024-05-01 13:00:00", "expires_on": 1714568400}"#,
                hour,
            ),
            (r#"{"access_token": "s3cret", "expiry": "2024-05-01T11:59:56Z"}"#, Some(SKEW)),
            // Of a token that does not expire.
            (r#"{"access_token": "s3cret", "expiry": "0001-01-01T00:00:00Z"}"#, None),
            (r#"{"access_token": "s3cret", "expiry": "soon"}"#, None),
        ] {
            assert_eq!(token(printed, NOW), Ok(("s3cret".to_owned(), left)), "{printed}");
        }
    }

    #[test]
    fn a_token_that_has_expired_is_refused() {
        for end in
            [r#""expiry": "2024-05-01T11:59:55Z""#, r#""expires_on": 1714561200"#, r#""expires_in": 0"#]
        {
            let printed = format!(r#"{{"access_token": "s3cret", {end}}}"#);
            assert_eq!(token(&printed, NOW), Err("it prints a token that has expired"), "{printed}");
        }
    }

    #[test]
    fn json_without_a_token_is_refused_and_not_repeated() {
        for printed in ["{", "{\"access_token\": 7}", "{\"token\": \"s3cret\"}", "{s3cret}"] {
            let told = token(printed, NOW).unwrap_err();
            assert!(told.starts_with("it prints JSON") && !told.contains("s3cret"), "{told}");
        }
    }

    #[test]
    fn a_moment_is_read_in_any_zone_and_no_other_text_is() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T23:59:59z", 951_868_799),
            ("2000-03-01T00:00:00+00:00", 951_868_800),
            ("2024-05-01T17:30:00.5+05:30", 1_714_564_800),
        ] {
            assert_eq!(moment(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for text in [
            "",
            "2024-05-01",
            "2024-05-01 12:00:00Z",
            "2024-05-01T12:00:00",
            "2024-05-01T12:00:0xZ",
            "1969-12-31T23:59:59Z",
            "ä024-05-01T12:00:00Z",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}
