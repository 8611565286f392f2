use prost_types::{
    EnumValueDescriptorProto, FileDescriptorProto, OneofDescriptorProto, ServiceDescriptorProto,
};

use super::*;

/// `message Request { string id = 1; repeated int32 sizes = 2; optional Kind kind = 3; oneof body { bytes data = 4; } }`,
/// an enum and a call.
fn declarations() -> FileDescriptorSet {
    let request = DescriptorProto {
        name: Some("Request".into()),
        field: vec![
            field("id", 1, Type::String),
            FieldDescriptorProto { label: Some(Label::Repeated.into()), ..field("sizes", 2, Type::Int32) },
            FieldDescriptorProto {
                type_name: Some(".demo.Kind".into()),
                proto3_optional: Some(true),
                oneof_index: Some(1),
                ..field("kind", 3, Type::Enum)
            },
            FieldDescriptorProto { oneof_index: Some(0), ..field("data", 4, Type::Bytes) },
        ],
        oneof_decl: ["body", "_kind"]
            .map(|name| OneofDescriptorProto { name: Some(name.into()), ..Default::default() })
            .into(),
        nested_type: vec![DescriptorProto { name: Some("Empty".into()), ..Default::default() }],
        ..Default::default()
    };
    let kind = EnumDescriptorProto {
        name: Some("Kind".into()),
        value: vec![value("KIND_UNSPECIFIED", 0), value("KIND_ONE", 1)],
        ..Default::default()
    };
    let call = MethodDescriptorProto {
        name: Some("Run".into()),
        input_type: Some(".demo.Request".into()),
        output_type: Some(".demo.Request.Empty".into()),
        server_streaming: Some(true),
        ..Default::default()
    };
    let service =
        ServiceDescriptorProto { name: Some("Service".into()), method: vec![call], ..Default::default() };
    let file = FileDescriptorProto {
        package: Some("demo".into()),
        message_type: vec![request],
        enum_type: vec![kind],
        service: vec![service],
        ..Default::default()
    };
    FileDescriptorSet { file: vec![file] }
}

fn field(name: &str, number: i32, kind: Type) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.into()),
        number: Some(number),
        label: Some(Label::Optional.into()),
        r#type: Some(kind.into()),
        ..Default::default()
    }
}

fn value(name: &str, number: i32) -> EnumValueDescriptorProto {
    EnumValueDescriptorProto { name: Some(name.into()), number: Some(number), ..Default::default() }
}

/// The lines printed when PySpark's side differs from `declarations` by one change.
fn after(change: impl FnOnce(&mut FileDescriptorProto)) -> Vec<String> {
    let mut theirs = declarations();
    change(&mut theirs.file[0]);
    compare(&declarations(), &theirs).differences.iter().map(ToString::to_string).collect()
}

/// The same, for a change of one field of `Request`.
fn after_field(position: usize, change: impl FnOnce(&mut FieldDescriptorProto)) -> Vec<String> {
    after(|file| change(&mut file.message_type[0].field[position]))
}

#[test]
fn equal_declarations_have_no_difference_and_everything_was_looked_at() {
    let comparison = compare(&declarations(), &declarations());
    assert_eq!(comparison.differences, []);
    assert_eq!(comparison.checked, Checked { messages: 2, fields: 4, enum_values: 2, calls: 1 });
}

#[test]
fn a_changed_field_number_is_reported() {
    let lines = after_field(0, |field| field.number = Some(9));
    assert_eq!(lines, ["demo.Request.id: ours number 1 / pyspark number 9"]);
}

#[test]
fn a_changed_field_name_is_reported_by_its_number() {
    let lines = after_field(0, |field| field.name = Some("key".into()));
    assert_eq!(lines, ["demo.Request.id: ours name id / pyspark name key"]);
}

