//! Steering a run: `stop`, `terminate`, `suspend`, `resume`, `node set`.
//!
//! What is asked is a letter in the run's inbox, durable before anything is printed. An engine that drives the run
//! is woken; if there is none, a run that is to end is driven to its end from here, and everything else waits for
//! whoever continues the run.

use clap::Args as ClapArgs;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tiphys_controller::Ask;
use tiphys_engine::Run;
use tiphys_engine::workflow::{Phase, Refusal, Request, Unanswered};
use tiphys_store::{Filter, Journal, MachineId, Runs, Summary};

use crate::commands::continue_run::take_over;
use crate::print::{to_stderr, to_stdout};
use crate::problem::{named, problem};
use crate::remote::{self, Selector, Server, query, terms};
use crate::session::{Left, Show};
use crate::signal::Signals;
use crate::state::Local;
use crate::verb::Verb;

/// How long an engine may take to read a letter before we say that it did not.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// How often we look whether it was read.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// The runs that a verb means.
#[derive(ClapArgs)]
pub struct Named {
    /// Names of runs, or `@latest`
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Namespace of the runs
    #[arg(short, long)]
    pub namespace: Option<String>,
}

/// End a run at once: running steps are ended, exit handlers are not run
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys terminate hello-x7k2p")]
pub struct Args {
    #[command(flatten)]
    pub runs: Named,
    #[command(flatten)]
    pub selector: Selector,
    /// Only say what would be done
    #[arg(long)]
    pub dry_run: bool,
}

/// End a run: running steps are ended, then exit handlers run
///
/// With a selector, waiting suspended nodes that match fail instead.
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys stop hello-x7k2p
  tiphys stop deploy --node-field-selector displayName=approve --message 'not today'")]
pub struct StopArgs {
    #[command(flatten)]
    pub runs: Named,
    #[command(flatten)]
    pub selector: Selector,
    /// Only nodes that match, for instance `displayName=approve`
    #[arg(long, value_name = "SELECTOR", default_value = "", hide_default_value = true)]
    pub node_field_selector: String,
    /// Message of the nodes that are failed
    #[arg(long)]
    pub message: Option<String>,
    /// Only say what would be done
    #[arg(long)]
    pub dry_run: bool,
}

/// Hold a run: nothing new is started
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys suspend hello-x7k2p")]
pub struct SuspendArgs {
    #[command(flatten)]
    pub runs: Named,
}

/// Let a held run go on, and end suspended nodes
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys resume hello-x7k2p
  tiphys resume deploy --node-field-selector displayName=approve")]
pub struct ResumeArgs {
    #[command(flatten)]
    pub runs: Named,
    /// Only nodes that match, for instance `displayName=approve`
    #[arg(long, value_name = "SELECTOR", default_value = "", hide_default_value = true)]
    pub node_field_selector: String,
}

/// Give a suspended node output values, a phase, or a message
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys node set deploy --node-field-selector displayName=approve --output-parameter answer=yes
  tiphys node set deploy --node-field-selector displayName=approve --phase Succeeded")]
pub struct NodeArgs {
    /// What to do, `set`, and the name of the run, or `@latest`
    #[arg(value_name = "set NAME")]
    pub words: Vec<String>,
    /// Namespace of the run
    #[arg(short, long)]
    pub namespace: Option<String>,
    /// The nodes, for instance `displayName=approve`
    #[arg(long, value_name = "SELECTOR", default_value = "", hide_default_value = true)]
    pub node_field_selector: String,
    /// Value of an output parameter
    #[arg(short = 'p', long, value_name = "NAME=VALUE")]
    pub output_parameter: Vec<String>,
    /// The phase it ends with
    #[arg(long, value_name = "PHASE")]
    pub phase: Option<String>,
    /// Its message
    #[arg(short, long)]
    pub message: Option<String>,
}

impl Verb for StopArgs {
    fn namespace(&self) -> Option<&str> {
        self.runs.namespace.as_deref()
    }

    fn there(&self, server: &Server) -> anyhow::Result<ExitCode> {
        remote::stop(server, self)
    }

    fn here(&self) -> anyhow::Result<ExitCode> {
        stop(self)
    }
}

