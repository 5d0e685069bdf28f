//! What a step's ending means for its node, in Argo's words (EX-400 to EX-410).

use crate::prepare::artifacts;
use tiphys_engine::Time;
use tiphys_engine::workflow::{ContainerOutcome, Outcome, Phase, Pod};
use tiphys_runner::step::{ContainerEnded, Ended, Exit, Stage, StageFailure};
use tiphys_spec as spec;

/// Argo's message when a pod outlives its own deadline (EX-662).
const DEADLINE: &str = "Pod was active on the node longer than the specified deadline";

/// Reads an ending. `pod` says what was declared.
pub fn outcome(ended: &Ended, pod: Option<&Pod>) -> Outcome {
    let (phase, message) = judge(ended, pod);
    let mut artifacts = Vec::new();
    for stored in ended.artifacts.iter().filter(|stored| stored.error.is_none() && !stored.missing) {
        let declared = pod.and_then(|pod| pod.template.outputs.artifact(&stored.name));
        artifacts.extend(declared.map(|declared| artifacts::shown(declared, &stored.key)));
    }
    for log in ended.logs.iter().filter(|log| log.error.is_none() && !log.missing) {
        artifacts.push(artifacts::shown_log(&log.name, &log.key));
    }
    Outcome {
        phase,
        message,
        cause: cause(ended),
        exit_code: main_exit(ended),
        result: ended.result.clone(),
        parameters: ended
            .parameters
            .iter()
            .map(|parameter| (parameter.name.clone(), parameter.value.clone()))
            .collect(),
        artifacts,
        containers: members(ended, pod.map(|pod| &pod.template)),
        finished: ended
            .containers
            .iter()
            .map(|container| container.finished_us)
            // Keeping what it gives out belongs to the pod, as Argo's `wait` does.
            .chain([ended.over_us])
            .max()
            .filter(|us| *us > 0)
            .map(Time),
    }
}

/// Why a container was ended before its time: the first of those that did not end well for it.
fn cause(ended: &Ended) -> Option<String> {
    ended.containers.iter().find_map(caused)
}

fn caused(container: &ContainerEnded) -> Option<String> {
    let cause = container.cause.as_ref().filter(|_| !container.exit.is_success())?;
    Some(format!("container `{}` was ended: {cause}", container.name))
}

fn main_exit(ended: &Ended) -> Option<i32> {
    let main = ended.containers.iter().find(|container| container.name == "main")?;
    match main.exit {
        Exit::NotStarted => None,
        exit => Some(exit.code()),
    }
}

/// Whether a container is a sidecar: it is stopped when main has ended.
fn is_sidecar(container: &ContainerEnded, pod: Option<&Pod>) -> bool {
    pod.is_some_and(|pod| {
        let name = |body: &serde_json::Value| {
            body.get("name").and_then(serde_json::Value::as_str).map(str::to_owned)
        };
        pod.template.sidecars.iter().any(|body| name(body).as_deref() == Some(&container.name))
    })
}

/// Whether a sidecar failed by itself, and not because it was stopped (EX-431).
fn failed_beside(container: &ContainerEnded) -> bool {
    container.exit != Exit::NotStarted && ![0, 137, 143].contains(&container.exit.code())
}

/// What first failed decides: what came before main, main, what came after, and then what ran beside it (EX-404).
fn judge(ended: &Ended, pod: Option<&Pod>) -> (Phase, Option<String>) {
    if ended.deadline_exceeded {
        return (Phase::Failed, Some(DEADLINE.to_owned()));
    }
    if let Some(failure) = ended.failure.as_ref().filter(|failure| failure.stage == Stage::Init) {
        return (Phase::Error, Some(helper("init", failure)));
    }
    for container in in_order(ended, pod).into_iter().filter(|container| !is_sidecar(container, pod)) {
        if !container.exit.is_success() && container.exit != Exit::NotStarted {
            return (Phase::Failed, Some(words(container)));
        }
    }
    if let Some(failure) = &ended.failure {
        return (Phase::Error, Some(helper("wait", failure)));
    }
    let unstarted =
        |container: &&ContainerEnded| container.exit == Exit::NotStarted && !is_sidecar(container, pod);
    if let Some(container) = ended.containers.iter().find(unstarted) {
        return (Phase::Error, Some(words(container)));
    }
    let mut beside = in_order(ended, pod).into_iter().filter(|container| is_sidecar(container, pod));
    match beside.find(|container| failed_beside(container)) {
        Some(container) => (Phase::Failed, Some(words(container))),
        None => (Phase::Succeeded, None),
    }
}

/// Containers as Argo looks at them: those that come before main as they stand, the others by name, which is how a
/// kubelet tells of them (EX-404).
fn in_order<'e>(ended: &'e Ended, pod: Option<&Pod>) -> Vec<&'e ContainerEnded> {
    let before = pod.map_or(0, |pod| pod.template.init_containers.len()).min(ended.containers.len());
    let (before, others) = ended.containers.split_at(before);
    let mut others: Vec<&ContainerEnded> = others.iter().collect();
    others.sort_by(|one, other| one.name.cmp(&other.name));
    before.iter().chain(others).collect()
}

/// A failure of what Argo's helper containers do.
fn helper(name: &str, failure: &StageFailure) -> String {
    let head = format!("{name}: Error (exit code {})", failure.code);
    if failure.message.is_empty() { head } else { format!("{head}: {}", failure.message) }
}

/// `<container>: <Reason> (exit code <n>)` (EX-404).
fn head(container: &ContainerEnded) -> String {
    let reason = match container.exit {
        Exit::OomKilled => "OOMKilled",
        Exit::Code(0) => "Completed",
        _ => "Error",
    };
    format!("{}: {reason} (exit code {})", container.name, container.exit.code())
}

