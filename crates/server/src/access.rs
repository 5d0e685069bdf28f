//! Who calls, and what they may do: one table of roles, asked on every route.

use crate::fault::{Code, Fault};
use axum::http::HeaderMap;

pub(crate) mod rights;
mod tokens;

pub(crate) use tokens::{Token, Tokens};

/// What a caller who is known by nobody is told (AUTH-004).
const NOT_VALID: &str = "token not valid. see https://argo-workflows.readthedocs.io/en/latest/faq/";

/// Who acts when everybody may do everything, in the words of Argo's server mode (AUTH-020).
const OURSELVES: &str = "system:serviceaccount:argo:argo-server";

/// What a caller may do in general.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    /// Nothing beyond asking who they are.
    Nobody,
    /// Reads.
    Viewer,
    /// Runs and changes workflows, templates and schedules.
    Operator,
    /// Everything.
    Admin,
}

impl Role {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Role::Nobody => "nobody",
            Role::Viewer => "viewer",
            Role::Operator => "operator",
            Role::Admin => "admin",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Role> {
        match text {
            "nobody" => Some(Role::Nobody),
            "viewer" => Some(Role::Viewer),
            "operator" => Some(Role::Operator),
            "admin" => Some(Role::Admin),
            _ => None,
        }
    }
}

/// What an act is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    Workflows,
    Logs,
    Artifacts,
    Templates,
    ClusterTemplates,
    Crons,
    Bindings,
    EventSources,
    Sensors,
    Events,
    Locks,
    Objects,
    Secrets,
    Namespaces,
    Tokens,
}

impl Resource {
    /// The name in Kubernetes, for messages.
    pub(crate) fn plural(self) -> &'static str {
        match self {
            Resource::Workflows => "workflows",
            Resource::Logs => "pods",
            Resource::Artifacts => "artifacts",
            Resource::Templates => "workflowtemplates",
            Resource::ClusterTemplates => "clusterworkflowtemplates",
            Resource::Crons => "cronworkflows",
            Resource::Bindings => "workfloweventbindings",
            Resource::EventSources => "eventsources",
            Resource::Sensors => "sensors",
            Resource::Events => "events",
            Resource::Locks => "configmaps",
            Resource::Objects => "objects",
            Resource::Secrets => "secrets",
            Resource::Namespaces => "namespaces",
            Resource::Tokens => "tokens",
        }
    }

    /// The name with its group, as Kubernetes' messages begin.
    pub(crate) fn full(self) -> String {
        match self.group() {
            "" => self.plural().to_owned(),
            group => format!("{}.{group}", self.plural()),
        }
    }

    fn group(self) -> &'static str {
        match self {
            Resource::Workflows
            | Resource::Templates
            | Resource::ClusterTemplates
            | Resource::Crons
            | Resource::Bindings
            | Resource::EventSources
            | Resource::Sensors => "argoproj.io",
            _ => "",
        }
    }

    fn is_cluster_wide(self) -> bool {
        matches!(self, Resource::ClusterTemplates | Resource::Namespaces | Resource::Tokens)
    }
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    List,
    Watch,
    Create,
    Update,
    Patch,
    Delete,
}

impl Verb {
    /// Kubernetes' word for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Verb::Get => "get",
            Verb::List => "list",
            Verb::Watch => "watch",
            Verb::Create => "create",
            Verb::Update => "update",
            Verb::Patch => "patch",
            Verb::Delete => "delete",
        }
    }

    pub(crate) fn reads(self) -> bool {
        matches!(self, Verb::Get | Verb::List | Verb::Watch)
    }
}

