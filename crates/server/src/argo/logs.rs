//! Log lines of a workflow's steps, merged by time, followed if asked (API-173 to API-179).

use crate::access::{Resource, Verb};
use crate::call::Call;
use crate::fault::Fault;
use crate::limits;
use crate::route::{Feed, Opened};
use crate::wire::project::Projection;
use crate::wire::select::Labels;
use crate::world::World;
use regex::bytes::Regex;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use tiphys_controller::view;
use tiphys_runner::logs::{self, Merge};

/// Which lines are wanted.
struct Wanted {
    uid: String,
    pod: String,
    container: String,
    selector: Labels,
    grep: Option<Regex>,
    tail: Option<usize>,
    limit_bytes: Option<usize>,
    since: Option<String>,
    timestamps: bool,
    follow: bool,
    never: bool,
    projection: Option<Projection>,
}

/// API-173, API-174.
pub(crate) fn workflow(world: &World, call: &Call) -> Result<Opened, Fault> {
    let (namespace, name) = (call.namespace(), call.param("name"));
    let named = (name != "@latest").then_some(name);
    call.who.may(Verb::Get, Resource::Workflows, namespace, named)?;
    let summary = world.require(namespace, name)?;
    call.who.may(Verb::Watch, Resource::Logs, namespace, None)?;
    let wanted = Wanted::of(call, summary.uid.clone(), world.now_us())?;
    // Read once before the answer begins, so that what is wrong is told by its status.
    let run_dir = world.state.run_dir(&summary.uid)?;
    let mut reader = Reader::new(world, wanted)?;
    let first = reader.read(world)?;
    Ok(Box::new(move |world: Arc<World>, feed: Feed| {
        Box::pin(async move {
            let mut batch = first;
            let mut over = !reader.wanted.follow || reader.wanted.never;
            let mut bell = (!over).then(|| world.bells.follow(&reader.wanted.uid, &run_dir));
            // What came before the bell hung is read without a ring.
            let mut is_fresh = true;
            loop {
                for message in batch.messages {
                    feed.send(message).await?;
                }
                if !batch.is_more {
                    if over {
                        return Ok(());
                    }
                    if let Some(bell) = bell.as_mut().filter(|_| !is_fresh) {
                        bell.wait(limits::LOG_LOOK).await;
                    }
                    is_fresh = false;
                }
                let shared = world.clone();
                let step = tokio::task::spawn_blocking(move || {
                    // Over before the lines are read: then nothing can be missed.
                    let over = over || is_over(&shared, &reader.wanted.uid);
                    let batch = reader.read(&shared);
                    (reader, batch, over)
                });
                let (back, next, ended) = step.await.map_err(|error| Fault::internal(error.to_string()))?;
                (reader, batch, over) = (back, next?, ended);
                feed.check()?;
            }
        })
    }))
}

/// Whether a run has ended or is gone.
fn is_over(world: &World, uid: &str) -> bool {
    let machine = tiphys_store::MachineId::workflow(uid);
    match world.store(|store| tiphys_store::Runs::summary(store, &machine)) {
        Ok(Some(summary)) => summary.finished_us.is_some(),
        Ok(None) => true,
        // The store is in trouble; the reader will hear of it when it asks again.
        Err(_) => false,
    }
}

impl Wanted {
    fn of(call: &Call, uid: String, now_us: i64) -> Result<Wanted, Fault> {
        let query = &call.query;
        let option = |name: &str| {
            let long = query.text(&format!("logOptions.{name}"));
            if long.is_empty() { query.text(&format!("podLogOptions.{name}")) } else { long }.to_owned()
        };
        let number = |name: &str| option(name).parse::<i64>().ok();
        let grep = match query.text("grep") {
            "" => None,
            text => Some(pattern(text)?),
        };
        let since = number("sinceSeconds").filter(|seconds| *seconds > 0).map(|seconds| {
            let since_us = now_us.saturating_sub(seconds.saturating_mul(1_000_000));
            logs::timestamp(since_us.saturating_mul(1_000))
        });
        let pod = match call.param("pod") {
            "" => query.text("podName").to_owned(),
            pod => pod.to_owned(),
        };
        let container = option("container");
        Ok(Wanted {
            uid,
            pod,
            container: if container.is_empty() { "main".to_owned() } else { container },
            selector: Labels::parse(query.text("selector"))?,
            grep,
            tail: number("tailLines").and_then(|lines| usize::try_from(lines).ok()),
            limit_bytes: number("limitBytes").and_then(|bytes| usize::try_from(bytes).ok()),
            since,
            timestamps: query.flag("logOptions.timestamps"),
            follow: query.flag("logOptions.follow"),
            // An earlier life of a container does not exist here; one stream alone cannot be asked for (API-033).
            // What Kubernetes refuses to count, nothing comes of (API-175).
            never: query.flag("logOptions.previous")
                || !option("stream").is_empty()
                || number("tailLines").is_some_and(|lines| lines < 0)
                || ["sinceSeconds", "limitBytes"]
                    .iter()
                    .any(|name| number(name).is_some_and(|count| count < 1)),
            projection: Projection::parse(query.text("fields")),
        })
    }

