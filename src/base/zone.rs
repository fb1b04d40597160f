//! Clocks: the zone in which somebody lives, and what hour it is there.

use super::dates::Day;
use chrono::{NaiveTime, Offset, TimeZone};
use chrono_tz::Tz;

/// A time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// One of the IANA database, with its summer times.
    Named(Tz),
    /// A fixed offset from UTC, in minutes.
    Fixed(i32),
}

impl Zone {
    /// Reads an IANA name such as `Asia/Shanghai`, or an offset such as `+08:00`.
    pub fn parse(text: &str) -> Option<Zone> {
        let text = text.trim();
        let sign = match text.as_bytes().first()? {
            b'+' => 1,
            b'-' => -1,
            _ => return text.parse().ok().map(Zone::Named),
        };
        let (hours, minutes) = text[1..].split_once(':').unwrap_or((&text[1..], "00"));
        let number = |part: &str| (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse::<i32>().ok()).flatten();
        let minutes = number(hours)? * 60 + number(minutes).filter(|m| *m < 60)?;
        (minutes <= 14 * 60).then_some(Zone::Fixed(sign * minutes))
    }

    /// Minutes that its clocks are ahead of UTC at noon, UTC, of a day.
    pub fn minutes_ahead(self, day: Day) -> i32 {
        match self {
            Zone::Fixed(minutes) => minutes,
            Zone::Named(tz) => {
                let noon = day.date().and_time(NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default());
                tz.offset_from_utc_datetime(&noon).fix().local_minus_utc() / 60
            }
        }
    }
}

/// Minutes of a day from `from` up to `to`, both from midnight; over midnight where `to` is not after `from`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// First minute.
    pub from: u32,
    /// The minute after the last.
    pub to: u32,
}

/// Minutes of a day.
pub const DAY_MINUTES: u32 = 24 * 60;

impl Hours {
    /// Reads `22:00-08:00`.
    pub fn parse(text: &str) -> Option<Hours> {
        let (from, to) = text.split_once('-')?;
        let minute = |text: &str| {
            let (hours, minutes) = text.trim().split_once(':')?;
            let number = |part: &str| (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse::<u32>().ok()).flatten();
            let (hours, minutes) = (number(hours)?, number(minutes)?);
            (minutes < 60 && hours * 60 + minutes <= DAY_MINUTES).then_some(hours * 60 + minutes)
        };
        let (from, to) = (minute(from)?, minute(to)?);
        (from < DAY_MINUTES && from != to).then_some(Hours { from, to })
    }

    /// Whether a minute of the day lies within.
    pub fn holds(self, minute: u32) -> bool {
        if self.from < self.to { (self.from..self.to).contains(&minute) } else { minute >= self.from || minute < self.to }
    }

    /// Its minutes, in order.
    pub fn minutes(self) -> impl Iterator<Item = u32> {
        let length = if self.from < self.to { self.to - self.from } else { DAY_MINUTES - self.from + self.to };
        (0..length).map(move |k| (self.from + k) % DAY_MINUTES)
    }
}

/// `HH:MM` of a minute of the day.
pub fn clock(minute: u32) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_and_their_summer_times() {
        let day = |text: &str| text.parse::<Day>().unwrap();
        assert_eq!(Zone::parse("Asia/Shanghai").map(|z| z.minutes_ahead(day("2026-07-01"))), Some(480));
        assert_eq!(Zone::parse("America/New_York").map(|z| z.minutes_ahead(day("2026-11-20"))), Some(-300));
        assert_eq!(Zone::parse("America/New_York").map(|z| z.minutes_ahead(day("2026-07-01"))), Some(-240));
        assert_eq!(Zone::parse("-03:30"), Some(Zone::Fixed(-210)));
        assert_eq!(Zone::parse("+08"), Some(Zone::Fixed(480)));
        for bad in ["", "Mars/Olympus", "+8", "+25:00", "+08:60", "08:00"] {
            assert_eq!(Zone::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn hours_may_reach_over_midnight() {
        let night = Hours::parse("22:00-08:00").unwrap();
        assert_eq!([0, 479, 480, 1319, 1320, 1439].map(|m| night.holds(m)), [true, true, false, false, true, true]);
        assert_eq!(night.minutes().count(), 600);
        assert_eq!(Hours::parse("09:00-24:00").unwrap().minutes().last(), Some(1439));
        for bad in ["9:00-10:00", "10:00", "10:00-10:00", "24:00-08:00", "10:60-11:00"] {
            assert_eq!(Hours::parse(bad), None, "{bad}");
        }
    }
}
