//! Packing and unpacking as PA-200 to PA-204 and PA-222 to PA-226 say.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use tiphys_artifact::{Archive, ArtifactError, Mode, archive};

use crate::support::{gzip, packed, tar_entry, tree, unpack, write};

const TGZ: Archive = Archive::Tar { level: None };

fn sample(root: &Path) {
    write(&root.join("d/file.txt"), "hello", 0o640);
    write(&root.join("d/sub/run.sh"), "#!/bin/sh", 0o755);
    write(&root.join("d/sub/empty"), "", 0o600);
    write(&root.join(format!("d/{}", "long".repeat(60))), "long name", 0o644);
    fs::create_dir(root.join("d/hollow")).unwrap();
    symlink("sub/run.sh", root.join("d/link")).unwrap();
    symlink("nowhere", root.join("d/dangling")).unwrap();
}

/// PA-200, PA-201: what is packed comes back the same, as the path itself.
#[test]
fn a_folder_makes_the_round_trip() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    sample(root);
    for how in [TGZ, Archive::Tar { level: Some(0) }, Archive::Tar { level: Some(9) }, Archive::Zip] {
        let bytes = packed(&root.join("d"), how);
        let dest = root.join("out/deep");
        unpack(&bytes, &dest, Some(how), None).unwrap();
        assert_eq!(tree(&dest), tree(&root.join("d")), "{how:?}");
        assert_eq!(fs::read_dir(root.join("out")).unwrap().count(), 1, "nothing is left aside");
        fs::remove_dir_all(root.join("out")).unwrap();
    }
}

#[test]
fn a_file_makes_the_round_trip() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(&root.join("a.txt"), "content", 0o755);
    let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs::File::options().write(true).open(root.join("a.txt")).unwrap().set_modified(then).unwrap();
    for how in [TGZ, Archive::Zip, Archive::None] {
        let dest = root.join("in");
        unpack(&packed(&root.join("a.txt"), how), &dest, Some(how), None).unwrap();
        assert_eq!(fs::read(&dest).unwrap(), b"content", "{how:?}");
        if how == TGZ {
            assert_eq!(fs::metadata(&dest).unwrap().modified().unwrap(), then);
        }
    }
}

/// PA-200: only a tar in gzip is found out.
#[test]
fn without_a_word_only_a_tgz_is_unpacked() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(&root.join("a.txt"), "content", 0o644);
    let dest = root.join("in");
    let check = |bytes: &[u8], expected: &[u8]| {
        unpack(bytes, &dest, None, None).unwrap();
        assert_eq!(fs::read(&dest).unwrap(), expected);
    };
    check(&packed(&root.join("a.txt"), TGZ), b"content");
    let zip = packed(&root.join("a.txt"), Archive::Zip);
    check(&zip, &zip);
    let tar = [tar_entry(b'0', b"a.txt", b"", b"content"), vec![0; 1024]].concat();
    check(&tar, &tar);
    check(&gzip(&tar), b"content");
    let only_gzip = gzip(b"just text");
    check(&only_gzip, &only_gzip);
    let empty = gzip(&[0; 1024]);
    check(&empty, &empty);
    check(b"", b"");
    check(&[0x1F, 0x8B], &[0x1F, 0x8B]);
    // `archive: {none: {}}` asks for the bytes as they are.
    let tgz = packed(&root.join("a.txt"), TGZ);
    unpack(&tgz, &dest, Some(Archive::None), None).unwrap();
    assert_eq!(fs::read(&dest).unwrap(), tgz);
}

/// PA-201: several top entries become a folder.
#[test]
fn several_top_entries_become_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let tar = [
        tar_entry(b'5', b"./", b"", b""),
        tar_entry(b'0', b"./a", b"", b"1"),
        tar_entry(b'0', b"/b/c", b"", b"2"),
        vec![0; 1024],
    ]
    .concat();
    let dest = folder.path().join("in");
    unpack(&gzip(&tar), &dest, None, None).unwrap();
    let found: Vec<_> = tree(&dest).into_keys().collect();
    assert_eq!(found, ["", "a", "b", "b/c"]);

    unpack(&gzip(&[0; 1024]), &folder.path().join("none"), Some(TGZ), None).unwrap();
    assert!(fs::read_dir(folder.path().join("none")).unwrap().next().is_none());
}

