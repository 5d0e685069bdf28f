//! The local store, and raw artifacts.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use tiphys_artifact::{Archive, ArtifactError, Driver, Key, LocalStore, Mode, Raw, copy_folder};

use crate::support::{tree, write};

fn key(text: &str) -> Key {
    Key::parse(text).unwrap()
}

fn keys(store: &LocalStore, prefix: &str) -> Vec<String> {
    store.list(&key(prefix)).unwrap().into_iter().map(|(key, _)| key.to_string()).collect()
}

#[test]
fn keys_stay_inside() {
    for text in ["", "/", "//", ".", "..", "a/..", "../a", "a/./b", "a\0b", ".incoming/x", "/.incoming"] {
        assert!(matches!(Key::parse(text), Err(ArtifactError::Key { .. })), "{text:?}");
    }
    for long in ["x".repeat(256), "x/".repeat(600)] {
        assert!(Key::parse(&long).is_err());
    }
    assert_eq!(key("/a//b/").as_str(), "a/b");
    assert_eq!(key("a/.incoming/..b/c...").as_str(), "a/.incoming/..b/c...");
    assert!(key("a").join("../b").is_err());
    assert_eq!(key("a").join("b/c").unwrap().name(), "c");
}

#[test]
fn an_object_is_there_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalStore::new(folder.path().join("store"));
    let mut incoming = store.create(&key("wf/pod/out.tgz")).unwrap();
    incoming.write_all(b"half").unwrap();
    assert!(!store.exists(&key("wf/pod/out.tgz")).unwrap());
    drop(incoming);
    assert_eq!(fs::read_dir(folder.path().join("store/.incoming")).unwrap().count(), 0);

    let mut incoming = store.create(&key("wf/pod/out.tgz")).unwrap();
    incoming.write_all(b"whole").unwrap();
    assert_eq!(incoming.commit().unwrap(), 5);
    let mut text = String::new();
    store.open(&key("wf/pod/out.tgz")).unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "whole");
    assert_eq!(store.list(&key("wf")).unwrap(), [(key("wf/pod/out.tgz"), 5)]);

    // PA-212: the last writer wins.
    write(&folder.path().join("new"), "newer", 0o644);
    store.save(&folder.path().join("new"), &key("wf/pod/out.tgz")).unwrap();
    assert_eq!(fs::read(store.path(&key("wf/pod/out.tgz"))).unwrap(), b"newer");
    assert_eq!(store.adopt(&folder.path().join("new"), &key("wf/pod/other")).unwrap(), 5);
    assert!(!folder.path().join("new").exists());
    assert_eq!(keys(&store, "wf"), ["wf/pod/other", "wf/pod/out.tgz"]);
}

/// However many files a folder has, each becomes an object, and nothing that has no name yet is left.
#[test]
fn a_folder_of_many_files_is_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let store = LocalStore::new(root.join("store"));
    for number in 0..40 {
        write(&root.join(format!("d/{}/{number}", number % 20)), "1", 0o644);
    }
    symlink("/etc/passwd", root.join("d/link")).unwrap();
    assert_eq!(store.adopt(&root.join("d"), &key("demo/pod/d")).unwrap(), 40);
    assert_eq!(keys(&store, "demo/pod/d").len(), 40);
    assert_eq!(fs::read(store.path(&key("demo/pod/d/3/23"))).unwrap(), b"1");
    assert_eq!(fs::read_dir(root.join("store/.incoming")).unwrap().count(), 0);
}

