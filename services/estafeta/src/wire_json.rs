//! Messages of the contracts as JSON, by their descriptors: as the gateway writes them.

use std::sync::LazyLock;

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use serde_json::Value;

use crate::failure::Failure;

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(proto::DESCRIPTORS).expect("the descriptors were made when this program was built")
});

/// `message`, which is of the contracts' type `name`, as JSON: names in lowerCamelCase, unset fields left out.
pub(crate) fn write(name: &str, message: &impl Message) -> Result<Value, Failure> {
    let wrong = |error: &dyn std::fmt::Display| Failure::Given(format!("{name} cannot be written as JSON ({error})"));
    let descriptor = POOL.get_message_by_name(name).ok_or_else(|| wrong(&"no such message"))?;
    let mut dynamic = DynamicMessage::new(descriptor);
    dynamic.transcode_from(message).map_err(|error| wrong(&error))?;
    dynamic
        .serialize_with_options(serde_json::value::Serializer, &SerializeOptions::new())
        .map_err(|error| wrong(&error))
}

/// The message of the contracts' type `name` that `text` says in JSON; `from` is where it stands, for messages.
pub(crate) fn read<M: Message + Default>(name: &str, from: &str, text: &str) -> Result<M, Failure> {
    let wrong = |error: &dyn std::fmt::Display| {
        Failure::Given(format!("{from} does not hold a {name} as JSON ({error}); the protos say what it may have"))
    };
    let descriptor = POOL.get_message_by_name(name).ok_or_else(|| wrong(&"no such message"))?;
    let mut json = serde_json::Deserializer::from_str(text);
    let dynamic = DynamicMessage::deserialize(descriptor, &mut json).map_err(|error| wrong(&error))?;
    json.end().map_err(|error| wrong(&error))?;
    dynamic.transcode_to().map_err(|error| wrong(&error))
}
