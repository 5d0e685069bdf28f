//! Artifacts that go with the end of a run, or with the run (PA-280 to PA-288, PA-410).

use crate::bench::{Bench, serve};
use serde_json::Value;
use std::path::Path;

const MANIFEST: &str = r#"
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: tidy}
spec:
  entrypoint: main
  artifactGC: {strategy: OnWorkflowDeletion}
  templates:
    - name: main
      container: {image: busybox, command: [sh, -c, "cd FOLDER; mkdir d; echo 1 > a; echo 2 > b; echo 3 > c; echo 4 > d/e"]}
      outputs:
        artifacts:
          - {name: soon, path: FOLDER/a, s3: {key: of/mine/a.tgz}, artifactGC: {strategy: OnWorkflowCompletion}}
          - {name: later, path: FOLDER/b, s3: {key: of/mine/b.tgz}}
          - {name: never, path: FOLDER/c, artifactGC: {strategy: Never}}
          - {name: folder, path: FOLDER/d, archive: {none: {}}}
"#;

fn manifest(bench: &Bench) -> String {
    let folder = bench.folder().join("work");
    std::fs::create_dir(&folder).unwrap();
    MANIFEST.replace("FOLDER", folder.to_str().unwrap())
}

/// The files below a folder.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(at) = open.pop() {
        for entry in std::fs::read_dir(&at).into_iter().flatten().flatten() {
            let path = entry.path();
            match path.is_dir() {
                true => open.push(path),
                false => found.push(path.strip_prefix(folder).unwrap().display().to_string()),
            }
        }
    }
    found.retain(|file| !file.starts_with(".incoming"));
    found.sort();
    found
}

fn deleted(document: &Value) -> Vec<&str> {
    let artifacts = document["status"]["nodes"]["tidy"]["outputs"]["artifacts"].as_array().unwrap();
    let deleted = artifacts.iter().filter(|artifact| artifact["deleted"] == true);
    deleted.map(|artifact| artifact["name"].as_str().unwrap()).collect()
}

#[test]
fn artifacts_go_when_their_time_has_come() {
    let bench = Bench::new();
    bench.run(&manifest(&bench), &["-q"]).exits(0);
    let store = bench.state().join("artifacts");
    assert_eq!(files(&store), ["of/mine/b.tgz", "tidy/tidy/d/e", "tidy/tidy/never.tgz"]);
    let document = bench.document("tidy");
    assert_eq!(deleted(&document), ["soon"]);
    let status = &document["status"]["artifactGCStatus"];
    assert_eq!(status["strategiesProcessed"]["OnWorkflowCompletion"], true, "{status}");
    assert_eq!(document["metadata"]["finalizers"][0], "workflows.argoproj.io/artifact-gc");
    bench.call(&["delete", "tidy"]).exits(0);
    assert_eq!(files(&store), ["tidy/tidy/never.tgz"]);
    assert!(!store.join("of").exists(), "folders that are empty now go too");
}

/// PA-410: what a run keeps under keys that it was given belongs to its user, also if they begin with the run's name.
#[test]
fn what_has_a_key_of_its_own_outlives_its_run() {
    let bench = Bench::new();
    let manifest = manifest(&bench).replace("artifactGC: {strategy: OnWorkflowDeletion}", "ttlStrategy: {}");
    let manifest = manifest.replace("of/mine/b.tgz", "tidy/of-mine/b.tgz");
    bench.run(&manifest, &["-q"]).exits(0);
    let store = bench.state().join("artifacts");
    assert_eq!(files(&store), ["tidy/of-mine/b.tgz", "tidy/tidy/d/e", "tidy/tidy/never.tgz"]);
    bench.call(&["delete", "tidy"]).exits(0);
    assert_eq!(files(&store), ["tidy/of-mine/b.tgz", "tidy/tidy/never.tgz"]);
}

/// A claim template may be called so that its folder would be another one: nothing is made, and nothing is removed.
#[test]
fn a_claim_leads_nowhere_else() {
    let bench = Bench::new();
    let manifest = "
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: odd}
spec:
  entrypoint: main
  volumeClaimTemplates: [{metadata: {name: a/../../../artifacts}}, {metadata: {name: a}}]
  templates:
    - name: main
      container: {image: busybox, command: [\"true\"]}
";
    let refused = bench.run(manifest, &["-q"]).exits(2);
    let told = "`a/../../../artifacts` cannot be the name of a volume claim";
    assert!(refused.err.contains(told), "{}", refused.err);
}

/// Where a web server takes whatever it is given.
fn taker() -> String {
    format!("http://{}/kept", serve(|_| String::new()))
}

/// PA-162, PA-284, PA-286: what cannot be deleted is told at the end, and holds the run until that is forced.
#[test]
fn a_run_stays_while_artifacts_that_go_with_it_cannot_be_deleted() {
    let bench = Bench::new();
    let manifest =
        manifest(&bench).replace("s3: {key: of/mine/a.tgz}", &format!("http: {{url: \"{}\"}}", taker()));
    bench.run(&manifest, &["-q"]).exits(0);
    let document = bench.document("tidy");
    let conditions = document["status"]["conditions"].as_array().unwrap();
    let condition = conditions.iter().find(|condition| condition["type"] == "ArtifactGCError").unwrap();
    let reason = "artifact `soon`: delete not supported for this artifact storage (http)";
    assert_eq!((&condition["status"], &condition["message"]), (&"True".into(), &reason.into()));
    assert!(deleted(&document).is_empty());
    let refused = bench.call(&["delete", "tidy"]).exits(1);
    let told = format!("the run `tidy` stays: artifacts that go with it cannot be deleted: {reason}");
    assert!(refused.err.contains(&told), "{}", refused.err);
    assert!(refused.err.contains("tiphys delete --force tidy"), "{}", refused.err);
    bench.document("tidy");
    bench.call(&["delete", "--force", "tidy"]).exits(0);
    bench.call(&["get", "tidy"]).exits(1);
}

/// OB-141: the document itself may say that what cannot be deleted holds nothing.
#[test]
fn a_run_may_let_go_of_what_cannot_be_deleted() {
    let bench = Bench::new();
    let manifest = manifest(&bench)
        .replace("s3: {key: of/mine/a.tgz}", &format!("http: {{url: \"{}\"}}", taker()))
        .replace("OnWorkflowDeletion}", "OnWorkflowDeletion, forceFinalizerRemoval: true}");
    bench.run(&manifest, &["-q"]).exits(0);
    bench.call(&["delete", "tidy"]).exits(0);
}

/// Nothing is deleted where Argo's switch is off (PA-288).
#[test]
fn the_switch_keeps_artifacts() {
    let bench = Bench::new();
    let file = bench.file("m.yaml", &manifest(&bench));
    let mut command = bench.command(&["run", file.to_str().unwrap(), "--isolation", "none", "-q"]);
    assert!(command.env("ARGO_ARTIFACT_GC_ENABLED", "false").status().unwrap().success());
    assert_eq!(files(&bench.state().join("artifacts")).len(), 4);
    assert!(deleted(&bench.document("tidy")).is_empty());
}
