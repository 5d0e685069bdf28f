//! Schedules on a driven clock, in the situations of the specification.

use super::*;
use crate::machine::{Machine, Outbox};
use crate::time::Time;
use std::collections::BTreeMap;
use tiphys_spec as spec;

/// A schedule, the world around it, and what happened, told in short lines.
struct Play {
    cron: Cron,
    journal: Vec<(Time, Event)>,
    /// Runs that are there, by name, with whether each still runs.
    runs: BTreeMap<String, bool>,
    flaw: Option<String>,
    status: Option<Box<Status>>,
    day: &'static str,
}

impl Play {
    fn new(yaml: &str) -> Play {
        let mut play = Play {
            cron: Cron::default(),
            journal: Vec::new(),
            runs: BTreeMap::new(),
            flaw: None,
            status: None,
            day: "2026-07-01",
        };
        play.describe("12:00", yaml);
        play
    }

    fn time(&self, text: &str) -> Time {
        let seconds = if text.matches(':').count() == 1 { ":00" } else { "" };
        Time::parse(&format!("{}T{text}{seconds}Z", self.day)).unwrap()
    }

    fn describe(&mut self, at: &str, yaml: &str) -> String {
        let text = format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: CronWorkflow\nmetadata: {{name: nightly, uid: u, labels: \
             {{team: x, workflows.argoproj.io/creator: bob}}}}\nspec:\n  workflowSpec: {{entrypoint: main}}\n{}",
            yaml.lines().map(|line| format!("  {}\n", line.trim())).collect::<String>()
        );
        let parsed = spec::parse("test", &text, spec::Strictness::Strict);
        assert!(parsed.diagnostics.iter().all(|found| !found.is_error()), "{:?}", parsed.diagnostics);
        let spec::Object::CronWorkflow(document) = parsed.documents[0].object.clone() else { panic!() };
        let (flaw, status) = (self.flaw.clone(), self.status.take());
        self.hear(at, Input::Described { document, zone: "UTC".to_owned(), status, flaw })
    }

    /// Time passes: the timers that are due go off.
    fn at(&mut self, at: &str) -> String {
        let flaw = self.flaw.clone();
        self.hear(at, Input::Due { flaw })
    }

    /// The active run of that time of day ends.
    fn ends(&mut self, at: &str, run: &str, succeeded: bool) -> String {
        let name = run::name("nightly", self.time(run));
        self.runs.insert(name.clone(), false);
        let flaw = self.flaw.clone();
        self.hear(at, Input::RunEnded { uid: format!("uid of {name}"), succeeded, flaw })
    }

    /// The engine dies and comes back from its journal, with what was asked for and not answered.
    fn restart(&mut self, at: &str) -> String {
        let mut cron = Cron::default();
        self.journal.iter().for_each(|(at, event)| cron.apply(*at, event));
        assert_eq!(cron.state(), self.cron.state(), "I2");
        let written = serde_json::to_string(cron.state()).unwrap();
        self.cron = Cron::new(serde_json::from_str(&written).unwrap());
        assert_eq!(cron.state(), self.cron.state(), "what is written down is read back");
        let now = self.time(at);
        let open = self.cron.outstanding();
        let mut told = self.perform(open, now);
        let flaw = self.flaw.clone();
        told.push(self.hear(at, Input::Recovered { flaw }));
        told.retain(|line| !line.is_empty());
        told.join("; ")
    }

    fn hear(&mut self, at: &str, input: Input) -> String {
        let now = self.time(at);
        let mut out = Outbox::default();
        self.cron.handle(input, now, &mut out);
        self.journal.extend(out.events.iter().map(|event| (now, event.clone())));
        let mut told: Vec<String> = out.events.iter().filter_map(tell).collect();
        told.extend(self.perform(out.commands, now));
        told.join("; ")
    }

    fn perform(&mut self, commands: Vec<Command>, now: Time) -> Vec<String> {
        let mut told = Vec::new();
        for command in commands {
            match command {
                Command::Terminate(run) => told.push(format!("terminate {}", of_day(&run.name))),
                Command::Submit { due, name } => {
                    told.push(format!("run {}", of_day(&name)));
                    self.runs.insert(name.clone(), true);
                    let answer = Answer::Created { uid: format!("uid of {name}") };
                    let mut out = Outbox::default();
                    self.cron.handle(Input::Submitted { due, answer }, now, &mut out);
                    self.journal.extend(out.events.into_iter().map(|event| (now, event)));
                }
            }
        }
        told
    }
}

