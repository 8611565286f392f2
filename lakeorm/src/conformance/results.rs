//! Rules about results: what comes, in which shape, and how often it runs.

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_select::concat::concat_batches;
use futures_util::TryStreamExt;
use tokio::time::sleep;

use super::{Check, Fault, HEAD_START, Subject};
use crate::driver::Driver;
use crate::error::Result;
use crate::source::{Read, Source};

pub(super) async fn name(subject: &dyn Subject, driver: &dyn Driver) -> Check {
    match driver.name() == subject.name() {
        true => Ok(()),
        false => Fault::broken(format!("it goes by {:?} and not by {:?}", driver.name(), subject.name())),
    }
}

pub(super) async fn whole(subject: &dyn Subject, driver: &dyn Driver) -> Check {
    let known = subject.small();
    same_rows(&all(driver, known.source).await?, &known.rows)?;
    let (source, rows) = subject.large();
    counts_to(&all(driver, source).await?, rows)
}

pub(super) async fn one_schema(subject: &dyn Subject, driver: &dyn Driver) -> Check {
    let batches = all(driver, subject.large().0).await?;
    let [first, others @ ..] = batches.as_slice() else { return Fault::broken("there was no batch") };
    if others.is_empty() {
        let why = "the large result came in one batch; give a larger one";
        return Err(Fault::NotChecked(why.to_owned()));
    }
    match others.iter().position(|batch| batch.schema_ref() != first.schema_ref()) {
        None => Ok(()),
        Some(number) => {
            Fault::broken(format!("batch {} has another schema than the first", number.saturating_add(2)))
        }
    }
}

pub(super) async fn empty(subject: &dyn Subject, driver: &dyn Driver) -> Check {
    let batches = all(driver, subject.empty()).await?;
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    match batches.first() {
        None => Fault::broken("there was no batch, so nobody knows the columns"),
        Some(batch) if batch.num_columns() == 0 => Fault::broken("the batch has no column"),
        Some(_) if rows > 0 => Fault::broken(format!("there were {rows} rows")),
        Some(_) => Ok(()),
    }
}

pub(super) async fn limit(subject: &dyn Subject, driver: &dyn Driver) -> Check {
    let (source, rows) = subject.large();
    let wanted = 3.min(u32::try_from(rows).unwrap_or(u32::MAX));
    counts_to(&all(driver, source.limit(wanted)).await?, u64::from(wanted))
}

pub(super) async fn lazy(subject: &dyn Subject, driver: &dyn Driver) -> Check {
    let effect = effect_of(subject)?;
    let before = subject.effects().await?;
    let unpolled = driver.read(Read::all(effect));
    sleep(HEAD_START).await;
    drop(unpolled);
    has_run(subject, before, 0).await
}

pub(super) async fn once(subject: &dyn Subject, driver: &dyn Driver) -> Check {
    let effect = effect_of(subject)?;
    let before = subject.effects().await?;
    all(driver, effect).await?;
    has_run(subject, before, 1).await
}

pub(super) async fn all(driver: &dyn Driver, source: Source) -> Result<Vec<RecordBatch>> {
    driver.read(Read::all(source)).try_collect().await
}

pub(super) fn same_rows(batches: &[RecordBatch], expected: &RecordBatch) -> Check {
    let Some(first) = batches.first() else { return Fault::broken("there was no batch") };
    let names = |batch: &RecordBatch| -> Vec<String> {
        batch.schema_ref().fields().iter().map(|field| field.name().clone()).collect()
    };
    if names(first) != names(expected) {
        return Fault::broken(format!("the columns are {:?} and not {:?}", names(first), names(expected)));
    }
    let schema = first.schema();
    let Ok(rows) = concat_batches(&schema, batches) else {
        return Fault::broken("the batches do not fit together");
    };
    match rows.columns() == expected.columns() {
        true => Ok(()),
        false => Fault::broken(format!(
            "the rows of the small result are not the known ones: {} came for {}",
            rows.num_rows(),
            expected.num_rows()
        )),
    }
}

/// The first column counts from 0 through `rows` rows.
fn counts_to(batches: &[RecordBatch], rows: u64) -> Check {
    let mut next = 0_u64;
    for batch in batches {
        let Some(numbers) = batch.columns().first().and_then(|column| column.as_primitive_opt::<Int64Type>())
        else {
            return Fault::broken("the first column is not a BIGINT");
        };
        for number in numbers {
            if number.and_then(|number| u64::try_from(number).ok()) != Some(next) {
                return Fault::broken(format!("where row {next} belongs, another came"));
            }
            next = next.saturating_add(1);
        }
    }
    match next == rows {
        true => Ok(()),
        false => Fault::broken(format!("{next} rows came and there are {rows}")),
    }
}

pub(super) fn effect_of(subject: &dyn Subject) -> Result<Source, Fault> {
    let without =
        || Fault::NotChecked("the subject has no statement whose effects can be counted".to_owned());
    subject.effect().ok_or_else(without)
}

pub(super) async fn has_run(subject: &dyn Subject, before: u64, times: u64) -> Check {
    let ran = subject.effects().await?.saturating_sub(before);
    match ran == times {
        true => Ok(()),
        false => Fault::broken(format!("it ran {ran} times and not {times}")),
    }
}
