//! The description of the interface, made from the table of routes: one line of detail for each.
//!
//! A test sees to it that every route has its line, and that the lines name every path and field that the
//! specification of Argo's interface names.

use crate::call::{Call, FLAGS, NUMBERS};
use crate::fault::Fault;
use crate::route::{Handler, ROUTES, Route};
use crate::world::World;
use axum::http::Method;
use serde_json::{Map, Value, json};
use tiphys_spec as spec;

pub(crate) mod own;
mod state;

/// What a request may say beside its path, and what it is answered with.
struct Detail {
    method: &'static str,
    path: &'static str,
    query: &'static [&'static str],
    body: &'static [&'static str],
    answer: &'static str,
}

const LIST: &str = "listOptions.*";
const GET: &str = "getOptions.resourceVersion";
const DELETE: &str = "deleteOptions.*";
const LOG: &str = "logOptions.*";
const POD_LOG: &str = "podLogOptions.*";

/// The keys of the groups of options (API-030 to API-033).
const GROUPS: [(&str, &[&str]); 4] = [
    (
        LIST,
        &[
            "labelSelector",
            "fieldSelector",
            "watch",
            "allowWatchBookmarks",
            "resourceVersion",
            "resourceVersionMatch",
            "timeoutSeconds",
            "limit",
            "continue",
            "sendInitialEvents",
        ],
    ),
    (
        DELETE,
        &[
            "gracePeriodSeconds",
            "preconditions.uid",
            "preconditions.resourceVersion",
            "orphanDependents",
            "propagationPolicy",
            "dryRun",
            "ignoreStoreReadErrorWithClusterBreakingPotential",
        ],
    ),
    (LOG, LOG_KEYS),
    (POD_LOG, LOG_KEYS),
];

const LOG_KEYS: &[&str] = &[
    "container",
    "follow",
    "previous",
    "sinceSeconds",
    "sinceTime.seconds",
    "sinceTime.nanos",
    "timestamps",
    "tailLines",
    "limitBytes",
    "insecureSkipTLSVerifyBackend",
    "stream",
];

macro_rules! details {
    ($($method:ident $path:literal [$($query:expr),*] {$($body:literal),*} $answer:literal;)*) => {
        &[$(Detail {
            method: stringify!($method),
            path: $path,
            query: &[$($query),*],
            body: &[$($body),*],
            answer: $answer,
        }),*]
    };
}