/// The time of day that a run's name tells of.
fn of_day(name: &str) -> String {
    let seconds: i64 = name.rsplit('-').next().unwrap().parse().unwrap();
    clock(Time(seconds * 1_000_000))
}

fn clock(at: Time) -> String {
    at.rfc3339()[11..16].to_owned()
}

fn mark(on_purpose: bool) -> &'static str {
    if on_purpose { " on purpose" } else { "" }
}

fn tell(event: &Event) -> Option<String> {
    match event {
        Event::Fired { due, verdict: Verdict::Skipped { reason, on_purpose } } => {
            Some(format!("skip {}{}: {reason}", clock(*due), mark(*on_purpose)))
        }
        Event::Fired { due, verdict: Verdict::Failed { message } } => {
            Some(format!("fail {}: {message}", clock(*due)))
        }
        Event::Missed { due, reason, on_purpose } => {
            Some(format!("miss {}{}: {reason}", clock(*due), mark(*on_purpose)))
        }
        Event::Invalid { message } => Some(format!("invalid: {message}")),
        Event::Valid => Some("valid".to_owned()),
        Event::Stopped => Some("stopped".to_owned()),
        _ => None,
    }
}

const EVERY_TEN: &str = "schedules: [\"*/10 * * * *\"]";

/// A schedule every ten minutes that made its run of 12:10, which ended.
fn after_a_run(more: &str) -> Play {
    let mut play = Play::new(&format!("{EVERY_TEN}\n{more}"));
    assert_eq!(play.at("12:10"), "run 12:10");
    assert_eq!(play.ends("12:10:30", "12:10", true), "");
    play
}

/// OB-048, OB-060, CR-080, CR-081, CR-082, CR-180.
#[test]
fn a_run_is_named_after_its_time_and_belongs_to_its_schedule() {
    let play = Play::new(
        "schedules: [\"0 2 * * *\"]\ntimezone: Europe/Berlin\nworkflowMetadata: {labels: {a: b}, annotations: {c: d}}",
    );
    let due = play.cron.next_due().unwrap();
    assert_eq!(due.rfc3339(), "2026-07-02T00:00:00Z");
    let run = run::workflow(&play.cron.state().document, Time(1_782_864_000_000_000));
    let metadata = &run.metadata;
    assert_eq!(metadata.name, "nightly-1782864000");
    let labels: Vec<&str> = metadata.labels.keys().map(String::as_str).collect();
    assert_eq!(labels, ["a", "workflows.argoproj.io/creator", "workflows.argoproj.io/cron-workflow"]);
    assert_eq!(metadata.annotations["workflows.argoproj.io/scheduled-time"], "2026-07-01T00:00:00Z");
    assert_eq!(metadata.annotations["c"], "d");
    assert_eq!(metadata.owner_references[0]["uid"], "u");
}

/// CR-072, CR-021, CR-023, CR-024, CR-058.
#[test]
fn a_firing_makes_a_run_and_the_status_tells_of_it() {
    let mut play = Play::new(EVERY_TEN);
    assert_eq!(play.at("12:09:59"), "");
    assert_eq!(play.at("12:10"), "run 12:10");
    assert_eq!(play.at("12:10:01"), "", "an instant fires once");
    let status = play.cron.state().status.write("ns");
    assert_eq!(status["phase"], "Active");
    assert_eq!(status["lastScheduledTime"], "2026-07-01T12:10:00Z");
    assert_eq!(status["active"][0]["namespace"], "ns");
    assert_eq!(Status::read(&status), play.cron.state().status);
    play.ends("12:11", "12:10", true);
    let status = play.cron.state().status.write("ns");
    assert_eq!((&status["active"], &status["succeeded"]), (&serde_json::Value::Null, &1.into()));
}

