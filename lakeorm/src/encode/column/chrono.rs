//! DATE, TIME, TIMESTAMP, TIMESTAMP_NTZ and INTERVAL DAY TO SECOND from `chrono` types.

use arrow_array::types::{
    Date32Type, DurationMicrosecondType, Time64NanosecondType, TimestampMicrosecondType,
};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike};

use super::super::{Numbers, WriteError};
use super::number::{finer_than_micros, numbers, or_stamped, out_of_range};
use super::{ColumnOptions, ToColumn};
use crate::DataType;

const CUT: &str = "cut it with `trunc_subsecs(6)` of `chrono::SubsecRound`";
const CUT_OR_STAMP: &str = or_stamped!("cut it with `trunc_subsecs(6)` of `chrono::SubsecRound`");

numbers! {
    NaiveDate => DataType::Date, Date32Type, |date| Ok(date.to_epoch_days()), DISTINCT;
    NaiveDateTime => DataType::TimestampNtz, TimestampMicrosecondType, |at| {
        whole_micros(at.nanosecond(), CUT)?;
        Ok(at.and_utc().timestamp_micros())
    }, DISTINCT;
    NaiveTime => DataType::Time { precision: 6 }, Time64NanosecondType, |time| {
        whole_micros(time.nanosecond(), CUT)?;
        Ok(i64::from(time.num_seconds_from_midnight()) * 1_000_000_000 + i64::from(time.nanosecond()))
    };
    TimeDelta => DataType::DayTimeInterval, DurationMicrosecondType, |length| {
        if length.subsec_nanos() % 1_000 != 0 {
            return Err(finer_than_micros("round it first"));
        }
        length.num_microseconds().ok_or_else(out_of_range)
    };
}

impl<Tz: TimeZone> ToColumn for DateTime<Tz> {
    type Encoder = Numbers<TimestampMicrosecondType>;

    const DISTINCT: bool = true;

    fn data_type(_: ColumnOptions) -> DataType {
        DataType::Timestamp
    }

    fn encoder(_: ColumnOptions, rows: usize) -> Self::Encoder {
        Numbers::new(rows)
    }

    #[inline]
    fn encode(&self, encoder: &mut Self::Encoder) -> Result<(), WriteError> {
        whole_micros(self.timestamp_subsec_nanos(), CUT_OR_STAMP)?;
        encoder.push(self.timestamp_micros());
        Ok(())
    }
}

/// Whether the nanoseconds of a second are whole microseconds of one, with advice if they are not. chrono keeps a leap second as more of them than
/// a second has.
#[inline]
fn whole_micros(nanos: u32, advice: &str) -> Result<(), WriteError> {
    match nanos {
        1_000_000_000.. => {
            Err(WriteError::new("the value is in a leap second, and Spark has none; pick a neighbour"))
        }
        nanos if !nanos.is_multiple_of(1_000) => Err(finer_than_micros(advice)),
        _ => Ok(()),
    }
}