#[rustfmt::skip]
static DETAILS: &[Detail] = details! {
    GET "/api/v1/workflows/{namespace}" [LIST, "fields", "nameFilter", "createdAfter", "finishedBefore"] {} "WorkflowList";
    POST "/api/v1/workflows/{namespace}" [] {"namespace", "workflow", "serverDryRun", "createOptions", "instanceID"} "Workflow";
    POST "/api/v1/workflows/{namespace}/lint" [] {"namespace", "workflow"} "Workflow";
    POST "/api/v1/workflows/{namespace}/submit" [] {"namespace", "resourceKind", "resourceName", "submitOptions"} "Workflow";
    GET "/api/v1/workflows/{namespace}/{name}" [GET, "fields", "uid"] {} "Workflow";
    DELETE "/api/v1/workflows/{namespace}/{name}" [DELETE, "force"] {} "Empty";
    PUT "/api/v1/workflows/{namespace}/{name}/retry" [] {"restartSuccessful", "nodeFieldSelector", "parameters"} "Workflow";
    PUT "/api/v1/workflows/{namespace}/{name}/resubmit" [] {"memoized", "parameters"} "Workflow";
    PUT "/api/v1/workflows/{namespace}/{name}/suspend" [] {} "Workflow";
    PUT "/api/v1/workflows/{namespace}/{name}/resume" [] {"nodeFieldSelector"} "Workflow";
    PUT "/api/v1/workflows/{namespace}/{name}/stop" [] {"nodeFieldSelector", "message"} "Workflow";
    PUT "/api/v1/workflows/{namespace}/{name}/terminate" [] {} "Workflow";
    PUT "/api/v1/workflows/{namespace}/{name}/set" [] {"nodeFieldSelector", "phase", "outputParameters", "message"} "Workflow";
    GET "/api/v1/workflow-events/{namespace}" [LIST, "fields"] {} "stream WorkflowWatchEvent";
    GET "/api/v1/workflows/{namespace}/{name}/log" ["podName", LOG, "grep", "selector"] {} "stream LogEntry";
    GET "/api/v1/workflows/{namespace}/{name}/{pod}/log" [LOG, "grep", "selector"] {} "stream LogEntry";
    GET "/api/v1/archived-workflows" [LIST, "namespace", "namePrefix", "nameFilter"] {} "WorkflowList";
    GET "/api/v1/archived-workflows/{uid}" ["namespace", "name"] {} "Workflow";
    DELETE "/api/v1/archived-workflows/{uid}" ["namespace", "name"] {} "Empty";
    GET "/api/v1/archived-workflows-label-keys" ["namespace"] {} "Texts";
    GET "/api/v1/archived-workflows-label-values" ["namespace", "listOptions.labelSelector"] {} "Texts";
    PUT "/api/v1/archived-workflows/{uid}/retry" [] {"uid", "name", "namespace", "restartSuccessful", "nodeFieldSelector", "parameters"} "Workflow";
    PUT "/api/v1/archived-workflows/{uid}/resubmit" [] {"uid", "name", "namespace", "memoized", "parameters"} "Workflow";
    GET "/api/v1/workflow-templates/{namespace}" ["namePattern", LIST] {} "WorkflowTemplateList";
    POST "/api/v1/workflow-templates/{namespace}" [] {"namespace", "template", "createOptions"} "WorkflowTemplate";
    POST "/api/v1/workflow-templates/{namespace}/lint" [] {"namespace", "template", "createOptions"} "WorkflowTemplate";
    GET "/api/v1/workflow-templates/{namespace}/{name}" [GET] {} "WorkflowTemplate";
    PUT "/api/v1/workflow-templates/{namespace}/{name}" [] {"namespace", "name", "template"} "WorkflowTemplate";
    DELETE "/api/v1/workflow-templates/{namespace}/{name}" [DELETE] {} "Empty";
    GET "/api/v1/cluster-workflow-templates" [LIST] {} "ClusterWorkflowTemplateList";
    POST "/api/v1/cluster-workflow-templates" [] {"template", "createOptions"} "ClusterWorkflowTemplate";
    POST "/api/v1/cluster-workflow-templates/lint" [] {"template", "createOptions"} "ClusterWorkflowTemplate";
    GET "/api/v1/cluster-workflow-templates/{name}" [GET] {} "ClusterWorkflowTemplate";
    PUT "/api/v1/cluster-workflow-templates/{name}" [] {"name", "template"} "ClusterWorkflowTemplate";
    DELETE "/api/v1/cluster-workflow-templates/{name}" [DELETE] {} "Empty";
    GET "/api/v1/cron-workflows/{namespace}" [LIST] {} "CronWorkflowList";
    POST "/api/v1/cron-workflows/{namespace}" [] {"namespace", "cronWorkflow", "createOptions"} "CronWorkflow";
    POST "/api/v1/cron-workflows/{namespace}/lint" [] {"namespace", "cronWorkflow"} "CronWorkflow";
    GET "/api/v1/cron-workflows/{namespace}/{name}" [GET] {} "CronWorkflow";
    PUT "/api/v1/cron-workflows/{namespace}/{name}" [] {"namespace", "name", "cronWorkflow"} "CronWorkflow";
    DELETE "/api/v1/cron-workflows/{namespace}/{name}" [DELETE] {} "Empty";
    PUT "/api/v1/cron-workflows/{namespace}/{name}/suspend" [] {} "CronWorkflow";
    PUT "/api/v1/cron-workflows/{namespace}/{name}/resume" [] {} "CronWorkflow";
    GET "/api/v1/workflow-event-bindings/{namespace}" [LIST] {} "WorkflowEventBindingList";
    GET "/api/v1/stream/events/{namespace}" [LIST] {} "stream Anything";
    POST "/api/v1/events/{namespace}/{discriminator}" [] {} "Empty";
    GET "/api/v1/event-sources/{namespace}" [LIST] {} "Anything";
    POST "/api/v1/event-sources/{namespace}" [] {"eventSource"} "Anything";
    GET "/api/v1/event-sources/{namespace}/{name}" [] {} "Anything";
    PUT "/api/v1/event-sources/{namespace}/{name}" [] {"eventSource"} "Anything";
    DELETE "/api/v1/event-sources/{namespace}/{name}" [DELETE] {} "Empty";
    GET "/api/v1/stream/event-sources/{namespace}" [LIST] {} "stream Anything";
    GET "/api/v1/stream/event-sources/{namespace}/logs" ["name", "eventSourceType", "eventName", "grep", POD_LOG] {} "stream Anything";
    GET "/api/v1/sensors/{namespace}" [LIST] {} "Anything";
    POST "/api/v1/sensors/{namespace}" [] {"sensor", "createOptions"} "Anything";
    GET "/api/v1/sensors/{namespace}/{name}" [] {} "Anything";
    PUT "/api/v1/sensors/{namespace}/{name}" [] {"sensor"} "Anything";
    DELETE "/api/v1/sensors/{namespace}/{name}" [DELETE] {} "Empty";
    GET "/api/v1/stream/sensors/{namespace}" [LIST] {} "stream Anything";
    GET "/api/v1/stream/sensors/{namespace}/logs" ["name", "triggerName", "grep", POD_LOG] {} "stream Anything";
    POST "/api/v1/sync/{namespace}" [] {"namespace", "type", "cmName", "key", "limit"} "SyncLimit";
    GET "/api/v1/sync/{namespace}/{key}" ["type", "cmName"] {} "SyncLimit";
    PUT "/api/v1/sync/{namespace}/{key}" [] {"type", "cmName", "limit"} "SyncLimit";
    DELETE "/api/v1/sync/{namespace}/{key}" ["type", "cmName"] {} "Empty";
    GET "/api/v1/info" [] {} "Info";
    GET "/api/v1/version" [] {} "Version";
    GET "/api/v1/userinfo" [] {} "UserInfo";
    POST "/api/v1/tracking/event" [] {"name"} "Empty";
    POST "/api/tiphys/v1/apply" [] {"namespace", "text"} "Anything";
    DELETE "/api/tiphys/v1/objects/{kind}/{namespace}/{name}" [] {} "Empty";
    POST "/api/tiphys/v1/lint" [] {"namespace", "text"} "Findings";
    POST "/api/tiphys/v1/plan" [] {"namespace", "text"} "PlannedPage";
    GET "/api/tiphys/v1/examples" [] {} "ExamplePage";
    GET "/api/tiphys/v1/namespaces" [] {} "NamePage";
    GET "/api/tiphys/v1/runs" ["namespace", "phase", "pipeline", "label", "search", "nameFilter", "message", "from", "to", "archived", "count", "limit", "cursor"] {} "RunPage";
    GET "/api/tiphys/v1/events" ["namespace", "lastEventId"] {} "events run, gone, reset";
    GET "/api/tiphys/v1/runs/{namespace}/{name}/events" ["uid", "nodes", "logNode", "logContainer", "logFrom", "lastEventId"] {} "events snapshot, delta, end, lines, linesEnd";
    GET "/api/tiphys/v1/runs/{namespace}/{name}/why" ["uid", "node"] {} "Anything";
    GET "/api/tiphys/v1/runs/{namespace}/{name}/plan" ["uid"] {} "Outline";
    GET "/api/tiphys/v1/runs/{namespace}/{name}/journal" ["uid", "after", "limit", "node"] {} "JournalPage";
    GET "/api/tiphys/v1/runs/{namespace}/{name}/stages" ["uid"] {} "StagePage";
    GET "/api/tiphys/v1/runs/{namespace}/{name}/log" ["uid", "node", "container", "from", "limit"] {} "LogRange";
    GET "/api/tiphys/v1/runs/{namespace}/{name}/log/follow" ["uid", "node", "container", "from", "lastEventId"] {} "events lines, end";
    GET "/api/tiphys/v1/runs/{namespace}/{name}/log/search" ["uid", "node", "container", "text", "regex", "case", "from", "limit"] {} "LogHits";
    GET "/api/tiphys/v1/pipelines" ["namespace"] {} "PipelinePage";
    GET "/api/tiphys/v1/pipelines/{kind}/{namespace}/{name}/steps" ["runs"] {} "StepGrid";
    GET "/api/tiphys/v1/templates/{kind}/{namespace}/{name}/versions" [] {} "TemplateVersionPage";
    GET "/api/tiphys/v1/templates/{kind}/{namespace}/{name}/diff" ["from", "to"] {} "TemplateDiff";
    GET "/api/tiphys/v1/templates/{kind}/{namespace}/{name}/plan" [] {} "Planned";
    GET "/api/tiphys/v1/schedules" ["namespace"] {} "SchedulePage";
    GET "/api/tiphys/v1/approvals" ["namespace"] {} "ApprovalPage";
    GET "/api/tiphys/v1/locks" ["namespace"] {} "LockPage";
    GET "/api/tiphys/v1/deliveries" ["namespace", "status", "discriminator", "limit", "cursor"] {} "DeliveryPage";
    GET "/api/tiphys/v1/deliveries/{id}" [] {} "Delivery";
    POST "/api/tiphys/v1/deliveries/{id}/replay" [] {} "Delivery";
    GET "/api/tiphys/v1/openapi.json" [] {} "Anything";
};