/// CR-111, CR-112, CR-118, CR-119, CR-120.
#[test]
fn what_downtime_missed_is_made_up_for_once_or_never() {
    let mut play = after_a_run("");
    let never = "and without `startingDeadlineSeconds` nothing is made up for";
    let told = format!("miss 12:20: 720 s late, {never}; miss 12:30: 120 s late, {never}");
    assert_eq!(play.restart("12:32"), told);
    assert_eq!(play.at("12:40"), "run 12:40");
    let mut play = after_a_run("startingDeadlineSeconds: 60");
    let late = "more than the `startingDeadlineSeconds` of 60 allow";
    let told = format!("miss 12:20: 720 s late, {late}; miss 12:30: 120 s late, {late}");
    assert_eq!(play.restart("12:32"), told);
    let mut play = after_a_run("startingDeadlineSeconds: 1200");
    let told = "miss 12:20: 720 s late; of several missed times only the latest is made up for; run 12:30";
    assert_eq!(play.restart("12:32"), told);
    assert_eq!(play.restart("12:33"), "");
    assert_eq!(play.at("12:40"), "run 12:40");
}

/// Whoever looks after a downtime sees each time of it, as far back as times are remembered.
#[test]
fn every_time_of_a_downtime_is_told_beside_one_that_is_fired() {
    let mut play = after_a_run("");
    let told = play.restart("12:40:05");
    assert!(told.starts_with("miss 12:20: 1205 s") && told.ends_with("; run 12:40"), "{told}");
    let recent: Vec<String> = play.cron.state().recent.iter().map(|firing| clock(firing.due)).collect();
    assert_eq!(recent, ["12:10", "12:20", "12:30", "12:40"]);
    let mut play = Play::new("schedules: [\"* * * * *\", \"*/7 * * * *\"]");
    play.restart("23:00:40");
    let recent = &play.cron.state().recent;
    assert_eq!((recent.len(), &*clock(recent[0].due), &*clock(recent[49].due)), (50, "22:11", "23:00"));
    let mut play = Play::new("schedules: [\"@every 10s\"]");
    let told = play.restart("12:00:25");
    assert_eq!(told, "miss 12:00: 5 s late; of several times that passed at once only one is run; run 12:00");
}

/// CR-113, CR-124.
#[test]
fn a_schedule_that_never_ran_or_was_changed_has_missed_nothing() {
    let mut play = Play::new(&format!("{EVERY_TEN}\nstartingDeadlineSeconds: 600"));
    let told = play.restart("12:32");
    let first = "miss 12:30: 120 s late; `startingDeadlineSeconds` of 600 counts from the first run on, and there was none";
    assert!(told.ends_with(first), "{told}");
    let mut play = after_a_run("startingDeadlineSeconds: 600");
    play.restart("12:11");
    assert_eq!(play.describe("12:31", "schedules: [\"*/7 * * * *\"]\nstartingDeadlineSeconds: 600"), "");
    assert_eq!(play.at("12:35"), "run 12:35");
}

