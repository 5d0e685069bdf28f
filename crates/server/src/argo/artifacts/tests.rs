//! Folders of artifacts.

use super::{browse, href, listing, page_of};
use axum::http::{StatusCode, header};
use std::path::Path;

/// A folder with these files.
fn folder(files: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        let path = folder.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "x").unwrap();
    }
    folder
}

fn entries(folder: &Path) -> Vec<String> {
    let page = listing(folder).unwrap();
    page.lines()
        .filter_map(|line| Some(line.split_once("href=\"")?.1.split_once('"')?.0.to_owned()))
        .collect()
}

/// API-314: sub-directories stand once each, by the whole way to the files in them, in the order of the keys.
#[test]
fn a_folder_is_listed_by_the_keys_of_its_files() {
    let folder =
        folder(&["a.txt", "a/b/c/x.txt", "a/top.txt", "a/two.txt", "only/deep/f.txt", "we ird&.txt"]);
    let wanted = ["..", "./a.txt", "./a/b/c/", "./a/", "./only/deep/", "./we%20ird&amp;.txt"];
    assert_eq!(entries(folder.path()), wanted);
    assert!(listing(folder.path()).unwrap().contains(">we ird&amp;.txt</a>"));
}

#[test]
fn a_link_to_a_folder_above_is_not_walked() {
    let folder = folder(&["a/f"]);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("a/up")).unwrap();
    assert_eq!(entries(folder.path()), ["..", "./a/"]);
}

/// API-314: the top level is that of the folder that is asked for.
#[test]
fn a_folder_below_an_artifact_shows_its_index() {
    let folder = folder(&["site/index.html", "site/more/f"]);
    let at = folder.path().canonicalize().unwrap();
    let answer =
        |file: &str, path: &str| browse(&at, file, path).unwrap_or_else(|_| panic!("{path} is there"));
    let shown = answer("site/", "/x/d/site/");
    assert_eq!(shown.status(), StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(shown.headers()[header::LOCATION], "/x/d/site/index.html");
    assert_eq!(answer("", "/x/d/").status(), StatusCode::OK);
    assert_eq!(answer("site/more/", "/x/d/site/more/").status(), StatusCode::OK);
}

#[test]
fn names_of_files_stay_within_the_path_of_an_address() {
    assert_eq!(href("a b?c#d%20'\"<é/+"), "a%20b%3fc%23d%2520%27%22%3c%c3%a9/&#43;");
}

/// API-314: below a file lies nothing.
#[test]
fn a_file_that_is_asked_for_as_a_folder_is_an_empty_one() {
    let folder = folder(&["one.txt"]);
    let at = folder.path().join("one.txt").canonicalize().unwrap();
    let answer = browse(&at, "", "/artifact-files/a/workflows/b/c/outputs/one/").ok().unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
    assert_eq!(answer.headers().get(header::CONTENT_DISPOSITION), None);
    assert_eq!(page_of(&[]), "<html><body><ul>\n<li><a href=\"..\">..</a></li>\n</ul></body></html>");
}