/// Answers with the description.
pub(crate) fn serve(_: &World, _: &Call) -> Result<Value, Fault> {
    Ok(document())
}

/// The description as OpenAPI 3.1.
pub(crate) fn document() -> Value {
    let mut paths = Map::new();
    for route in ROUTES {
        let entry = paths.entry(route.path.to_owned()).or_insert_with(|| json!({}));
        entry[route.method.as_str().to_ascii_lowercase()] = operation(route);
    }
    for (path, name) in ARTIFACTS {
        paths.insert(path.to_owned(), artifact(path, name));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tiphys",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Argo's REST interface, and under /api/tiphys/v1 what it cannot say.",
        },
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
        },
    })
}

fn detail(method: &Method, path: &str) -> Option<&'static Detail> {
    DETAILS.iter().find(|detail| detail.method == method.as_str() && detail.path == path)
}

fn operation(route: &Route) -> Value {
    let detail = detail(&route.method, route.path);
    let mut parameters: Vec<Value> = route
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    for name in detail.map(query).unwrap_or_default() {
        let schema = json!({ "type": type_of(&name) });
        let mut parameter = json!({ "name": name, "in": "query", "schema": schema });
        if name.ends_with(".dryRun") {
            parameter["schema"] = json!({ "type": "array", "items": { "type": "string" } });
        }
        parameters.push(parameter);
    }
    let answer = detail.map_or("Anything", |detail| detail.answer);
    let (kind, schema) = match (route.handler, answer.split_once(' ')) {
        (Handler::Events(_), _) => ("text/event-stream", "Anything"),
        (Handler::Stream(_), Some((_, schema))) => ("application/json", schema),
        (_, None) => ("application/json", answer),
        (_, Some((_, schema))) => ("application/json", schema),
    };
    let mut operation = json!({
        "operationId": name(route),
        "tags": [route.path.split('/').nth(3).unwrap_or("api")],
        "parameters": parameters,
        "responses": {
            "200": { "description": answer, "content": { kind: { "schema": reference(schema) } } },
            "default": {
                "description": "what went wrong",
                "content": { "application/json": { "schema": reference("Fault") } },
            },
        },
    });
    let takes_body = matches!(route.method, Method::POST | Method::PUT);
    if takes_body {
        let schema = match detail.map(|detail| detail.body) {
            Some(fields) if !fields.is_empty() => {
                let properties: Map<String, Value> =
                    fields.iter().map(|field| ((*field).to_owned(), holds(field))).collect();
                json!({ "type": "object", "properties": properties })
            }
            _ => json!({}),
        };
        operation["requestBody"] = json!({ "content": { "application/json": { "schema": schema } } });
    }
    operation
}