fn stop(args: &StopArgs) -> anyhow::Result<ExitCode> {
    readable(&args.node_field_selector)?;
    let request = Request::Stop { selector: args.node_field_selector.clone(), message: args.message.clone() };
    let then = if args.node_field_selector.is_empty() { Then::End } else { Then::Wait };
    let meant = Meant::of("stop", &args.runs.names, args.runs.namespace.as_deref(), &args.selector)?;
    meant.ask("stopped", args.dry_run, &request, then)
}

impl Verb for Args {
    fn namespace(&self) -> Option<&str> {
        self.runs.namespace.as_deref()
    }

    fn there(&self, server: &Server) -> anyhow::Result<ExitCode> {
        remote::terminate(server, self)
    }

    fn here(&self) -> anyhow::Result<ExitCode> {
        terminate(self)
    }
}

fn terminate(args: &Args) -> anyhow::Result<ExitCode> {
    let meant = Meant::of("terminate", &args.runs.names, args.runs.namespace.as_deref(), &args.selector)?;
    meant.ask("terminated", args.dry_run, &Request::Terminate, Then::End)
}

impl Verb for SuspendArgs {
    fn namespace(&self) -> Option<&str> {
        self.runs.namespace.as_deref()
    }

    fn there(&self, server: &Server) -> anyhow::Result<ExitCode> {
        remote::suspend(server, self)
    }

    fn here(&self) -> anyhow::Result<ExitCode> {
        suspend(self)
    }
}

fn suspend(args: &SuspendArgs) -> anyhow::Result<ExitCode> {
    let meant = Meant::of("suspend", &args.runs.names, args.runs.namespace.as_deref(), &Selector::default())?;
    meant.ask("suspended", false, &Request::Suspend, Then::Wait)
}

impl Verb for ResumeArgs {
    fn namespace(&self) -> Option<&str> {
        self.runs.namespace.as_deref()
    }

    fn there(&self, server: &Server) -> anyhow::Result<ExitCode> {
        remote::resume(server, self)
    }

    fn here(&self) -> anyhow::Result<ExitCode> {
        resume(self)
    }
}

fn resume(args: &ResumeArgs) -> anyhow::Result<ExitCode> {
    readable(&args.node_field_selector)?;
    let request = Request::Resume { selector: args.node_field_selector.clone(), by: None };
    let meant = Meant::of("resume", &args.runs.names, args.runs.namespace.as_deref(), &Selector::default())?;
    meant.ask("resumed", false, &request, Then::Wait)
}

/// A node field selector that can be read.
pub fn readable(selector: &str) -> anyhow::Result<()> {
    terms(selector).map(|_| ())
}

impl Verb for NodeArgs {
    fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    fn there(&self, server: &Server) -> anyhow::Result<ExitCode> {
        remote::node(server, self)
    }

    fn here(&self) -> anyhow::Result<ExitCode> {
        node(self)
    }
}

fn node(args: &NodeArgs) -> anyhow::Result<ExitCode> {
    let mut parameters = BTreeMap::new();
    for pair in &args.output_parameter {
        let (name, value) = pair.split_once('=').ok_or_else(|| {
            problem(format!("`--output-parameter {pair}` is not NAME=VALUE"), "for instance `-p answer=yes`")
        })?;
        parameters.insert(name.to_owned(), unquoted(value));
    }
    let [action, name] = args.words.as_slice() else {
        return Err(problem(
            "what to do and one run are needed",
            "for instance `tiphys node set @latest --help`",
        ));
    };
    if action != "set" {
        return Err(problem(format!("`node {action}` is not known"), "`tiphys node set NAME` sets values"));
    }
    let phase = match args.phase.as_deref() {
        Some("Succeeded") => Some(Phase::Succeeded),
        Some("Failed") => Some(Phase::Failed),
        Some("Skipped") => Some(Phase::Skipped),
        Some("Error") => Some(Phase::Error),
        None => None,
        Some(other) => {
            return Err(problem(
                format!("a node cannot end with the phase `{other}`"),
                "`--phase` is Succeeded, Failed, Error or Skipped",
            ));
        }
    };
    readable(&args.node_field_selector)?;
    let request = Request::SetNode {
        selector: args.node_field_selector.clone(),
        parameters,
        phase,
        message: args.message.clone(),
    };
    let mut local = Local::open()?;
    let summary = local.find(name, args.namespace.as_deref())?;
    send(&mut local, &summary, request)?;
    to_stdout("workflow values set\n");
    Ok(ExitCode::SUCCESS)
}

