//! From a rendered template to the request that a runner understands: environment, volumes, artifacts, limits.
//!
//! Secrets are read here, at the last moment, and go nowhere but into the request (I15).

pub(crate) mod artifacts;
pub(crate) mod care;
pub(crate) mod data;
pub(crate) mod env;
mod patch;
mod remote;
#[cfg(test)]
mod tests;
mod volumes;

use crate::daemons;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use tiphys_engine::Plan;
use tiphys_engine::plan::Images;
use tiphys_engine::workflow::Pod;
use tiphys_runner::ImageMap;
use tiphys_runner::agent::Plugin;
use tiphys_runner::step::{
    Again, AttemptId, ContainerRequest, HostMount, ImageFile, Isolation, LastWords, Limits, LogWanted,
    OutputsWanted, ParameterWanted, Role, Security, StepRequest, Volume, VolumeFile, VolumeMount,
    VolumeSource,
};
use tiphys_spec as spec;
use tiphys_store::artifacts_of;

/// Most bytes of log that one container may write.
pub const LOG_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// What this machine offers to the steps of a run.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The engine that takes runs up again after a restart if they were submitted to it; empty if any may.
    pub engine: String,
    /// Whether logs become artifacts whatever documents and their repositories say (EX-504).
    pub archive_logs: bool,
    /// Whether steps are sandboxed.
    pub isolation: Isolation,
    /// What images would have contributed.
    pub images: ImageMap,
    /// Folders of this machine that every step sees.
    pub mounts: Vec<HostMount>,
    /// Whether `hostPath` volumes may be used.
    pub allow_host_path: bool,
    /// The folder of the local artifact store.
    pub artifacts: PathBuf,
    /// Artifacts stay even where documents want them deleted (PA-288).
    pub keeps_artifacts: bool,
    /// The folder that holds claims, one folder each.
    pub claims: PathBuf,
    /// The run's own folder.
    pub run_dir: PathBuf,
    /// Secrets by name.
    pub secrets: BTreeMap<String, spec::Secret>,
    /// Input artifacts of the workflow that are files of this machine, by name.
    pub files: BTreeMap<String, PathBuf>,
    /// Executor plugins that every run may use (EX-478).
    pub plugins: Vec<Plugin>,
    /// How long the engine bears a store that has no room, or is kept by another process, before it ends.
    pub patience: Duration,
}

impl Place {
    /// What a key of a secret holds, as text. The error is Argo's.
    pub(crate) fn secret(&self, reference: &spec::ConfigMapKeyRef) -> Result<String, String> {
        let (name, key) = (&reference.name, &reference.key);
        let secret = self.secrets.get(name).ok_or_else(|| format!("secrets \"{name}\" not found"))?;
        let bytes = secret.bytes(key).ok_or_else(|| format!("secret {name} does not have the key {key}"))?;
        Ok(env::text(bytes))
    }
}

/// Why a step cannot be started; the text becomes the node's message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// No pod can be made of its template, wherever it would run (EX-381, EX-385, EX-387).
    Pod(String),
    /// The pod could be made, and would not begin here.
    Here(String),
}

impl Unfit {
    /// What is wrong.
    pub fn text(self) -> String {
        match self {
            Unfit::Pod(reason) | Unfit::Here(reason) => reason,
        }
    }
}

impl From<String> for Unfit {
    fn from(reason: String) -> Unfit {
        Unfit::Here(reason)
    }
}

/// The images of a place whose commands are known, as the engine asks for them (EX-381).
pub(crate) fn known_images(place: &Place) -> Images {
    let images = place.images.clone();
    Images::new(move |image| images.find(image).is_some())
}

/// Adds what one more container's image brings to the one root that all containers of a step share here.
fn bring(files: &mut Vec<ImageFile>, more: &[ImageFile]) -> Result<(), String> {
    for file in more {
        match files.iter().find(|there| there.path == file.path) {
            None => files.push(file.clone()),
            Some(there) if there.from == file.from => {}
            Some(there) => {
                return Err(format!(
                    "the image map brings two files to `{}`, `{}` and `{}`, and the containers of a step share \
                     their files here: give one of them another path",
                    file.path,
                    there.from.display(),
                    file.from.display()
                ));
            }
        }
    }
    Ok(())
}