/// CR-073, CR-114, CR-121, CR-122.
#[test]
fn forbid_skips_and_makes_up_when_the_run_ends_in_time() {
    let forbid = format!("{EVERY_TEN}\nconcurrencyPolicy: Forbid");
    let mut play = Play::new(&format!("{forbid}\nstartingDeadlineSeconds: 600"));
    assert_eq!(play.at("12:10"), "run 12:10");
    let told = play.at("12:20");
    assert!(
        told.starts_with("skip 12:20: `nightly-") && told.ends_with("Forbid lets only one run"),
        "{told}"
    );
    let status = play.cron.state().status.write("ns");
    assert_eq!(status["lastScheduledTime"], "2026-07-01T12:10:00Z", "CR-073: what is skipped does not count");
    assert_eq!(play.cron.state().status.failed, 0);
    assert_eq!(play.ends("12:24", "12:10", true), "run 12:20");
    let mut play = Play::new(&forbid);
    play.at("12:10");
    play.at("12:20");
    assert_eq!(play.ends("12:24", "12:10", true), "");
    assert_eq!(play.at("12:30"), "run 12:30");
}

/// CR-123, CR-117, CR-005, CR-068.
#[test]
fn a_schedule_that_is_resumed_makes_up_for_the_latest_instant() {
    let mut play = after_a_run("startingDeadlineSeconds: 600");
    let suspended = format!("{EVERY_TEN}\nstartingDeadlineSeconds: 600\nsuspend: true");
    play.describe("12:15", &suspended);
    for at in ["12:20", "12:30", "12:40"] {
        assert_eq!(play.at(at), format!("skip {at} on purpose: the schedule is suspended"));
    }
    let told = play.describe("12:45", &format!("{EVERY_TEN}\nstartingDeadlineSeconds: 600"));
    assert_eq!(told, "run 12:40");
    assert_eq!(play.cron.state().recent.len(), 4, "an instant is told once");
}

#[test]
fn what_passes_while_a_suspended_schedule_is_away_is_missed_on_purpose() {
    let mut play = after_a_run("");
    play.describe("12:15", &format!("{EVERY_TEN}\nsuspend: true"));
    assert_eq!(play.restart("12:22"), "miss 12:20 on purpose: the schedule was suspended");
}

/// CR-125, CR-070.
#[test]
fn replace_ends_the_run_before_without_waiting() {
    let mut play = Play::new(&format!("{EVERY_TEN}\nconcurrencyPolicy: Replace"));
    play.at("12:10");
    assert_eq!(play.at("12:20"), "terminate 12:10; run 12:20");
    assert_eq!(play.cron.state().replaced.len(), 1);
    play.ends("12:21", "12:10", false);
    assert!(play.cron.outstanding().is_empty());
}

/// CR-126, CR-085.
#[test]
fn several_schedules_share_an_instant_and_fall_back_on_their_own() {
    let mut play = Play::new("schedules: [\"*/10 * * * *\", \"0 * * * *\"]");
    play.at("12:50");
    assert_eq!(play.at("13:00"), "run 13:00");
    assert_eq!(play.at("13:00:01"), "");
}

/// CR-095, CR-096, CR-099, TP-135, CR-069, CR-143, CR-181.
#[test]
fn a_condition_decides_and_its_errors_count_as_failures() {
    let mut play =
        Play::new(&format!("{EVERY_TEN}\nwhen: \"{{{{= cronworkflow.lastScheduledTime == nil }}}}\""));
    assert_eq!(play.at("12:10"), "run 12:10");
    assert!(play.at("12:20").starts_with("skip 12:20 on purpose: its condition is false: {{="));
    let mut play = Play::new(&format!("{EVERY_TEN}\nwhen: \"{{{{cronworkflow.failed}}}} < 3\""));
    let told = play.at("12:10");
    assert!(told.starts_with("fail 12:10: run policy error: "), "{told}");
    assert_eq!(play.cron.state().status.failed, 1);
    assert_eq!(play.at("12:10:30"), "");
}