/// The keys of a query, with groups spelt out.
fn query(detail: &Detail) -> Vec<String> {
    let mut keys = Vec::new();
    for key in detail.query {
        match GROUPS.iter().find(|(group, _)| group == key) {
            Some((group, members)) => {
                let prefix = group.trim_end_matches('*');
                keys.extend(members.iter().map(|member| format!("{prefix}{member}")));
            }
            None => keys.push((*key).to_owned()),
        }
    }
    keys
}

/// What a key of a query holds (API-025).
fn type_of(key: &str) -> &'static str {
    if NUMBERS.contains(&key) {
        "integer"
    } else if FLAGS.contains(&key) {
        "boolean"
    } else {
        "string"
    }
}

/// What a field of a request holds.
fn holds(field: &str) -> Value {
    let plain = |kind: &str| json!({ "type": kind });
    match field {
        "workflow" => reference("Workflow"),
        "template" => reference("WorkflowTemplate"),
        "cronWorkflow" => reference("CronWorkflow"),
        "eventSource" | "sensor" => reference("Anything"),
        "createOptions" => json!({
            "type": "object",
            "properties": { "dryRun": { "type": "array", "items": plain("string") } },
        }),
        "submitOptions" => reference("SubmitOptions"),
        "parameters" => json!({ "type": "array", "items": plain("string") }),
        "serverDryRun" | "restartSuccessful" | "memoized" => plain("boolean"),
        "limit" | "type" => plain("integer"),
        _ => plain("string"),
    }
}