/// The request for one attempt.
pub(crate) fn step(plan: &Plan, pod: &Pod, place: &Place, attempt: AttemptId) -> Result<StepRequest, Unfit> {
    let template = patch::apply(plan, pod).map_err(Unfit::Pod)?;
    let template = &template;
    if daemons::is_daemon(template) {
        // Said now, not when it is up and cannot be asked.
        daemons::probes(plan, pod)?;
    }
    let declared = volumes::declared(plan, pod, template);
    let mut containers = containers(plan, pod, place, template)?;
    let mut files = Vec::new();
    for (container, image) in &mut containers {
        if let Some(image) = place.images.find(image) {
            bring(&mut files, &image.files)?;
        }
        expand_arguments(container);
    }
    let containers: Vec<ContainerRequest> = containers.into_iter().map(|(container, _)| container).collect();
    let mut used: Vec<&str> = containers
        .iter()
        .flat_map(|container| &container.volume_mounts)
        .map(|mount| mount.name.as_str())
        .collect();
    used.sort_unstable();
    used.dedup();
    let volumes = volumes::resolve(plan, pod, place, &declared, &used)?;
    let log_dir = place.run_dir.join("logs").join(&pod.node_id);
    Ok(StepRequest {
        run_uid: plan.uid.to_string(),
        node_id: pod.node_id.clone(),
        node_name: pod.node_name.clone(),
        pod_name: pod.pod_name.clone(),
        isolation: place.isolation,
        takes_no_place: daemons::is_daemon(template),
        inputs: artifacts::inputs(pod, place)?,
        outputs: outputs(plan, pod, template, &containers, place)?,
        containers,
        volumes,
        mounts: place.mounts.clone(),
        files,
        deadline_ms: pod.time_left_us.map(|us| u64::try_from(us / 1_000).unwrap_or(0).max(1)),
        deadline_of_tries: pod.is_time_of_tries,
        grace_ms: tiphys_runner::step::GRACE_MS_DEFAULT,
        log_limit_bytes: LOG_BYTES_MAX,
        artifact_store: artifacts_of(&place.artifacts, &plan.namespace),
        log_dir,
        attempt,
        ..Default::default()
    })
}

/// The step that runs a plugin of the workflow itself beside it; it reads its token from Argo's place (EX-478).
pub(crate) fn plugin(
    plan: &Plan,
    pod: &Pod,
    place: &Place,
    body: &Value,
    attempt: AttemptId,
) -> Result<StepRequest, String> {
    let described = spec::Container::from_value(body).map_err(|error| error.to_string())?;
    let none = spec::Template::default();
    let mut container =
        container(plan, pod, place, &none, &described, Role::Main, None).map_err(Unfit::text)?;
    expand_arguments(&mut container);
    let name = "var-run-argo".to_owned();
    container.volume_mounts.push(VolumeMount {
        name: name.clone(),
        mount_path: "/var/run/argo".to_owned(),
        ..VolumeMount::default()
    });
    let content = plugin_token(place)?.into_bytes();
    let files = vec![VolumeFile { path: "token".to_owned(), mode: 0o444, content }];
    Ok(StepRequest {
        run_uid: plan.uid.to_string(),
        node_id: attempt.0.clone(),
        node_name: described.name.clone(),
        pod_name: described.name,
        isolation: place.isolation,
        takes_no_place: true,
        files: place.images.find(&described.image).map(|image| image.files.clone()).unwrap_or_default(),
        containers: vec![container],
        volumes: vec![Volume { name, source: VolumeSource::Files { files } }],
        mounts: place.mounts.clone(),
        grace_ms: tiphys_runner::step::GRACE_MS_DEFAULT,
        log_limit_bytes: LOG_BYTES_MAX,
        log_dir: place.run_dir.join("logs").join("plugins"),
        attempt,
        ..Default::default()
    })
}

/// What the plugins of a run know us by; made once for each run and kept beside it, for its owner's eyes only.
pub(crate) fn plugin_token(place: &Place) -> Result<String, String> {
    let path = place.run_dir.join("plugin-token");
    if let Ok(token) = std::fs::read_to_string(&path)
        && !token.is_empty()
    {
        return Ok(token);
    }
    let broken = |error: std::io::Error| format!("cannot keep the token of the plugins: {error}");
    std::fs::create_dir_all(&place.run_dir).map_err(broken)?;
    let token = uuid::Uuid::new_v4().simple().to_string();
    tiphys_store::durable_write(&path, token.as_bytes()).map_err(broken)?;
    Ok(token)
}