/// PA-163, PA-224: a folder is one object a file, and a prefix is a folder again.
#[test]
fn a_folder_is_a_prefix() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let store = LocalStore::new(root.join("store"));
    write(&root.join("d/a"), "1", 0o644);
    write(&root.join("d/sub/b"), "22", 0o644);
    fs::create_dir(root.join("d/hollow")).unwrap();
    symlink("a", root.join("d/link")).unwrap();
    symlink("nowhere", root.join("d/dangling")).unwrap();
    let saved = store.save_packed(&root.join("d"), &Archive::None, &key("demo/pod/d")).unwrap();
    assert_eq!(saved.bytes, 4);
    let dangling = root.join("d/dangling");
    assert_eq!(saved.left_out.to_string(), format!("`{}` (a link to nothing)", dangling.display()));
    assert_eq!(keys(&store, "demo"), ["demo/pod/d/a", "demo/pod/d/link", "demo/pod/d/sub/b"]);
    assert_eq!(keys(&store, "demo/pod/d/sub/b"), ["demo/pod/d/sub/b"]);

    let mode = Some(Mode { bits: 0o700, recursive: true });
    store.load_packed(&key("demo/pod/d/"), &root.join("in"), None, mode).unwrap();
    let names: Vec<_> = tree(&root.join("in")).into_iter().collect();
    let expected =
        [("", "folder 700"), ("a", "700 1"), ("link", "700 1"), ("sub", "folder 700"), ("sub/b", "700 22")];
    assert_eq!(names, expected.map(|(name, what)| (name.to_owned(), what.to_owned())));
    assert!(matches!(store.open_file(&key("demo/pod/d")), Err(ArtifactError::NotFound(_))));
}

/// What a run is given from this machine comes as it is, as far as a step can have it.
#[test]
fn a_folder_of_the_machine_is_copied_with_its_links() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(&root.join("elsewhere/file"), "far", 0o600);
    write(&root.join("d/run.sh"), "go", 0o755);
    write(&root.join("d/sub/b"), "22", 0o640);
    for (target, link) in [
        ("sub", "to-folder"),
        ("../run.sh", "sub/up"),
        ("sub/../run.sh", "round"),
        ("nowhere", "dangling"),
        ("../elsewhere/file", "out"),
    ] {
        symlink(target, root.join("d").join(link)).unwrap();
    }
    symlink(root.join("elsewhere/file"), root.join("d/absolute")).unwrap();
    for (target, link) in [("../elsewhere", "a"), ("/no/such/file", "b")] {
        symlink(target, root.join("d").join(link)).unwrap();
    }
    let _socket = std::os::unix::net::UnixListener::bind(root.join("d/c")).unwrap();
    let left_out = copy_folder(&root.join("d"), &root.join("in/d"), None).unwrap();
    let mut found = tree(&root.join("in/d"));
    found.retain(|_, what| !what.starts_with("folder"));
    let expected = [
        ("absolute", "600 far"),
        ("dangling", "-> nowhere"),
        ("out", "600 far"),
        ("round", "-> sub/../run.sh"),
        ("run.sh", "755 go"),
        ("sub/b", "640 22"),
        ("sub/up", "-> ../run.sh"),
        ("to-folder", "-> sub"),
    ];
    assert_eq!(found.into_iter().collect::<Vec<_>>(), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    let told = left_out.to_string();
    for part in ["`a` (a link to a folder elsewhere)", "`b` (a link to nothing", "`c` (a socket)"] {
        assert!(told.contains(part), "{told}");
    }
}

/// PA-163: an empty folder stores nothing, so there is nothing to load.
#[test]
fn an_empty_folder_is_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalStore::new(folder.path().join("store"));
    fs::create_dir(folder.path().join("d")).unwrap();
    store.save(&folder.path().join("d"), &key("demo/d")).unwrap();
    assert!(!store.exists(&key("demo/d")).unwrap());
    fs::create_dir_all(store.path(&key("demo/left/behind"))).unwrap();
    assert!(!store.exists(&key("demo/left")).unwrap());
    let error = store.load(&key("demo/left"), &folder.path().join("in")).unwrap_err();
    assert_eq!(error.to_string(), "`demo/left` does not exist");
    // And an empty folder is not in the way of an object.
    store.create(&key("demo/left/behind")).unwrap().commit().unwrap();
    assert!(store.exists(&key("demo/left/behind")).unwrap());
}

/// PA-222 to PA-227: what lies under which key.
#[test]
fn artifacts_come_back_as_they_were_packed() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let store = LocalStore::new(root.join("store"));
    write(&root.join("d/file.txt"), "text", 0o600);
    for (number, how) in [Archive::default(), Archive::Zip, Archive::None].into_iter().enumerate() {
        for (source, there) in [("d/file.txt", ""), ("d", "file.txt")] {
            let at = key(&format!("demo/{number}/{source}/x"));
            store.save_packed(&root.join(source), &how, &at).unwrap();
            let dest = root.join(format!("in/{number}/{source}/x"));
            store.load_packed(&at, &dest, Some(how), None).unwrap();
            assert_eq!(fs::read(dest.join(there)).or_else(|_| fs::read(&dest)).unwrap(), b"text", "{how:?}");
        }
    }
}

