//! Where staged files lie, for us and for the engine.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;

use super::DIRECTORY;
use super::service::{Source, cloud, service};
use crate::error::{Error, ErrorKind, Result};
use crate::write::Backend;

/// Said of an address such as Databricks' `dbfs:/…`, where only the engine can write.
const NO_SCHEME: &str = "it is not an address of files that both this program and the engine can reach: give one that \
                         begins with file://, s3://, gs:// or abfss://";

/// A directory for files.
#[derive(Clone)]
pub(crate) struct Store {
    pub(super) objects: Arc<dyn ObjectStore>,
    /// The directory in the store.
    pub(super) root: Path,
    /// The engine's address of the same directory.
    engine: String,
    /// The same directory on this machine's disk, if it is there.
    pub(super) local: Option<PathBuf>,
    /// Whether the service may keep a directory once its files are gone, as Azure does with a hierarchy of names.
    pub(super) keeps_directories: bool,
}

impl Backend {
    /// The staging location at an address, with the options of its service in the environment.
    ///
    /// | address | feature | environment |
    /// |---|---|---|
    /// | `file:///var/lake` | `staging` | |
    /// | `memory://` | `staging` | a test's, which no engine reads |
    /// | `s3://bucket/lake`, `s3a://…` | `s3` | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT` and the others that `object_store` lists of the service |
    /// | `gs://bucket/lake` | `gcs` | `GOOGLE_SERVICE_ACCOUNT` (a file) or `GOOGLE_SERVICE_ACCOUNT_KEY` (its JSON), … |
    /// | `az://container/lake`, `abfss://container@account.dfs.core.windows.net/lake` | `azure` | `AZURE_STORAGE_ACCOUNT_NAME`, `AZURE_STORAGE_ACCOUNT_KEY`, … |
    ///
    /// The engine has to be able to read it, with credentials of its own, under the same address or that of
    /// [`read_as`](Self::read_as); a disk has to be the same disk for both. Sail reads `s3://`, `gs://`, `az://` and
    /// `abfss://`, with the `AWS_…`, `GOOGLE_…` and `AZURE_…` variables of its own environment. A Spark server reads S3
    /// as `s3a://`, with the package `org.apache.hadoop:hadoop-aws` in the version of its Hadoop and these confs, of
    /// which a service other than Amazon's needs the last two:
    ///
    /// ```text
    /// spark.hadoop.fs.s3a.access.key          or an instance's role
    /// spark.hadoop.fs.s3a.secret.key
    /// spark.hadoop.fs.s3a.endpoint.region
    /// spark.hadoop.fs.s3a.endpoint            http://minio:9000
    /// spark.hadoop.fs.s3a.path.style.access   true
    /// ```
    ///
    /// Of the options for the HTTP client only `allow_http` (`AWS_ALLOW_HTTP`, `GOOGLE_ALLOW_HTTP`, `AZURE_ALLOW_HTTP`)
    /// is supported, without which an address in plain `http://` is an error; for a proxy set `HTTPS_PROXY`. A cloud's own
    /// service for credentials, such as that at 169.254.169.254, is asked without it. Variables that are empty count as
    /// unset. `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT` want the address in `AWS_ENDPOINT_URL_S3` beside
    /// them.
    ///
    /// # Errors
    ///
    /// [`Config`](ErrorKind::Config) for an address that is not valid, whose feature is not on, or that has letters
    /// which engines read differently, or a password, and for an option with a line break or another control character;
    /// nothing is looked at.
    pub fn parse(url: &str) -> Result<Self> {
        let variables = std::env::vars_os();
        let variables =
            variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self::in_environment(url, variables)
    }

    /// The staging location at an address, with options of its service as `object_store` names them, `aws_region`, and
    /// without those in the environment. A disk and `memory://` have no options, and look at none.
    ///
    /// Two things `object_store` takes from its surroundings all the same: with `azure_storage_use_emulator` the
    /// address of the emulator (`AZURITE_BLOB_STORAGE_URL`), and for Google Cloud Storage without credentials in the
    /// options the application default credentials.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse), and for an option that the service does not have, or one of the HTTP client other
    /// than `allow_http`.
    pub fn parse_with<K, V>(url: &str, options: impl IntoIterator<Item = (K, V)>) -> Result<Self>
    where
        K: AsRef<str>,
        V: Into<String>,
    {
        let options = options.into_iter().map(|(key, value)| (key.as_ref().to_owned(), value.into()));
        Self::at(url, options.collect(), Source::Options)
    }