/// Files of artifacts and what they are called (API-300 to API-304): they are served beside the table of routes.
const ARTIFACTS: [(&str, &str); 5] = [
    ("/artifacts/{namespace}/{name}/{nodeId}/{artifactName}", "getOutputArtifact"),
    ("/input-artifacts/{namespace}/{name}/{nodeId}/{artifactName}", "getInputArtifact"),
    ("/artifacts-by-uid/{uid}/{nodeId}/{artifactName}", "getOutputArtifactByUid"),
    ("/input-artifacts-by-uid/{uid}/{nodeId}/{artifactName}", "getInputArtifactByUid"),
    (
        "/artifact-files/{namespace}/{idDiscriminator}/{id}/{nodeId}/{artifactDiscriminator}/{artifactName}",
        "getArtifactFile",
    ),
];

fn artifact(path: &str, name: &str) -> Value {
    let parameters =
        path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).map(|part| {
            let schema = match part {
                "idDiscriminator" => json!({ "type": "string", "enum": ["workflows", "archived-workflows"] }),
                "artifactDiscriminator" => json!({ "type": "string", "enum": ["inputs", "outputs"] }),
                _ => json!({ "type": "string" }),
            };
            json!({ "name": part, "in": "path", "required": true, "schema": schema })
        });
    json!({ "get": {
        "operationId": name,
        "tags": ["artifacts"],
        "parameters": parameters.collect::<Vec<_>>(),
        "responses": {
            "200": {
                "description": "the file as it is kept",
                "content": { "application/octet-stream": { "schema": { "type": "string", "format": "binary" } } },
            },
            "default": {
                "description": "what went wrong, by its status",
                "content": { "text/plain": { "schema": { "type": "string" } } },
            },
        },
    }})
}

