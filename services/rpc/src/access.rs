//! Who may call what: the rules that stand beside each RPC in the protos.
//!
//! | asked, in this order | answer |
//! |---|---|
//! | health and reflection of gRPC | open to anyone: they tell nothing but the contracts and whether the service is up |
//! | no such RPC in the contracts | `METHOD_UNKNOWN` |
//! | it is contact with the client, and the caller stands beyond line 1 | `CLIENT_CONTACT_NOT_ALLOWED` |
//! | its rule does not name the caller's role, or there is no rule | `ROLE_NOT_ALLOWED` |
//! | an agent of another line, and the rule does not say `any_line` | `ROLE_NOT_ALLOWED` |

use std::{collections::BTreeMap, sync::LazyLock};

use prost_reflect::{DescriptorPool, MethodDescriptor, Value};

use proto::access::Access;
use ticket::Line;

use crate::{
    identity::{Caller, Role},
    refusal::Refusal,
};

/// The services that anyone may call.
const OPEN: [&str; 3] = [HEALTH, "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"];

const HEALTH: &str = "grpc.health.v1.Health";

static CONTRACTS: LazyLock<AccessTable> = LazyLock::new(|| {
    AccessTable::read(proto::DESCRIPTORS).expect("the descriptors and options were made when this program was built")
});

/// The rule of every RPC, by its path `/package.Service/Method`.
#[derive(Debug)]
pub struct AccessTable {
    methods: BTreeMap<String, Method>,
}

#[derive(Debug)]
struct Method {
    rule: Option<Access>,
    streams: bool,
}

impl AccessTable {
    /// The rules of this build's contracts.
    pub fn contracts() -> &'static Self {
        &CONTRACTS
    }

    fn read(descriptors: &[u8]) -> Option<Self> {
        let pool = DescriptorPool::decode(descriptors).ok()?;
        let option = pool.get_extension_by_name("estafeta.access.v1.access")?;
        let rule = |method: &MethodDescriptor| {
            let options = method.options();
            let value = options.has_extension(&option).then(|| options.get_extension(&option).into_owned())?;
            match value {
                Value::Message(rule) => rule.transcode_to::<Access>().ok(),
                _ => None,
            }
        };
        let mut methods = BTreeMap::new();
        for service in pool.services() {
            for method in service.methods() {
                let path = format!("/{}/{}", service.full_name(), method.name());
                methods.insert(path, Method { rule: rule(&method), streams: method.is_server_streaming() });
            }
        }
        Some(Self { methods })
    }

    /// Whether `caller` may call `path` of the service that serves `serving` (`None`: not a line's).
    ///
    /// # Errors
    /// The refusal that the caller gets.
    pub fn check(&self, path: &str, serving: Option<Line>, caller: &Caller) -> Result<(), Refusal> {
        let method = self.methods.get(path).ok_or_else(|| Refusal::MethodUnknown { method: path.to_owned() })?;
        let refused = || Refusal::RoleNotAllowed { method: path.to_owned(), role: caller.role.to_string() };
        let rule = method.rule.as_ref().ok_or_else(refused)?;

        if rule.reaches_client
            && let Some(line) = caller.role.line().filter(|line| !line.may_reach_client())
        {
            return Err(Refusal::ClientContactNotAllowed { method: path.to_owned(), line: line.to_string() });
        }
        if !rule.allow().any(|role| role == caller.role.in_rules()) {
            return Err(refused());
        }
        match &caller.role {
            Role::Agent { line } if !rule.any_line && serving != Some(*line) => Err(refused()),
            Role::Agent { .. }
            | Role::Client
            | Role::Supervisor
            | Role::KnowledgeEditor
            | Role::Administrator
            | Role::Partner { .. }
            | Role::Service { .. } => Ok(()),
        }
    }

    /// Every RPC that has a rule, by path.
    pub fn rules(&self) -> impl Iterator<Item = (&str, &Access)> {
        self.methods.iter().filter_map(|(path, method)| Some((path.as_str(), method.rule.as_ref()?)))
    }

    /// Every RPC that has none, by path: refused to everybody.
    pub fn without_rule(&self) -> impl Iterator<Item = &str> {
        self.methods.iter().filter(|(_, method)| method.rule.is_none()).map(|(path, _)| path.as_str())
    }

    pub(crate) fn knows(&self, path: &str) -> bool {
        self.methods.contains_key(path) || is_open(path)
    }

    /// Whether the answers of `path` may come for days.
    pub(crate) fn streams(&self, path: &str) -> bool {
        self.methods.get(path).is_some_and(|method| method.streams) || is_open(path)
    }
}

/// Whether `path` asks for health or reflection.
pub(crate) fn is_open(path: &str) -> bool {
    OPEN.contains(&split(path).0)
}

/// Whether `path` asks for health.
pub(crate) fn is_health(path: &str) -> bool {
    split(path).0 == HEALTH
}

/// Service and method of a path.
pub(crate) fn split(path: &str) -> (&str, &str) {
    path.strip_prefix('/').and_then(|path| path.split_once('/')).unwrap_or((path, ""))
}