    fn shows(&self, pod: &str, labels: &Value) -> bool {
        (self.pod.is_empty() || self.pod == pod) && self.selector.matches(labels)
    }
}

/// A pattern is Go's, and so are the words that refuse it (API-176).
fn pattern(text: &str) -> Result<Regex, Fault> {
    let translated = tiphys_expr::go_pattern(text);
    let compiled = translated.and_then(|pattern| {
        Regex::new(&pattern).map_err(|_| format!("error parsing regexp: expression too large: `{text}`"))
    });
    compiled.map_err(|reason| Fault::internal(format!("failed to compile {}: {reason}", json!(text))))
}

/// Most lines that are read before they are sent.
const BATCH_LINES: usize = 1_000;

/// What was read at once.
struct Batch {
    messages: Vec<Value>,
    /// Whether there was more to read.
    is_more: bool,
}

/// Reads logs piece by piece.
struct Reader {
    wanted: Wanted,
    folder: PathBuf,
    merge: Merge,
    /// The pods that had a folder when it was last looked.
    pods: Vec<Pod>,
    /// When a folder was last added, as far as the run was asked about its pods since.
    known: Option<SystemTime>,
    sent: Sent,
}

impl Reader {
    fn new(world: &World, wanted: Wanted) -> Result<Reader, Fault> {
        let folder = world.state.run_dir(&wanted.uid)?.join("logs");
        let merge = Merge::new(wanted.tail, wanted.since.clone());
        Ok(Reader { wanted, folder, merge, pods: Vec::new(), known: None, sent: Sent::default() })
    }

    /// Looks which pods there are, if one came since. Many follow, and a run may be large: it is not asked for nothing.
    fn look(&mut self, world: &World) -> Result<(), Fault> {
        let changed = std::fs::metadata(&self.folder).and_then(|folder| folder.modified()).ok();
        if changed.is_none() || changed == self.known {
            return Ok(());
        }
        let folders = std::fs::read_dir(&self.folder).map_or(0, Iterator::count);
        self.pods = pods(world, &self.wanted, &self.folder)?;
        // Another may come within the same tick of the clock, and a folder may be there before its pod is.
        let settled = changed.and_then(|at| at.elapsed().ok()).is_some_and(|age| age > limits::CLOCK_TICK);
        let told = self.pods.iter().filter(|pod| pod.folder.is_dir()).count() == folders;
        self.known = changed.filter(|_| settled && told);
        Ok(())
    }