fn name(route: &Route) -> String {
    let words =
        route.path.split('/').skip(1).flat_map(|part| part.split(['-', '.'])).filter(|part| *part != "api");
    let words = words.map(|part| part.trim_matches(['{', '}']));
    words.fold(route.method.as_str().to_ascii_lowercase(), |name, word| {
        let mut letters = word.chars();
        name + &letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>()
    })
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

fn schemas() -> Value {
    let text = spec::json_schema()["$defs"].to_string().replace("#/$defs/", "#/components/schemas/");
    let mut schemas: Value = serde_json::from_str(&text).unwrap_or_default();
    for kind in
        ["Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow", "WorkflowEventBinding"]
    {
        schemas[format!("{kind}List")] = json!({
            "type": "object",
            "properties": {
                "metadata": { "type": "object" },
                "items": { "type": ["array", "null"], "items": reference(kind) },
            },
        });
    }
    let texts = |names: &[&str]| -> Value {
        let properties: Map<String, Value> =
            names.iter().map(|name| ((*name).to_owned(), json!({ "type": "string" }))).collect();
        json!({ "type": "object", "properties": properties })
    };
    let list = |items: Value| json!({ "type": ["array", "null"], "items": items });
    if let Value::Object(all) = &mut schemas {
        all.extend(own::schemas());
        for (kind, status) in [("Workflow", "WorkflowStatus"), ("CronWorkflow", "CronWorkflowStatus")] {
            all[kind]["properties"]["status"] = reference(status);
        }
    }
    schemas["Anything"] = json!({});
    schemas["Empty"] = json!({ "type": "object" });
    schemas["Texts"] =
        json!({ "type": "object", "properties": { "items": list(json!({ "type": "string" })) } });
    schemas["Page"] = json!({
        "type": "object",
        "properties": { "items": list(json!({})), "next": { "description": "where to go on" } },
        "required": ["items"],
    });
    schemas["Fault"] = json!({
        "type": "object",
        "properties": { "code": { "type": "integer" }, "message": { "type": "string" } },
        "required": ["code", "message"],
    });
    schemas["SubmitOptions"] = submit_options();
    schemas["LogEntry"] = texts(&["content", "podName"]);
    schemas["WorkflowWatchEvent"] = json!({
        "type": "object",
        "properties": { "type": { "type": "string" }, "object": reference("Workflow") },
    });
    schemas["SyncLimit"] = json!({
        "type": "object",
        "properties": {
            "type": { "type": "integer" }, "namespace": { "type": "string" }, "cmName": { "type": "string" },
            "key": { "type": "string" }, "limit": { "type": "integer" },
        },
    });
    schemas["Version"] = texts(&[
        "version",
        "buildDate",
        "gitCommit",
        "gitTag",
        "gitTreeState",
        "goVersion",
        "compiler",
        "platform",
    ]);
    schemas["UserInfo"] =
        texts(&["issuer", "subject", "name", "email", "serviceAccountName", "serviceAccountNamespace"]);
    schemas["UserInfo"]["properties"]["groups"] = list(json!({ "type": "string" }));
    schemas["UserInfo"]["properties"]["emailVerified"] = json!({ "type": "boolean" });
    schemas["Info"] = json!({
        "type": "object",
        "properties": {
            "managedNamespace": { "type": "string" }, "links": list(json!({})), "modals": { "type": "object" },
            "navColor": { "type": "string" }, "columns": list(json!({})),
        },
    });
    schemas
}

/// The types of the fields of a submission (API-152).
const SUBMIT_OPTIONS: &[(&str, &[&str])] = &[
    (
        "string",
        &[
            "name",
            "generateName",
            "entryPoint",
            "serviceAccount",
            "labels",
            "annotations",
            "podPriorityClassName",
        ],
    ),
    ("array", &["parameters", "artifacts"]),
    ("boolean", &["dryRun", "serverDryRun"]),
    ("integer", &["priority"]),
    ("object", &["ownerReference"]),
];

/// API-152: how a template is submitted.
fn submit_options() -> Value {
    let mut properties = Map::new();
    for (kind, names) in SUBMIT_OPTIONS {
        for name in *names {
            properties.insert(
                (*name).to_owned(),
                match *kind {
                    "array" => json!({ "type": "array", "items": { "type": "string" } }),
                    kind => json!({ "type": kind }),
                },
            );
        }
    }
    json!({ "type": "object", "properties": properties })
}

#[cfg(test)]
mod tests;
