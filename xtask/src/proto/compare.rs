//! What we declare against what PySpark declares.
//!
//! Only our side is walked: a message, field or call that we leave out is skipped on the wire and is no difference.

use std::collections::BTreeMap;
use std::fmt;

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet, MethodDescriptorProto,
};

/// The outcome of a comparison.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    pub(crate) differences: Vec<Difference>,
    pub(crate) checked: Checked,
}

/// How much of ours was looked at, to show that a clean result is not an empty one.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Checked {
    messages: usize,
    fields: usize,
    enum_values: usize,
    calls: usize,
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { messages, fields, enum_values, calls } = self;
        write!(f, "{messages} messages, {fields} fields, {enum_values} enum values and {calls} calls")
    }
}

/// One fact that the two sides state differently.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    place: String,
    ours: String,
    theirs: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ours {} / pyspark {}", self.place, self.ours, self.theirs)
    }
}

/// Looks up everything that `ours` declares in `theirs`.
pub(crate) fn compare(ours: &FileDescriptorSet, theirs: &FileDescriptorSet) -> Comparison {
    let (ours, theirs) = (Index::new(ours), Index::new(theirs));
    let mut comparison = Comparison::default();
    for (name, message) in &ours.messages {
        comparison.checked.messages += 1;
        match theirs.messages.get(name) {
            Some(other) => comparison.messages(name, message, other),
            None => comparison.missing(name, "message"),
        }
    }
    for (name, declared) in &ours.enums {
        match theirs.enums.get(name) {
            Some(other) => comparison.enums(name, declared, other),
            None => comparison.missing(name, "enum"),
        }
    }
    for (name, call) in &ours.calls {
        comparison.checked.calls += 1;
        match theirs.calls.get(name) {
            Some(other) => comparison.state(name, "", describe_call(call), describe_call(other)),
            None => comparison.missing(name, "call"),
        }
    }
    comparison
}

impl Comparison {
    fn messages(&mut self, name: &str, ours: &DescriptorProto, theirs: &DescriptorProto) {
        for field in &ours.field {
            self.checked.fields += 1;
            let place = format!("{name}.{}", field.name());
            let same_name = theirs.field.iter().find(|other| other.name() == field.name());
            let same_number = theirs.field.iter().find(|other| other.number() == field.number());
            match (same_name, same_number) {
                (Some(other), _) => self.fields(&place, (ours, field), (theirs, other)),
                (None, Some(other)) => self.state(&place, "name", field.name(), other.name()),
                (None, None) => self.missing(&place, "field"),
            }
        }
    }

    fn fields(
        &mut self,
        place: &str,
        (our_message, ours): (&DescriptorProto, &FieldDescriptorProto),
        (their_message, theirs): (&DescriptorProto, &FieldDescriptorProto),
    ) {
        self.state(place, "number", ours.number(), theirs.number());
        self.state(place, "type", describe_type(ours), describe_type(theirs));
        self.state(place, "label", describe_label(ours), describe_label(theirs));
        self.state(place, "oneof", oneof(our_message, ours), oneof(their_message, theirs));
    }

    fn enums(&mut self, name: &str, ours: &EnumDescriptorProto, theirs: &EnumDescriptorProto) {
        for value in &ours.value {
            self.checked.enum_values += 1;
            let place = format!("{name}.{}", value.name());
            let same_name = theirs.value.iter().find(|other| other.name() == value.name());
            let same_number = theirs.value.iter().find(|other| other.number() == value.number());
            match (same_name, same_number) {
                (Some(other), _) => self.state(&place, "number", value.number(), other.number()),
                (None, Some(other)) => self.state(&place, "name", value.name(), other.name()),
                (None, None) => self.missing(&place, "value"),
            }
        }
    }

    /// Records a difference when the two sides state the fact differently.
    fn state<T: fmt::Display + PartialEq>(&mut self, place: &str, fact: &str, ours: T, theirs: T) {
        if ours != theirs {
            let named = |value: T| format!("{fact} {value}").trim().to_owned();
            self.differences.push(Difference {
                place: place.to_owned(),
                ours: named(ours),
                theirs: named(theirs),
            });
        }
    }

    fn missing(&mut self, place: &str, what: &str) {
        self.differences.push(Difference {
            place: place.to_owned(),
            ours: format!("declares this {what}"),
            theirs: "does not".to_owned(),
        });
    }
}

/// The declarations of a set of files by full name.
#[derive(Default)]
struct Index<'a> {
    messages: BTreeMap<String, &'a DescriptorProto>,
    enums: BTreeMap<String, &'a EnumDescriptorProto>,
    calls: BTreeMap<String, &'a MethodDescriptorProto>,
}

impl<'a> Index<'a> {
    fn new(set: &'a FileDescriptorSet) -> Self {
        let mut index = Self::default();
        for file in &set.file {
            let package = file.package();
            for message in &file.message_type {
                index.add_message(package, message);
            }
            for declared in &file.enum_type {
                index.enums.insert(format!("{package}.{}", declared.name()), declared);
            }
            for service in &file.service {
                for call in &service.method {
                    index.calls.insert(format!("{package}.{}.{}", service.name(), call.name()), call);
                }
            }
        }
        index
    }

    fn add_message(&mut self, parent: &str, message: &'a DescriptorProto) {
        let name = format!("{parent}.{}", message.name());
        for nested in &message.nested_type {
            self.add_message(&name, nested);
        }
        for declared in &message.enum_type {
            self.enums.insert(format!("{name}.{}", declared.name()), declared);
        }
        self.messages.insert(name, message);
    }
}

/// `int32`, or the full name of a message or enum.
fn describe_type(field: &FieldDescriptorProto) -> String {
    let kind = field.r#type().as_str_name().trim_start_matches("TYPE_").to_lowercase();
    match field.r#type() {
        Type::Message | Type::Enum => format!("{kind} {}", field.type_name().trim_start_matches('.')),
        _ => kind,
    }
}

fn describe_label(field: &FieldDescriptorProto) -> &'static str {
    match field.label() {
        Label::Repeated => "repeated",
        Label::Required => "required",
        Label::Optional if field.proto3_optional() => "optional",
        Label::Optional => "singular",
    }
}

/// The oneof that a field belongs to. The one that the compiler makes for `optional` is not a declaration.
fn oneof<'a>(message: &'a DescriptorProto, field: &FieldDescriptorProto) -> &'a str {
    let position =
        field.oneof_index.filter(|_| !field.proto3_optional()).and_then(|index| usize::try_from(index).ok());
    position.and_then(|index| message.oneof_decl.get(index)).map_or("none", |declared| declared.name())
}

fn describe_call(call: &MethodDescriptorProto) -> String {
    let stream = |streaming| if streaming { "stream " } else { "" };
    let name = |full: &'_ str| full.trim_start_matches('.').to_owned();
    format!(
        "{}{} -> {}{}",
        stream(call.client_streaming()),
        name(call.input_type()),
        stream(call.server_streaming()),
        name(call.output_type()),
    )
}

#[cfg(test)]
mod tests;
