//! What Argo's own code makes of a pod that has ended, case by case (EX-400 to EX-410, EX-431).
//!
//! Without the recordings the test passes and says so. Left out is what no process can be: pods that wait for an image or
//! a machine, are evicted, or whose containers have no state; and reasons that only a container runtime gives.

use serde_json::Value;
use std::path::PathBuf;
use tiphys_controller::outcome;
use tiphys_engine::workflow::{Attempt, NodeIx, Pod};
use tiphys_runner::step::{ContainerEnded, Ended, Exit, Stage, StageFailure};

/// Argo's own containers.
const HELPERS: [&str; 3] = ["init", "wait", "supervisor"];

fn pod(case: &Value) -> Pod {
    Pod {
        attempt: Attempt { node: NodeIx(0), generation: 0 },
        node_id: String::new(),
        node_name: String::new(),
        pod_name: String::new(),
        template: serde_json::from_value(case["template"].clone()).unwrap(),
        artifacts: Vec::new(),
        volumes: Vec::new(),
        workflow_patch: String::new(),
        location_key: String::new(),
        wants_result: false,
        on_exit: false,
        time_left_us: None,
        is_time_of_tries: false,
    }
}

fn list<'a>(status: &'a Value, field: &str) -> &'a [Value] {
    status[field].as_array().map_or(&[], Vec::as_slice)
}

/// How a container ended; none if a process cannot end so.
fn exit(terminated: &Value) -> Option<Exit> {
    let code = i32::try_from(terminated["exitCode"].as_i64()?).ok()?;
    match (terminated["reason"].as_str()?, code) {
        ("OOMKilled", 137) => Some(Exit::OomKilled),
        ("Completed", 0) | ("Error", 1..) => Some(Exit::Code(code)),
        _ => None,
    }
}

/// The step that this pod would have been; none if no process can be it.
fn ended(case: &Value) -> Option<Ended> {
    let status = &case["pod"]["status"];
    let over = matches!(status["phase"].as_str(), Some("Failed" | "Succeeded"));
    if !over || !status["message"].is_null() || !status["reason"].is_null() {
        return None;
    }
    let mut ended = Ended::default();
    let all = list(status, "initContainerStatuses").iter().chain(list(status, "containerStatuses"));
    for container in all {
        let name = container["name"].as_str()?.to_owned();
        let terminated = &container["state"]["terminated"];
        let message = terminated["message"].as_str().map(str::to_owned);
        if ended.failure.is_some() && container["state"]["waiting"].is_object() {
            if !HELPERS.contains(&&*name) {
                ended.containers.push(ContainerEnded { name, ..ContainerEnded::default() });
            }
            continue;
        }
        let exit = exit(terminated)?;
        if !HELPERS.contains(&&*name) {
            ended.containers.push(ContainerEnded { name, exit, message, ..ContainerEnded::default() });
        } else if !exit.is_success() && ended.failure.is_none() {
            let stage = if name == "init" { Stage::Init } else { Stage::Wait };
            let message = message.unwrap_or_default();
            ended.failure = Some(StageFailure { stage, code: exit.code(), message });
        }
    }
    let has =
        |name: &str| list(status, "containerStatuses").iter().any(|container| container["name"] == name);
    (has("wait") || has("supervisor")).then_some(ended).filter(|ended| !ended.containers.is_empty())
}

/// EX-662, and the other messages of the table (`docs/reference`).
#[test]
fn endings_mean_what_they_mean_to_argo() {
    let corpus = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let Ok(text) = std::fs::read_to_string(corpus.join("oracle/status_messages.json")) else {
        println!("endings: 0 cases (the recordings are not here)");
        return;
    };
    let table: Value = serde_json::from_str(&text).unwrap();
    let cases = table["cases"].as_array().unwrap();
    let (mut asked, mut wrong) = (0, Vec::new());
    // A node that goes on has not ended, whatever its pod has.
    for case in cases.iter().filter(|case| !matches!(case["node"]["phase"].as_str(), None | Some("Running")))
    {
        let Some(ended) = ended(case) else { continue };
        let pod = pod(case);
        // What a daemon's good ending means is for the engine to say (EX-372).
        if pod.template.daemon == Some(true) && case["pod"]["status"]["phase"] == "Succeeded" {
            continue;
        }
        asked += 1;
        let found = outcome(&ended, Some(&pod));
        // The helper of a newer kind has another name; ours are not seen at all.
        let wanted = case["node"]["message"].as_str().unwrap_or_default().replace("supervisor: ", "wait: ");
        let code = found.exit_code.map(|code| code.to_string());
        let mut good = found.message.as_deref().unwrap_or_default() == wanted
            && case["node"]["phase"] == found.phase.name()
            && code.as_deref() == case["node"]["exit_code"].as_str();
        for member in &found.containers {
            let recorded = case["containers"].as_object().into_iter().flatten();
            let mut recorded = recorded.filter(|(name, _)| name.ends_with(&format!(".{}", member.name)));
            good &= recorded.all(|(_, recorded)| recorded["phase"] == member.phase.name());
        }
        if !good {
            wrong.push(format!("{}: {found:?} instead of {}", case["id"], case["node"]));
        }
    }
    println!("endings: {asked} of {} cases asked, {} wrong", cases.len(), wrong.len());
    assert!(asked >= 40, "{asked}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