/// The same and what the container said, if anything (EX-404).
fn words(container: &ContainerEnded) -> String {
    let head = head(container);
    match container.message.as_deref().filter(|message| !message.is_empty()) {
        Some(message) => format!("{head}: {message}"),
        None => head,
    }
}

/// What became of each member of a container set.
fn members(ended: &Ended, template: Option<&spec::Template>) -> Vec<ContainerOutcome> {
    let Some(template) = template.filter(|template| template.container_set.is_some()) else {
        return Vec::new();
    };
    let names: Vec<&str> = spec::Template::container_names(template).collect();
    ended
        .containers
        .iter()
        .filter(|container| names.contains(&container.name.as_str()))
        .map(|container| {
            let phase = match container.exit {
                Exit::Code(0) => Phase::Succeeded,
                // The wrapper itself failed: a dependency did, or the command does not exist (EX-409).
                Exit::Code(64) => Phase::Error,
                _ => Phase::Failed,
            };
            // Here the colon stands whether or not something was said (EX-441).
            let said = container.message.as_deref().unwrap_or_default();
            let message = (phase != Phase::Succeeded).then(|| format!("{}: {said}", head(container)));
            ContainerOutcome { name: container.name.clone(), phase, message, cause: caused(container) }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// EX-404, EX-655: what the node of a failing container says.
    #[test]
    fn endings_have_words() {
        let message = |exit: Exit, message: Option<&str>| {
            let main = ContainerEnded {
                name: "main".into(),
                exit,
                message: message.map(str::to_owned),
                started_us: 1,
                finished_us: 2,
                ..ContainerEnded::default()
            };
            let outcome = outcome(&Ended { containers: vec![main], ..Ended::default() }, None);
            assert_eq!(outcome.phase, Phase::Failed);
            outcome.message.unwrap_or_default()
        };
        assert_eq!(message(Exit::Code(3), None), "main: Error (exit code 3)");
        assert_eq!(message(Exit::Signal(9), None), "main: Error (exit code 137)");
        assert_eq!(message(Exit::OomKilled, None), "main: OOMKilled (exit code 137)");
        assert_eq!(message(Exit::Code(1), Some("oops")), "main: Error (exit code 1): oops");
    }

    /// Like Argo's `wait`, the saving of what a step gives out is a part of it.
    #[test]
    fn a_step_ends_when_its_outputs_are_kept() {
        let main = ContainerEnded { name: "main".into(), finished_us: 2, ..ContainerEnded::default() };
        let ended = Ended { containers: vec![main], ..Ended::default() };
        assert_eq!(outcome(&ended, None).finished, Some(Time(2)), "of a supervisor that does not tell");
        assert_eq!(outcome(&Ended { over_us: 9, ..ended }, None).finished, Some(Time(9)));
    }

    /// What a container was asked while it ran is told beside Argo's words, which do not change for it (EX-404).
    #[test]
    fn a_container_that_its_probe_ended_says_so() {
        let cause = "its liveness probe failed 2 times in a row: no good answer".to_owned();
        let main = ContainerEnded {
            name: "main".into(),
            exit: Exit::Signal(15),
            cause: Some(cause),
            ..ContainerEnded::default()
        };
        let outcome = outcome(&Ended { containers: vec![main], ..Ended::default() }, None);
        assert_eq!(outcome.message.as_deref(), Some("main: Error (exit code 143)"));
        let cause = "container `main` was ended: its liveness probe failed 2 times in a row: no good answer";
        assert_eq!(outcome.cause.as_deref(), Some(cause));
    }

    /// EX-404: of several that failed the first by name gives the reason, whenever it ended.
    #[test]
    fn the_first_by_name_says_why() {
        let ended = |codes: &[(&str, i32)]| {
            let containers = codes.iter().map(|(name, code)| ContainerEnded {
                name: (*name).to_owned(),
                exit: Exit::Code(*code),
                ..ContainerEnded::default()
            });
            outcome(&Ended { containers: containers.collect(), ..Ended::default() }, None).message
        };
        let message = ended(&[("zfail", 1), ("main", 143), ("dep", 0)]);
        assert_eq!(message.as_deref(), Some("main: Error (exit code 143)"));
        let message = ended(&[("main", 143), ("a", 3)]);
        assert_eq!(message.as_deref(), Some("a: Error (exit code 3)"));
    }

    /// EX-441, EX-409: what the nodes of a set's containers say, also when it is a set of one.
    #[test]
    fn members_have_words() {
        let members = |codes: &[(&str, i32, &str)]| {
            let containers = codes.iter().map(|(name, code, said)| ContainerEnded {
                name: (*name).to_owned(),
                exit: Exit::Code(*code),
                message: Some((*said).to_owned()),
                started_us: 1,
                finished_us: 2,
                ..ContainerEnded::default()
            });
            let ended = Ended { containers: containers.collect(), ..Ended::default() };
            let set: Vec<_> = codes.iter().map(|(name, ..)| serde_json::json!({ "name": name })).collect();
            let template = spec::Template {
                container_set: Some(serde_json::json!({ "containers": set })),
                ..spec::Template::default()
            };
            super::members(&ended, Some(&template))
                .into_iter()
                .map(|member| (member.phase, member.message.unwrap_or_default()))
                .collect::<Vec<_>>()
        };
        assert_eq!(members(&[("main", 4, "")]), [(Phase::Failed, "main: Error (exit code 4): ".to_owned())]);
        assert_eq!(
            members(&[("a", 0, ""), ("main", 64, "dependency \"a\" …")]),
            [
                (Phase::Succeeded, String::new()),
                (Phase::Error, "main: Error (exit code 64): dependency \"a\" …".to_owned())
            ]
        );
    }
}
