//! What is no manifest, no flag or no file, and how whoever gave it is told.

use super::*;

/// CLI-022, OB-003: a text that is no YAML is refused, with what is wrong with it beside; lint finds nothing there.
#[test]
fn a_text_that_is_no_yaml_is_told_with_its_place() {
    let served = Served::start();
    served.bench.file("hello.yaml", HELLO);
    served.bench.file("broken.yaml", "kind: [\n");
    for (verb, told) in [
        ("submit", "Failed to parse workflow"),
        ("template create", "Failed to parse workflow template: "),
        ("cron create", "Failed to parse cron workflow: "),
    ] {
        let words: Vec<&str> = verb.split(' ').chain(["broken.yaml"]).collect();
        let refused = served.call(&words).exits(1);
        assert!(refused.err.contains(told) && refused.err.contains("broken.yaml:"), "{}", refused.err);
    }
    let refused = served.call(&["submit", "hello.yaml", "broken.yaml"]).exits(1).err;
    assert!(refused.contains("broken.yaml:") && refused.contains("Failed to parse workflow"), "{refused}");
    assert_eq!(served.call(&["list"]).exits(0).out, "No workflows found\n");
    let nothing = served.call(&["lint", "--no-color", "broken.yaml"]).exits(1);
    assert_eq!(nothing.out, "✖ found nothing to lint in the specified paths, failing...\n");
    assert!(nothing.err.contains("broken.yaml:"), "{}", nothing.err);
    let both = served.call(&["lint", "--no-color", "broken.yaml", "hello.yaml"]).exits(1).out;
    assert!(both.ends_with("✖ 1 linting errors found!\n"), "{both}");
    let list: Value =
        serde_json::from_str(&served.call(&["lint", "-o", "json", "broken.yaml"]).exits(1).out).unwrap();
    assert_eq!(list[0]["file"], "broken.yaml");
    let unknown = served.call(&["lint", "-o", "xml", "hello.yaml"]).exits(1).err;
    assert!(unknown.contains("for \"-o, --output\" flag: One of: pretty|simple\n"), "{unknown}");
}

/// CLI-020, CLI-130: `--type` is looked at before flags that are missing, and not at the case of its letters.
#[test]
fn limits_are_refused_in_argos_order() {
    let served = Served::start();
    let kind = "--type must be either 'database' or 'configmap'";
    for (line, wanted) in [
        ("create k", kind),
        ("get k", kind),
        ("delete k", kind),
        ("create k --type x --limit 1", kind),
        ("update k --type configmap", "--cm-name is required when type is configmap"),
        ("create k --type configmap --cm-name c", "required flag(s) \"limit\" not set"),
        ("update k --type database", "required flag(s) \"limit\" not set"),
    ] {
        let words: Vec<&str> = std::iter::once("sync").chain(line.split(' ')).collect();
        assert_eq!(served.call(&words).exits(1).err, format!("Error: {wanted}\n"), "{line}");
    }
    let made = served.call(&["sync", "create", "k", "--type", "DATABASE", "--limit", "3"]).exits(0).out;
    assert_eq!(made, "Sync limit created\nKey: k\nType: database\nNamespace: team\nLimit: 3\n");
    // A database has no ConfigMap, named or not.
    let shown = served.call(&["sync", "get", "k", "--type", "database", "--cm-name", "c"]).exits(0).out;
    assert_eq!(shown, "Key: k\nType: database\nNamespace: team\nLimit: 3\n");
}

/// CLI-022, CLI-030: what is no YAML is refused in the words of Argo's reader, with its place in ours after it.
#[test]
fn what_is_no_yaml_is_refused_in_the_words_of_argos_reader() {
    let served = Served::start();
    served.bench.file("open.yaml", "kind: [\n");
    served.bench.file("fine.yaml", HELLO);
    let words = "error converting YAML to JSON: yaml: line 1: did not find expected node content";
    let told = served.call(&["submit", "open.yaml"]).exits(1).err;
    let line = format!(
        " level=ERROR msg=\"Failed to parse workflow\" error=\"yaml file at index 0 is not valid: {words}\"\n"
    );
    assert!(told.starts_with("time=") && told.contains(&line) && told.contains("open.yaml:1:7"), "{told}");
    let told = served.call(&["submit", "fine.yaml", "--parameter-file", "open.yaml"]).exits(1).err;
    assert!(told.starts_with(&format!("Error: {words}\nopen.yaml:1:7")), "{told}");
    let told = served.call(&["convert", "open.yaml"]).exits(1).err;
    assert!(
        told.starts_with(&format!("Error: error converting open.yaml: failed to parse TypeMeta: {words}\n")),
        "{told}"
    );
}

