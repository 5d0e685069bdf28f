//! Instants as Kubernetes writes them (RFC 3339): `2026-01-02T03:04:05Z`.

/// Whether a text is one: a date that there is, a time of day, perhaps with a fraction, and a zone.
pub(crate) fn is_instant(text: &str) -> bool {
    let Some((date, time)) = text.split_once('T') else { return false };
    let Some(zone) = time.find(['Z', '+', '-']) else { return false };
    let (time, zone) = time.split_at(zone);
    is_date(date) && is_time(time) && is_zone(zone)
}

fn is_date(text: &str) -> bool {
    let (Some(year), Some(month), Some(day)) =
        (number(text.get(..4)), number(text.get(5..7)), number(text.get(8..)))
    else {
        return false;
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    text.len() == 10
        && text.get(4..5) == Some("-")
        && text.get(7..8) == Some("-")
        && (1..=days).contains(&day)
}

fn is_time(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let parts: Option<Vec<u32>> = whole.split(':').map(|part| number(Some(part))).collect();
    let is_whole = matches!(parts.as_deref(), Some([..=23, ..=59, ..=59])) && whole.len() == 8;
    is_whole && number(Some(fraction)).is_some()
}

fn is_zone(text: &str) -> bool {
    let Some(offset) = text.strip_prefix(['+', '-']) else { return text == "Z" };
    let parts = offset.split_once(':').map(|(hours, minutes)| (number(Some(hours)), number(Some(minutes))));
    matches!(parts, Some((Some(..=23), Some(..=59)))) && offset.len() == 5
}

/// A number of digits only.
fn number(text: Option<&str>) -> Option<u32> {
    let text = text.filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))?;
    // More digits than fit are those of a fraction.
    Some(text.parse().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::is_instant;

    #[test]
    fn instants_have_a_date_a_time_and_a_zone() {
        for text in [
            "2026-01-02T03:04:05Z",
            "2024-02-29T23:59:59.123456789123Z",
            "2026-12-31T00:00:00+05:30",
            "2026-12-31T00:00:00.5-23:59",
        ] {
            assert!(is_instant(text), "{text}");
        }
        for text in [
            "",
            "x",
            "2026-01-02",
            "2026-01-02 03:04:05Z",
            "2026-01-02T03:04:05",
            "2026-02-29T03:04:05Z",
            "2026-13-01T03:04:05Z",
            "2026-01-02T24:04:05Z",
            "2026-01-02T03:04:60Z",
            "2026-01-02T03:04Z",
            "2026-01-02T03:04:05z",
            "2026-01-02T03:04:05.Z",
            "2026-01-02T03:04:05+0530",
            "é026-01-02T03:04:05Z",
        ] {
            assert!(!is_instant(text), "{text}");
        }
    }
}
