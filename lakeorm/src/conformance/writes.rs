//! Rules about plans that write rows: which are carried out, and when their rows land.

use spark_connect::types::Schema;
use tokio::time::sleep;

use super::endings::serves;
use super::results::has_run;
use super::statements::{agrees, command};
use super::{Check, Fault, HEAD_START, Subject};
use crate::driver::{Capability, DirectIngest, Driver, ExecutionPlan, StagedRows};

/// The capabilities of writing rows.
const INGESTS: [Capability; 2] = [Capability::DirectIngest, Capability::StagedIngest];

pub(super) async fn capable(subject: &dyn Subject, driver: &dyn Driver) -> Check {
    let listed = driver.capabilities().await?;
    for ingest in INGESTS {
        if listed.has(ingest) {
            continue;
        }
        let executed = driver.execute(never_committed(subject, ingest)?).await;
        agrees(driver, ingest, false, executed.err())?;
    }
    for plan in plans(subject, driver).await? {
        let before = subject.effects().await?;
        driver.execute(plan).await?.commit().await?;
        has_run(subject, before, 1).await?;
    }
    Ok(())
}

pub(super) async fn uncommitted(subject: &dyn Subject, driver: &dyn Driver) -> Check {
    for plan in some_plans(subject, driver).await? {
        let before = subject.effects().await?;
        let execution = driver.execute(plan).await?;
        sleep(HEAD_START).await;
        has_run(subject, before, 0).await?;
        execution.abort().await?;
    }
    Ok(())
}

pub(super) async fn given_up(subject: &dyn Subject, driver: &dyn Driver) -> Check {
    for plan in some_plans(subject, driver).await? {
        let before = subject.effects().await?;
        driver.execute(plan).await?.abort().await?;
        serves(subject, driver).await?;
        has_run(subject, before, 0).await?;
    }
    for plan in some_plans(subject, driver).await? {
        let before = subject.effects().await?;
        drop(driver.execute(plan).await?);
        serves(subject, driver).await?;
        has_run(subject, before, 0).await?;
    }
    Ok(())
}

/// A plan for each way of writing rows that the driver lists.
async fn plans(subject: &dyn Subject, driver: &dyn Driver) -> Result<Vec<ExecutionPlan>, Fault> {
    let listed = driver.capabilities().await?;
    let wanted = INGESTS.into_iter().filter(|ingest| listed.has(*ingest));
    let without = |ingest| {
        Fault::NotChecked(format!("the subject has no plan of {ingest} whose effects can be counted"))
    };
    wanted.map(|ingest| subject.plan(ingest).ok_or_else(|| without(ingest))).collect()
}

/// The same, of a driver that lists one.
async fn some_plans(subject: &dyn Subject, driver: &dyn Driver) -> Result<Vec<ExecutionPlan>, Fault> {
    let plans = plans(subject, driver).await?;
    match plans.is_empty() {
        true => Err(Fault::NotChecked("the driver writes no rows".to_owned())),
        false => Ok(plans),
    }
}

/// A plan that a driver without `ingest` refuses. Where it does not, nothing is written: its statement would fail.
fn never_committed(subject: &dyn Subject, ingest: Capability) -> Result<ExecutionPlan, Fault> {
    let (view, statement) = ("lakeorm_conformance", command(subject.failing())?);
    Ok(match ingest {
        Capability::StagedIngest => {
            let rows = StagedRows::new(Vec::new(), Schema::new(Vec::new()), 0, view, statement);
            ExecutionPlan::StagedAppend(rows)
        }
        _ => ExecutionPlan::DirectIngest(DirectIngest::new(vec![subject.small().rows], view, statement)),
    })
}