/// CLI-102, CLI-112: each verb says what it could not read, in its last words.
#[test]
fn a_manifest_that_cannot_be_read_is_called_what_it_is() {
    let served = Served::start();
    for (verb, kind, words) in [
        ("template", "WorkflowTemplate", "workflow template"),
        ("cluster-template", "ClusterWorkflowTemplate", "cluster workflow template"),
        ("cron", "CronWorkflow", "cron workflow"),
    ] {
        let text = format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: {kind}\nmetadata: {{name: x}}\nspec: {{nonsense: 1}}\n"
        );
        served.bench.file("bad.yaml", &text);
        for action in ["create", "update"] {
            let told = served.call(&[verb, action, "bad.yaml"]).exits(1).err;
            let first = told.lines().next().unwrap();
            let wanted =
                format!(" Failed to parse {words}: strict decoding error: unknown field \"spec.nonsense\"");
            assert!(first.starts_with("20") && first.ends_with(&wanted), "{told}");
        }
    }
}

/// CLI-022: a document that is none of Argo's ends everything, unless nothing is to be strict; nothing is made.
#[test]
fn a_document_that_is_none_of_argos_is_refused() {
    let served = Served::start();
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n";
    let unknown = "strict decoding error: unknown field \"apiVersion\", unknown field \"kind\", unknown field \"metadata\"";
    served.bench.file("map.yaml", map);
    served.bench.file("both.yaml", &format!("{map}---\n{HELLO}"));
    served.bench.file("message.yaml", "message: from-file\n");
    let logged = |error: &str| {
        format!("level=ERROR msg=\"Failed to parse workflow\" error={}\n", serde_json::json!(error))
    };
    let kindless = "yaml file at index 0 is not valid: error unmarshaling JSON: while decoding JSON: Object 'Kind' is \
                    missing in '{\"message\":\"from-file\"}'";
    for (file, error) in [("map.yaml", unknown), ("both.yaml", unknown), ("message.yaml", kindless)] {
        let told = served.call(&["submit", file]).exits(1).err;
        assert!(told.contains(&logged(error)) && told.contains(&format!("{file}:")), "{file}: {told}");
        assert!(
            told.contains(if error == unknown { "`tiphys apply -f`" } else { "`--parameter-file`" }),
            "{told}"
        );
    }
    let told = served.call(&["template", "create", "map.yaml"]).exits(1).err;
    assert!(told.contains(&format!(" Failed to parse workflow template: {unknown}\n")), "{told}");
    assert_eq!(served.call(&["list"]).exits(0).out, "No workflows found\n");
    let told = served.call(&["submit", "--strict=false", "both.yaml"]).exits(0).err;
    assert!(told.contains("Object is not of kind Workflow. Ignoring..."), "{told}");
}

/// CLI-032: a selector is looked at when there are nodes to select.
#[test]
fn selectors_of_nodes_are_judged_where_nodes_are_drawn() {
    let served = Served::start();
    served.bench.file("hello.yaml", HELLO);
    let both = ["--status", "Failed", "--node-field-selector", "phase=Failed"];
    let made = served.call(&[["submit", "hello.yaml", "--wait"].as_slice(), &both].concat()).exits(0).out;
    assert!(made.starts_with("Name:                hello\n"), "{made}");
    let refused = served.call(&["get", "hello", "--node-field-selector", "nonsense"]).exits(1);
    assert_eq!(refused.out, "");
    let wanted = " selector is invalid: invalid selector: 'nonsense'; can't understand 'nonsense'\n";
    assert!(refused.err.starts_with("20") && refused.err.ends_with(wanted), "{}", refused.err);
    let refused = served.call(&[["get", "hello"].as_slice(), &both].concat()).exits(1).err;
    assert!(refused.ends_with(" cannot use both --status and --node-field-selector\n"), "{refused}");
    let name = served.call(&["get", "hello", "-o", "name", "--node-field-selector", "nonsense"]).exits(0).out;
    assert_eq!(name, "hello\n");
}