#[test]
fn a_changed_scalar_type_is_reported() {
    let lines = after_field(1, |field| field.r#type = Some(Type::Int64.into()));
    assert_eq!(lines, ["demo.Request.sizes: ours type int32 / pyspark type int64"]);
}

#[test]
fn a_changed_type_name_is_reported() {
    let lines = after_field(2, |field| field.type_name = Some(".demo.Sort".into()));
    assert_eq!(lines, ["demo.Request.kind: ours type enum demo.Kind / pyspark type enum demo.Sort"]);
}

#[test]
fn a_changed_label_is_reported() {
    let lines = after_field(1, |field| field.label = Some(Label::Optional.into()));
    assert_eq!(lines, ["demo.Request.sizes: ours label repeated / pyspark label singular"]);
}

#[test]
fn lost_presence_is_reported() {
    let lines = after_field(2, |field| (field.proto3_optional, field.oneof_index) = (None, None));
    assert_eq!(lines, ["demo.Request.kind: ours label optional / pyspark label singular"]);
}

#[test]
fn a_field_that_left_its_oneof_is_reported() {
    let lines = after_field(3, |field| field.oneof_index = None);
    assert_eq!(lines, ["demo.Request.data: ours oneof body / pyspark oneof none"]);
}

#[test]
fn a_renamed_oneof_is_reported() {
    let lines = after(|file| file.message_type[0].oneof_decl[0].name = Some("payload".into()));
    assert_eq!(lines, ["demo.Request.data: ours oneof body / pyspark oneof payload"]);
}

#[test]
fn a_missing_field_is_reported() {
    let lines = after(|file| drop(file.message_type[0].field.remove(0)));
    assert_eq!(lines, ["demo.Request.id: ours declares this field / pyspark does not"]);
}

#[test]
fn a_missing_message_is_reported() {
    let lines = after(|file| file.message_type[0].nested_type.clear());
    assert_eq!(lines, ["demo.Request.Empty: ours declares this message / pyspark does not"]);
}

#[test]
fn a_changed_enum_value_is_reported_by_number_and_by_name() {
    let renumbered = after(|file| file.enum_type[0].value[1].number = Some(7));
    assert_eq!(renumbered, ["demo.Kind.KIND_ONE: ours number 1 / pyspark number 7"]);
    let renamed = after(|file| file.enum_type[0].value[1].name = Some("KIND_FIRST".into()));
    assert_eq!(renamed, ["demo.Kind.KIND_ONE: ours name KIND_ONE / pyspark name KIND_FIRST"]);
}

#[test]
fn a_missing_enum_and_a_missing_enum_value_are_reported() {
    let value = after(|file| drop(file.enum_type[0].value.pop()));
    assert_eq!(value, ["demo.Kind.KIND_ONE: ours declares this value / pyspark does not"]);
    let whole = after(|file| file.enum_type.clear());
    assert_eq!(whole, ["demo.Kind: ours declares this enum / pyspark does not"]);
}

#[test]
fn a_changed_call_is_reported() {
    let streaming = after(|file| file.service[0].method[0].server_streaming = Some(false));
    assert_eq!(
        streaming,
        [
            "demo.Service.Run: ours demo.Request -> stream demo.Request.Empty / pyspark demo.Request -> demo.Request.Empty"
        ]
    );
    let input = after(|file| file.service[0].method[0].input_type = Some(".demo.Query".into()));
    assert_eq!(
        input,
        [
            "demo.Service.Run: ours demo.Request -> stream demo.Request.Empty / pyspark demo.Query -> stream demo.Request.Empty"
        ]
    );
}

#[test]
fn a_missing_call_is_reported() {
    let lines = after(|file| file.service.clear());
    assert_eq!(lines, ["demo.Service.Run: ours declares this call / pyspark does not"]);
}

#[test]
fn what_we_leave_out_is_no_difference() {
    let lines = after(|file| {
        file.message_type[0].field.push(field("extra", 5, Type::Bool));
        file.message_type.push(DescriptorProto { name: Some("Other".into()), ..Default::default() });
        file.enum_type[0].value.push(value("KIND_TWO", 2));
    });
    assert_eq!(lines, Vec::<String>::new());
}
