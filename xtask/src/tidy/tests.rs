//! Small workspaces with one breach each: tidy must find exactly that.

use std::path::Path;

use tempfile::TempDir;

use super::check;
use crate::workspace::Workspace;

/// Lays out a workspace; every crate `name` gets an empty `src/lib.rs` unless one is given.
fn workspace(files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().expect("a temporary folder");
    write(root.path(), "Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n");
    for (path, text) in files {
        write(root.path(), path, text);
        if path.ends_with("Cargo.toml") {
            let lib = path.replace("Cargo.toml", "src/lib.rs");
            if !files.iter().any(|(other, _)| *other == lib) {
                write(root.path(), &lib, "");
            }
        }
    }
    root
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().expect("a file in a folder")).expect("a folder");
    std::fs::write(path, text).expect("a file");
}

fn manifest(name: &str, rest: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{rest}")
}

/// The findings as `law place message-part` lines.
#[track_caller]
fn findings(files: &[(&str, &str)]) -> Vec<String> {
    let root = workspace(files);
    let workspace = Workspace::read(root.path()).expect("a readable workspace");
    let found = check(&workspace).expect("readable sources");
    found.iter().map(|finding| format!("{} {} {}", finding.law, finding.place, finding.message)).collect()
}

#[track_caller]
fn expect_one(files: &[(&str, &str)], law: &str, place: &str, part: &str) {
    let found = findings(files);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with(&format!("{law} {place} ")) && found[0].contains(part), "{found:#?}");
}

/// A pure crate whose library is `source`.
fn pure(source: &str) -> Vec<(&'static str, String)> {
    vec![
        ("crates/engine/Cargo.toml", manifest("tiphys-engine", "")),
        ("crates/engine/src/lib.rs", source.to_owned()),
    ]
}

#[track_caller]
fn expect_impure(source: &str, place: &str, part: &str) {
    let files = pure(source);
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    expect_one(&files, "purity", place, part);
}

#[track_caller]
fn expect_clean(source: &str) {
    let files = pure(source);
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    assert_eq!(findings(&files), Vec::<String>::new());
}

#[test]
fn dependencies_point_down_only() {
    let store = manifest("tiphys-store", "");
    let expr = manifest("tiphys-expr", "[dependencies]\ntiphys-store = { path = \"../store\" }\n");
    let files = [
        ("crates/store/Cargo.toml", store.as_str()),
        ("crates/expr/Cargo.toml", expr.as_str()),
        ("crates/expr/src/lib.rs", "use tiphys_store::Store;"),
    ];
    expect_one(&files, "direction", "crates/expr/Cargo.toml", "may not depend on `tiphys-store`");
}

#[test]
fn tests_may_look_anywhere() {
    let store = manifest("tiphys-store", "");
    let expr = manifest("tiphys-expr", "[dev-dependencies]\ntiphys-store = { path = \"../store\" }\n");
    let files = [
        ("crates/store/Cargo.toml", store.as_str()),
        ("crates/expr/Cargo.toml", expr.as_str()),
        ("crates/expr/src/lib.rs", "#[cfg(test)] mod tests { use tiphys_store::Store; }"),
    ];
    assert_eq!(findings(&files), Vec::<String>::new());
}

#[test]
fn a_dependency_is_used() {
    let cli = manifest("tiphys-cli", "[dependencies]\nclap = \"4\"\nanyhow = \"1\"\n");
    let files =
        [("crates/cli/Cargo.toml", cli.as_str()), ("crates/cli/src/lib.rs", "use clap::Parser; // anyhow")];
    expect_one(&files, "unused", "crates/cli/Cargo.toml", "`anyhow`");
}

#[test]
fn a_new_crate_needs_a_place() {
    let util = manifest("tiphys-util", "");
    expect_one(&[("crates/util/Cargo.toml", &util)], "direction", "crates/util/Cargo.toml", "has no place");
}

#[test]
fn libraries_stay_in_their_room() {
    for (krate, library, part) in [
        ("controller", "rusqlite", "SQL lives in the store"),
        ("cli", "serde_yaml", "banned"),
        ("spec", "reqwest", "pure libraries"),
    ] {
        let package = format!("tiphys-{krate}");
        let place = format!("crates/{krate}/Cargo.toml");
        let text = manifest(&package, &format!("[dependencies]\n{library} = \"1\"\n"));
        let lib = format!("crates/{krate}/src/lib.rs");
        let source = format!("use {library}::x;");
        expect_one(&[(&place, &text), (&lib, &source)], "direction", &place, part);
    }
}

