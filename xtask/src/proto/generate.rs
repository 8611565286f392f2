//! From `.proto` files to the Rust that is committed, without `protoc`.

use std::fs;
use std::path::{Path, PathBuf};

use prost_types::field_descriptor_proto::Type;
use prost_types::{DescriptorProto, FileDescriptorSet};

use crate::cache::{create_tree, remove_tree};
use crate::failure::{During, Failure, Outcome};

/// What `prost` calls the file of package `spark.connect`.
const FILE_NAME: &str = "spark.connect.rs";

/// What the client leaves as the bytes that it is on the wire, by message and field: two bytes of it can stand for a
/// hundred in memory, or it nests deeper than messages are decoded, and it is seldom or never looked at.
const UNDECODED: [(&str, &str); 4] = [
    ("Schema", "schema"),
    ("ExecutePlanResponse", "schema"),
    ("ExecutePlanResponse", "execution_progress"),
    ("SqlCommandResult", "relation"),
];

/// What the client does not look at, and so skips like what a newer server adds.
const UNREAD: [(&str, &str); 4] = [
    ("ExecutePlanResponse", "metrics"),
    ("ExecutePlanResponse", "observed_metrics"),
    ("Error", "stack_trace"),
    ("SparkThrowable", "breaking_change_info"),
];

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

    pub(crate) fn write(&self) -> Outcome {
        if let Some(directory) = self.path.parent() {
            create_tree(directory)?;
        }
        fs::write(&self.path, &self.text).during(self.path.display())
    }
}

/// Compiles every `.proto` file of the client.
pub(crate) fn descriptors(workspace: &Path) -> Outcome<FileDescriptorSet> {
    let include = workspace.join("spark-connect/proto");
    let mut files = Vec::new();
    let directory = include.join("spark/connect");
    for entry in fs::read_dir(&directory).during(directory.display())? {
        let path = entry.during(directory.display())?.path();
        if path.extension().is_some_and(|extension| extension == "proto") {
            files.push(path);
        }
    }
    // The order of a directory differs between machines; the generated code must not.
    files.sort();
    protox::compile(files, [include])
        .map_err(|error| Failure::new(format!("{}: {error}", error.file().unwrap_or("the proto files"))))
}

/// The generated files. The fake server gets its own messages, so that it shares no code with the client it tests.
pub(crate) fn outputs(workspace: &Path, descriptors: &FileDescriptorSet) -> Outcome<Vec<Output>> {
    Ok(vec![
        output(&workspace.join("spark-connect/src/generated"), &lean(descriptors)?, Side::Client)?,
        output(&workspace.join("tests/src/fake/generated"), descriptors, Side::Server)?,
    ])
}

/// The messages with nothing in them that is [`UNDECODED`] or [`UNREAD`]. On the wire bytes and a message are the same.
fn lean(descriptors: &FileDescriptorSet) -> Outcome<FileDescriptorSet> {
    let mut lean = descriptors.clone();
    let mut changed = 0;
    for message in lean.file.iter_mut().flat_map(|file| &mut file.message_type) {
        changed += simplify(message);
    }
    match changed == UNDECODED.len() + UNREAD.len() {
        true => Ok(lean),
        false => {
            Err(Failure::new(format!("of the fields that the client does not decode {changed} were found")))
        }
    }
}

/// Changes the fields of a message and of those inside it; gives how many.
fn simplify(message: &mut DescriptorProto) -> usize {
    let name = message.name().to_owned();
    let is_in = |list: &[(&str, &str)], field: &str| list.contains(&(name.as_str(), field));
    let before = message.field.len();
    message.field.retain(|field| !is_in(&UNREAD, field.name()));
    let mut changed = before - message.field.len();
    for field in message.field.iter_mut().filter(|field| is_in(&UNDECODED, field.name())) {
        field.set_type(Type::Bytes);
        field.type_name = None;
        changed += 1;
    }
    changed + message.nested_type.iter_mut().map(simplify).sum::<usize>()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Client,
    Server,
}

fn output(directory: &Path, descriptors: &FileDescriptorSet, side: Side) -> Outcome<Output> {
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
        .compile_fds(descriptors.clone())
        .during("generating Rust")?;
    let made = scratch.0.join(FILE_NAME);
    let text = fs::read_to_string(&made).during(made.display())?;
    Ok(Output { path: directory.join(FILE_NAME), text })
}

/// A directory that goes away with the value: the generator only writes to disk.
struct Scratch(PathBuf);

impl Scratch {
    fn new(side: Side) -> Outcome<Self> {
        let path = std::env::temp_dir().join(format!("lakeorm-proto-{}-{side:?}", std::process::id()));
        create_tree(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        remove_tree(&self.0).ok();
    }
}
