//! `logs`, `watch`, `wait`: following workflows of a server (CLI-034 to CLI-036, CLI-040).

use serde_json::Value;
use std::process::ExitCode;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use tiphys_engine::Time;

use super::get::shown;
use super::http::{Next, Query, Server, encode};
use super::said::{count, said};
use super::select::{self, workflow};
use super::view::{self, Form, field};
use crate::commands::{again, logs as reading, wait as waiting};
use crate::print::{GetStyle, clean_line, get, is_terminal, to_stderr, to_stdout, utc};
use crate::state::now;

/// How often a view is drawn again when nothing happens: durations grow.
const DRAW_EVERY: Duration = Duration::from_secs(1);

/// Pause before a stream that ended too early is opened again.
const AGAIN_AFTER: Duration = Duration::from_millis(500);

pub fn logs(server: &Server, args: &reading::Args) -> anyhow::Result<ExitCode> {
    count(&args.words, 1..=2, "logs")?;
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let (since, since_time) = (given(&args.since), given(&args.since_time));
    if since.is_some() && since_time.is_some() {
        return Err(said("--since-time and --since cannot be used together"));
    }
    let mut query: Query = vec![
        ("podName", args.words.get(1).cloned().unwrap_or_default()),
        ("grep", args.grep.clone().unwrap_or_default()),
        ("selector", args.selector.clone().unwrap_or_default()),
        ("logOptions.container", args.container.clone().unwrap_or_else(|| "main".to_owned())),
    ];
    let mut truth = |name: &'static str, is: bool| {
        if is {
            query.push((name, "true".to_owned()));
        }
    };
    truth("logOptions.follow", args.follow);
    truth("logOptions.previous", args.previous);
    truth("logOptions.timestamps", args.timestamps);
    if let Some(lines) = args.tail.filter(|lines| *lines >= 0) {
        query.push(("logOptions.tailLines", lines.to_string()));
    }
    if let Some(since) = select::long_ago(since.as_deref())? {
        let seconds = now().since_us(since) / 1_000_000;
        query.push(("logOptions.sinceSeconds", seconds.max(1).to_string()));
    }
    if let Some(since) = since_time {
        select::check_time(&since)?;
        query.push(("logOptions.sinceTime", since));
    }
    print_log(server, &server.namespace, &args.words[0], &query, args.no_color)?;
    Ok(ExitCode::SUCCESS)
}

fn print_log(
    server: &Server,
    namespace: &str,
    name: &str,
    query: &Query,
    no_color: bool,
) -> anyhow::Result<()> {
    let paint = view::paint(no_color);
    let raw = !is_terminal();
    server.stream(&format!("{}/log", workflow(namespace, name)), query, &mut |entry| {
        let (pod, content) = (field(&entry, "/podName"), field(&entry, "/content"));
        let content = if raw { content.to_owned() } else { clean_line(content.as_bytes()) };
        to_stdout(&format!("{}\n", paint.by_key(pod, &format!("{pod}: {content}"))));
        Ok(Next::More)
    })
}

pub fn watch(server: &Server, args: &waiting::WatchArgs) -> anyhow::Result<ExitCode> {
    count(&args.names, 1..=1, "watch")?;
    let style = shown(args.status.as_deref().unwrap_or_default(), args.node_field_selector.as_deref())?;
    view_live(server, &server.namespace, &args.names[0], &style)?;
    Ok(ExitCode::SUCCESS)
}