#[test]
fn pure_crates_have_no_world() {
    expect_impure("fn f() { std::thread::spawn(|| {}); }", "crates/engine/src/lib.rs:1", "threads");
    expect_impure("use std::{collections::BTreeMap,\n  fs::File};", "crates/engine/src/lib.rs:2", "files");
    expect_impure("use std::time::{Duration, Instant};", "crates/engine/src/lib.rs:1", "a clock");
    expect_impure("use std::env::{self};", "crates/engine/src/lib.rs:1", "the environment");
    expect_impure("\nfn f() { jiff::Timestamp::now(); }", "crates/engine/src/lib.rs:2", "a clock");
    expect_impure("fn f() { uuid::Uuid::new_v4(); }", "crates/engine/src/lib.rs:1", "chance");
    expect_impure("async fn f() {}", "crates/engine/src/lib.rs:1", "async");
    expect_impure("fn f() { println!(\"x\"); }", "crates/engine/src/lib.rs:1", "the terminal");
}

#[test]
fn pure_crates_do_not_walk_hash_tables() {
    let declared = "use std::collections::HashMap;\nstruct S { names: HashMap<u8, u8> }\n";
    let place = "crates/engine/src/lib.rs:3";
    expect_impure(&format!("{declared}fn f(s: &S) {{ s.names.keys(); }}"), place, "hash table");
    expect_impure(&format!("{declared}fn f(s: &S) {{ for x in &s.names {{ }} }}"), place, "hash table");
    expect_clean(&format!("{declared}fn f(s: &S) {{ s.names.get(&1); if s.names.contains_key(&1) {{ }} }}"));
}

#[test]
fn words_in_comments_strings_and_tests_are_free() {
    expect_clean("// std::fs and unsafe and async\nconst A: &str = \"std::thread\";");
    expect_clean("#[cfg(test)]\nmod tests { use std::fs; #[test] fn t() { std::thread::spawn(|| {}); } }");
    expect_clean("use std::time::Duration;\n#[test]\nfn t() { std::env::var(\"A\"); }");
}

#[test]
fn unsafe_has_its_rooms() {
    let cli = manifest("tiphys-cli", "");
    let source = "fn f() {\n    unsafe { }\n}";
    let files = [("crates/cli/Cargo.toml", cli.as_str()), ("crates/cli/src/lib.rs", source)];
    expect_one(&files, "unsafe", "crates/cli/src/lib.rs:2", "only tiphys-executor");
    let runner = manifest("tiphys-runner", "");
    let files = [("crates/runner/Cargo.toml", runner.as_str()), ("crates/runner/src/lib.rs", source)];
    assert_eq!(findings(&files), Vec::<String>::new());
}

#[test]
fn unfinished_work_is_named() {
    let cli = manifest("tiphys-cli", "");
    let with =
        |source| findings(&[("crates/cli/Cargo.toml", cli.as_str()), ("crates/cli/src/lib.rs", source)]);
    assert_eq!(with("// TODO(#12): later").len(), 0);
    assert_eq!(with("// TODO: later").len(), 1);
    assert_eq!(with("/* FIXME */").len(), 1);
    assert_eq!(with("fn f() { todo!() }").len(), 1);
    assert_eq!(with("const WORD: &str = \"FIXME\";").len(), 0);
}

#[test]
fn dead_files_are_found() {
    let cli = manifest("tiphys-cli", "");
    let files = [
        ("crates/cli/Cargo.toml", cli.as_str()),
        ("crates/cli/src/lib.rs", "mod a; mod outer { mod c; } #[path = \"odd.rs\"] mod b;"),
        ("crates/cli/src/a.rs", "mod deep;"),
        ("crates/cli/src/a/deep.rs", ""),
        ("crates/cli/src/outer/c/mod.rs", ""),
        ("crates/cli/src/odd.rs", ""),
        ("crates/cli/src/lost.rs", ""),
        ("crates/cli/tests/all.rs", "mod help;"),
        ("crates/cli/tests/help/mod.rs", ""),
    ];
    expect_one(&files, "dead-file", "crates/cli/src/lost.rs", "no `mod` leads here");
}

#[test]
fn places_of_this_machine_leak() {
    let cli = manifest("tiphys-cli", "");
    let root = workspace(&[("crates/cli/Cargo.toml", cli.as_str())]);
    write(root.path(), "notes.txt", &format!("see {}/x", root.path().display()));
    // Put together here, so that this file itself stays clean.
    let more = format!("see /{}/someone/x, not /home/user/x\n{}://registry.corp.io/x", "home", "https");
    write(root.path(), "more.txt", &more);
    write(
        root.path(),
        "fine.txt",
        "https://github.com/x https://example.org http://minio:9000 http://127.0.0.1",
    );
    let workspace = Workspace::read(root.path()).expect("a readable workspace");
    let found = check(&workspace).expect("readable sources");
    let places: Vec<&str> = found.iter().map(|finding| finding.place.as_str()).collect();
    assert_eq!(places, ["more.txt:1", "more.txt:2", "notes.txt:1"]);
}

