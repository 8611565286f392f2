//! A server that speaks as S3 does, and as Google Cloud Storage does, from the Python package `moto`.

use std::process::Command;

use crate::cache::Cache;
use crate::engine::Engine;
use crate::failure::Outcome;
use crate::process::output;
use crate::python::Venv;
use crate::service::Service;

const MOTO: &str = "5.2.5";

/// The bucket that is there.
const BUCKET: &str = "lake";

/// The server takes any key.
const KEY: &str = "test";

const REGION: &str = "us-east-1";

/// Prints the JSON of a service account of Google Cloud: with a key of its own, with which clients sign, and the address
/// of the server that takes it.
const GCS_KEY: &str = r#"
import json, sys
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
print(json.dumps({
    "type": "service_account",
    "client_email": "lake@test.invalid",
    "private_key_id": "1",
    "private_key": key.decode(),
    "gcs_base_url": sys.argv[1],
}))
"#;

/// A server that ends with this value.
#[derive(Debug)]
pub(crate) struct Objects {
    /// Its address, `http://127.0.0.1:1234`.
    endpoint: String,
    /// The JSON of a service account of Google Cloud.
    gcs_key: String,
    _service: Service,
}

impl Objects {
    /// Starts one for an engine that reads S3.
    pub(crate) fn beside(engine: Engine, cache: &Cache) -> Outcome<Option<Self>> {
        engine.reads_s3().then(|| Self::start(cache, &Self::install(cache)?)).transpose()
    }

    /// Its Python, installed unless it is there.
    pub(crate) fn install(cache: &Cache) -> Outcome<Venv> {
        let what = "installing an S3 server (about 120 MB)";
        let entry = cache.entry(&format!("moto-{MOTO}"), what, |entry| {
            Venv::create(entry, &["--no-compile", &format!("moto[s3,server]=={MOTO}")]).map(|_| ())
        })?;
        Ok(Venv::at(&entry))
    }

    fn start(cache: &Cache, venv: &Venv) -> Outcome<Self> {
        let service = Service::start("S3 server", "s3", cache, |port| {
            let mut moto = venv.python();
            moto.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()]);
            moto
        })?;
        service.create("bucket", &format!("/{BUCKET}"))?;
        let endpoint = service.address();
        let gcs_key =
            output(venv.python().args(["-c", GCS_KEY, &endpoint]), "making a key for Google Cloud")?;
        Ok(Self { endpoint, gcs_key, _service: service })
    }

    /// What `engine` has to know to read from it: Sail by variables of its environment, Spark by confs of `s3a`.
    pub(crate) fn confs(&self, engine: Engine) -> Vec<(&'static str, &str)> {
        match engine {
            Engine::Sail => vec![
                ("AWS_ENDPOINT", self.endpoint.as_str()),
                ("AWS_ALLOW_HTTP", "true"),
                ("AWS_ACCESS_KEY_ID", KEY),
                ("AWS_SECRET_ACCESS_KEY", KEY),
                ("AWS_REGION", REGION),
                ("GOOGLE_SERVICE_ACCOUNT_KEY", self.gcs_key.as_str()),
            ],
            Engine::Spark(_) => vec![
                ("spark.hadoop.fs.s3a.endpoint", self.endpoint.as_str()),
                ("spark.hadoop.fs.s3a.path.style.access", "true"),
                ("spark.hadoop.fs.s3a.access.key", KEY),
                ("spark.hadoop.fs.s3a.secret.key", KEY),
                ("spark.hadoop.fs.s3a.endpoint.region", REGION),
            ],
        }
    }

    /// Tells the tests where it is.
    pub(crate) fn describe(&self, tests: &mut Command) {
        tests.env("LAKEORM_S3", &self.endpoint).env("LAKEORM_GCS_KEY", &self.gcs_key);
    }
}
