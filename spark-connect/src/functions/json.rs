//! Texts of JSON, CSV and XML, and variants.

functions! {
    from_csv(text: column, schema: value) "A struct from a line of CSV, with a schema in DDL.";
    from_csv_with_options(text: column, schema: value, options: options) = "from_csv"
        "A struct from a line of CSV, with options of that format: `[(\"sep\", \";\")]`.";
    from_json(text: column, schema: value) "A struct, array or map from JSON, with a schema in DDL.";
    from_json_with_options(text: column, schema: value, options: options) = "from_json"
        "A struct, array or map from JSON, with options of that format: `[(\"mode\", \"FAILFAST\")]`.";
    from_xml(text: column, schema: value) "A struct from XML, with a schema in DDL.";
    from_xml_with_options(text: column, schema: value, options: options) = "from_xml"
        "A struct from XML, with options of that format: `[(\"attributePrefix\", \"@\")]`. Spark from 4.0 on.";
    get_json_object(text: column, path: value) "The value at a path such as `$.a[0]`, as text.";
    is_valid_variant(variant: column) "Whether the value is a variant that is well formed.";
    is_variant_null(variant: column) "Whether the variant is JSON's `null`.";
    json_array_length(text: column) "How many elements the outermost array of a JSON text has.";
    json_object_keys(text: column) "The keys of the outermost object of a JSON text, as an array.";
    json_tuple(text: column, fields: values) "Several fields of a JSON text, each a column.";
    parse_json(text: column) "A JSON text as a variant.";
    schema_of_csv(text: value) "The schema of a line of CSV, in DDL.";
    schema_of_csv_with_options(text: value, options: options) = "schema_of_csv"
        "The schema of a line of CSV, in DDL, with options of that format.";
    schema_of_json(text: value) "The schema of a JSON text, in DDL.";
    schema_of_json_with_options(text: value, options: options) = "schema_of_json"
        "The schema of a JSON text, in DDL, with options of that format.";
    schema_of_variant(variant: column) "The schema of a variant, in DDL.";
    schema_of_variant_agg(variant: column) "The schema that fits all variants of a group, in DDL.";
    schema_of_xml(text: value) "The schema of an XML text, in DDL.";
    schema_of_xml_with_options(text: value, options: options) = "schema_of_xml"
        "The schema of an XML text, in DDL, with options of that format. Spark from 4.0 on.";
    to_csv(structure: column) "A struct as a line of CSV.";
    to_csv_with_options(structure: column, options: options) = "to_csv"
        "A struct as a line of CSV, with options of that format.";
    to_json(column: column) "A struct, array, map or variant as JSON.";
    to_json_with_options(column: column, options: options) = "to_json"
        "A struct, array, map or variant as JSON, with options of that format: `[(\"ignoreNullFields\", false)]`. Sail \
         (0.7.2) passes over the options.";
    to_variant_object(column: column) "A value as a variant, with structs and maps as objects.";
    to_xml(structure: column) "A struct as XML.";
    to_xml_with_options(structure: column, options: options) = "to_xml"
        "A struct as XML, with options of that format. Spark from 4.0 on.";
    try_parse_json(text: column) "A JSON text as a variant, `NULL` where it is not valid JSON.";
    try_variant_get(variant: column, path: value, data_type: value)
        "The value at a path in a variant, as a type, `NULL` where it cannot be.";
    variant_get(variant: column, path: value, data_type: value) "The value at a path in a variant, as a type.";
    variant_array_append(variant: column, path: value, value: column)
        "The variant with an element at the end of an array.";
    try_variant_array_append(variant: column, path: value, value: column)
        "The variant with an element at the end of an array, `NULL` where that cannot be.";
    variant_delete(variant: column, paths: values) "The variant without the values at these paths.";
    variant_insert(variant: column, path: value, value: column) "The variant with a field or element more.";
    try_variant_insert(variant: column, path: value, value: column)
        "The variant with a field or element more, `NULL` where that cannot be.";
    variant_set(variant: column, path: value, value: column) "The variant with another value at a path.";
    try_variant_set(variant: column, path: value, value: column)
        "The variant with another value at a path, `NULL` where that cannot be.";
    variant_strip_nulls(variant: column) "The variant without its nulls.";
    xpath(text: column, path: value) "The texts of the nodes that an XPath finds, as an array.";
    xpath_boolean(text: column, path: value) "Whether an XPath is true, or finds a node.";
    xpath_double(text: column, path: value) "The value that an XPath finds, as a `DOUBLE`.";
    xpath_float(text: column, path: value) "The value that an XPath finds, as a `FLOAT`.";
    xpath_int(text: column, path: value) "The value that an XPath finds, as an `INT`.";
    xpath_long(text: column, path: value) "The value that an XPath finds, as a `BIGINT`.";
    xpath_number(text: column, path: value) "The value that an XPath finds, as a `DOUBLE`.";
    xpath_short(text: column, path: value) "The value that an XPath finds, as a `SMALLINT`.";
    xpath_string(text: column, path: value) "The text of the first node that an XPath finds.";
}