/// A value in quotes, as Go's programs are written, stands for what is quoted (CLI-044).
pub fn unquoted(value: &str) -> String {
    quoted(value).unwrap_or_else(|| value.to_owned())
}

/// What stands in Go's quotes: a text in double ones or in backquotes, or one character in single ones.
fn quoted(value: &str) -> Option<String> {
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\'' | '`'))?;
    let inner = value[1..].strip_suffix(quote)?;
    if quote == '`' {
        return (!inner.contains('`')).then(|| inner.replace('\r', ""));
    }
    let mut bytes = Vec::new();
    let mut characters = 0;
    let mut rest = inner;
    while let Some(char) = rest.chars().next() {
        characters += 1;
        rest = &rest[char.len_utf8()..];
        match char {
            '\\' => rest = escaped(rest, quote, &mut bytes)?,
            '\n' => return None,
            char if char == quote => return None,
            char => bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    if quote == '\'' && characters != 1 {
        return None;
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Reads what follows a backslash. Returns what follows that.
fn escaped<'t>(text: &'t str, quote: char, bytes: &mut Vec<u8>) -> Option<&'t str> {
    let char = text.chars().next()?;
    let rest = &text[char.len_utf8()..];
    let number = |from: &'t str, digits: usize, base: u32| {
        let digits =
            from.get(..digits).filter(|text| text.bytes().all(|byte| byte.is_ascii_alphanumeric()))?;
        Some((u32::from_str_radix(digits, base).ok()?, &from[digits.len()..]))
    };
    let plain = match char {
        'a' => 0x07,
        'b' => 0x08,
        'f' => 0x0c,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 0x0b,
        '\\' => b'\\',
        char if char == quote => quote as u8,
        'x' | '0'..='7' => {
            let (byte, rest) = if char == 'x' { number(rest, 2, 16)? } else { number(text, 3, 8)? };
            bytes.push(u8::try_from(byte).ok()?);
            return Some(rest);
        }
        'u' | 'U' => {
            let (code, rest) = number(rest, if char == 'u' { 4 } else { 8 }, 16)?;
            bytes.extend_from_slice(char::from_u32(code)?.encode_utf8(&mut [0; 4]).as_bytes());
            return Some(rest);
        }
        _ => return None,
    };
    bytes.push(plain);
    Some(rest)
}

/// What happens to a request when nobody drives the run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    /// It waits for whoever continues the run.
    Wait,
    /// The run is driven to its end from here.
    End,
}

/// The runs that are meant.
pub struct Meant {
    local: Local,
    pub runs: Vec<Summary>,
}

impl Meant {
    /// Those that are named, then those that a selector finds.
    pub fn of(
        verb: &str,
        names: &[String],
        namespace: Option<&str>,
        selector: &Selector,
    ) -> anyhow::Result<Meant> {
        if selector.is_empty() {
            named(names, &format!("tiphys {verb} @latest"))?;
        }
        let mut local = Local::open()?;
        let mut runs = Vec::new();
        for name in names {
            runs.push(local.find(name, namespace)?);
        }
        if !selector.is_empty() {
            let query = query(selector)?;
            let filter = Filter { namespace: namespace.map(str::to_owned), ..Filter::default() };
            let found = local.store.every(&filter)?;
            runs.extend(
                found
                    .into_iter()
                    .filter(|run| query.matches(&serde_json::json!(run.labels), &run.name, &run.namespace)),
            );
        }
        let mut seen = std::collections::BTreeSet::new();
        runs.retain(|run| seen.insert(run.uid.clone()));
        Ok(Meant { local, runs })
    }

