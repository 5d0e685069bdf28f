//! The table of the benches, on the terminal and on the page.

use std::fmt::Write;

use serde_json::{Value, json};

use super::stats::Sample;
use super::{Better, Promise, Row};
use crate::workspace::Workspace;

/// What stands in the way of better figures, as far as it was found out by measuring. Printed below the table.
const LIMITS: &[(&str, &str)] = &[
    (
        "P1b",
        "each step mounts and gives back a root of its own; the loop by hand does the same mounts, without a journal and \
         without logs.",
    ),
    (
        "P2",
        "no node looks at more nodes than it waits for or is waited for by, so instructions do not grow: counted with \
         callgrind, a node of a chain takes some 7,300 in a run of 1,000 nodes and of 20,000 alike. What grows is the memory \
         that the processor has to fetch. With a second cache of 1 MiB a node in a chain of 20,000 reads 4 lines from beyond \
         it: the task in the plan (2), its name (1), its places in the dag and among those who wait (1). It writes 4: itself \
         (3) and its place in the dag (1). In a small run all of them are in the cache. What the documents leave behind is \
         put in order by the allocator when a run is driven for the first time, which reads 10 lines more for each node; the \
         median of three drives or more, for every size, leaves that out. Another allocator (mimalloc) was slower: 0.86 to \
         0.94 of this rate.",
    ),
    (
        "P3",
        "the next step is started after the end of the last one is on disk, so a commit and a start follow each other; both \
         are beside it as yardsticks, and where their sum is above the floor it cannot be reached. Looked at with the \
         scheduler's own events, a round of 1.2 ms was: the end heard by the engine 0.1, decided 0.2, on disk 0.4, the start \
         prepared and sent 0.2, its process made and its program loaded 0.3. To make the process during the commit won a \
         twentieth (ADR 0005).",
    ),
    (
        "P4",
        "in the sandbox a supervisor is started and some 760 folders are mirrored for the first step of a run; the engine's \
         first commit happens meanwhile.",
    ),
    (
        "P5",
        "what a submit or a step makes durable waits for the disk; commits of requests that come together are \
         one, as are those of what is deleted or taken up together. Measured once, beside other programs on two \
         busy cores: `prune` removed 1,090 runs a second and `delete --all` 790, of 5,000 (43 when each was a \
         transaction of its own), a server 360 that were under way; a list of 3,000 runs under way cost a \
         server 0.21 s of a processor; 3,000 of them were taken up by a server (not optimized) in 30 s, 23 of which it waited \
         for a processor, where it took 100 s before. A search in messages reads rows one after the other, 84,000 \
         in 100 ms, until a page is full. An index of their trigrams was tried on 100,000 rows and is not worth \
         it: a rare text came in 1 ms instead of 180, but a frequent one in 270 as before; the database was twice \
         as large (41 MB instead of 20) where each run has a message, and writing one cost 50 µs more.",
    ),
    ("P7", "every event of the journal is read and folded again; no snapshot is kept that could be wrong."),
    (
        "P8",
        "P8d and P8f are measured over the binary, the others over generated answers: they tell what the pages need, not what \
         the server does to give them their nodes and changes.",
    ),
    (
        "P9",
        "what a busy time leaves free is given back within a minute. Measured once, beside other programs: a server that \
         had taken, run and kept 20,000 workflows of one step over HTTP (in 188 s) had 63 MB, and 62 MB two minutes later, \
         of 45 MB before the first; the list of them all in one answer (12.3 MB) took it to 283 MB, and two minutes later it \
         had 62 MB again. A run of 100,000 steps that all \
         wait for a person took a server (not optimized) from 41 MB to 83 MB, some 430 bytes a step with its plan and status; \
         an answer with all its nodes took it to 440 MB until it was sent.",
    ),
];

/// One line for the terminal.
pub fn line(row: &Row) -> String {
    let mut line = format!("{:<4} {:<72} {:>12}", row.id, row.what, shown(row.ours.median(), row.unit));
    for (name, sample) in &row.yardsticks {
        write!(line, "  | {name} {}", shown(sample.median(), row.unit))
            .expect("writing to a string cannot fail");
    }
    if let Some(ratio) = row.ratio() {
        write!(line, "  | ratio {ratio:.2}").expect("writing to a string cannot fail");
    }
    line + &format!("  {}", verdict(row))
}

