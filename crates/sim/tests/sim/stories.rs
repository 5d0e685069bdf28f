//! Every story under `tests/stories` is told in every way.

use std::path::{Path, PathBuf};
use tiphys_sim::stories::{Telling, read, tell};

fn stories() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/stories");
    let mut found: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("the stories are part of the project")
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "story"))
        .collect();
    found.sort();
    found
}

#[test]
fn every_story_comes_out_as_told() {
    let wanted = std::env::var("STORY").unwrap_or_default();
    let mut failures = Vec::new();
    let mut told = 0;
    for path in stories() {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if !name.contains(&wanted) {
            continue;
        }
        told += 1;
        let text = std::fs::read_to_string(&path).unwrap();
        let outcome = read(&text).and_then(|story| {
            for telling in [Telling::Plain, Telling::Doubled, Telling::Restarted] {
                tell(&story, telling).map_err(|error| format!("({telling:?}) {error}"))?;
            }
            Ok(())
        });
        if let Err(error) = outcome {
            failures.push(format!("--- {name}\n{error}\n"));
        }
    }
    println!("{told} stories told");
    assert!(
        failures.is_empty(),
        "{} of {told} stories came out differently:\n{}",
        failures.len(),
        failures.join("\n")
    );
}
