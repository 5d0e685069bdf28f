//! Locations, each test with the rules it shows.

use serde_json::{Value, json};
use tiphys_artifact::location::{
    self, Kind, Place, Repository, archive_key, check_path, input, is_full, join_sub_path, key_of, kind_of,
    output, place,
};

fn repository(value: Value) -> Repository {
    Repository::parse(&value).unwrap()
}

/// PA-160.
#[test]
fn the_first_of_several_kinds_wins() {
    let all = json!({"s3": {}, "raw": {}, "plugin": {}, "git": {}, "artifactory": {}, "azure": null});
    assert_eq!(kind_of(&all), Some(Kind::Artifactory));
    assert_eq!(kind_of(&json!({"s3": {}, "raw": {}})), Some(Kind::Raw));
    assert_eq!(kind_of(&json!({"name": "x"})), None);
}

/// PA-140 to PA-149.
#[test]
fn which_locations_are_full() {
    for full in [
        json!({"s3": {"endpoint": "e", "bucket": "b", "key": "k"}}),
        json!({"gcs": {"bucket": "b", "key": "k"}}),
        json!({"azure": {"endpoint": "e", "container": "c", "blob": "k"}}),
        json!({"http": {"url": "https://example.org/x"}}),
        json!({"git": {"repo": "https://example.org/r.git"}}),
        json!({"raw": {"data": ""}}),
        json!({"hdfs": {"addresses": ["a:1"], "path": "/k"}}),
        json!({"plugin": {"name": "n", "configuration": "c", "key": "k"}}),
    ] {
        assert!(is_full(&full), "{full}");
    }
    for part in [
        json!({"s3": {"key": "k"}}),
        json!({"s3": {"bucket": "b", "key": "k"}}),
        json!({"s3": {"endpoint": "e", "bucket": "b", "key": ""}}),
        json!({"gcs": {"key": "k"}}),
        json!({"hdfs": {"addresses": [], "path": "/k"}}),
        json!({"s3": "nonsense"}),
        json!({}),
    ] {
        assert!(!is_full(&part), "{part}");
    }
}

/// PA-205, PA-206, PA-222 to PA-229; `path` is `/d/file.txt`.
#[test]
fn where_outputs_go() {
    let local = Repository::local();
    let base = "demo/demo-t-1";
    let check = |artifact: Value, repository: &Repository, base: &str, expected: Value| {
        assert_eq!(output(&artifact, "/d/file.txt", None, base, repository).unwrap(), expected, "{artifact}");
    };
    let s3 = |key: &str| json!({"s3": {"key": key}});
    check(json!({"name": "out"}), &local, base, s3("demo/demo-t-1/out.tgz"));
    check(json!({"name": "out", "archive": {"none": {}}}), &local, base, s3("demo/demo-t-1/file.txt"));
    check(json!({"name": "out", "archive": {"zip": {}}}), &local, base, s3("demo/demo-t-1/out.zip"));
    check(json!({"name": "out", "s3": {"key": "results/x"}}), &local, base, s3("results/x"));
    let prefixed = repository(json!({"s3": {"bucket": "b", "keyPrefix": "p"}}));
    assert_eq!(archive_key(None, &prefixed), "p/{{workflow.name}}/{{pod.name}}");
    check(json!({"name": "out"}), &prefixed, "p/demo/demo-t-1", s3("p/demo/demo-t-1/out.tgz"));
    let formatted = repository(
        json!({"s3": {"keyFormat": "{{workflow.namespace}}/{{workflow.name}}", "keyPrefix": "p"}}),
    );
    assert_eq!(archive_key(None, &formatted), "{{workflow.namespace}}/{{workflow.name}}");
    assert_eq!(archive_key(None, &local), location::DEFAULT_KEY_FORMAT);
}

/// PA-161: the repository's kind replaces the block, the key stays.
#[test]
fn a_key_alone_takes_the_kind_of_the_repository() {
    let gcs = repository(json!({"gcs": {"bucket": "b"}, "archiveLogs": true}));
    assert_eq!(gcs.archive_logs, Some(true));
    let artifact = json!({"name": "a", "s3": {"key": "a/b"}});
    assert_eq!(input(&artifact, &gcs), Some(json!({"gcs": {"key": "a/b"}})));
    assert_eq!(output(&artifact, "/x", None, "", &gcs).unwrap(), json!({"gcs": {"key": "a/b"}}));
    let azure = repository(json!({"azure": {"container": "c", "blobNameFormat": "f"}}));
    assert_eq!(archive_key(None, &azure), "f");
    assert_eq!(input(&artifact, &azure), Some(json!({"azure": {"blob": "a/b"}})));
    // A full one stays what it is, and so does one without any key.
    let full = json!({"name": "a", "gcs": {"bucket": "other", "key": "k"}});
    assert_eq!(input(&full, &azure), Some(json!({"gcs": {"bucket": "other", "key": "k"}})));
    assert_eq!(input(&json!({"name": "a"}), &azure), None);
}

