//! Every recorded status must survive being read into our types and written again.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tiphys_spec::{WorkflowSpec, WorkflowStatus};

#[test]
fn recorded_objects_round_trip() {
    let folder = corpus().join("golden");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: 1 (no corpus)");
        return;
    };
    let mut count = 0;
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.matches('.').count() != 1 || !name.ends_with(".json") || name == "index.json" {
            continue;
        }
        let object: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        if object["kind"] != "Workflow" {
            continue;
        }
        let status = WorkflowStatus::from_value(&object["status"]).unwrap();
        same(&name, &object["status"], &serde_json::to_value(status).unwrap());
        let spec: WorkflowSpec = serde_json::from_value(object["spec"].clone()).unwrap();
        same(&name, &object["spec"], &serde_json::to_value(spec).unwrap());
        count += 1;
    }
    assert!(count > 100, "only {count} recorded objects found");
}

fn same(file: &str, recorded: &Value, ours: &Value) {
    let (recorded, ours) = (sorted(recorded), sorted(ours));
    assert_eq!(recorded, ours, "{file} differs");
}

/// Pretty text with sorted members, so that a difference reads well.
fn sorted(value: &Value) -> String {
    let mut value = value.clone();
    value.sort_all_objects();
    serde_json::to_string_pretty(&value).unwrap()
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus")
}