    /// What was written since the last time, in the order of the lines' times.
    fn read(&mut self, world: &World) -> Result<Batch, Fault> {
        let mut messages = Vec::new();
        if self.wanted.never {
            return Ok(Batch { messages, is_more: false });
        }
        let (mut paths, mut names) = (Vec::new(), Vec::new());
        self.look(world)?;
        for pod in self.pods.iter().filter(|pod| self.wanted.shows(&pod.name, &pod.labels)) {
            // A step that is run again is a new pod of the same name; the old one went with its log (API-165, API-175).
            if let Some(last) = files(&pod.folder, &self.wanted.container).pop() {
                names.push(pod.name.clone());
                paths.push(last);
            }
        }
        let mut merge = std::mem::take(&mut self.merge);
        let mut left = BATCH_LINES;
        let read = merge.read(&paths, |at, line| {
            messages.extend(self.message(line.time, line.text, &names[at]));
            left -= 1;
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        self.merge = merge;
        let is_more = read.map_err(|error| Fault::internal(format!("cannot read the log: {error}")))?;
        Ok(Batch { messages, is_more })
    }

    fn message(&mut self, time: &str, text: &[u8], pod: &str) -> Option<Value> {
        if self.wanted.grep.as_ref().is_some_and(|grep| !grep.is_match(text)) {
            return None;
        }
        let mut content = tiphys_expr::go_text(text[..text.len().min(limits::LOG_LINE_BYTES_MAX)].to_vec());
        if self.wanted.timestamps {
            content = format!("{time} {content}");
        }
        if let Some(limit) = self.wanted.limit_bytes {
            content = self.sent.cut(limit, pod, time, content)?;
        }
        let message = json!({ "result": { "content": content, "podName": pod } });
        Some(match &self.wanted.projection {
            None => message,
            Some(projection) => projection.apply(message),
        })
    }
}

/// How many bytes of each pod were sent: each has a stream of its own, and the whole limit.
#[derive(Default)]
struct Sent(BTreeMap<String, usize>);

impl Sent {
    /// What a limit leaves of a line. It counts what the container runtime would send: the line behind its time.
    fn cut(&mut self, limit: usize, pod: &str, time: &str, content: String) -> Option<String> {
        let whole = format!("{time} {content}\n");
        let sent = self.0.entry(pod.to_owned()).or_default();
        let left = limit.saturating_sub(*sent);
        *sent += whole.len();
        match left {
            0 => None,
            _ if left >= whole.len() => Some(content),
            _ if left <= time.len() => Some(whole[..left].to_owned()),
            _ => Some(tiphys_expr::go_text(whole.as_bytes()[time.len() + 1..left].to_vec())),
        }
    }
}

/// A pod whose log may be read.
struct Pod {
    name: String,
    labels: Value,
    folder: PathBuf,
}

/// The pods of a run.
fn pods(world: &World, wanted: &Wanted, folder: &Path) -> Result<Vec<Pod>, Fault> {
    let machine = tiphys_store::MachineId::workflow(&*wanted.uid);
    let Some(summary) = world.store(|store| tiphys_store::Runs::summary(store, &machine))? else {
        return Ok(Vec::new());
    };
    let document = world.live(&summary)?;
    let name = document["metadata"]["name"].as_str().unwrap_or_default();
    // What templates say of their pods is worked out for those who ask for it (API-175).
    let mut known = match wanted.selector.0.is_empty() {
        true => BTreeMap::new(),
        false => match world.store(|store| Ok(view::run(store, &wanted.uid)))?.map_err(Fault::internal)? {
            Some((_, run)) => view::pod_labels(&run),
            None => BTreeMap::new(),
        },
    };
    let mut pods = Vec::new();
    for (id, node) in document["status"]["nodes"].as_object().into_iter().flatten() {
        if node["type"] != "Pod" {
            continue;
        }
        let template = node["templateName"]
            .as_str()
            .or_else(|| node["templateRef"]["template"].as_str())
            .unwrap_or_default();
        let full = node["name"].as_str().unwrap_or_default();
        let ended = node["finishedAt"].is_string();
        let mut labels = known.remove(id).unwrap_or_default();
        labels.insert("workflows.argoproj.io/workflow".to_owned(), name.to_owned());
        labels.insert("workflows.argoproj.io/completed".to_owned(), ended.to_string());
        let labels = json!(labels);
        let name = tiphys_expr::names::pod_name_v2(name, full, template);
        pods.push(Pod { name, labels, folder: folder.join(id) });
    }
    Ok(pods)
}

/// The log files of a container in the folder of a node, one for each of its lives, the last one last.
pub(crate) fn files(folder: &Path, container: &str) -> Vec<PathBuf> {
    let files = logs::files(folder).into_iter().filter(|file| file.container == container);
    files.map(|file| file.path).collect()
}

#[cfg(test)]
mod tests {
    use super::{Sent, files};

    /// A step that is retried by hand is another node of the run, whose number may have a digit more.
    #[test]
    fn lives_are_told_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        for name in
            ["57.10.main.log", "57.2.main.log", "121.0.main.log", "9.9.wait.log", "9.0.main.log", "7.x"]
        {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let found = files(folder.path(), "main");
        let names: Vec<_> = found.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["9.0.main.log", "57.2.main.log", "57.10.main.log", "121.0.main.log"]);
    }

    /// API-033, API-175.
    #[test]
    fn a_limit_of_bytes_is_each_pods_own() {
        let mut sent = Sent::default();
        let mut cut = |pod: &str, content: &str| sent.cut(12, pod, "12:00", content.to_owned());
        assert_eq!(cut("a", "one").as_deref(), Some("one"));
        assert_eq!(cut("b", "longer words").as_deref(), Some("longer"));
        assert_eq!(cut("a", "two").as_deref(), Some("12"));
        assert_eq!((cut("a", "three"), cut("b", "more")), (None, None));
    }
}