    fn ask(mut self, done: &str, dry_run: bool, request: &Request, then: Then) -> anyhow::Result<ExitCode> {
        for summary in &self.runs {
            if dry_run {
                to_stdout(&format!("workflow {} {done} (dry-run)\n", summary.name));
                continue;
            }
            match (send(&mut self.local, summary, request.clone())?, then) {
                (Delivery::Read, _) => {}
                (Delivery::Waits, Then::End) => end_here(&mut self.local, summary)?,
                (Delivery::Waits, Then::Wait) => to_stderr(&format!(
                    "notice: nobody drives `{0}` now; it takes effect with `tiphys continue {0}`\n",
                    summary.name
                )),
            }
            to_stdout(&format!("workflow {} {done}\n", summary.name));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Whether an engine has taken what was asked.
enum Delivery {
    /// It is in the journal.
    Read,
    /// It waits in the inbox: nobody drives the run.
    Waits,
}

fn send(local: &mut Local, summary: &Summary, request: Request) -> anyhow::Result<Delivery> {
    let name = &summary.name;
    if summary.finished_us.is_some() {
        return Err(problem(
            format!("the run `{name}` has ended already, with {}", summary.phase),
            format!("`tiphys get {name}` shows how"),
        ));
    }
    let run = local.load(summary)?.run;
    if let Some(refusal) = run.refuses(&request) {
        return Err(problem(refusal.to_string(), way_out(&run, name, &refusal)));
    }
    let machine = MachineId::workflow(&*summary.uid);
    let letter = serde_json::to_vec(&Ask::Request(request))?;
    let number = local
        .store
        .put_inbox(&machine, &letter)?
        .ok_or_else(|| problem(format!("the run `{name}` is gone"), "`tiphys list` shows what is there"))?;
    let until = Instant::now() + ANSWER_WITHIN;
    loop {
        if !local.state.poke(&machine)? && local.driver(&summary.uid)?.is_none() {
            let waits = local.store.inbox(&machine)?.iter().any(|letter| letter.number == number);
            return Ok(if waits { Delivery::Waits } else { Delivery::Read });
        }
        std::thread::sleep(LOOK_EVERY);
        if !local.store.inbox(&machine)?.iter().any(|letter| letter.number == number) {
            return Ok(Delivery::Read);
        }
        if Instant::now() > until {
            return Err(problem(
                format!("the engine of `{name}` does not answer; what was asked lies in its inbox"),
                "it takes effect as soon as the engine looks, or when the run is continued",
            ));
        }
    }
}

/// What can be done about a refusal.
fn way_out(run: &Run, name: &str, refusal: &Refusal) -> String {
    match refusal {
        Refusal::Unanswered(Unanswered { node, parameter }) => {
            let step = run.display_name(*node);
            // What a shell or a selector would read otherwise is named by its id.
            let is_plain = step.chars().all(|char| char.is_alphanumeric() || "-_.".contains(char));
            let step = if is_plain { format!("displayName={step}") } else { format!("id={}", run.id(*node)) };
            format!(
                "answer it first: `tiphys node set {name} --node-field-selector {step} -p {parameter}=VALUE`"
            )
        }
        Refusal::Nobody { .. } | Refusal::Unasked { .. } => {
            format!("`tiphys get {name}` shows its steps, and what they wait for")
        }
        Refusal::Unreadable(_) => "for instance `--node-field-selector displayName=approve`".to_owned(),
    }
}

/// Drives a run that is to end, to its end, in silence.
fn end_here(local: &mut Local, summary: &Summary) -> anyhow::Result<()> {
    let signals = Signals::listen()?;
    match take_over(local, summary, None, &Show::nothing(), &signals)? {
        Left::Over(_) => Ok(()),
        Left::Interrupted(_) => Err(problem(
            format!("`{}` was not ended", summary.name),
            format!("`tiphys stop {}` goes on with it", summary.name),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::unquoted;

    /// CLI-044.
    #[test]
    fn values_are_unquoted_as_in_go() {
        for (value, meant) in [
            ("plain", "plain"),
            ("\"q\"", "q"),
            ("\"a\\tb\\x41\\101\\u00e9\\U0001F600\"", "a\tbAA\u{e9}\u{1f600}"),
            ("\"say \\\"hi\\\"\"", "say \"hi\""),
            ("'q'", "q"),
            ("'\\''", "'"),
            ("'é'", "é"),
            ("`r\"s\\n`", "r\"s\\n"),
            // What Go cannot unquote is meant as it is.
            ("'qq'", "'qq'"),
            ("''", "''"),
            ("\"", "\""),
            ("\"a\"b\"", "\"a\"b\""),
            ("\"\\'\"", "\"\\'\""),
            ("\"\\400\"", "\"\\400\""),
            ("\"\\x+1\"", "\"\\x+1\""),
            ("\"\\u12é\"", "\"\\u12é\""),
            ("\"a\nb\"", "\"a\nb\""),
            ("\"open", "\"open"),
        ] {
            assert_eq!(unquoted(value), meant, "{value}");
        }
    }
}