/// CR-067, CR-133, CR-140, CR-141, CR-142, CR-182.
#[test]
fn a_stop_expression_ends_the_schedule_until_its_status_is_cleared() {
    let stop = format!("{EVERY_TEN}\nstopStrategy: {{expression: \"cronworkflow.succeeded >= 1\"}}");
    let mut play = Play::new(&stop);
    play.at("12:10");
    assert_eq!(play.ends("12:11", "12:10", true), "stopped");
    assert_eq!(play.cron.state().status.write("ns")["phase"], "Stopped");
    assert_eq!(
        play.at("12:20"),
        "skip 12:20 on purpose: the schedule has stopped: its stopStrategy was fulfilled"
    );
    play.status = Some(Box::default());
    play.describe("12:25", &stop);
    assert_eq!(play.at("12:30"), "run 12:30");
    let mut play = Play::new(&format!("{EVERY_TEN}\nstopStrategy: {{expression: \"cronworkflow.\"}}"));
    let told = play.at("12:10");
    assert!(
        told.starts_with("invalid: failed to check CronWorkflow 'nightly' stopping condition: "),
        "{told}"
    );
}

/// CR-022, CR-066, CR-115, CR-183.
#[test]
fn a_document_that_cannot_run_says_so_until_it_can() {
    let mut play = Play::new(EVERY_TEN);
    play.flaw = Some("cannot validate Workflow: no template".to_owned());
    assert_eq!(
        play.at("12:10"),
        "invalid: cannot validate Workflow: no template; fail 12:10: cannot validate Workflow: no template"
    );
    assert_eq!(play.cron.state().status.failed, 0);
    let conditions = play.cron.state().status.write("ns")["conditions"].to_string();
    assert!(conditions.contains("\"SpecError\"") && conditions.contains("no template"), "{conditions}");
    assert_eq!(play.at("12:20"), "fail 12:20: cannot validate Workflow: no template");
    play.flaw = None;
    assert_eq!(play.at("12:30"), "valid; run 12:30");
}

/// CR-071.
#[test]
fn a_submission_that_fails_is_told_and_counted() {
    let mut play = Play::new(EVERY_TEN);
    let now = play.time("12:10");
    let mut out = Outbox::default();
    play.cron.handle(Input::Due { flaw: None }, now, &mut out);
    let answer = Answer::Failed("the disk is full".to_owned());
    play.cron.handle(Input::Submitted { due: now, answer }, now, &mut out);
    let status = &play.cron.state().status;
    assert_eq!(status.submission_error.as_deref(), Some("Failed to submit Workflow: the disk is full"));
    assert_eq!((status.failed, status.last_scheduled, status.phase.as_str()), (1, None, ""));
    assert!(play.cron.outstanding().is_empty());
}

/// CR-132, CR-184.
#[test]
fn runs_started_by_hand_count_as_active() {
    let mut play = Play::new(&format!("{EVERY_TEN}\nconcurrencyPolicy: Forbid"));
    let run = RunRef { name: "nightly-abcde".to_owned(), uid: "m".to_owned() };
    play.hear("12:05", Input::RunSeen(run.clone()));
    play.hear("12:06", Input::RunSeen(run));
    assert_eq!(play.cron.state().status.active.len(), 1);
    assert!(play.at("12:10").contains("`nightly-abcde` still runs"));
    play.hear("12:15", Input::RunGone { uid: "m".to_owned() });
    assert_eq!(play.at("12:20"), "run 12:20");
    assert_eq!(play.cron.state().status.failed, 0);
}

/// CR-130, CR-131, CR-185, CR-007.
#[test]
fn history_keeps_the_newest_of_each_kind() {
    let past =
        |uid: &str, succeeded, finished| run::Past { uid: uid.into(), succeeded, finished: Time(finished) };
    let mut spec = spec::CronWorkflowSpec { successful_jobs_history_limit: Some(2), ..Default::default() };
    let all = vec![past("s1", true, 1), past("s2", true, 2), past("s3", true, 3), past("f1", false, 1)];
    assert_eq!(run::excess(&spec, all.clone()), ["s1"]);
    spec.successful_jobs_history_limit = Some(-1);
    spec.failed_jobs_history_limit = Some(0);
    assert_eq!(run::excess(&spec, all), ["f1"]);
}

