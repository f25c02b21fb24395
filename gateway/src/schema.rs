//! The messages of the contracts as JSON Schema, just as [`json`](crate::json) reads and writes them.

use std::collections::BTreeMap;

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

use crate::comments::Comments;

/// The schemas that something refers to, by full name.
pub(crate) struct Schemas<'a> {
    comments: &'a Comments,
    known: BTreeMap<String, Value>,
}

impl<'a> Schemas<'a> {
    pub(crate) fn new(comments: &'a Comments) -> Self {
        Self { comments, known: BTreeMap::new() }
    }

    /// All of them, for `components.schemas`.
    pub(crate) fn into_components(self) -> BTreeMap<String, Value> {
        self.known
    }

    /// A reference to the schema of a message, made if it is not known yet.
    pub(crate) fn message(&mut self, of: &MessageDescriptor) -> Value {
        if let Some(schema) = well_known(of.full_name()) {
            return schema;
        }
        if !self.known.contains_key(of.full_name()) {
            // First the place, since a message may hold itself.
            self.known.insert(of.full_name().to_owned(), Value::Null);
            let schema = self.object(of, |_| true);
            self.known.insert(of.full_name().to_owned(), schema);
        }
        refer(of.full_name())
    }

    /// The schema of a message with those of its fields that `keep` wants.
    pub(crate) fn object(&mut self, of: &MessageDescriptor, keep: impl Fn(&FieldDescriptor) -> bool) -> Value {
        let mut properties = Map::new();
        for field in of.fields().filter(|field| keep(field)) {
            properties.insert(field.json_name().to_owned(), self.field(&field));
        }
        let mut description = self.comments.of_message(of).to_owned();
        for oneof in of.oneofs().filter(|oneof| oneof.fields().filter(&keep).count() > 1) {
            let names: Vec<String> =
                oneof.fields().filter(&keep).map(|field| format!("`{}`", field.json_name())).collect();
            description.push_str(&format!("\n\nAt most one of {}.", names.join(", ")));
        }
        let schema = json!({"type": "object", "properties": properties, "additionalProperties": false});
        described(schema, description.trim())
    }

    /// The schema of a field's value.
    pub(crate) fn field(&mut self, field: &FieldDescriptor) -> Value {
        let schema = match field.kind() {
            Kind::Message(entry) if field.is_map() => {
                json!({"type": "object", "additionalProperties": self.single(&entry.map_entry_value_field().kind())})
            }
            kind if field.is_list() => json!({"type": "array", "items": self.single(&kind)}),
            kind => self.single(&kind),
        };
        described(schema, self.comments.of_field(field))
    }

    fn single(&mut self, kind: &Kind) -> Value {
        match kind {
            Kind::Double => json!({"type": "number", "format": "double"}),
            Kind::Float => json!({"type": "number", "format": "float"}),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => json!({"type": "integer", "format": "int32"}),
            Kind::Uint32 | Kind::Fixed32 => json!({"type": "integer", "format": "uint32", "minimum": 0}),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
                json!({"type": "string", "format": "int64", "pattern": "^-?[0-9]+$"})
            }
            Kind::Uint64 | Kind::Fixed64 => json!({"type": "string", "format": "uint64", "pattern": "^[0-9]+$"}),
            Kind::Bool => json!({"type": "boolean"}),
            Kind::String => json!({"type": "string"}),
            Kind::Bytes => json!({"type": "string", "contentEncoding": "base64"}),
            Kind::Message(of) => self.message(of),
            Kind::Enum(of) => self.enumeration(of),
        }
    }

    fn enumeration(&mut self, of: &EnumDescriptor) -> Value {
        if !self.known.contains_key(of.full_name()) {
            let names: Vec<String> = of.values().map(|value| value.name().to_owned()).collect();
            let mut description = self.comments.of_enum(of).to_owned();
            for value in of.values() {
                let said = self.comments.of_enum_value(&value);
                if !said.is_empty() {
                    description.push_str(&format!("\n- `{}`: {}", value.name(), said.replace('\n', " ")));
                }
            }
            let schema = described(json!({"type": "string", "enum": names}), &description);
            self.known.insert(of.full_name().to_owned(), schema);
        }
        refer(of.full_name())
    }
}

/// A reference to a component.
pub(crate) fn refer(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// `schema` with a description, if there is one to give; in 3.1 it may stand beside a `$ref`.
fn described(mut schema: Value, description: &str) -> Value {
    if let (false, Value::Object(members)) = (description.is_empty(), &mut schema) {
        members.insert("description".to_owned(), json!(description));
    }
    schema
}

/// Messages of protobuf itself, which JSON writes in ways of their own.
fn well_known(name: &str) -> Option<Value> {
    Some(match name.strip_prefix("google.protobuf.")? {
        "Timestamp" => json!({"type": "string", "format": "date-time"}),
        "Duration" => json!({"type": "string", "pattern": "^-?[0-9]+(\\.[0-9]{1,9})?s$"}),
        "FieldMask" => json!({"type": "string"}),
        "Empty" | "Struct" | "Any" => json!({"type": "object"}),
        "ListValue" => json!({"type": "array"}),
        "StringValue" | "BytesValue" | "Int64Value" | "UInt64Value" => json!({"type": ["string", "null"]}),
        "BoolValue" => json!({"type": ["boolean", "null"]}),
        "Int32Value" | "UInt32Value" => json!({"type": ["integer", "null"]}),
        "FloatValue" | "DoubleValue" => json!({"type": ["number", "null"]}),
        _ => json!({}),
    })
}