#[test]
fn the_same_tree_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    let names: Vec<_> = (0..50).map(|number| format!("d/file{number}")).collect();
    names.iter().for_each(|name| write(&one.join(name), name, 0o644));
    names.iter().rev().for_each(|name| write(&two.join(name), name, 0o644));
    let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    for root in [&one, &two] {
        for name in names.iter().map(String::as_str).chain(["d"]) {
            fs::File::open(root.join(name)).unwrap().set_modified(then).unwrap();
        }
    }
    for how in [TGZ, Archive::Zip] {
        assert_eq!(packed(&one.join("d"), how), packed(&two.join("d"), how), "{how:?}");
    }
}

/// PA-122, PA-123, PA-202.
#[test]
fn the_mode_is_given_after_loading() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    sample(root);
    let bytes = packed(&root.join("d"), TGZ);
    let dest = root.join("in");
    unpack(&bytes, &dest, None, Some(Mode { bits: 0o700, recursive: false })).unwrap();
    let found = tree(&dest);
    assert_eq!((&*found[""], &*found["file.txt"]), ("folder 700", "640 hello"));
    fs::remove_dir_all(&dest).unwrap();
    unpack(&bytes, &dest, None, Some(Mode { bits: 0o711, recursive: true })).unwrap();
    let found = tree(&dest);
    assert_eq!(
        (&*found["hollow"], &*found["file.txt"], &*found["link"]),
        ("folder 711", "711 hello", "-> sub/run.sh")
    );
}

/// PA-203: a path that is there already, as a volume is.
#[test]
fn a_folder_joins_a_folder_and_a_file_replaces_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(&root.join("new/a"), "new", 0o644);
    write(&root.join("new/sub/b"), "new", 0o644);
    write(&root.join("volume/a"), "old", 0o644);
    write(&root.join("volume/sub/c"), "old", 0o644);
    unpack(&packed(&root.join("new"), TGZ), &root.join("volume"), None, None).unwrap();
    let found = tree(&root.join("volume"));
    let content: Vec<_> = ["a", "sub/b", "sub/c"].iter().map(|name| found[*name].as_str()).collect();
    assert_eq!(content, ["644 new", "644 new", "644 old"]);
    unpack(b"text", &root.join("volume/a"), None, None).unwrap();
    assert_eq!(fs::read(root.join("volume/a")).unwrap(), b"text");
    assert!(unpack(b"text", &root.join("volume/sub"), None, None).is_err());
}

#[test]
fn what_cannot_be_packed_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let pack = |name: &str, how: Archive| archive::pack(&root.join(name), &how, &mut Vec::new());
    assert!(matches!(pack("nothing", TGZ), Err(ArtifactError::NotFound(_))));
    fs::create_dir(root.join("d")).unwrap();
    assert!(matches!(pack("d", Archive::None), Err(ArtifactError::Unsupported(_))));
    let level = pack("d", Archive::Tar { level: Some(10) }).unwrap_err();
    assert_eq!(level.to_string(), "gzip: invalid compression level: 10");
    let _socket = std::os::unix::net::UnixListener::bind(root.join("d/socket")).unwrap();
    assert!(pack("d/socket", TGZ).unwrap_err().to_string().contains("is a socket"));
    // Inside a folder it is left out, and that is told.
    let left_out = pack("d", TGZ).unwrap();
    assert_eq!(left_out.to_string(), format!("`{}` (a socket)", root.join("d/socket").display()));
    unpack(&packed(&root.join("d"), TGZ), &root.join("in"), None, None).unwrap();
    assert!(!root.join("in/socket").exists());
}

/// Others must be able to read what we write, and we what they write.
#[test]
fn tar_and_we_understand_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    sample(root);
    let run = |arguments: &[&str]| {
        let quiet = || std::process::Stdio::null();
        Command::new("tar").current_dir(root).args(arguments).stdout(quiet()).stderr(quiet()).status()
    };
    if run(&["--version"]).is_err() {
        println!("skipped: there is no tar");
        return;
    }
    fs::write(root.join("ours.tgz"), packed(&root.join("d"), TGZ)).unwrap();
    fs::create_dir(root.join("theirs")).unwrap();
    assert!(run(&["xpzf", "ours.tgz", "-C", "theirs"]).unwrap().success());
    assert_eq!(tree(&root.join("theirs/d")), tree(&root.join("d")));
    for format in ["--format=gnu", "--format=pax", "--format=ustar", "--format=v7"] {
        // The long name does not fit into the last two.
        if !run(&[format, "-czf", "them.tgz", "d"]).unwrap().success() {
            continue;
        }
        unpack(&fs::read(root.join("them.tgz")).unwrap(), &root.join("in"), None, None).unwrap();
        assert_eq!(tree(&root.join("in")), tree(&root.join("d")), "{format}");
        fs::remove_dir_all(root.join("in")).unwrap();
    }
}