/// The containers of a template with the images they name.
fn containers(
    plan: &Plan,
    pod: &Pod,
    place: &Place,
    template: &spec::Template,
) -> Result<Vec<(ContainerRequest, String)>, Unfit> {
    let mut containers = Vec::new();
    let is_daemon = daemons::is_daemon(template);
    let address = if is_daemon { daemons::address(plan, pod.attempt) } else { "127.0.0.1".to_owned() };
    let mut add =
        |body: &Value, role: Role, name: Option<&str>, source: Option<String>| -> Result<(), Unfit> {
            let mut container =
                spec::Container::from_value(body).map_err(|error| Unfit::Pod(error.to_string()))?;
            if let Some(name) = name {
                container.name = name.to_owned();
            }
            let mut request = self::container(plan, pod, place, template, &container, role, source)?;
            if role != Role::Init {
                request.care = care::of(body, &address, is_daemon)?;
            }
            containers.push((request, container.image));
            Ok(())
        };
    for body in &template.init_containers {
        add(body, Role::Init, None, None)?;
    }
    if let Some(body) = &template.container {
        add(body, Role::Main, Some("main"), None)?;
    } else if let Some(body) = &template.script {
        let source = body.get("source").and_then(Value::as_str).unwrap_or_default();
        add(body, Role::Main, Some("main"), (!source.is_empty()).then(|| source.to_owned()))?;
    } else if let Some(set) = &template.container_set {
        for body in set.get("containers").and_then(Value::as_array).into_iter().flatten() {
            let mut body = body.clone();
            share_mounts(set, &mut body);
            add(&body, Role::Main, None, None)?;
        }
    } else {
        let reason = format!("template `{}` is of a type that no runner here can run", template.name);
        return Err(Unfit::Here(reason));
    }
    for body in &template.sidecars {
        add(body, Role::Sidecar, None, None)?;
    }
    if let Some(set) = &template.container_set {
        let members = containers.iter_mut().filter(|(container, _)| container.role == Role::Main);
        match again(set) {
            Ok(again) => members.for_each(|(container, _)| container.again = again),
            // The wrapper of each member reads it when its turn has come (EX-409).
            Err(reason) => members.for_each(|(container, _)| {
                container.refused = Some(format!("failed to get retry strategy: {reason}"));
            }),
        }
    }
    // Init containers and sidecars may ask for main's mounts (EX-430).
    let main_mounts: Vec<VolumeMount> = containers
        .iter()
        .filter(|(container, _)| container.role == Role::Main)
        .flat_map(|(container, _)| container.volume_mounts.clone())
        .collect();
    for (container, body) in containers
        .iter_mut()
        .filter(|(container, _)| container.role != Role::Main)
        .zip(template.init_containers.iter().chain(&template.sidecars))
    {
        if body.get("mirrorVolumeMounts") == Some(&Value::Bool(true)) {
            container.0.volume_mounts.extend(main_mounts.iter().cloned());
        }
    }
    Ok(containers)
}

/// How the members of a container set are started again when they fail (OB-281, EX-231, EX-627).
fn again(set: &Value) -> Result<Option<Again>, String> {
    let Some(strategy) = set.get("retryStrategy").filter(|strategy| !strategy.is_null()) else {
        return Ok(None);
    };
    let times = match strategy.get("retries") {
        None | Some(Value::Null) => 0,
        Some(Value::Number(number)) => {
            number.as_u64().and_then(|times| u32::try_from(times).ok()).unwrap_or(0)
        }
        Some(other) => {
            let text = other.as_str().unwrap_or_default();
            text.trim()
                .parse()
                .map_err(|_| format!("containerSet.retryStrategy.retries: `{text}` is no count"))?
        }
    };
    let text = strategy.get("duration").and_then(Value::as_str).unwrap_or_default();
    let nanos = if text.is_empty() { 0 } else { tiphys_expr::duration::go(text)? };
    let pause_ms = u64::try_from(nanos / 1_000_000)
        .map_err(|_| format!("containerSet.retryStrategy.duration: `{text}` is negative"))?;
    Ok(Some(Again { times, pause_ms }))
}

/// Mounts of a container set belong to every member (OB-281).
fn share_mounts(set: &Value, body: &mut Value) {
    let shared: Vec<Value> = set.get("volumeMounts").and_then(Value::as_array).cloned().unwrap_or_default();
    if shared.is_empty() {
        return;
    }
    let mut mounts: Vec<Value> =
        body.get("volumeMounts").and_then(Value::as_array).cloned().unwrap_or_default();
    mounts.extend(shared);
    body["volumeMounts"] = Value::Array(mounts);
}