#[test]
fn deleting_tidies_up_and_is_not_picky() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalStore::new(folder.path());
    for name in ["wf/a/1", "wf/a/2", "wf/b"] {
        store.create(&key(name)).unwrap().commit().unwrap();
    }
    store.delete(&key("wf/a")).unwrap();
    assert_eq!(keys(&store, "wf"), ["wf/b"]);
    store.delete(&key("wf/a")).unwrap();
    store.delete(&key("wf/b/c")).unwrap();
    store.delete(&key("wf/b")).unwrap();
    assert!(!folder.path().join("wf").exists() && folder.path().exists());
}

#[test]
fn a_key_that_begins_another_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalStore::new(folder.path());
    store.create(&key("a/b")).unwrap().commit().unwrap();
    for text in ["a", "a/b/c"] {
        let error = store.create(&key(text)).unwrap().commit().unwrap_err();
        assert!(error.to_string().contains("another object's key is the beginning of it"), "{error}");
    }
    assert_eq!(keys(&store, "a"), ["a/b"]);
}

#[test]
fn many_writers_and_a_deleter_do_not_disturb_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalStore::new(folder.path());
    std::thread::scope(|scope| {
        for writer in 0..3 {
            let store = &store;
            scope.spawn(move || {
                for round in 0..40 {
                    let mine = key(&format!("wf/{writer}/x"));
                    let mut incoming = store.create(&mine).unwrap();
                    incoming.write_all(format!("{round}").as_bytes()).unwrap();
                    incoming.commit().unwrap();
                    store.delete(&mine).unwrap();
                }
            });
        }
    });
    assert_eq!(keys(&store, "wf"), Vec::<String>::new());
}

#[test]
fn what_dead_writers_left_is_swept() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalStore::new(folder.path());
    std::mem::forget(store.create(&key("a")).unwrap());
    let left = || fs::read_dir(folder.path().join(".incoming")).unwrap().count();
    store.sweep(Duration::from_secs(60));
    assert_eq!(left(), 1);
    store.sweep(Duration::ZERO);
    assert_eq!(left(), 0);
}

/// PA-162: raw artifacts are read and nothing else.
#[test]
fn raw_artifacts() {
    let folder = tempfile::tempdir().unwrap();
    let raw = Raw { data: "content".into() };
    let dest = folder.path().join("a/b");
    raw.load(&key("x"), &dest).unwrap();
    assert_eq!(fs::read(&dest).unwrap(), b"content");
    let error = raw.save(Path::new("x"), &key("x")).unwrap_err();
    assert_eq!(error.to_string(), "Raw output artifacts unsupported");
}

/// PA-208: an empty file is a file.
#[test]
fn an_empty_file_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let (store, key) = (LocalStore::new(folder.path().join("store")), Key::parse("a/empty").unwrap());
    fs::write(folder.path().join("empty"), "").unwrap();
    for archive in [Archive::None, Archive::Tar { level: None }, Archive::Zip] {
        store.save_packed(&folder.path().join("empty"), &archive, &key).unwrap();
        store.load_packed(&key, &folder.path().join("back"), Some(archive), None).unwrap();
        assert_eq!(fs::read(folder.path().join("back")).unwrap(), b"");
    }
}

/// PA-224: however many files a folder has, each is an object of its own.
#[test]
fn many_files_of_a_folder_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    for number in 0..40 {
        let path = source.join(format!("{}/{number}", number % 3));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, number.to_string()).unwrap();
    }
    let store = LocalStore::new(folder.path().join("store"));
    let key = Key::parse("of/it").unwrap();
    assert_eq!(store.save_packed(&source, &Archive::None, &key).unwrap().bytes, 70);
    assert_eq!(store.list(&key).unwrap().len(), 40);
    let text = std::fs::read_to_string(store.path(&Key::parse("of/it/1/37").unwrap())).unwrap();
    assert_eq!(text, "37");
    let left = std::fs::read_dir(folder.path().join("store/.incoming")).unwrap().count();
    assert_eq!(left, 0, "nothing that is not whole is left");
}