/// A timer that goes off late counts, so that a restart at the very moment loses nothing.
#[test]
fn a_restart_at_the_moment_of_firing_neither_loses_nor_doubles_it() {
    let mut play = Play::new(EVERY_TEN);
    assert_eq!(play.restart("12:10:02"), "run 12:10");
    assert_eq!(play.restart("12:10:03"), "");
    // Fired, recorded, and dead before anything was done about it.
    let now = play.time("12:20");
    let mut out = Outbox::default();
    play.cron.handle(Input::Due { flaw: None }, now, &mut out);
    play.journal.extend(out.events.into_iter().map(|event| (now, event)));
    assert_eq!(play.restart("12:20:05"), "run 12:20");
    assert!(play.cron.outstanding().is_empty());
}

/// CR-043: an interval counts from the arming.
#[test]
fn an_interval_counts_from_when_it_was_set() {
    let mut play = Play::new("schedules: [\"@every 90s\"]");
    assert_eq!(play.at("12:01:30"), "run 12:01");
    assert_eq!(play.at("12:02:59"), "");
    assert_eq!(play.at("12:03:00"), "run 12:03");
}

/// I2, I5: whatever happens in whatever order, with restarts everywhere, each instant makes at most one run, and
/// without restarts exactly one.
#[test]
fn random_days_neither_double_nor_lose_a_run() {
    for seed in 0..20_u64 {
        let mut random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut dice = move |sides: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % sides
        };
        let restarts = seed % 2 == 1;
        let mut play = Play::new("schedules: [\"* * * * *\"]\nstartingDeadlineSeconds: 900");
        let mut made: BTreeMap<String, usize> = BTreeMap::new();
        for second in (0..7_200).step_by(10) {
            let at = format!("{:02}:{:02}:{:02}", 12 + second / 3_600, second / 60 % 60, second % 60);
            let told = match dice(40) {
                0 if restarts => play.restart(&at),
                1..=4 => String::new(),
                _ => play.at(&at),
            };
            for line in told.split("; ").filter_map(|line| line.strip_prefix("run ")) {
                *made.entry(line.to_owned()).or_default() += 1;
            }
        }
        assert!(made.values().all(|times| *times == 1), "seed {seed}: {made:?}");
        assert_eq!(made.len(), 119, "seed {seed}: {made:?}");
        assert_eq!(play.cron.state().pending.len(), 0);
    }
}