fn container(
    plan: &Plan,
    pod: &Pod,
    place: &Place,
    template: &spec::Template,
    container: &spec::Container,
    role: Role,
    script: Option<String>,
) -> Result<ContainerRequest, Unfit> {
    let image = place.images.find(&container.image);
    let (mut command, mut args) = (container.command.clone(), container.args.clone());
    if command.is_empty() {
        let lack = || known_images(place).lack(&container.image).unwrap_or_default();
        let image = image.as_ref().ok_or_else(|| Unfit::Pod(lack()))?;
        command = image.entrypoint.clone();
        if args.is_empty() {
            args = image.cmd.clone();
        }
        // Options alone are no program: they are meant for the one that the image would run by itself. Controllers name
        // it as the command of such images in their settings, and old examples rely on that.
        let options_alone = args.first().is_some_and(|first| first.starts_with('-'));
        if command.is_empty() && options_alone {
            command = image.cmd.clone();
        }
        if command.is_empty() && !args.is_empty() {
            command.push(args.remove(0));
        }
    }
    let mut env = env::standard(pod, &container.name);
    if let Some(image) = &image {
        env.extend(image.env.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
    env::add(plan, pod, place, template, container, &mut env)?;
    let working_dir = match container.working_dir.as_str() {
        "" => image.as_ref().and_then(|image| image.working_dir.clone()),
        own => Some(own.to_owned()),
    };
    let volume_mounts = container
        .volume_mounts
        .iter()
        .map(|mount| VolumeMount {
            name: mount.name.clone(),
            mount_path: mount.mount_path.clone(),
            sub_path: if mount.sub_path_expr.is_empty() {
                mount.sub_path.clone()
            } else {
                env::expand(&mount.sub_path_expr, &env)
            },
            read_only: mount.read_only,
        })
        .collect();
    Ok(ContainerRequest {
        name: container.name.clone(),
        role,
        dependencies: container.dependencies.clone(),
        command,
        args,
        env,
        working_dir,
        script,
        volume_mounts,
        limits: limits(&container.resources).map_err(Unfit::Pod)?,
        security: security(template.security_context.as_ref(), container.security_context.as_ref()),
        last_words: last_words(container),
        ..Default::default()
    })
}

fn last_words(container: &spec::Container) -> LastWords {
    let mut words = LastWords::default();
    if !container.termination_message_path.is_empty() {
        words.path.clone_from(&container.termination_message_path);
    }
    words.or_log = container.termination_message_policy == "FallbackToLogsOnError";
    words
}

fn limits(resources: &Value) -> Result<Limits, String> {
    let limit = |name: &str| -> Result<Option<f64>, String> {
        match resources.get("limits").and_then(|limits| limits.get(name)) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => spec::quantity::require(text).map(Some),
            Some(other) => spec::quantity::require(&other.to_string()).map(Some),
        }
    };
    Ok(Limits {
        cpu_millis: limit("cpu")?.map_or(0, |cores| (cores * 1_000.0).ceil() as u64),
        memory_bytes: limit("memory")?.map_or(0, |bytes| bytes as u64),
        ..Limits::default()
    })
}

fn security(pod: Option<&Value>, container: Option<&Value>) -> Security {
    let number = |field: &str| {
        let own = container
            .and_then(|context| context.get(field))
            .or_else(|| pod.and_then(|context| context.get(field)));
        own.and_then(Value::as_u64).and_then(|id| u32::try_from(id).ok())
    };
    Security {
        run_as_user: number("runAsUser"),
        run_as_group: number("runAsGroup"),
        read_only_root: container.and_then(|context| context.get("readOnlyRootFilesystem"))
            == Some(&Value::Bool(true)),
    }
}

/// `$(NAME)` in commands and arguments stands for the container's own environment.
fn expand_arguments(container: &mut ContainerRequest) {
    let env = &container.env;
    for text in container.command.iter_mut().chain(&mut container.args) {
        if text.contains("$(") {
            *text = env::expand(text, env);
        }
    }
}

fn outputs(
    plan: &Plan,
    pod: &Pod,
    template: &spec::Template,
    containers: &[ContainerRequest],
    place: &Place,
) -> Result<OutputsWanted, String> {
    let declared = &template.outputs;
    let parameters = declared
        .parameters
        .iter()
        .filter_map(|parameter| {
            let from = parameter.value_from.as_ref()?;
            (!from.path.is_empty()).then(|| ParameterWanted {
                name: parameter.name.clone(),
                path: from.path.clone(),
                default: from.default.clone(),
            })
        })
        .collect();
    let mut logs = Vec::new();
    if artifacts::logs_are_archived(plan, template, place) {
        for container in containers.iter().filter(|container| container.role == Role::Main) {
            logs.push(LogWanted {
                container: container.name.clone(),
                key: artifacts::log_key(pod, &container.name),
            });
        }
    }
    Ok(OutputsWanted {
        parameters,
        artifacts: artifacts::outputs(pod, template, place)?,
        result: pod.wants_result,
        logs,
    })
}