/// Writes the page and the figures for programs. Rows of benches that did not run now stay as they are.
pub fn write(workspace: &Workspace, rows: &[Row], order: &[&str]) -> Result<(), String> {
    let path = |name: &str| workspace.root.join("docs").join(name);
    let put = |name: &str, text: String| {
        std::fs::write(path(name), text).map_err(|error| format!("{}: {error}", path(name).display()))
    };
    // What is not there yet, or cannot be read, has nothing to keep.
    let known = |name: &str| std::fs::read_to_string(path(name)).unwrap_or_default();
    let place = |id: &str| order.iter().position(|known| *known == id);
    let stays = |id: &str| place(id).is_some() && rows.iter().all(|row| row.id != id);

    let old: Vec<Value> = serde_json::from_str(&known("performance.json")).unwrap_or_default();
    let id_of = |figures: &Value| figures["id"].as_str().unwrap_or_default().to_owned();
    let mut figures: Vec<Value> = rows.iter().map(figures).collect();
    figures.extend(old.into_iter().filter(|figures| stays(&id_of(figures))));
    figures.sort_by_key(|figures| place(&id_of(figures)));
    let figures = serde_json::to_string_pretty(&figures).map_err(|error| error.to_string())?;
    put("performance.json", figures + "\n")?;

    let page_now = known("performance.md");
    let old = page_now.lines().filter_map(|line| Some((line.strip_prefix("| ")?.split(" |").next()?, line)));
    let mut lines: Vec<(&str, String)> = rows.iter().map(|row| (row.id, table_row(row))).collect();
    lines.extend(old.filter(|(id, _)| stays(id)).map(|(id, line)| (id, line.to_owned())));
    lines.sort_by_key(|(id, _)| place(id));
    put("performance.md", page(lines.into_iter().map(|(_, line)| line)))
}

fn page(lines: impl Iterator<Item = String>) -> String {
    let mut page = String::from(
        "# Performance\n\nGenerated by `cargo xtask bench`; do not edit. Ours and the yardsticks ran in turns on the same \
         machine,\nso the ratios say more than the figures. *Spread* is the distance between the quartiles as a share of \
         the median.\nRows of benches that were not named in the last round are from an earlier one.\n",
    );
    let mut push = |line: String| writeln!(page, "{line}").expect("writing to a string cannot fail");
    push(format!("\nMachine: {}.\n", machine()));
    push("| | benchmark | ours | spread | yardstick | ratio | floor | goal | reached |".to_owned());
    push("|---|---|---:|---:|---|---:|---:|---:|---|".to_owned());
    lines.for_each(&mut push);
    push("\n## What limits what\n".to_owned());
    LIMITS.iter().for_each(|(id, what)| push(format!("- **{id}**: {what}")));
    page
}

fn table_row(row: &Row) -> String {
    let yardsticks: Vec<String> = row
        .yardsticks
        .iter()
        .map(|(name, sample)| {
            format!("{name}: {} (±{:.0} %)", shown(sample.median(), row.unit), percent(sample))
        })
        .collect();
    format!(
        "| {} | {} | {} | {:.0} % | {} | {} | {} | {} | {} |",
        row.id,
        row.what,
        shown(row.ours.median(), row.unit),
        percent(&row.ours),
        yardsticks.join("<br>"),
        row.ratio().map(|ratio| format!("{ratio:.2}")).unwrap_or_default(),
        row.promise.map(|promise| bar(&promise, promise.floor, row.unit)).unwrap_or_default(),
        row.promise.and_then(|promise| Some(bar(&promise, promise.goal?, row.unit))).unwrap_or_default(),
        verdict(row),
    )
}

fn figures(row: &Row) -> Value {
    let sample = |sample: &Sample| json!({ "median": sample.median(), "low": sample.quantile(0.25), "high": sample.quantile(0.75) });
    let yardsticks: Vec<Value> = row
        .yardsticks
        .iter()
        .map(|(name, figures)| json!({ "name": name, "figures": sample(figures) }))
        .collect();
    json!({
        "id": row.id,
        "what": row.what,
        "unit": row.unit,
        "ours": sample(&row.ours),
        "yardsticks": yardsticks,
        "ratio": row.ratio(),
        "floor": row.promise.map(|promise| promise.floor),
        "goal": row.promise.and_then(|promise| promise.goal),
        "floor_reached": row.reached().map(|(floor, _)| floor),
        "goal_reached": row.reached().map(|(_, goal)| goal),
    })
}

fn verdict(row: &Row) -> &'static str {
    match row.reached() {
        None => "",
        Some((_, true)) => "goal",
        Some((true, false)) => "floor",
        Some((false, false)) => "missed",
    }
}

fn bar(promise: &Promise, bar: f64, unit: &str) -> String {
    match promise.better {
        Better::Ratio => format!("{bar:.2}"),
        Better::Higher => format!("≥ {}", shown(bar, unit)),
        Better::Lower => format!("≤ {}", shown(bar, unit)),
        Better::Flat => format!("≤ {bar:.2}"),
    }
}

fn shown(figure: f64, unit: &str) -> String {
    let digits = match figure.abs() {
        figure if figure >= 100.0 => 0,
        figure if figure >= 10.0 => 1,
        _ => 3,
    };
    format!("{figure:.digits$} {unit}").trim_end().to_owned()
}

fn percent(sample: &Sample) -> f64 {
    sample.spread() * 100.0
}

/// Processors and kernel, as far as they explain figures.
fn machine() -> String {
    let cpus = std::thread::available_parallelism().map_or(0, usize::from);
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let kernel: String = kernel.trim().chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    format!("{cpus} processors ({}), Linux {kernel}", model.trim_start_matches([' ', '\t', ':']))
}
