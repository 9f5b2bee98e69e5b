//! The times and durations of `--to-datetime` and `--by-duration`, as Java reads them.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

/// Reads `YYYY-MM-DDTHH:mm:SS.sss` with `Z`, `+HH`, `+HHmm` or `+HH:mm`, or in UTC; returns
/// milliseconds (`Utils.getDateTime`).
pub(super) fn datetime(text: &str) -> Result<i64, String> {
    let Some((_, time)) = text.split_once('T').filter(|(_, time)| !time.is_empty()) else {
        return Err(
            "java.text.ParseException: Error parsing timestamp. It does not contain a 'T' \
             according to ISO8601 format"
                .to_owned(),
        );
    };
    let text = if time.contains(['+', '-', 'Z']) {
        text.to_owned()
    } else {
        format!("{text}Z")
    };
    parse(&text).ok_or_else(|| format!("java.text.ParseException: Unparseable date: \"{text}\""))
}

fn parse(text: &str) -> Option<i64> {
    let (date, rest) = text.split_once('T')?;
    let zone_at = rest.find(['+', '-', 'Z'])?;
    let (time, zone) = rest.split_at(zone_at);
    let (_, fraction) = time.split_once('.')?;
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(fraction) || fraction.len() > 3 {
        return None;
    }
    // Java takes the digits for a number of milliseconds, not for a fraction.
    let milliseconds: i64 = fraction.parse().ok()?;
    let seconds = time.strip_suffix(fraction)?.strip_suffix('.')?;
    let civil: DateTime = format!("{date}T{seconds}").parse().ok()?;
    let zone = TimeZone::fixed(offset(zone)?);
    let whole = zone.to_timestamp(civil).ok()?.as_millisecond();
    Some(whole + milliseconds)
}

fn offset(zone: &str) -> Option<Offset> {
    if zone == "Z" {
        return Some(Offset::UTC);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let digits: String = zone.get(1..)?.replace(':', "");
    if !digits.bytes().all(|b| b.is_ascii_digit()) || ![2, 4].contains(&digits.len()) {
        return None;
    }
    let hours: i32 = digits.get(..2)?.parse().ok()?;
    let minutes: i32 = digits
        .get(2..)
        .filter(|m| !m.is_empty())
        .unwrap_or("0")
        .parse()
        .ok()?;
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

/// Reads `PnDTnHnMn.nS` (`java.time.Duration.parse`); returns milliseconds.
pub(super) fn duration_ms(text: &str) -> Result<i64, &'static str> {
    parse_duration(&text.to_ascii_uppercase()).ok_or("Text cannot be parsed to a Duration")
}

fn parse_duration(text: &str) -> Option<i64> {
    let (negative, body) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let body = body.strip_prefix('P')?;
    let (days, time) = match body.split_once('T') {
        Some((days, time)) => (days, Some(time)),
        None => (body, None),
    };
    if days.is_empty() && time.is_none() || time == Some("") {
        return None;
    }
    let mut total_ms = 0_i64;
    let mut rest = days;
    if !days.is_empty() {
        total_ms = take(&mut rest, 'D', 86_400_000)?;
    }
    if !rest.is_empty() {
        return None;
    }
    let mut rest = time.unwrap_or_default();
    for (unit, unit_ms) in [('H', 3_600_000), ('M', 60_000), ('S', 1000)] {
        if rest.contains(unit) {
            total_ms = total_ms.checked_add(take(&mut rest, unit, unit_ms)?)?;
        }
    }
    if !rest.is_empty() {
        return None;
    }
    Some(if negative { -total_ms } else { total_ms })
}

/// Takes a number and its unit off the front; seconds may have a fraction.
fn take(rest: &mut &str, unit: char, unit_ms: i64) -> Option<i64> {
    let (number, behind) = rest.split_once(unit)?;
    *rest = behind;
    let is_number = |text: &str| {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
    };
    let (whole, fraction) = match number.split_once(['.', ',']) {
        Some((whole, fraction)) if unit == 'S' => (whole, fraction),
        Some(_) => return None,
        None => (number, ""),
    };
    if !is_number(whole) || fraction.len() > 9 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let padded = format!("{fraction:0<3}");
    let fraction_ms: i64 = padded.get(..3)?.parse().ok()?;
    let sign = if whole.starts_with('-') { -1 } else { 1 };
    let whole: i64 = whole.parse().ok()?;
    whole.checked_mul(unit_ms)?.checked_add(sign * fraction_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_with_and_without_zone() {
        assert_eq!(datetime("1970-01-01T00:00:01.005"), Ok(1005));
        assert_eq!(datetime("1970-01-01T02:00:01.005+02:00"), Ok(1005));
        assert_eq!(datetime("1970-01-01T02:00:01.005+02"), Ok(1005));
        assert_eq!(datetime("1969-12-31T20:00:01.005-0400"), Ok(1005));
        assert_eq!(datetime("1970-01-01T00:00:01.005Z"), Ok(1005));
    }

    #[test]
    fn dates_that_are_none_are_refused_in_javas_words() {
        let no_t = "java.text.ParseException: Error parsing timestamp. It does not contain a 'T' \
                    according to ISO8601 format";
        assert_eq!(datetime("2001-01-01"), Err(no_t.to_owned()));
        for text in [
            "2001-01-01T00:00:00",
            "2001-13-01T00:00:00.000",
            "2001-01-01T00:00.000",
        ] {
            let sentence = format!("java.text.ParseException: Unparseable date: \"{text}Z\"");
            assert_eq!(datetime(text), Err(sentence));
        }
    }

    #[test]
    fn durations_are_javas() {
        for (text, ms) in [
            ("PT1H", 3_600_000),
            ("P1DT2H30M", 95_400_000),
            ("pt0.1s", 100),
            ("-PT1M", -60_000),
            ("PT-1.5S", -1500),
            ("P2D", 172_800_000),
        ] {
            assert_eq!(duration_ms(text), Ok(ms), "{text}");
        }
        for text in [
            "1h", "P", "PT", "P1DT", "P1M", "PT1.5H", "PT1S1M", "PT1SX", "",
        ] {
            assert!(duration_ms(text).is_err(), "{text}");
        }
    }
}