    /// The staging location with the options in these variables. An empty one counts as none.
    pub(super) fn in_environment(
        url: &str,
        variables: impl Iterator<Item = (String, String)>,
    ) -> Result<Self> {
        let is_ours =
            |name: &str| ["AWS_", "GOOGLE_", "AZURE_"].iter().any(|service| name.starts_with(service));
        let given = variables.filter(|(name, value)| is_ours(name) && !value.is_empty());
        Self::at(url, given.collect(), Source::Environment)
    }

    fn at(url: &str, options: Vec<(String, String)>, source: Source) -> Result<Self> {
        let (scheme, rest) = url.split_once("://").ok_or_else(|| wrong(url, NO_SCHEME))?;
        if has_password(rest) {
            return Err(wrong(url, "it has a password: give credentials as options, or in the environment"));
        }
        // In lower case for the engine too.
        let scheme = scheme.to_ascii_lowercase();
        let url = &format!("{scheme}://{rest}");
        match scheme.as_str() {
            "file" => Self::of_directory(rest),
            "memory" => {
                let root = path_of(rest, url)?;
                Ok(Self::of(Store::new(Arc::new(InMemory::new()), root, url)?))
            }
            _ => {
                let is_azure = service(url)? == "azure";
                let bucket = rest.split('/').next();
                // What has a colon is a host, or a user and a part of a password.
                let bucket = bucket.filter(|bucket| !bucket.is_empty() && !bucket.contains(':'));
                let bucket = bucket.ok_or_else(|| wrong(url, "name the bucket: s3://bucket/lake"))?;
                let address = format!("{scheme}://{bucket}");
                let objects = cloud(&address, options, source)?;
                let root = path_of(rest.strip_prefix(bucket).unwrap_or_default(), url)?;
                let mut store = Store::new(objects, root, url)?;
                store.keeps_directories = is_azure;
                Ok(Self::of(store))
            }
        }
    }

    /// A store of one's own making, the directory in it, and the engine's address of that directory.
    ///
    /// # Errors
    ///
    /// [`Config`](ErrorKind::Config) for a directory or an address that is not valid.
    pub fn from_store(objects: Arc<dyn ObjectStore>, directory: &str, read_as: &str) -> Result<Self> {
        Ok(Self::of(Store::new(objects, path_of(directory, directory)?, read_as)?))
    }

    /// The same location under the address by which the engine reads it, where that is another: `s3a://bucket/lake` for
    /// `s3://bucket/lake`, or a disk that is mounted elsewhere.
    ///
    /// # Errors
    ///
    /// [`Config`](ErrorKind::Config) for an address that has letters which engines read differently, or a password.
    pub fn read_as(self, url: &str) -> Result<Self> {
        match self.store() {
            Some(store) => Ok(Self::of(Store { engine: engine_address(url)?, ..store.clone() })),
            None => Ok(self),
        }
    }

    fn of_directory(directory: &str) -> Result<Self> {
        let url = format!("file://{directory}");
        if !directory.starts_with('/') {
            return Err(wrong(&url, "the path after file:// must start with a slash: file:///var/lake"));
        }
        // It would clean up to the root of the disk: which directories are ours is known here.
        let objects = LocalFileSystem::new();
        let mut store = Store::new(Arc::new(objects), path_of(directory, &url)?, &url)?;
        store.local = Some(PathBuf::from(directory));
        Ok(Self::of(store))
    }
}

impl Store {
    fn new(objects: Arc<dyn ObjectStore>, root: Path, engine: &str) -> Result<Self> {
        Ok(Self { objects, root, engine: engine_address(engine)?, local: None, keeps_directories: false })
    }

    /// A file of ours, and the engine's address of it.
    pub(super) fn file(&self, write: &str, name: &str) -> (Path, String) {
        let path = self.directory().join(write).join(name);
        (path, format!("{}/{DIRECTORY}/{write}/{name}", self.engine))
    }

    /// The directories of this machine's disk for the files of a write, the inner one first.
    pub(super) fn directories(&self, write: &str) -> Vec<PathBuf> {
        let staging = self.local.as_ref().map(|root| root.join(DIRECTORY));
        staging.map_or_else(Vec::new, |staging| vec![staging.join(write), staging])
    }

    /// The directory of a write, where the service may keep it.
    pub(super) fn kept_directory(&self, write: &str) -> Option<Path> {
        self.keeps_directories.then(|| self.directory().join(write))
    }

    /// The directory of all writes.
    pub(super) fn directory(&self) -> Path {
        self.root.clone().join(DIRECTORY)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Store").field(&self.engine).finish()
    }
}

