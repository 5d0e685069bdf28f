//! The rules of validation, one small manifest each: `tests/verdicts/*.verdicts`.
//!
//! ```text
//! VA-229: what is told
//!   main: steps: [[{name: a, template: echo}]]
//!   error: templates.main.steps[0].a templates.echo inputs.parameters.m was not supplied
//! ```
//!
//! A case is a workflow `demo` with the templates `ok`, `echo` (which wants `m`) and what its lines say:
//! `main:` a line of the template `main`, `spec:` a line of the spec (`-entrypoint` leaves it out), `template:`
//! one more, `metadata:` instead of the name, `whole:` other documents before it, `kind:` instead of it all.
//! Then come the verdicts: `error:` is the first error when it is created, `lint:` the first when it is linted (the
//! same if not given), `decode:` the first error of reading, `warning:` a warning among those found. `…` stands
//! for any words. A case without `error` and `decode` must be accepted, and one without `warning` get none.

use std::path::Path;

use tiphys_engine::check::{Shelf, Situation, check};
use tiphys_spec::{Diagnostic, Strictness, parse};

#[test]
fn manifests_get_the_verdicts_of_their_rules() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/verdicts");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut told, mut wrong) = (0, Vec::new());
    for file in files {
        for case in cases(&std::fs::read_to_string(&file).unwrap()) {
            told += 1;
            wrong.extend(case.judge().into_iter().map(|complaint| format!("{}\n  {complaint}", case.title)));
        }
    }
    assert!(told > 50, "only {told} cases");
    assert!(wrong.is_empty(), "{} of {told} cases differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// One case: its title, and its lines as pairs.
struct Case {
    title: String,
    lines: Vec<(String, String)>,
}

fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        match line.strip_prefix("  ") {
            None => cases.push(Case { title: line.to_owned(), lines: Vec::new() }),
            Some(line) => {
                let lines = &mut cases.last_mut().expect("a case begins with its title").lines;
                match line.strip_prefix("  ") {
                    Some(more) => {
                        let last = &mut lines.last_mut().expect("a line is continued").1;
                        last.push('\n');
                        last.push_str(more);
                    }
                    None => {
                        let (key, value) = line.split_once(':').unwrap_or((line, ""));
                        lines.push((key.to_owned(), value.trim().to_owned()));
                    }
                }
            }
        }
    }
    cases
}

impl Case {
    fn all(&self, key: &str) -> impl Iterator<Item = &str> {
        self.lines.iter().filter(move |(of, _)| of == key).map(|(_, value)| value.as_str())
    }

    fn one(&self, key: &str) -> Option<&str> {
        self.all(key).next()
    }

    fn manifest(&self) -> String {
        if let Some(whole) = self.one("kind") {
            return format!("kind: {whole}\n");
        }
        let metadata = self.one("metadata").unwrap_or("{name: demo}");
        let mut text = format!("kind: Workflow\nmetadata: {metadata}\nspec:\n");
        if !self.all("spec").any(|line| line.starts_with("entrypoint:") || line == "-entrypoint") {
            text.push_str("  entrypoint: main\n");
        }
        let lines = self.all("spec").filter(|line| *line != "-entrypoint");
        text.extend(lines.map(|line| format!("  {}\n", line.replace('\n', "\n  "))));
        if self.one("bare").is_none() {
            text.push_str("  templates:\n  - name: main\n");
            let own: Vec<&str> = self.all("main").collect();
            let body = if own.is_empty() { vec!["container: {image: x}"] } else { own };
            text.extend(
                body.iter()
                    .filter(|line| **line != "nothing")
                    .map(|line| format!("    {}\n", line.replace('\n', "\n    "))),
            );
            text.push_str("  - {name: ok, container: {image: x}}\n");
            text.push_str("  - {name: echo, inputs: {parameters: [{name: m}]}, container: {image: x}}\n");
            text.extend(self.all("template").map(|line| format!("  - {line}\n")));
        }
        text.extend(self.all("whole").map(|whole| format!("---\nkind: {whole}\n")));
        text
    }

    fn judge(&self) -> Vec<String> {
        let text = self.manifest();
        let mut complaints = Vec::new();
        let parsed = parse("m.yaml", &text, Strictness::Strict);
        let first = |found: &[Diagnostic]| {
            let error = found.iter().find(|found| found.is_error());
            error.map(|found| found.message.clone()).unwrap_or_else(|| "accepted".to_owned())
        };
        let read = first(&parsed.diagnostics);
        let expected = self.one("decode").unwrap_or("accepted");
        if !fits(expected, &read) {
            complaints.push(format!("decode: {read}\n{text}"));
        }
        if read != "accepted" {
            return complaints;
        }
        let shelf = Shelf::new(parsed.documents.iter().map(|document| &document.object));
        let error = self.one("error").unwrap_or("accepted");
        let lint = self.one("lint").unwrap_or(error);
        for (what, situation, expected) in
            [("error", Situation::Create, error), ("lint", Situation::Lint, lint)]
        {
            let found = check(&parsed.documents[0], &shelf, situation);
            if !fits(expected, &first(&found)) {
                complaints.push(format!("{what}: {}", first(&found)));
            }
            let warnings: Vec<&String> =
                found.iter().filter(|found| !found.is_error()).map(|found| &found.message).collect();
            let told: Vec<&str> = self.all("warning").collect();
            if situation == Situation::Lint
                && (warnings.len() < told.len()
                    || told.iter().any(|told| !warnings.iter().any(|found| fits(told, found)))
                    || (told.is_empty() && !warnings.is_empty()))
            {
                complaints.push(format!("warnings: {warnings:?}"));
            }
        }
        complaints
    }
}

/// Whether the words are those expected, where `…` stands for any.
fn fits(expected: &str, found: &str) -> bool {
    let mut rest = found;
    let mut pieces = expected.split('…').peekable();
    let mut first = true;
    while let Some(piece) = pieces.next() {
        let at = match (first, pieces.peek().is_none()) {
            (true, true) => return rest == piece,
            (true, false) => rest.starts_with(piece).then_some(0),
            (false, true) => return rest.ends_with(piece),
            (false, false) => rest.find(piece),
        };
        let Some(at) = at else { return false };
        rest = &rest[at + piece.len()..];
        first = false;
    }
    true
}

/// Two templates of one name in one input: which counts, nobody could say.
#[test]
fn a_template_has_its_name_alone() {
    let template = |kind: &str, name: &str, namespace: &str| {
        format!(
            "---\napiVersion: argoproj.io/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {{templates: [{{name: t, container: {{image: i}}}}]}}\n"
        )
    };
    let text = [
        template("WorkflowTemplate", "lib", "a"),
        template("WorkflowTemplate", "lib", "b"),
        template("ClusterWorkflowTemplate", "lib", "a"),
        template("WorkflowTemplate", "other", "a"),
        template("WorkflowTemplate", "lib", "a"),
    ]
    .concat();
    let parsed = tiphys_spec::parse("m.yaml", &text, tiphys_spec::Strictness::Strict);
    let found = tiphys_engine::check::doubled(parsed.documents.iter());
    let [doubled] = &found[..] else { panic!("{found:?}") };
    assert_eq!(doubled.message, "duplicate WorkflowTemplate found: \"lib\"");
    assert_eq!(doubled.help.as_deref(), Some("the first is at m.yaml:4; rename one, or remove it"));
    assert_eq!(doubled.place.line, 24);
}