/// The least role for an act.
pub(crate) fn least(verb: Verb, resource: Resource) -> Role {
    match resource {
        Resource::Tokens | Resource::Secrets => Role::Admin,
        Resource::ClusterTemplates | Resource::Namespaces if !verb.reads() => Role::Admin,
        _ if verb.reads() => Role::Viewer,
        _ => Role::Operator,
    }
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Who {
    /// Their name in messages and labels.
    pub(crate) subject: String,
    standing: Standing,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Standing {
    /// Known, with these rights; without namespaces in all of them.
    Known { role: Role, namespaces: Vec<String> },
    /// Showed a token that is not ours.
    Stranger,
    /// Showed something that is no token.
    Anonymous,
}

impl Who {
    /// The caller when nobody is asked who they are.
    pub(crate) fn everybody() -> Who {
        Who {
            subject: OURSELVES.to_owned(),
            standing: Standing::Known { role: Role::Admin, namespaces: Vec::new() },
        }
    }

    pub(crate) fn known(subject: impl Into<String>, role: Role, namespaces: Vec<String>) -> Who {
        Who { subject: subject.into(), standing: Standing::Known { role, namespaces } }
    }

    /// Reads who calls from the headers (AUTH-002, AUTH-003).
    pub(crate) fn from_headers(headers: &HeaderMap, tokens: &Tokens) -> Result<Who, Fault> {
        let not_valid = || Fault::new(Code::Unauthenticated, NOT_VALID);
        let candidates: Vec<String> = match headers.get("authorization") {
            Some(value) => vec![value.to_str().unwrap_or_default().to_owned()],
            None => cookies(headers, "authorization"),
        };
        for candidate in &candidates {
            if let Some(token) = candidate.strip_prefix("Bearer ").filter(|token| !token.is_empty()) {
                let known = tokens.find(token);
                return Ok(
                    known.unwrap_or_else(|| Who { subject: String::new(), standing: Standing::Stranger })
                );
            }
            if candidate.strip_prefix("Basic ").is_some_and(|rest| !rest.is_empty()) {
                return Ok(Who { subject: "system:anonymous".to_owned(), standing: Standing::Anonymous });
            }
        }
        Err(not_valid())
    }

    /// Whether they may; the reason if not, as Kubernetes says it.
    pub(crate) fn may(
        &self,
        verb: Verb,
        resource: Resource,
        namespace: &str,
        name: Option<&str>,
    ) -> Result<(), Fault> {
        if matches!(self.standing, Standing::Stranger) {
            return Err(Fault::new(Code::Unauthenticated, "Unauthorized"));
        }
        if self.allows(verb, resource, namespace) {
            return Ok(());
        }
        Err(Fault::new(Code::PermissionDenied, self.refusal(verb, resource, namespace, name)))
    }

    /// As Argo asks before it lists (API-120).
    pub(crate) fn may_list_workflows(&self, namespace: &str) -> Result<(), Fault> {
        match &self.standing {
            Standing::Stranger => Err(Fault::new(Code::Unauthenticated, "Unauthorized")),
            Standing::Anonymous => Err(Fault::new(
                Code::PermissionDenied,
                "selfsubjectaccessreviews.authorization.k8s.io is forbidden: User \"system:anonymous\" cannot \
                 create resource \"selfsubjectaccessreviews\" in API group \"authorization.k8s.io\" at the \
                 cluster scope",
            )),
            Standing::Known { .. } if self.allows(Verb::List, Resource::Workflows, namespace) => Ok(()),
            Standing::Known { .. } => Err(Fault::new(
                Code::PermissionDenied,
                format!(
                    "Permission denied, you are not allowed to list workflows in namespace \"{namespace}\". Maybe \
                     you want to specify a namespace with query parameter `.namespace={namespace}`?"
                ),
            )),
        }
    }

    /// Without a word about what was asked.
    pub(crate) fn may_quietly(&self, verb: Verb, resource: Resource, namespace: &str) -> Result<(), Fault> {
        self.may(verb, resource, namespace, None).map_err(|fault| match fault.code {
            Code::PermissionDenied => Fault::new(Code::PermissionDenied, "permission denied"),
            _ => fault,
        })
    }

    /// Whether they showed a token that is not ours.
    pub(crate) fn is_stranger(&self) -> bool {
        matches!(self.standing, Standing::Stranger)
    }

    /// Whether their role is enough for an act, wherever it may be.
    pub(crate) fn has_role_for(&self, verb: Verb, resource: Resource) -> bool {
        matches!(&self.standing, Standing::Known { role, .. } if *role >= least(verb, resource))
    }

    /// Their role and the namespaces it is good in; nothing for those who are not known.
    pub(crate) fn standing(&self) -> Option<(Role, &[String])> {
        match &self.standing {
            Standing::Known { role, namespaces } => Some((*role, namespaces)),
            Standing::Stranger | Standing::Anonymous => None,
        }
    }

    /// Their role; that of nobody for those who are not known.
    pub(crate) fn role(&self) -> Role {
        self.standing().map_or(Role::Nobody, |(role, _)| role)
    }

    pub(crate) fn allows(&self, verb: Verb, resource: Resource, namespace: &str) -> bool {
        let Standing::Known { role, namespaces } = &self.standing else { return false };
        // Who is bound to namespaces has no part in what lies in none of them, as with roles that are bound to one.
        let here = namespaces.is_empty()
            || !resource.is_cluster_wide() && namespaces.iter().any(|own| own == namespace);
        here && *role >= least(verb, resource)
    }

    fn refusal(&self, verb: Verb, resource: Resource, namespace: &str, name: Option<&str>) -> String {
        let full = resource.full();
        let what = name.map_or_else(|| full.clone(), |name| format!("{full} \"{name}\""));
        let place = if resource.is_cluster_wide() || namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace \"{namespace}\"")
        };
        format!(
            "{what} is forbidden: User \"{}\" cannot {} resource \"{}\" in API group \"{}\" {place}",
            self.subject,
            verb.name(),
            resource.plural(),
            resource.group()
        )
    }

    /// The subject as the value of a label (AUTH-052).
    pub(crate) fn label(&self) -> String {
        let clean = |char: char| {
            if char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '.') { char } else { '-' }
        };
        let text: String = self.subject.chars().map(clean).collect();
        let from = text.len().saturating_sub(63);
        text[from..].trim_matches(|char: char| !char.is_ascii_alphanumeric()).to_owned()
    }
}

/// All values of a cookie.
fn cookies(headers: &HeaderMap, name: &str) -> Vec<String> {
    headers
        .get_all("cookie")
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| crate::call::decode(value.trim_matches('"'), false))
        .collect()
}