/// An address that every engine reads as the same location. Hadoop's paths are patterns and have no percent signs, and
/// engines differ in which other letters name the same file.
fn engine_address(url: &str) -> Result<String> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:=@+~".contains(letter);
    // With one slash no host follows.
    let is_password = match url.split_once("://") {
        Some((_, rest)) => has_password(rest),
        None => url.split_once(":/").is_some_and(|(_, path)| has_user(path)),
    };
    if is_password {
        return Err(wrong(url, "remove the password: the engine needs its own credentials"));
    }
    if let Some(letter) = url.chars().find(|letter| !is_plain(*letter)) {
        return Err(wrong(
            url,
            &format!("engines differ in how they read {letter:?} in an address: remove it"),
        ));
    }
    let address = url.trim_end_matches('/');
    // Engines look for the reader of a scheme by its small letters.
    Ok(match address.split_once("://") {
        Some((scheme, rest)) => format!("{}://{rest}", scheme.to_ascii_lowercase()),
        None => address.to_owned(),
    })
}

fn path_of(text: &str, url: &str) -> Result<Path> {
    Path::parse(text.trim_start_matches('/'))
        .map_err(|error| wrong(url, &super::without_queries(&error.to_string())))
}

/// Whether a password stands in the place of the host or before it, which may have a slash in it. A container does not,
/// as in `abfss://container@account`.
fn has_password(rest: &str) -> bool {
    has_user(rest) || is_no_port(first_of(rest))
}

/// Whether a user and a password stand before an `@`.
fn has_user(rest: &str) -> bool {
    first_of(rest).rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
}

fn first_of(rest: &str) -> &str {
    rest.split('/').next().unwrap_or_default()
}

/// Whether there is a colon, and something else than a port behind it.
fn is_no_port(authority: &str) -> bool {
    // An address of IPv6 has colons.
    let behind_host = authority.rsplit_once(']').map_or(authority, |(_, behind)| behind);
    let port = behind_host.rsplit_once(':').map(|(_, port)| port);
    port.is_some_and(|port| port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()))
}