/// PA-246.
#[test]
fn the_template_has_its_own_archive_location() {
    let local = Repository::local();
    let key_only = json!({"s3": {"key": "mine"}, "archiveLogs": true});
    assert_eq!(archive_key(Some(&key_only), &local), "mine");
    let found = output(&json!({"name": "out"}), "/x", Some(&key_only), "mine", &local).unwrap();
    assert_eq!(found, json!({"s3": {"key": "mine/out.tgz"}}));

    let full = json!({"gcs": {"bucket": "b", "key": "mine"}});
    let found = output(&json!({"name": "out"}), "/x", Some(&full), "mine", &local).unwrap();
    assert_eq!(found, json!({"gcs": {"bucket": "b", "key": "mine/out.tgz"}}));
    // PA-210, PA-230.
    assert_eq!(location::logs("main", None, "demo/p", &local), json!({"s3": {"key": "demo/p/main.log"}}));
    assert_eq!(archive_key(Some(&json!({"archiveLogs": true})), &local), location::DEFAULT_KEY_FORMAT);
}

/// PA-162.
#[test]
fn raw_and_git_outputs_are_refused_in_argos_words() {
    let refuse =
        |artifact: Value| output(&artifact, "/x", None, "", &Repository::local()).unwrap_err().to_string();
    assert_eq!(refuse(json!({"raw": {"data": "x"}})), "Raw output artifacts unsupported");
    assert_eq!(refuse(json!({"git": {"repo": "x"}})), "git output artifacts unsupported");
}

/// PA-184, PA-405.
#[test]
fn a_sub_path_is_appended() {
    let mut artifact = json!({"name": "i", "s3": {"bucket": "b", "key": "demo/dir"}});
    join_sub_path(&mut artifact, "x/a.txt").unwrap();
    assert_eq!(key_of(&artifact), Some("demo/dir/x/a.txt"));
    join_sub_path(&mut artifact, "/../b/").unwrap();
    assert_eq!(key_of(&artifact), Some("demo/dir/x/b"));
    let mut http = json!({"http": {"url": "https://example.org/dir"}});
    join_sub_path(&mut http, "a").unwrap();
    assert_eq!(http["http"]["url"], "https://example.org/dir/a");
    for mut without in
        [json!({"name": "r", "raw": {"data": "x"}}), json!({"name": "e"}), json!({"s3": "nonsense"})]
    {
        assert!(join_sub_path(&mut without, "a").is_err());
    }
}

#[test]
fn which_bytes_are_here() {
    assert_eq!(place(&json!({"raw": {"data": "x"}})).unwrap(), Place::Raw("x".into()));
    assert_eq!(place(&json!({"s3": {"key": "a/b"}})).unwrap(), Place::Stored("a/b".into()));
    assert_eq!(place(&json!({"gcs": {"key": "a/b"}})).unwrap(), Place::Stored("a/b".into()));
    assert_eq!(place(&json!({"s3": {"bucket": "b", "key": "a"}})).unwrap(), Place::Stored("a".into()));
    let refuse = |location: Value| place(&location).unwrap_err().to_string();
    assert_eq!(
        refuse(json!({"s3": {"endpoint": "e", "bucket": "b", "key": "k"}})),
        "driver s3 is not supported yet"
    );
    assert_eq!(refuse(json!({"http": {"url": "https://example.org"}})), "driver http is not supported yet");
    assert_eq!(refuse(json!({"git": {"repo": "r"}})), "driver git is not supported yet");
    assert_eq!(refuse(json!({"name": "x"})), "artifact `x` has no location");
}

#[test]
fn odd_repositories() {
    assert!(Repository::parse(&json!("text")).is_err());
    assert!(Repository::parse(&json!({"http": {"url": "x"}})).is_err());
    assert_eq!(repository(json!({})), Repository::local());
    assert_eq!(repository(json!({"s3": "nonsense"})).kind(), Kind::S3);
}

/// PA-209.
#[test]
fn paths_stay_below_what_comes_before_the_dots() {
    for good in ["/a/b", "/a/../a/b", "/a/b/../b", "/..a/b"] {
        assert!(check_path("x", good).is_ok(), "{good}");
    }
    for bad in ["/a/../b", "/tmp/../../etc/passwd", "/a/b/../../a/c", "/a/../ab"] {
        let said = check_path("x", bad).unwrap_err().to_string();
        let expected =
            "Artifact 'x' attempted to use a path containing '..'. Directory traversal is not permitted";
        assert_eq!(said, expected, "{bad}");
    }
}
