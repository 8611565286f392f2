//! The proleptic Gregorian calendar.
//!
//! Inside, years are counted from March, so that the leap day is the last day of its year.

/// Days in 400 years, after which the calendar repeats.
const DAYS_PER_ERA: i64 = 146_097;
/// From 0000-03-01 to 1970-01-01.
const DAYS_TO_EPOCH: i64 = 719_468;

pub(crate) const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Year, month and day of a day counted from 1970-01-01. Any `i32` day and any day of an `i64` microsecond works.
pub(crate) fn civil_date(days: i64) -> (i64, i64, i64) {
    let days = days + DAYS_TO_EPOCH;
    let era = days.div_euclid(DAYS_PER_ERA);
    let day_of_era = days.rem_euclid(DAYS_PER_ERA);
    // Leap days passed: one each 4 years (1461 days), but none each 100 (36 524), yet one at the end of the era.
    let leap_days = day_of_era / 1_460 - day_of_era / 36_524 + day_of_era / (DAYS_PER_ERA - 1);
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // From March, five months take 153 days, over and over.
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let january_or_february = month_from_march >= 10;
    let month = if january_or_february { month_from_march - 9 } else { month_from_march + 3 };
    (era * 400 + year_of_era + i64::from(january_or_february), month, day)
}

/// The days from 1970-01-01 to a date of a year below 10,000. A day that its month does not have counts on into the next.
pub(crate) fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month_from_march) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let day_of_year = (153 * month_from_march + 2).div_euclid(5) + day - 1;
    year * 365 + leap_days + day_of_year - DAYS_TO_EPOCH
}

#[cfg(test)]
mod tests {
    use super::{civil_date, days_since_1970};

    #[test]
    fn known_days_have_their_dates() {
        let cases = [
            (0, (1970, 1, 1)),
            (-1, (1969, 12, 31)),
            (11_016, (2000, 2, 29)),
            (11_017, (2000, 3, 1)),
            (-25_509, (1900, 2, 28)),
            (-25_508, (1900, 3, 1)),
            (-719_162, (1, 1, 1)),
            (2_932_896, (9999, 12, 31)),
            (2_932_897, (10_000, 1, 1)),
            (i64::from(i32::MAX), (5_881_580, 7, 11)),
            (i64::from(i32::MIN), (-5_877_641, 6, 23)),
        ];
        for (days, date) in cases {
            assert_eq!(civil_date(days), date, "day {days}");
        }
    }

    #[test]
    fn every_day_of_an_era_follows_the_one_before() {
        let lengths = |year: i64, month: i64| match month {
            2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        let mut expected = (1600, 1, 1);
        for days in -135_140..-135_140 + 146_097 + 366 {
            assert_eq!(civil_date(days), expected);
            let (year, month, day) = expected;
            assert_eq!(days_since_1970(year, month, day), days);
            expected = match (month, day == lengths(year, month)) {
                (_, false) => (year, month, day + 1),
                (12, true) => (year + 1, 1, 1),
                (_, true) => (year, month + 1, 1),
            };
        }
    }
}