#[test]
fn links_lead_somewhere() {
    let cli = manifest("tiphys-cli", "");
    let files = [
        ("crates/cli/Cargo.toml", cli.as_str()),
        ("docs/SUMMARY.md", "- [A](a.md)\n"),
        ("docs/a.md", "[gone](b.md#part) [web](https://github.com) `[x](y)`\n```\n[x](z)\n```\n"),
    ];
    expect_one(&files, "link", "docs/a.md:1", "`b.md`");
    let files =
        [("crates/cli/Cargo.toml", cli.as_str()), ("docs/SUMMARY.md", "# Book\n"), ("docs/a.md", "text")];
    expect_one(&files, "link", "docs/a.md", "does not list");
}

/// What tidy says of a page about a small crate.
#[track_caller]
fn of_page(page: &str) -> Vec<String> {
    let (store, spec) = (manifest("tiphys-store", ""), manifest("tiphys-spec", ""));
    let source = "/// A `Ghost` is told of here only.\n\
                  pub enum Shape {\n    #[doc = \"Gone\"]\n    Round(u8, u8),\n    Flat { wide: u8 },\n}\n\
                  pub const SHAPES_MAX: usize = 3;\n\
                  pub fn fold(shape: Shape) {}\n";
    findings(&[
        ("crates/store/Cargo.toml", store.as_str()),
        ("crates/store/src/lib.rs", source),
        ("crates/spec/Cargo.toml", spec.as_str()),
        ("crates/spec/src/schema.txt", "Template\n  archiveLogs bool?\n"),
        ("ARCHITECTURE.md", page),
    ])
}

#[test]
fn pages_name_what_is_there() {
    let true_page = "`Shape`, `Shape::Flat`, `Round`, `store::fold`, `fold()`, `SHAPES_MAX`, `wide`, `archiveLogs`, `lib.rs`,\n\
                     `crates/store/src/lib.rs`, `store/src/`, `src/lib.rs`, `cargo xtask tidy`, `EX-154`, `/api/v1`, `{{x}}`\n";
    assert_eq!(of_page(true_page), Vec::<String>::new());
    for lie in [
        "Ghost",
        "Gone",
        "Shape::Ghost",
        "Shape::Wide",
        "SHAPES_MIN",
        "shape()",
        "unfold",
        "store::Ghost",
        "store/src/gone.rs",
        "store/sr",
        "gone.rs",
    ] {
        let found = of_page(&format!("text\n`{lie}`\n```text\n`Ghost`\n```\n"));
        assert_eq!(found.len(), 1, "{lie}: {found:#?}");
        assert!(found[0].starts_with("page ARCHITECTURE.md:2 ") && found[0].contains(lie), "{found:#?}");
    }
}

#[test]
fn examples_are_parts_of_the_files_that_they_name() {
    let example = |lines: &str| format!("```rust\n// crates/store/src/lib.rs\n{lines}\n```\n");
    assert_eq!(of_page(&example("pub enum Shape {\n    …\n    Flat { wide: u8 },\n}")), Vec::<String>::new());
    assert_eq!(of_page("```rust\npub enum Ghost {}\n```\n"), Vec::<String>::new());
    for lie in ["pub enum Ghost {", "Flat { wide: u8 },\npub enum Shape {"] {
        let found = of_page(&example(lie));
        assert!(found.len() == 1 && found[0].contains("is not in crates/store/src/lib.rs"), "{found:#?}");
    }
    let found = of_page("```rust\n// crates/store/src/gone.rs\n```\n");
    assert!(found.len() == 1 && found[0].contains("does not exist"), "{found:#?}");
}

#[test]
fn the_table_of_crates_is_the_law() {
    let head = "| Crate | Purpose | May use |\n|---|---|---|\n";
    let found = of_page(&format!("{head}| `expr` | text | – |\n| `store` | rows | `expr` |\n"));
    let tells = |row: &str| found.iter().any(|finding| finding.contains(&format!("row of `{row}`")));
    assert!(tells("store") && tells("engine") && !tells("expr"), "{found:#?}");
    assert!(found.iter().all(|finding| finding.starts_with("page ARCHITECTURE.md:1 ")), "{found:#?}");
}
