//! From `.proto` files to the Rust that is committed, without `protoc`.

use std::fs;
use std::path::{Path, PathBuf};

use prost_types::FileDescriptorSet;

use super::Result;

/// What `prost` calls the file of package `spark.connect`.
const FILE_NAME: &str = "spark.connect.rs";

/// One generated file: where it belongs and what it should say.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) path: PathBuf,
    text: String,
}

impl Output {
    pub(crate) fn is_current(&self) -> bool {
        fs::read_to_string(&self.path).is_ok_and(|text| text == self.text)
    }

    pub(crate) fn write(&self) -> Result<()> {
        if let Some(directory) = self.path.parent() {
            fs::create_dir_all(directory)?;
        }
        fs::write(&self.path, &self.text).map_err(|error| format!("{}: {error}", self.path.display()).into())
    }
}

/// Compiles every `.proto` file of the client.
pub(crate) fn descriptors(workspace: &Path) -> Result<FileDescriptorSet> {
    let include = workspace.join("spark-connect/proto");
    let mut files = Vec::new();
    for entry in fs::read_dir(include.join("spark/connect"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "proto") {
            files.push(path);
        }
    }
    // The order of a directory differs between machines; the generated code must not.
    files.sort();
    protox::compile(files, [include])
        .map_err(|error| format!("{}: {error}", error.file().unwrap_or("the proto files")).into())
}

/// The generated files. The fake server gets its own messages, so that it shares no code with the client it tests.
pub(crate) fn outputs(workspace: &Path, descriptors: &FileDescriptorSet) -> Result<Vec<Output>> {
    Ok(vec![
        output(&workspace.join("spark-connect/src/generated"), descriptors, Side::Client)?,
        output(&workspace.join("tests/src/fake/generated"), descriptors, Side::Server)?,
    ])
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Client,
    Server,
}

fn output(directory: &Path, descriptors: &FileDescriptorSet, side: Side) -> Result<Output> {
    let scratch = Scratch::new(side)?;
    let configuration = tonic_prost_build::configure();
    let configuration = match side {
        Side::Client => configuration.codec_path("crate::rpc::Codec"),
        Side::Server => configuration,
    };
    configuration
        .build_client(side == Side::Client)
        .build_server(side == Side::Server)
        .build_transport(false)
        .bytes(".")
        .emit_rerun_if_changed(false)
        .out_dir(&scratch.0)
        .compile_fds(descriptors.clone())?;
    let text = fs::read_to_string(scratch.0.join(FILE_NAME))?;
    Ok(Output { path: directory.join(FILE_NAME), text })
}

/// A directory that goes away with the value: the generator only writes to disk.
struct Scratch(PathBuf);

impl Scratch {
    fn new(side: Side) -> Result<Self> {
        let path = std::env::temp_dir().join(format!("lakeorm-proto-{}-{side:?}", std::process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
