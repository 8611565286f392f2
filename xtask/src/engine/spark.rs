//! Apache Spark with its Connect server, from the `pyspark` package; it needs Java.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cache::{Cache, create_tree, remove_tree};
use crate::failure::{During, Failure, Outcome};
use crate::process::output;
use crate::python::Venv;

/// A Spark release and what is loaded into its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Release {
    pub(crate) version: &'static str,
    /// Whether the Iceberg and Delta runtimes are in the server.
    pub(crate) lakehouse: bool,
}

/// The newest line for which Iceberg and Delta are both published.
pub(crate) const LAKEHOUSE: Release = Release { version: "4.1.4", lakehouse: true };

/// The newest protocol, without extensions.
pub(crate) const PLAIN: Release = Release { version: "4.3.0", lakehouse: false };

const ICEBERG: &str = "1.12.0";
const DELTA: &str = "4.4.0";

/// The oldest Java that Spark 4 runs on.
const OLDEST_JAVA: u32 = 17;

/// What the server needs of what Ivy resolves. The rest is in the wheel, in the versions Spark was built with.
const RUNTIME_JARS: [&str; 9] = [
    "iceberg-spark-runtime",
    "delta-spark",
    "delta-storage",
    "delta-kernel-api",
    "delta-kernel-defaults",
    "delta-kernel-unitycatalog",
    "unitycatalog-client",
    "unitycatalog-hadoop",
    "jts-core",
];

/// Installed parts of a release.
#[derive(Debug)]
pub(crate) struct Installed {
    home: PathBuf,
    jars: Vec<PathBuf>,
}

impl Release {
    /// Installs the release unless it is there.
    pub(crate) fn install(self, cache: &Cache) -> Outcome<Installed> {
        check_java()?;
        let home = self.package(cache)?;
        let jars = if self.lakehouse { runtimes(cache, &home)? } else { Vec::new() };
        Ok(Installed { home, jars })
    }