pub(super) fn wrong(url: &str, reason: &str) -> Error {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let scheme = url.strip_suffix(rest).unwrap_or_default();
    // With fewer slashes or more than an address has.
    let behind_scheme = rest.split_once(":/").map_or(rest, |(_, rest)| rest);
    let is_password =
        [rest, behind_scheme].iter().any(|rest| is_no_port(first_of(rest.trim_start_matches('/'))));
    let address = match rest.rsplit_once('@') {
        // It may be a password, wherever the slashes are.
        Some((before, host)) if before.contains(':') => format!("{scheme}…@{host}"),
        _ if is_password => format!("{scheme}…"),
        _ => url.to_owned(),
    };
    let address = super::without_queries(&address);
    Error::new(ErrorKind::Config, format!("the backend {address} cannot be used: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(url: &str) -> String {
        let error = Backend::parse_with(url, [("token", "none")]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        error.to_string()
    }

    #[test]
    fn a_file_has_the_address_by_which_the_engine_reads_it() {
        let backend = Backend::parse("file:///var/lake/").unwrap();
        let (path, address) = backend.store().unwrap().file("w", "part-00000.parquet");
        assert_eq!(path.as_ref(), "var/lake/staging/w/part-00000.parquet");
        assert_eq!(address, "file:///var/lake/staging/w/part-00000.parquet");
        let mounted = backend.read_as("dbfs:/mnt/lake").unwrap();
        let (path, address) = mounted.store().unwrap().file("w", "part-00000.parquet");
        assert_eq!(path.as_ref(), "var/lake/staging/w/part-00000.parquet");
        assert_eq!(address, "dbfs:/mnt/lake/staging/w/part-00000.parquet");
    }

    #[test]
    fn a_scheme_may_be_written_in_any_case() {
        let backend = Backend::parse("FILE:///var/Lake").unwrap();
        let (path, address) = backend.store().unwrap().file("w", "part-00000.parquet");
        assert_eq!(path.as_ref(), "var/Lake/staging/w/part-00000.parquet");
        assert_eq!(address, "file:///var/Lake/staging/w/part-00000.parquet");
    }

    #[test]
    #[cfg(feature = "azure")]
    fn a_directory_that_azure_may_keep_is_known() {
        let options = [("azure_storage_account_name", "a"), ("azure_storage_account_key", "a2V5")];
        let azure = Backend::parse_with("abfss://lake@a.dfs.core.windows.net/tables", options).unwrap();
        let kept = azure.store().unwrap().kept_directory("w");
        assert_eq!(kept.unwrap().as_ref(), "tables/staging/w");
        assert_eq!(Backend::parse("memory://lake").unwrap().store().unwrap().kept_directory("w"), None);
    }

    #[test]
    fn an_address_that_cannot_be_used_says_why() {
        for url in ["/var/lake", "dbfs:/mnt/lake"] {
            assert!(refused(url).contains("give one that begins with file://, s3://, gs://"), "{url}");
        }
        assert!(refused("file://var/lake").contains("must start with a slash"));
        assert!(refused("ftp://host/lake").contains("expected one of file://"));
        assert!(refused("s3:///lake").contains("name the bucket: s3://bucket/lake"));
        assert!(refused("FTP:///lake").contains("expected one of file://"));
        for letter in [' ', '*', '{', '[', '%', 'é', '?'] {
            let told = refused(&format!("file:///var/la{letter}ke"));
            let expected = format!("engines differ in how they read '{letter}' in an address: remove it");
            assert!(told.ends_with(&expected), "{told}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_refused_and_not_repeated() {
        for url in [
            "s3a://AKIA:s3cret@bucket/lake",
            "s3://a:s3cret@bucket/with space",
            "s3a://AKIA:s3/cret@bucket/lake",
            "s3://a:s3?cret@bucket",
            "file://u:s3cret@h/x",
        ] {
            let error = refused(url);
            assert!(error.contains("it has a password") && error.contains("://…@"), "{error}");
            assert!(!error.contains("cret") && !error.contains(":s3"), "{error}");
        }
        for url in ["hdfs://nn:9000/users/me@corp", "s3a://bucket/a:b@c", "file:///a:b@c"] {
            assert!(!refused(&format!("{url} ")).contains("password"), "{url}");
        }
        // The account is the host.
        assert!(!refused("abfs://container@account.dfs.core.windows.net/la ke").contains("password"));
    }

    #[test]
    fn a_password_in_an_address_with_other_slashes_is_not_repeated() {
        for (url, told) in [
            ("s3:/AKIA:s3cret@bucket/lake", "the backend …@bucket/lake cannot"),
            ("s3:///AKIA:s3cret@bucket", "the backend s3://…@bucket cannot"),
            ("s3://AKIA:9/s3cret@bucket/la ke", "the backend s3://…@bucket/la ke cannot"),
            ("AKIA:s3cret@bucket/lake", "the backend …@bucket/lake cannot"),
        ] {
            let error = refused(url);
            assert!(error.starts_with(told), "{error}");
        }
        let backend = Backend::parse("file:///var/lake").unwrap();
        let error = backend.read_as("s3a:/AKIA:s3cret@bucket/lake").unwrap_err().to_string();
        assert!(
            error.starts_with("the backend …@bucket/lake cannot be used: remove the password"),
            "{error}"
        );
    }

    #[test]
    fn a_password_in_an_address_without_a_host_is_refused_and_not_repeated() {
        for (url, told) in [
            ("s3://AKIA:s3cret/lake", "the backend s3://… cannot be used: it has a password"),
            ("s3://AKIA:s3/cret/lake", "the backend s3://… cannot be used: it has a password"),
            ("s3:///AKIA:s3cret/lake", "the backend s3://… cannot be used: name the bucket"),
            ("s3:/AKIA:s3cret/lake", "the backend … cannot be used: it is not an address"),
            ("AKIA:s3cret/lake", "the backend … cannot be used: it is not an address"),
        ] {
            let error = refused(url);
            assert!(error.starts_with(told) && !error.contains("cret"), "{error}");
        }
        let backend = Backend::parse("file:///var/lake").unwrap();
        let error = backend.clone().read_as("s3a://AKIA:s3cret/lake").unwrap_err().to_string();
        assert!(error.starts_with("the backend s3a://… cannot be used: remove the password"), "{error}");
        assert!(refused("hdfs://nn:9000/lake").starts_with("the backend hdfs://nn:9000/lake cannot be used"));
        assert!(backend.read_as("hdfs://nn:9000/lake").is_ok());
    }

    #[test]
    fn the_signature_of_an_address_is_not_repeated_by_the_reason_either() {
        for url in ["memory://lake//x?sig=s3cret", "file:///lake/../x?sig=s3cret"] {
            let error = refused(url);
            assert!(error.contains("cannot be used") && !error.contains("s3cret"), "{error}");
        }
    }
}