/// CR-040 to CR-046, CR-055, CR-057: when schedules fire, after noon of a Thursday.
#[test]
fn schedules_fire_as_written() {
    let mut wrong = Vec::new();
    for (schedule, zone, from, expected) in [
        // CR-040
        ("30 13 * JAN-MAR thu", "", "2026-01-15T12:00:00Z", "01-15T13:30 01-22T13:30"),
        ("0 0 * * 7", "", "2026-01-15T12:00:00Z", "refused"),
        ("0 0 0 * * *", "", "2026-01-15T12:00:00Z", "refused"),
        // CR-041
        ("? 12 15,16 * *", "", "2026-01-15T12:00:00Z", "01-15T12:01 01-15T12:02"),
        ("0 */8 * * *", "", "2026-01-15T12:00:00Z", "01-15T16:00 01-16T00:00"),
        ("0 20-23/2 * * *", "", "2026-01-15T12:00:00Z", "01-15T20:00 01-15T22:00"),
        ("0 20/2 * * *", "", "2026-01-15T12:00:00Z", "01-15T20:00 01-15T22:00"),
        ("+05 012 * * *", "", "2026-01-15T12:00:00Z", "01-15T12:05 01-16T12:05"),
        ("1, 12 * * *", "", "2026-01-15T12:00:00Z", "01-15T12:01 01-16T12:01"),
        (", 12 * * *", "", "2026-01-15T12:00:00Z", "never"),
        ("*-5 * * * *", "", "2026-01-15T12:00:00Z", "01-15T12:01 01-15T12:02"),
        ("*/90 * * * *", "", "2026-01-15T12:00:00Z", "01-15T13:00 01-15T14:00"),
        ("0 0 L * *", "", "2026-01-15T12:00:00Z", "refused"),
        ("0 22-20 * * *", "", "2026-01-15T12:00:00Z", "refused"),
        // CR-042
        ("0 0 16 * *", "", "2026-01-15T12:00:00Z", "01-16T00:00 02-16T00:00"),
        ("0 0 16 * 1", "", "2026-01-15T12:00:00Z", "01-16T00:00 01-19T00:00"),
        ("0 0 */2 * 2", "", "2026-01-15T12:00:00Z", "01-17T00:00 01-19T00:00 01-20T00:00"),
        // CR-044: validation refuses it before; the parser knows it.
        ("CRON_TZ=Europe/Berlin 0 14 * * *", "", "2026-01-15T12:00:00Z", "01-15T13:00"),
        // CR-045, CR-046
        ("0 0 30 2 *", "", "2026-01-15T12:00:00Z", "never"),
        ("* * * * *", "", "2026-01-15T12:00:00Z", "01-15T12:01 01-15T12:02"),
        ("@every 60s", "", "2026-01-15T12:00:30Z", "01-15T12:01"),
        // CR-055
        ("0 9 * * *", "America/New_York", "2026-01-15T12:00:00Z", "01-15T14:00"),
        // CR-057
        ("30 1 * * *", "America/New_York", "2026-11-01T00:00:00Z", "11-01T05:30 11-01T06:30 11-02T06:30"),
        ("0 2 * * *", "America/New_York", "2026-11-01T00:00:00Z", "11-01T07:00 11-02T07:00"),
        ("30 1 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", "10-03T15:00 10-03T15:30"),
    ] {
        let found = fires(schedule, zone, from, expected.split(' ').count());
        if found != expected {
            wrong.push(format!("{schedule} {zone}: {found}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The next instants, without year and seconds.
fn fires(schedule: &str, zone: &str, from: &str, count: usize) -> String {
    let Ok(schedule) = super::schedule::parse(schedule, zone) else { return "refused".to_owned() };
    let mut at: jiff::Timestamp = from.parse().unwrap();
    let mut found = Vec::new();
    for _ in 0..count {
        let Some(next) = schedule.next(at) else {
            found.push("never".to_owned());
            break;
        };
        found.push(next.to_string()[5..16].to_owned());
        at = next;
    }
    found.join(" ")
}

/// CR-059, CR-096 to CR-098: what the condition may look at. A condition is taken for JSON as it stands.
#[test]
fn conditions_know_the_schedule() {
    use super::condition::{Facts, should_run};
    let world = tiphys_expr::World { now: "2026-01-15T12:00:00Z".parse().unwrap(), seed: 1 };
    let facts = Facts {
        name: "nightly".to_owned(),
        labels: [("team".to_owned(), "x".to_owned())].into(),
        last_scheduled_time: Some("2026-01-15T11:30:00Z".parse().unwrap()),
        ..Facts::default()
    };
    let judge = |condition: &str| should_run(condition, &facts, &world);
    assert_eq!(judge("{{= (now() - cronworkflow.lastScheduledTime).Minutes() > 20 }}"), Ok(true));
    // CR-097, as recorded: conditions do not see labels, and stop expressions see them as annotations, too.
    let missing = judge("{{= cronworkflow.labels['team'] == 'x' }}").unwrap_err();
    assert!(missing.ends_with("cronworkflow.labels.team is missing"), "{missing}");
    let stop = "cronworkflow.labels.team == 'x' && cronworkflow.annotations.team == 'x'";
    assert_eq!(super::condition::should_stop(stop, &facts, &world), Ok(true));
    assert_eq!(judge("{{= cronworkflow.name == 'nightly' }} && {{= cronworkflow.failed }} == 0"), Ok(true));
    assert!(judge("{{= cronworkflow.name == \"nightly\" }}").is_err());
}
