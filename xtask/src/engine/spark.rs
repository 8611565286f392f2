//! Apache Spark with its Connect server, from the `pyspark` package; it needs Java.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cache::{Cache, create_tree};
use crate::failure::Outcome;
use crate::python::Venv;

pub(crate) mod extension;
mod jars;
mod java;
mod release;

use release::Line;
pub(crate) use release::{Flavour, LAKEHOUSE, OLDEST, PLAIN, RELEASES, Release};

const ICEBERG: &str = "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions";
const DELTA: &str = "io.delta.sql.DeltaSparkSessionExtension";

/// Installed parts of a release.
#[derive(Debug)]
pub(crate) struct Installed {
    home: PathBuf,
    jars: Vec<PathBuf>,
}

impl Release {
    /// Installs the release unless it is there.
    pub(crate) fn install(self, cache: &Cache) -> Outcome<Installed> {
        java::check(self.line)?;
        let home = self.package(cache)?;
        let jars = jars::of(self, cache, &home)?;
        Ok(Installed { home, jars })
    }

    /// Where the `pyspark` package of the release lies, fetched unless it is there.
    pub(crate) fn package(self, cache: &Cache) -> Outcome<PathBuf> {
        let version = self.line.version;
        let what = format!("installing Spark {version} (about 500 MB)");
        let entry = cache.entry(&format!("spark-{version}"), &what, |entry| {
            Venv::create(entry, &["--no-compile", "--no-deps", &format!("pyspark=={version}")]).map(|_| ())
        })?;
        Venv::at(&entry).package("pyspark")
    }

    /// The command that serves on `port` with these confs beside the usual ones, and keeps what it writes in `run`.
    pub(crate) fn command(
        self,
        installed: &Installed,
        port: u16,
        run: &Path,
        confs: &[(&'static str, &str)],
    ) -> Outcome<Command> {
        let temporary = run.join("tmp");
        create_tree(&temporary)?;
        let mut submit = submit(&installed.home, run, &temporary);
        submit.args(["--master", "local[2]", "--driver-memory", "2g", "--name", "lakeorm"]);
        let (class_path, confs): (Vec<_>, Vec<_>) =
            confs.iter().copied().partition(|(key, _)| *key == extension::CLASS_PATH);
        let confs = confs.into_iter().map(|(key, value)| (key, value.to_owned()));
        for (key, value) in self.settings(port, run).into_iter().chain(confs) {
            submit.arg("--conf").arg(format!("{key}={value}"));
        }
        // Of the server's own class path: a class loader of their own asks each jar for each class.
        let jars = installed.jars.iter().map(|jar| jar.display().to_string());
        let class_path: Vec<_> = class_path.iter().map(|(_, path)| (*path).to_owned()).chain(jars).collect();
        if !class_path.is_empty() {
            submit.arg("--driver-class-path").arg(class_path.join(":"));
        }
        submit.args(["--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "spark-internal"]);
        Ok(submit)
    }

    fn settings(self, port: u16, run: &Path) -> Vec<(&'static str, String)> {
        let path = |name: &str| run.join(name).display().to_string();
        let mut settings = vec![
            ("spark.connect.grpc.binding.address", "127.0.0.1".to_owned()),
            ("spark.connect.grpc.binding.port", port.to_string()),
            ("spark.ui.enabled", "false".to_owned()),
            ("spark.sql.session.timeZone", "UTC".to_owned()),
            ("spark.sql.shuffle.partitions", "2".to_owned()),
            ("spark.sql.warehouse.dir", path("warehouse")),
            ("spark.local.dir", path("tmp")),
        ];
        let extensions = match self.flavour {
            Flavour::Plain => return settings,
            Flavour::Delta => vec![DELTA],
            Flavour::Lake => vec![ICEBERG, DELTA],
        };
        settings.extend([
            ("spark.sql.extensions", extensions.join(",")),
            ("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog".to_owned()),
            // The default of 50 costs ten seconds for a first MERGE on two cores.
            ("spark.databricks.delta.snapshotPartitions", "1".to_owned()),
        ]);
        if self.flavour == Flavour::Lake {
            settings.extend([
                ("spark.sql.catalog.ice", "org.apache.iceberg.spark.SparkCatalog".to_owned()),
                ("spark.sql.catalog.ice.type", "hadoop".to_owned()),
                ("spark.sql.catalog.ice.warehouse", path("ice")),
            ]);
        }
        settings
    }
}

/// What the command line of the process on `port` holds.
pub(crate) fn mark(port: u16) -> String {
    format!("spark.connect.grpc.binding.port={port}")
}

/// `spark-submit` in the directory `cwd`, bound to the loopback interface, free of the caller's Spark settings.
///
/// The home directory it sees is `cwd`: Ivy also looks into a Maven repository in the home directory, and fails
/// on one that holds a description without its jar.
fn submit(home: &Path, cwd: &Path, temporary: &Path) -> Command {
    let options = format!("\"-Duser.home={}\" \"-Djava.io.tmpdir={}\"", cwd.display(), temporary.display());
    let mut submit = Command::new(home.join("bin").join("spark-submit"));
    submit
        .current_dir(cwd)
        .env("SPARK_HOME", home)
        .env("SPARK_LOCAL_IP", "127.0.0.1")
        .env("SPARK_SUBMIT_OPTS", options);
    submit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_listens_on_the_loopback_interface_only() {
        let settings = PLAIN.settings(1234, Path::new("run"));
        assert!(settings.contains(&("spark.connect.grpc.binding.address", "127.0.0.1".to_owned())));
        assert!(settings.contains(&("spark.connect.grpc.binding.port", "1234".to_owned())));
    }
}
