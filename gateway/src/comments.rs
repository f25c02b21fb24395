//! What the authors of the contracts wrote beside them.

use std::collections::HashMap;

use prost_reflect::{
    DescriptorPool, EnumValueDescriptor, FieldDescriptor, FileDescriptor, MessageDescriptor, MethodDescriptor,
    ServiceDescriptor,
};

/// Every comment of a set of descriptors.
pub(crate) struct Comments(HashMap<String, HashMap<Vec<i32>, String>>);

impl Comments {
    /// Reads them all; a set without source information has none.
    pub(crate) fn of(pool: &DescriptorPool) -> Self {
        Self(pool.files().map(|file| (file.name().to_owned(), of_file(&file))).collect())
    }

    pub(crate) fn of_service(&self, service: &ServiceDescriptor) -> &str {
        self.at(&service.parent_file(), service.path())
    }

    pub(crate) fn of_method(&self, method: &MethodDescriptor) -> &str {
        self.at(&method.parent_service().parent_file(), method.path())
    }

    pub(crate) fn of_message(&self, message: &MessageDescriptor) -> &str {
        self.at(&message.parent_file(), message.path())
    }

    pub(crate) fn of_field(&self, field: &FieldDescriptor) -> &str {
        self.at(&field.parent_message().parent_file(), field.path())
    }

    pub(crate) fn of_enum(&self, of: &prost_reflect::EnumDescriptor) -> &str {
        self.at(&of.parent_file(), of.path())
    }

    pub(crate) fn of_enum_value(&self, value: &EnumValueDescriptor) -> &str {
        self.at(&value.parent_enum().parent_file(), value.path())
    }

    fn at(&self, file: &FileDescriptor, path: &[i32]) -> &str {
        self.0.get(file.name()).and_then(|comments| comments.get(path)).map_or("", String::as_str)
    }
}

fn of_file(file: &FileDescriptor) -> HashMap<Vec<i32>, String> {
    let Some(source) = &file.file_descriptor_proto().source_code_info else { return HashMap::new() };
    source
        .location
        .iter()
        .filter_map(|location| {
            let text: Vec<&str> = location.leading_comments.as_deref()?.lines().map(str::trim).collect();
            Some((location.path.clone(), text.join("\n").trim().to_owned()))
        })
        .collect()
}

/// The first sentence of a comment, on one line.
pub(crate) fn first_sentence(comment: &str) -> String {
    let paragraph = comment.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    match paragraph.find(". ") {
        Some(end) => paragraph[..end].to_owned(),
        None => paragraph.trim_end_matches('.').to_owned(),
    }
}

/// The reasons that an RPC's comment names beside those that any RPC may return.
pub(crate) fn reasons(comment: &str) -> Vec<String> {
    let Some((_, listed)) = comment.split_once("Reasons:") else { return Vec::new() };
    listed
        .split([',', ' ', '\n', '.'])
        .filter(|word| word.len() > 2 && word.chars().all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit()))
        .map(str::to_owned)
        .collect()
}