/// Draws a workflow until it has ended, whatever its phase.
fn view_live(server: &Server, namespace: &str, name: &str, style: &GetStyle) -> anyhow::Result<()> {
    std::thread::scope(|scope| {
        let (sender, events) = mpsc::channel();
        scope.spawn(move || {
            let result = until_end(server, namespace, name, &mut |document| {
                // Whoever draws may be gone.
                drop(sender.send(Ok(document.clone())));
            });
            if let Err(error) = result {
                drop(sender.send(Err(error)));
            }
        });
        let mut current: Option<Value> = None;
        loop {
            match events.recv_timeout(DRAW_EVERY) {
                Ok(Ok(document)) => current = Some(document),
                Ok(Err(error)) => return Err(error),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            if let Some(document) = &current {
                to_stderr("\x1b[H\x1b[2J\x1b[0;0H");
                to_stdout(&get(document, style, view::paint(false), now()));
            }
        }
    })
}

/// Follows a workflow until its end. Returns it as it was then; none if it was deleted.
fn until_end(
    server: &Server,
    namespace: &str,
    name: &str,
    each: &mut dyn FnMut(&Value),
) -> anyhow::Result<Option<Value>> {
    // A stream about something that is not there would never say a word.
    let there = server.get(&workflow(namespace, name), &Vec::new())?;
    if !field(&there, "/status/finishedAt").is_empty() {
        each(&there);
        return Ok(Some(there));
    }
    let path = format!("/api/v1/workflow-events/{}", encode(namespace));
    let query: Query = vec![
        ("listOptions.fieldSelector", format!("metadata.name={}", super::select::name(&there))),
        ("listOptions.resourceVersion", "0".to_owned()),
    ];
    let mut last = None;
    let mut opened = false;
    loop {
        let mut over = false;
        let result = server.stream(&path, &query, &mut |event| {
            opened = true;
            let Some(object) = event.get("object") else { return Ok(Next::More) };
            if field(&event, "/type") == "DELETED" {
                over = true;
                last = None;
                return Ok(Next::Enough);
            }
            each(object);
            let ended = !field(object, "/status/finishedAt").is_empty();
            last = Some(object.clone());
            over |= ended;
            Ok(if ended { Next::Enough } else { Next::More })
        });
        match result {
            _ if over => return Ok(last),
            // A stream that went well and was cut is opened again (API-057).
            Err(error) if !opened => return Err(error),
            _ => std::thread::sleep(AGAIN_AFTER),
        }
    }
}

pub fn wait(server: &Server, args: &waiting::Args) -> anyhow::Result<ExitCode> {
    count(&args.names, 1..=usize::MAX, "wait")?;
    let names: Vec<(String, String)> =
        args.names.iter().map(|name| (server.namespace.clone(), name.clone())).collect();
    Ok(wait_for(server, &names, false))
}

/// Waits for the end of workflows, all at once; exit code 1 when one of them did not come out well.
fn wait_for(server: &Server, names: &[(String, String)], quiet: bool) -> ExitCode {
    let all_well = std::thread::scope(|scope| {
        let waits: Vec<_> = names
            .iter()
            .map(|(namespace, name)| {
                scope.spawn(move || match until_end(server, namespace, name, &mut |_| {}) {
                    Ok(Some(document)) => {
                        let phase = field(&document, "/status/phase");
                        let at = Time::parse(field(&document, "/status/finishedAt")).map(utc);
                        if !quiet {
                            to_stdout(&format!("{name} {phase} at {}\n", at.unwrap_or_default()));
                        }
                        !matches!(phase, "Failed" | "Error")
                    }
                    Ok(None) => true,
                    Err(_) => false,
                })
            })
            .collect();
        // Every one is waited for, also when another has failed.
        waits.into_iter().filter_map(|wait| wait.join().ok()).filter(|well| *well).count() == names.len()
    });
    if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What is done after workflows were made (CLI-040).
pub struct After {
    wait: bool,
    watch: bool,
    log: bool,
    quiet: bool,
}

impl After {
    pub fn of(then: &again::Then, form: Option<Form>) -> After {
        let quiet = form.is_some_and(|form| form != Form::Wide);
        After { wait: then.wait, watch: then.watch, log: then.log, quiet }
    }
}

/// Logs first, then waiting or watching.
pub fn after(server: &Server, made: &[(String, String)], after: After) -> anyhow::Result<ExitCode> {
    if after.log {
        for (namespace, name) in made {
            let query: Query =
                vec![("logOptions.container", "main".to_owned()), ("logOptions.follow", "true".to_owned())];
            print_log(server, namespace, name, &query, false)?;
        }
    }
    if after.wait {
        return Ok(wait_for(server, made, after.quiet));
    }
    if after.watch {
        for (namespace, name) in made {
            view_live(server, namespace, name, &GetStyle::default())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