    /// Where the `pyspark` package of the release lies, fetched unless it is there.
    pub(crate) fn package(self, cache: &Cache) -> Outcome<PathBuf> {
        let version = self.version;
        let what = format!("installing Spark {version} (about 500 MB)");
        let entry = cache.entry(&format!("spark-{version}"), &what, |entry| {
            Venv::create(entry, &["--no-deps", &format!("pyspark=={version}")]).map(|_| ())
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
        let confs = confs.iter().map(|(key, value)| (*key, (*value).to_owned()));
        for (key, value) in self.settings(port, run).into_iter().chain(confs) {
            submit.arg("--conf").arg(format!("{key}={value}"));
        }
        if !installed.jars.is_empty() {
            let jars: Vec<_> = installed.jars.iter().map(|jar| jar.to_string_lossy()).collect();
            submit.arg("--jars").arg(jars.join(","));
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
        if self.lakehouse {
            settings.extend([
                (
                    "spark.sql.extensions",
                    "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions,\
                     io.delta.sql.DeltaSparkSessionExtension"
                        .to_owned(),
                ),
                (
                    "spark.sql.catalog.spark_catalog",
                    "org.apache.spark.sql.delta.catalog.DeltaCatalog".to_owned(),
                ),
                ("spark.sql.catalog.ice", "org.apache.iceberg.spark.SparkCatalog".to_owned()),
                ("spark.sql.catalog.ice.type", "hadoop".to_owned()),
                ("spark.sql.catalog.ice.warehouse", path("ice")),
                // The default of 50 costs ten seconds for a first MERGE on two cores.
                ("spark.databricks.delta.snapshotPartitions", "2".to_owned()),
            ]);
        }
        settings
    }
}

/// What the command line of the process on `port` holds.
pub(crate) fn mark(port: u16) -> String {
    format!("spark.connect.grpc.binding.port={port}")
}

/// The jars of Iceberg and Delta, resolved by Spark's own Ivy the first time.
fn runtimes(cache: &Cache, home: &Path) -> Outcome<Vec<PathBuf>> {
    let key = format!("spark-jars-{}-iceberg-{ICEBERG}-delta-{DELTA}", LAKEHOUSE.version);
    let what = format!("fetching Iceberg {ICEBERG} and Delta {DELTA} for Spark (about 130 MB)");
    let entry = cache.entry(&key, &what, |entry| {
        let ivy = entry.join("ivy");
        create_tree(&ivy)?;
        output(&mut resolve(home, &ivy), "spark-submit --packages")?;
        for jar in needed(&listing(&ivy.join("jars"))?)? {
            let name = jar.file_name().unwrap_or_default();
            fs::rename(&jar, entry.join(name)).during(jar.display())?;
        }
        remove_tree(&ivy)
    })?;
    needed(&listing(&entry)?)
}

/// The command that only resolves: it ends by running a class that prints Hadoop's version.
fn resolve(home: &Path, ivy: &Path) -> Command {
    let packages = format!(
        "org.apache.iceberg:iceberg-spark-runtime-4.1_2.13:{ICEBERG},io.delta:delta-spark_4.1_2.13:{DELTA}"
    );
    let mut submit = submit(home, ivy, ivy);
    submit
        .args(["--master", "local[1]", "--packages", &packages, "--conf"])
        .arg(format!("spark.jars.ivy={}", ivy.display()))
        .args(["--class", "org.apache.hadoop.util.VersionInfo", "spark-internal"]);
    submit
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

/// The files in a directory.
fn listing(directory: &Path) -> Outcome<Vec<PathBuf>> {
    let what = || format!("reading {}", directory.display());
    let entries = fs::read_dir(directory).during(what())?;
    entries.map(|entry| Ok(entry.during(what())?.path())).collect()
}

/// The jars out of `files` that the server needs, each exactly once.
fn needed(files: &[PathBuf]) -> Outcome<Vec<PathBuf>> {
    RUNTIME_JARS.iter().map(|artifact| find_jar(files, artifact)).collect()
}

/// Ivy names a jar `group_artifact-version.jar`, and a Scala version may follow the artifact's name.
fn find_jar(files: &[PathBuf], artifact: &str) -> Outcome<PathBuf> {
    let is_it = |file: &&PathBuf| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let rest = name.split_once(&format!("_{artifact}")).map_or("", |(_, rest)| rest);
        let version = rest.strip_prefix(['-', '_']).unwrap_or_default();
        version.starts_with(|c: char| c.is_ascii_digit()) && version.ends_with(".jar")
    };
    let mut found = files.iter().filter(is_it);
    match (found.next(), found.next()) {
        (Some(jar), None) => Ok(jar.clone()),
        (None, _) => Err(Failure::new(format!("Ivy did not bring the jar {artifact}"))),
        (Some(_), Some(_)) => Err(Failure::new(format!("Ivy brought the jar {artifact} twice"))),
    }
}

/// Looks whether there is a Java that is new enough.
fn check_java() -> Outcome {
    let cure =
        format!("install Java {OLDEST_JAVA} or later (Debian: apt-get install openjdk-17-jre-headless)");
    let java = std::env::var_os("JAVA_HOME")
        .filter(|home| !home.is_empty())
        .map_or_else(|| PathBuf::from("java"), |home| Path::new(&home).join("bin").join("java"));
    let told = Command::new(&java)
        .arg("-version")
        .output()
        .map_err(|error| Failure::new(format!("{} cannot be run ({error}): {cure}", java.display())))?;
    match java_version(&String::from_utf8_lossy(&told.stderr)) {
        Some(found) if found >= OLDEST_JAVA => Ok(()),
        Some(found) => Err(Failure::new(format!("{} is version {found}: {cure}", java.display()))),
        None => Err(Failure::new(format!("{} does not tell its version: {cure}", java.display()))),
    }
}

/// The feature number out of `openjdk version "17.0.15" 2025-04-15`; `1.8.0` is Java 8.
fn java_version(told: &str) -> Option<u32> {
    let (_, quoted) = told.split_once("version \"")?;
    let number = quoted.strip_prefix("1.").unwrap_or(quoted);
    let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    number.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn javas_version_is_read_in_the_old_and_the_new_form() {
        assert_eq!(java_version("openjdk version \"17.0.15\" 2025-04-15\n"), Some(17));
        assert_eq!(java_version("openjdk version \"25\" 2025-09-16\n"), Some(25));
        assert_eq!(java_version("java version \"1.8.0_402\"\n"), Some(8));
        assert_eq!(java_version("Error: could not find libjvm.so\n"), None);
    }

    #[test]
    fn a_jar_is_found_by_its_artifact_and_not_by_a_longer_name() {
        let files: Vec<PathBuf> = [
            "io.delta_delta-kernel-api-4.4.0.jar",
            "io.delta_delta-spark_4.1_2.13-4.4.0.jar",
            "io.delta_delta-spark-v1-4.4.0.txt",
        ]
        .map(PathBuf::from)
        .into();
        assert_eq!(find_jar(&files, "delta-spark").unwrap(), files[1]);
        assert_eq!(find_jar(&files, "delta-kernel-api").unwrap(), files[0]);
        let missing = find_jar(&files, "delta-kernel").unwrap_err();
        assert_eq!(missing.to_string(), "Ivy did not bring the jar delta-kernel");
    }

    #[test]
    fn a_server_listens_on_the_loopback_interface_only() {
        let settings = PLAIN.settings(1234, Path::new("run"));
        assert!(settings.contains(&("spark.connect.grpc.binding.address", "127.0.0.1".to_owned())));
        assert!(settings.contains(&("spark.connect.grpc.binding.port", "1234".to_owned())));
    }
}