/// CLI-022: a file that is not there is named by its path without roundabout ways.
#[test]
fn a_missing_file_is_named_by_its_straight_path() {
    let served = Served::start();
    for (given, named) in
        [("./nosuch.yaml", "nosuch.yaml"), ("/a//b.yaml", "/a/b.yaml"), ("x/../../y/./z.yaml", "../y/z.yaml")]
    {
        let told = served.call(&["submit", given]).exits(1).err;
        assert_eq!(told, format!("Error: open {named}: no such file or directory\n"));
    }
}

/// CLI-003, CLI-031: what is wrong with files and flags is told in Argo's words.
#[test]
fn files_and_flags_are_refused_in_argos_words() {
    let served = Served::start();
    for words in [
        ["template", "create", "./nosuch.yaml"],
        ["template", "update", "./nosuch.yaml"],
        ["cluster-template", "create", "./nosuch.yaml"],
        ["cron", "create", "./nosuch.yaml"],
    ] {
        let told = served.call(&words).exits(1).err;
        // The time stands before it.
        let (date, rest) = told.split_once(' ').unwrap();
        assert_eq!(date.matches('/').count(), 2, "{told}");
        assert!(rest.ends_with(" open nosuch.yaml: no such file or directory\n"), "{told}");
    }
    let told = served.call(&["submit", "--from", "wftmpl/t", "--scheduled-time", "x"]).exits(1).err;
    let wanted = "scheduled-time contains invalid time.RFC3339 format. (e.g.: `2006-01-02T15:04:05-07:00`)";
    assert_eq!(told, format!("Error: {wanted}\n"));
    let told = served.call(&["--instanceid", "i", "list"]).exits(1).err;
    assert_eq!(told, "Error: cannot use instance ID with Argo Server\n");
    // Only what is made of something has a scheduled time.
    let file = served.bench.file("hello.yaml", HELLO);
    served.call(&["submit", file.to_str().unwrap(), "--scheduled-time", "x"]).exits(0);
}

/// CLI-090: a binding is read and not judged; files are judged one after the other.
#[test]
fn lint_judges_kinds_that_it_knows_file_by_file() {
    const BINDING: &str = "apiVersion: argoproj.io/v1alpha1\nkind: WorkflowEventBinding\nmetadata: {name: b}\nspec: {event: {selector: 'true'}, submit: {workflowTemplateRef: {name: t}}}\n";
    let served = Served::start();
    let lint = |words: &[&str]| served.call(&[&["lint", "--no-color"], words].concat()).exits(1);
    served.bench.file("binding.yaml", BINDING);
    let found = lint(&["binding.yaml"]).out;
    assert_eq!(found, "✖ found nothing to lint in the specified paths, failing...\n");
    served
        .bench
        .file("odd.yaml", &format!("{HELLO}---\n{}", BINDING.replace("submit:", "nonsense: 1, submit:")));
    let found = lint(&["odd.yaml"]).out;
    let mistake = "   ✖ in : strict decoding error: unknown field \"spec.nonsense\"\n";
    assert_eq!(found, format!("odd.yaml:\n{mistake}\n✖ 1 linting errors found!\n"));
    let answer = lint(&["odd.yaml", "nosuch.yaml"]);
    assert_eq!(answer.out, format!("odd.yaml:\n{mistake}\n"));
    assert_eq!(answer.err, "Error: lstat nosuch.yaml: no such file or directory\n");
    let answer = lint(&["--offline", "odd.yaml", "nosuch.yaml"]);
    assert_eq!(
        (answer.out.as_str(), answer.err.as_str()),
        ("", "Error: lstat nosuch.yaml: no such file or directory\n")
    );
    assert_eq!(lint(&["--kinds", "nosuch", "odd.yaml"]).err, "Error: unknown kind: nosuch\n");
    // What is found in a folder has a name without roundabout ways; a file that is named keeps its own.
    std::fs::create_dir(served.bench.folder().join("folder")).unwrap();
    served.bench.file("folder/bad.yml", &HELLO.replace("entrypoint: main", "entrypoint: man"));
    for (given, named) in [
        ("./folder", "folder/bad.yml"),
        ("folder//", "folder/bad.yml"),
        ("./folder/bad.yml", "./folder/bad.yml"),
    ] {
        let found = lint(&["-o", "simple", given]).out;
        assert!(found.starts_with(&format!("{named}: in ")), "{given}: {found}");
    }
}

