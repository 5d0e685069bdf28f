use super::Bells;
use std::sync::Arc;
use std::time::Duration;

/// Longer than any test may take: a bell that does not ring fails by that.
const LONG: Duration = Duration::from_secs(600);

/// The kernel tells of folders that come, of files that come in them, and of what is written.
#[tokio::test]
async fn what_is_written_rings_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let bells = Arc::new(Bells::default());
    let mut bell = bells.follow("run", folder.path());
    let mut other = bells.follow("run", folder.path());
    let step = folder.path().join("logs/step");
    std::fs::create_dir_all(&step).unwrap();
    bell.wait(LONG).await;
    // Whoever follows the same run hears it as well.
    other.wait(LONG).await;
    let log = step.join("0.0.main.log");
    // What is written before a new folder is listened to is read at the ring of that folder.
    std::fs::write(&log, "one").unwrap();
    bell.wait(LONG).await;
    std::fs::write(&log, "two").unwrap();
    bell.wait(LONG).await;
    bells.ring("run");
    bell.wait(LONG).await;
    bells.ring("another");
    drop(other);
    assert!(!bells.hung().watches.is_empty());
    drop(bell);
    let hung = bells.hung();
    assert!(hung.runs.is_empty() && hung.watches.is_empty() && hung.ear.is_none());
}

/// Who follows a run before its first step hears of that step, though the run's folder comes with it.
#[tokio::test]
async fn a_run_that_has_not_begun_is_heard() {
    let runs = tempfile::tempdir().unwrap();
    let bells = Arc::new(Bells::default());
    let mut bell = bells.follow("run", &runs.path().join("run"));
    std::fs::create_dir(runs.path().join("another")).unwrap();
    let step = runs.path().join("run/logs/step");
    std::fs::create_dir_all(&step).unwrap();
    bell.wait(LONG).await;
    std::fs::write(step.join("0.0.main.log"), "one").unwrap();
    bell.wait(LONG).await;
    assert!(!bells.hung().runs["run"].deaf);
}
