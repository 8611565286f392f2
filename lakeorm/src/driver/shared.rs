//! A pointer to a driver is a driver.

use std::sync::Arc;

use futures_core::future::BoxFuture;
use spark_connect::Outcome;

use super::{BatchStream, Capabilities, Driver, Execution, ExecutionPlan, PoolStatus, TableSupport};
use crate::command::Command;
use crate::error::Result;
use crate::source::Read;

macro_rules! driver_behind {
    ($pointer:ident) => {
        impl<D: Driver + ?Sized> Driver for $pointer<D> {
            fn name(&self) -> &str {
                (**self).name()
            }

            fn read(&self, read: Read) -> BatchStream {
                (**self).read(read)
            }

            fn exec(&self, command: Command) -> BoxFuture<'_, Result<Outcome>> {
                (**self).exec(command)
            }

            fn execute(&self, plan: ExecutionPlan) -> BoxFuture<'_, Result<Execution<'_>>> {
                (**self).execute(plan)
            }

            fn lease(&self) -> BoxFuture<'_, Result<Option<Arc<dyn Driver>>>> {
                (**self).lease()
            }

            fn takes_confs(&self) -> bool {
                (**self).takes_confs()
            }

            fn table_support(&self) -> BoxFuture<'_, Result<TableSupport>> {
                (**self).table_support()
            }

            fn capabilities(&self) -> BoxFuture<'_, Result<Capabilities>> {
                (**self).capabilities()
            }

            fn ping(&self) -> BoxFuture<'_, Result<()>> {
                (**self).ping()
            }

            fn status(&self) -> PoolStatus {
                (**self).status()
            }

            fn close(&self) -> BoxFuture<'_, Result<()>> {
                (**self).close()
            }
        }
    };
}

driver_behind!(Arc);
driver_behind!(Box);
