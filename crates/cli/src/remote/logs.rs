//! `logs`, `watch`, `wait`: following workflows of a server (CLI-034 to CLI-036, CLI-040).

use jiff::Timestamp;
use serde_json::Value;
use std::process::ExitCode;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};
use tiphys_engine::Time;

use super::get::shown;
use super::http::{Fault, Next, Query, Server, encode, fault};
use super::lines::Lines;
use super::said::{count, misused, said};
use super::select::{self, workflow};
use super::view::{self, Form, field};
use crate::commands::{again, logs as reading, wait as waiting};
use crate::print::{GetStyle, clean_line, get, is_terminal, to_stderr, to_stdout, utc};
use crate::problem::problem;
use crate::state::now;

/// How often a view is drawn again when nothing happens: durations grow.
const DRAW_EVERY: Duration = Duration::from_secs(1);

/// Pause before a stream that ended too early is opened again.
const AGAIN_AFTER: Duration = Duration::from_millis(500);

/// How long a server that went away is waited for.
const AWAY_MAX: Duration = Duration::from_secs(300);

pub fn logs(server: &Server, args: &reading::Args) -> anyhow::Result<ExitCode> {
    count(&args.words, 1..=2, "logs")?;
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let (since, since_time) = (given(&args.since), given(&args.since_time));
    // Only what lies back says anything.
    let since = since.map(|text| back(&text)).transpose()?.filter(|nanos| *nanos > 0);
    if since.is_some() && since_time.is_some() {
        return Err(said("--since-time and --since cannot be used together"));
    }
    let mut query: Query = vec![
        ("podName", args.words.get(1).cloned().unwrap_or_default()),
        ("grep", args.grep.clone().unwrap_or_default()),
        ("selector", args.selector.clone().unwrap_or_default()),
        ("logOptions.container", args.container.clone().unwrap_or_else(|| "main".to_owned())),
    ];
    if args.previous {
        query.push(("logOptions.previous", "true".to_owned()));
    }
    let mut log = Log {
        follow: args.follow,
        with_times: args.timestamps,
        no_color: args.no_color,
        ..Log::of(server, &server.namespace, &args.words[0], query)
    };
    if let Some(lines) = args.tail.filter(|lines| *lines >= 0) {
        log.first.push(("logOptions.tailLines", lines.to_string()));
        // A pod that showed none of its lines shows none of them later, either.
        log.floor = (lines == 0).then(Timestamp::now);
    }
    if let Some(nanos) = since {
        let since = now().plus_nanos(-nanos);
        let seconds = now().since_us(since) / 1_000_000;
        log.first.push(("logOptions.sinceSeconds", seconds.max(1).to_string()));
        log.floor = Timestamp::from_microsecond(since.0).ok();
    }
    if let Some(since) = since_time {
        // Argo's interface takes a time in no form; what is too much of whole seconds is left out here.
        let since = select::instant(&since)?;
        let seconds = Timestamp::now().as_second().saturating_sub(since.as_second()).saturating_add(1);
        log.first.push(("logOptions.sinceSeconds", seconds.max(1).to_string()));
        (log.lines.floor, log.needs_times) = (Some(since), true);
    }
    log.print()?;
    Ok(ExitCode::SUCCESS)
}

/// How long `--since` goes back, in nanoseconds: a duration of Go's, or days.
fn back(text: &str) -> anyhow::Result<i64> {
    if let Some(days) = text.strip_suffix('d').and_then(|days| days.parse::<i64>().ok()) {
        return Ok(days.saturating_mul(86_400_000_000_000));
    }
    tiphys_expr::duration::go(text)
        .map_err(|why| misused(format!("invalid argument \"{text}\" for \"--since\" flag: {why}"), "logs"))
}

/// A log that is printed.
struct Log<'a> {
    server: &'a Server,
    namespace: &'a str,
    name: &'a str,
    /// What is asked for, always.
    query: Query<'a>,
    /// What is asked for the first time only: how much of what is there already.
    first: Query<'a>,
    /// Lines before it are left out when a stream is opened again.
    floor: Option<Timestamp>,
    follow: bool,
    with_times: bool,
    needs_times: bool,
    no_color: bool,
    lines: Lines,
}