/// What no server can run yet is told by lint and refused by submit, so that nothing is half-run; a template is kept.
#[test]
fn what_waits_for_a_later_release_is_told_and_refused() {
    const LATER: &str = "apiVersion: argoproj.io/v1alpha1\nkind: WorkflowTemplate\nmetadata: {name: later}\nspec:\n  entrypoint: res\n  templates: [{name: res, resource: {action: get, manifest: 'kind: Pod'}}]\n";
    let served = Served::start();
    served.bench.file("kept.yaml", LATER);
    served.bench.file("run.yaml", &LATER.replace("WorkflowTemplate", "Workflow"));
    let told = "`resource` is not supported yet (template `res`)";
    let lint = served.call(&["lint", "--no-color", "run.yaml"]).exits(0);
    assert_eq!(lint.out, "✔ no linting errors found!\n");
    assert!(lint.err.contains(&format!("warning[not-supported-yet]: {told}")), "{}", lint.err);
    let refused = served.call(&["submit", "run.yaml"]).exits(1).err;
    assert!(refused.contains(told), "{refused}");
    let kept = served.call(&["apply", "-f", "kept.yaml"]).exits(0);
    assert_eq!(kept.out, "workflowtemplate/later created\n");
    assert!(kept.err.contains(&format!("warning: WorkflowTemplate later: {told}")), "{}", kept.err);
    let refused = served.call(&["submit", "--from", "workflowtemplate/later"]).exits(1).err;
    assert!(refused.contains(told), "{refused}");
    assert_eq!(served.call(&["list"]).exits(0).out, "No workflows found\n");
}

/// CLI-102, CLI-104, CLI-113: what cannot be made or changed is told in the words of each kind.
#[test]
fn what_cannot_be_kept_is_told_in_argos_words() {
    let served = Served::start();
    let cluster = HELLO.replace(
        "kind: Workflow\nmetadata: {name: hello}",
        "kind: ClusterWorkflowTemplate\nmetadata: {name: shared}",
    );
    served.bench.file("cluster.yaml", &cluster);
    served.bench.file("wrong.yaml", &cluster.replace("entrypoint: main", "entrypoint: man"));
    let call = |words: &str| served.call(&words.split(' ').collect::<Vec<_>>());
    call("cluster-template create cluster.yaml").exits(0);
    for (words, begin) in [
        (
            "cluster-template create cluster.yaml",
            "failed to create cluster workflow template: shared,  rpc error: code = AlreadyExists desc = ",
        ),
        (
            "cluster-template update wrong.yaml",
            "failed to update cluster workflow template: shared,  rpc error: code = InvalidArgument desc = ",
        ),
    ] {
        let told = call(words).exits(1).err;
        assert!(told.starts_with(&format!("Error: {begin}")), "{told}");
    }
    let cron = "apiVersion: argoproj.io/v1alpha1\nkind: CronWorkflow\nmetadata: {name: nightly}\nspec: {schedules: ['0 0 1 1 *'], workflowSpec: {workflowTemplateRef: {name: shared, clusterScope: true}}}\n";
    served.bench.file("cron.yaml", cron);
    call("cron create cron.yaml").exits(0);
    served.bench.file("cron.yaml", &cron.replace("0 0 1 1 *", "nonsense"));
    let told = call("cron update cron.yaml").exits(1).err;
    let begin =
        "Error: failed to update workflow template: rpc error: code = InvalidArgument desc = cron schedule";
    assert!(told.starts_with(begin), "{told}");
    let told = call("submit --from clusterworkflowtemplate/shared -p x").exits(1).err;
    let words = "rpc error: code = Internal desc = expected parameter of the form: NAME=VALUE. Received: x";
    assert_eq!(told, format!("Error: failed to submit workflow: {words}\n"));
    let told = call("submit --from clusterworkflowtemplate/shared -l a").exits(1).err;
    let words = "rpc error: code = Internal desc = expected labels of the form: ";
    assert!(told.starts_with(&format!("Error: failed to submit workflow: {words}")), "{told}");
}
