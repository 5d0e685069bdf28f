//! `cargo xtask conformance`: the binary against what Argo really answered.
//!
//! The recorded truth lies beside the checkout and is no part of the project. Each *area* takes one
//! kind of it, asks the binary through its public commands only, and says per case whether both
//! agree. The numbers go to a table, to `docs/conformance.md` and to a ratchet file that CI holds
//! them against.

mod corpus;
mod coverage;
mod documented;
mod golden;
mod options;
mod program;
mod ratchet;
mod report;
pub mod rest;
mod staging;
mod tables;
mod transcripts;
mod validation;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Instant;

use options::Options;

use crate::workspace::{Profile, Workspace};

/// What came of one recorded case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Agrees,
    /// What differed, one difference a line.
    Differs(String),
    /// A difference that a row of `docs/deviations.md` explains.
    Deviates(String),
    /// Why the case cannot be asked here.
    Skipped(String),
}

/// A recorded case with its verdict.
#[derive(Debug)]
pub struct Case {
    pub id: String,
    pub verdict: Verdict,
}

/// All cases of one kind.
#[derive(Debug)]
pub struct Area {
    pub name: &'static str,
    pub about: &'static str,
    pub cases: Vec<Case>,
    pub seconds: f64,
}

impl Area {
    /// How many cases end in verdicts that `wanted` accepts.
    pub fn count(&self, wanted: fn(&Verdict) -> bool) -> usize {
        self.cases.iter().filter(|case| wanted(&case.verdict)).count()
    }

    /// Cases where Argo and we gave the same answer.
    pub fn agreeing(&self) -> usize {
        self.count(|verdict| *verdict == Verdict::Agrees)
    }

    /// Cases that were asked and have no explanation of their own.
    pub fn judged(&self) -> usize {
        self.count(|verdict| matches!(verdict, Verdict::Agrees | Verdict::Differs(_)))
    }
}

/// Everything an area needs: the recordings, the program, and a place for scratch.
pub struct Bench {
    pub corpus: PathBuf,
    pub binary: PathBuf,
    pub scratch: PathBuf,
    pub jobs: usize,
    /// Only cases whose id contains this text.
    pub filter: Option<String>,
    pub isolation: Option<String>,
    /// Codes of diagnostics that a row of `docs/deviations.md` explains.
    pub deviations: BTreeSet<String>,
    /// What may differ in single recordings, by the file that was run.
    pub allowances: BTreeMap<String, BTreeSet<String>>,
}

impl Bench {
    fn wants(&self, id: &str) -> bool {
        self.filter.as_deref().is_none_or(|filter| id.contains(filter))
    }
}

/// The areas by name, in the order of the table.
const AREAS: &[(&str, &str)] = &[
    ("phases-ci", "files that Argo's own suite submits, not random: final phase"),
    ("phases", "every runnable file of today's examples: final phase"),
    ("phases-v3", "every runnable file of the v3.0 examples: final phase"),
    ("phases-seeds", "every runnable manifest of the seed articles: final phase"),
    ("golden", "whole final statuses: nodes, ids, messages, inputs, outputs, edges"),
    ("golden-order", "the same statuses: order of children and outbound nodes"),
    ("golden-logs", "the same runs: archived log lines of every node"),
    ("expressions", "expression tags, strict and lenient"),
    ("simple_tags", "plain tags, strict and lenient"),
    ("when", "`when` texts after substitution"),
    ("depends", "`depends` of DAG tasks"),
    ("cron", "next times of schedules"),
    ("loops", "items of `withSequence` and `withParam`"),
    ("durations", "duration texts in seconds"),
    ("staging", "one text in one place of a workflow that runs: nodes, messages, arguments"),
    ("validation", "lint verdicts of manifests, strict and not"),
    ("documented", "every complete manifest of Argo's documentation: accepted by lint"),
    ("rest", "exchanges with Argo's server, replayed: status, faults, fields, names, frames"),
    ("cli-runs", "runs of Argo's command line against a server: what they print, and exit codes"),
];

/// Runs the areas that the options name; `false` means that a number fell below the ratchet.
pub fn run(workspace: &Workspace, arguments: &[String]) -> Result<bool, String> {
    let options = Options::parse(arguments, AREAS)?;
    let Some(corpus) = workspace.corpus() else {
        println!("skipped: the recorded corpus does not lie beside this checkout (../shared/corpus)");
        return Ok(true);
    };
    let binary = match &options.binary {
        Some(path) => path.clone(),
        None => workspace.binary(if options.dev { Profile::Tested } else { Profile::Release })?,
    };
    let bench = Bench {
        corpus,
        binary,
        scratch: program::scratch(workspace)?,
        jobs: options.jobs,
        filter: options.filter.clone(),
        isolation: options.isolation.clone(),
        deviations: report::deviation_codes(workspace),
        allowances: report::allowances(workspace),
    };
    let mut areas = Vec::new();
    let mut add = |measured: Vec<Area>| {
        for area in measured {
            println!("{}", report::line(&area));
            areas.push(area);
        }
    };
    add(tables::run(&bench, &options));
    add(validation::run(&bench, &options));
    add(documented::run(&bench, &options));
    add(staging::run(&bench, &options));
    // Both wait for runs of their own servers most of the time.
    let (rest, transcripts) = std::thread::scope(|scope| {
        let rest = scope.spawn(|| rest::run(workspace, &bench, &options));
        let transcripts = transcripts::run(&bench, &options);
        (rest.join(), transcripts)
    });
    add(rest.map_err(|_| "replaying the exchanges panicked".to_owned())?);
    add(transcripts);
    add(corpus::run(&bench, &options)?);
    areas.sort_by_key(|area| AREAS.iter().position(|(name, _)| *name == area.name));
    report::print(&areas, options.misses, options.filter.is_some());
    std::fs::remove_dir_all(&bench.scratch).ok();
    if options.filter.is_some() || options.isolation.is_some() {
        return Ok(true);
    }
    if options.is_complete() {
        report::write(workspace, &bench, &areas)?;
    }
    ratchet::hold(workspace, &areas, &options)
}

/// Measures how long `work` takes and wraps its cases as the area `name`. An area that cannot be asked at
/// all is one case that differs, so that the others are still heard.
fn measured(name: &str, work: impl FnOnce() -> Result<Vec<Case>, String>) -> Area {
    let started = Instant::now();
    let cases = work().unwrap_or_else(|message| {
        vec![Case { id: "the whole area".to_owned(), verdict: Verdict::Differs(message) }]
    });
    area(name, cases, started.elapsed().as_secs_f64())
}

fn area(name: &str, cases: Vec<Case>, seconds: f64) -> Area {
    let (name, about) =
        AREAS.iter().copied().find(|(known, _)| *known == name).expect("areas are named by the table");
    Area { name, about, cases, seconds }
}