impl<'a> Log<'a> {
    fn of(server: &'a Server, namespace: &'a str, name: &'a str, query: Query<'a>) -> Log<'a> {
        Log {
            server,
            namespace,
            name,
            query,
            first: Vec::new(),
            floor: None,
            follow: false,
            with_times: false,
            needs_times: false,
            no_color: false,
            lines: Lines::default(),
        }
    }

    fn has(&self, key: &str) -> bool {
        self.query.iter().any(|(name, value)| *name == key && !value.is_empty())
    }

    /// Prints it; one that is followed, until its workflow has ended, also over a restart of the server.
    fn print(mut self) -> anyhow::Result<()> {
        // A pattern would be looked for in the times, too, by Argo's own server (API-176).
        let can_go_on = !self.has("grep") || self.with_times;
        let times = self.with_times || self.needs_times || self.follow && can_go_on;
        for (name, is) in [("logOptions.follow", self.follow), ("logOptions.timestamps", times)] {
            if is {
                self.query.push((name, "true".to_owned()));
            }
        }
        let mut query = [self.query.clone(), std::mem::take(&mut self.first)].concat();
        let mut opened = false;
        loop {
            let result = self.stream(&query, times, &mut opened);
            // What a server refuses, it will refuse again; an earlier life has no future.
            if !self.follow || !opened && result.is_err() || self.has("logOptions.previous") {
                return result;
            }
            let Some(there) = self.workflow()? else { return Ok(()) };
            let is_over = !field(&there, "/status/finishedAt").is_empty();
            if is_over && result.is_ok() {
                return Ok(());
            }
            if !can_go_on {
                return Err(self.broken("with `--grep` it is not known which lines were printed"));
            }
            std::thread::sleep(AGAIN_AFTER);
            self.lines.repeat();
            self.lines.floor = self.lines.floor.or(self.floor);
            query.clone_from(&self.query);
        }
    }

    fn stream(&mut self, query: &Query, times: bool, opened: &mut bool) -> anyhow::Result<()> {
        let paint = view::paint(self.no_color);
        let raw = !is_terminal();
        let path = format!("{}/log", workflow(self.namespace, self.name));
        let (lines, with_times) = (&mut self.lines, self.with_times);
        let result = self.server.stream(&path, query, &mut |entry| {
            *opened = true;
            let (pod, content) = (field(&entry, "/podName"), field(&entry, "/content"));
            let line = if times { lines.take(pod, content, with_times) } else { Some(content) };
            let Some(line) = line else { return Ok(Next::More) };
            let line = if raw { line.to_owned() } else { clean_line(line.as_bytes()) };
            to_stdout(&format!("{}\n", paint.by_key(pod, &format!("{pod}: {line}"))));
            Ok(Next::More)
        });
        *opened |= result.is_ok();
        result
    }

    /// The workflow as it is now; none if it is gone. A server that is away is waited for.
    fn workflow(&self) -> anyhow::Result<Option<Value>> {
        let gone_at = Instant::now();
        let mut told = false;
        loop {
            match self.server.get(&workflow(self.namespace, self.name), &Vec::new()) {
                Ok(there) => return Ok(Some(there)),
                Err(error) => match fault(&error).map(|fault| fault.code) {
                    Some(Fault::NOT_FOUND) => return Ok(None),
                    Some(code) if code != Fault::UNAVAILABLE => return Err(error),
                    _ if gone_at.elapsed() > AWAY_MAX => {
                        return Err(self.broken("its server did not come back"));
                    }
                    _ => {}
                },
            }
            if !std::mem::replace(&mut told, true) {
                to_stderr("the server is away; the log goes on when it is back (Ctrl-C ends)\n");
            }
            std::thread::sleep(AGAIN_AFTER);
        }
    }

    fn broken(&self, why: &str) -> anyhow::Error {
        let help = match self.lines.last() {
            Some(at) => format!("go on with `tiphys logs {} -f --since-time {at}`", self.name),
            None => "the same command prints it from the beginning".to_owned(),
        };
        problem(format!("the log of `{}` was cut off before the workflow ended: {why}", self.name), help)
    }
}

pub fn watch(server: &Server, args: &waiting::WatchArgs) -> anyhow::Result<ExitCode> {
    count(&args.names, 1..=1, "watch")?;
    let style = shown(args.status.as_deref().unwrap_or_default(), args.node_field_selector.as_deref());
    if style.flaw.is_some() {
        view::drawable(&server.get(&workflow(&server.namespace, &args.names[0]), &Vec::new())?, &style)?;
    }
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
            let query: Query = vec![("logOptions.container", "main".to_owned())];
            Log { follow: true, ..Log::of(server, namespace, name, query) }.print()?;
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
