//! A year of runs with retention: what the store costs, month by month.

use super::stats::Sample;
use super::{Bench, Better, Promise, Row, alone};

/// One every five minutes: a year is about a hundred thousand.
const RUNS_A_DAY: usize = 288;

/// From this month on as much goes as comes: the archive keeps 60 days.
const STEADY: i64 = 3;

/// The last month beside those since retention began to matter.
pub fn measure(bench: &Bench) -> Result<Vec<Row>, String> {
    let folder = std::path::Path::new("/dev/shm").join(format!("tiphys-year-{}", std::process::id()));
    let months =
        bench.example("tiphys-store", "year_of_runs", &[&folder.to_string_lossy(), &RUNS_A_DAY.to_string()]);
    // What stays behind is in memory, not on a disk.
    std::fs::remove_dir_all(&folder).ok();
    let months = months?;
    let last = months.last().ok_or("the example printed no month")?;
    let of = format!("a year of {} runs, 60 days of them kept", last["runs"]);
    let mut rows = Vec::new();
    for (field, what, unit, scale, floor) in [
        ("bytes", "the database after the last month", "MiB", 1_048_576.0, 1.1),
        ("pages_ms", "four pages of lists in the last month", "ms", 1.0, 2.0),
    ] {
        let figure = |month: &serde_json::Value| {
            let figure = month[field].as_f64().ok_or(format!("the example prints no `{field}`"))?;
            Sample::new(vec![figure / scale])
        };
        let flat = Promise { better: Better::Flat, floor, goal: None };
        let mut row = alone("P5g", format!("{of}: {what}"), unit, vec![figure(last)?.median()], Some(flat))?;
        let since = months.iter().filter(|month| month["month"].as_i64().is_some_and(|at| at >= STEADY));
        for month in since.take(months.len() - STEADY as usize) {
            row.yardsticks.push((format!("month {}", month["month"]), figure(month)?));
        }
        rows.push(row);
    }
    Ok(rows)
}
