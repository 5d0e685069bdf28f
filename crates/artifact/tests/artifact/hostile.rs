//! Archives that mean harm: each is refused with a reason, and nothing outside the target is touched.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use tiphys_artifact::limits::{HEADER_BYTES_MAX, Limits};
use tiphys_artifact::{Archive, ArtifactError, archive};

use crate::support::{gzip, packed, seal, tar_entry, tree, unpack, write};

const TGZ: Option<Archive> = Some(Archive::Tar { level: None });

fn tar(entries: &[Vec<u8>]) -> Vec<u8> {
    gzip(&[entries.concat(), vec![0; 1024]].concat())
}

/// Unpacks beside a file that must stay as it is, and answers what was said.
#[track_caller]
fn refused(bytes: &[u8], how: Option<Archive>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(&root.join("victim"), "untouched", 0o644);
    fs::create_dir(root.join("box")).unwrap();
    let error = unpack(bytes, &root.join("box/in"), how, None).unwrap_err();
    assert_eq!(tree(root).into_keys().collect::<Vec<_>>(), ["", "box", "victim"], "{error}");
    assert_eq!(fs::read(root.join("victim")).unwrap(), b"untouched");
    error.to_string()
}

#[test]
fn names_that_lead_out() {
    for name in ["../victim", "a/../../victim", "..", "a/b/../../../victim"] {
        let said = refused(&tar(&[tar_entry(b'0', name.as_bytes(), b"", b"evil")]), TGZ);
        assert_eq!(said, format!("`{name}` leads out of the archive"));
    }
    // Not what they seem: these stay inside.
    let folder = tempfile::tempdir().unwrap();
    let bytes = tar(&[tar_entry(b'0', b"/etc/../x", b"", b"1"), tar_entry(b'0', b"a/./y", b"", b"2")]);
    unpack(&bytes, &folder.path().join("in"), TGZ, None).unwrap();
    assert_eq!(tree(&folder.path().join("in")).into_keys().collect::<Vec<_>>(), ["", "a", "a/y", "x"]);
}

#[test]
fn links_that_lead_out() {
    let absolute = refused(&tar(&[tar_entry(b'2', b"link", b"/etc/passwd", b"")]), TGZ);
    assert_eq!(absolute, "`link` is a link to an absolute path");
    let relative = refused(&tar(&[tar_entry(b'2', b"d/link", b"../../victim", b"")]), TGZ);
    assert_eq!(relative, "`d/link` leads out of the archive");
    let hard = refused(&tar(&[tar_entry(b'1', b"hard", b"../victim", b"")]), TGZ);
    assert_eq!(hard, "`hard` leads out of the archive");
    let missing = refused(&tar(&[tar_entry(b'1', b"hard", b"nothing", b"")]), TGZ);
    assert!(missing.contains("does not exist"), "{missing}");
}

/// Where a link leads is seen from where it comes to lie, and through the other links of the archive.
#[test]
fn links_that_lead_out_by_detours() {
    let link = |name: &str, target: &str| tar_entry(b'2', name.as_bytes(), target.as_bytes(), b"");
    let folder = |name: &str| tar_entry(b'5', name.as_bytes(), b"", b"");
    let out = |name: &str| format!("`{name}` leads out of the archive");
    // The only folder becomes the target itself, so what lies beside it lies outside.
    assert_eq!(refused(&tar(&[folder("top/"), link("top/l", "../x")]), TGZ), out("top/l"));
    assert_eq!(refused(&tar(&[link("l", "x")]), TGZ), out("l"));
    // Through a link that is fine by itself, before it and after it.
    let up = link("a/b/up", "../..");
    let through = link("x", "a/b/up/../../etc/passwd");
    assert_eq!(refused(&tar(&[folder("a/b/"), up.clone(), through.clone()]), TGZ), out("x"));
    assert_eq!(refused(&tar(&[through, folder("a/b/"), up]), TGZ), out("x"));

    // What stays inside may go through links; a circle leads nowhere.
    let place = tempfile::tempdir().unwrap();
    let good = tar(&[
        tar_entry(b'0', b"top/v1/lib/file", b"", b"1"),
        link("top/current", "v1/lib"),
        link("top/v1/again", "../current/../lib/file"),
        link("top/circle", "circle"),
        link("top/nothing", "none/../none"),
    ]);
    unpack(&good, &place.path().join("in"), TGZ, None).unwrap();
    assert_eq!(fs::read(place.path().join("in/v1/again")).unwrap(), b"1");
}

#[test]
fn nothing_is_written_through_a_link() {
    let through = tar(&[
        tar_entry(b'5', b"d/", b"", b""),
        tar_entry(b'2', b"link", b"d", b""),
        tar_entry(b'0', b"link/file", b"", b"evil"),
    ]);
    assert_eq!(refused(&through, TGZ), "`link/file` goes through something that is not a folder");
    let hard = tar(&[tar_entry(b'2', b"link", b"target", b""), tar_entry(b'1', b"hard", b"link", b"")]);
    assert!(refused(&hard, TGZ).contains("second name of something that is not a file"));

    // The later of two entries replaces the link and does not follow it.
    let folder = tempfile::tempdir().unwrap();
    let replaced = tar(&[
        tar_entry(b'0', b"d/target", b"", b"old"),
        tar_entry(b'2', b"d/link", b"target", b""),
        tar_entry(b'0', b"d/link", b"", b"new"),
    ]);
    unpack(&replaced, &folder.path().join("in"), TGZ, None).unwrap();
    let found = tree(&folder.path().join("in"));
    assert_eq!((&*found["target"], &*found["link"]), ("644 old", "644 new"));
}

#[test]
fn entries_that_are_no_files() {
    for (kind, what) in [(b'3', "a device"), (b'4', "a device"), (b'6', "a pipe"), (b'S', "a sparse file")] {
        let said = refused(&tar(&[tar_entry(kind, b"odd", b"", b"")]), TGZ);
        assert_eq!(said, format!("`odd` is {what}, which an artifact cannot hold"));
    }
}

#[test]
fn bombs() {
    let within = |bytes: &[u8], entries: u64, size: u64, how: Option<Archive>| {
        let folder = tempfile::tempdir().unwrap();
        let limits = Limits { entries, bytes: size };
        let dest = folder.path().join("in");
        let error = archive::unpack_within(&mut Cursor::new(bytes), &dest, how, None, &limits).unwrap_err();
        assert!(fs::read_dir(folder.path()).unwrap().next().is_none(), "{error}");
        error.to_string()
    };
    let zeros = vec![0; 5_000_000];
    let size = "the size of the unpacked archive is more than the limit of 1000000";
    assert_eq!(within(&tar(&[tar_entry(b'0', b"zeros", b"", &zeros)]), 10, 1_000_000, TGZ), size);
    assert_eq!(within(&zeros, 10, 1_000_000, Some(Archive::None)), size);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("zeros"), &zeros).unwrap();
    let zip = packed(&folder.path().join("zeros"), Archive::Zip);
    assert!(zip.len() < 10_000);
    assert_eq!(within(&zip, 10, 1_000_000, Some(Archive::Zip)), size);

    let many: Vec<_> =
        (0..20).map(|number| tar_entry(b'5', format!("d{number}").as_bytes(), b"", b"")).collect();
    assert_eq!(
        within(&tar(&many), 10, 1_000, TGZ),
        "the number of entries of the archive is more than the limit of 10"
    );
}

#[test]
fn names_and_headers_without_end() {
    let long = |kind: u8, bytes: usize| {
        tar(&[tar_entry(kind, b"././@LongLink", b"", &vec![b'a'; bytes]), tar_entry(b'0', b"x", b"", b"")])
    };
    assert_eq!(refused(&long(b'L', 5_000), TGZ), "a name of 5000 bytes is more than the limit of 4096");
    for kind in [b'L', b'K', b'x'] {
        let said = refused(&long(kind, HEADER_BYTES_MAX as usize + 1), TGZ);
        assert_eq!(said, "a header of 1048577 bytes is more than the limit of 1048576");
    }
    let deep = "d/".repeat(201);
    let said =
        refused(&tar(&[tar_entry(b'L', b"x", b"", deep.as_bytes()), tar_entry(b'5', b"x", b"", b"")]), TGZ);
    assert!(said.starts_with("the depth of") && said.ends_with("is more than the limit of 200"), "{said}");

    // A header that announces ten gigabytes, and then nothing.
    let mut header = tar_entry(b'L', b"x", b"", b"");
    header[124..135].copy_from_slice(b"77777777777");
    seal(&mut header[..512]);
    assert!(refused(&gzip(&header), TGZ).contains("more than the limit"));
    header[156] = b'0';
    seal(&mut header[..512]);
    assert!(refused(&gzip(&header), TGZ).contains("ends in the middle"));
}

#[test]
fn broken_archives() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("a"), &"content ".repeat(1_000), 0o644);
    for how in [Archive::Tar { level: None }, Archive::Zip] {
        let whole = packed(&folder.path().join("a"), how);
        for cut in [0, 1, 10, whole.len() / 2, whole.len() - 9] {
            refused(&whole[..cut], Some(how));
        }
        assert!(refused(b"something else entirely", Some(how)).contains("archive"));
    }
    for line in ["7 x", "0 path=x\n", "999 path=x\n", "abc", "14 size=abcde\n"] {
        let bytes = tar(&[tar_entry(b'x', b"x", b"", line.as_bytes()), tar_entry(b'0', b"y", b"", b"")]);
        assert!(refused(&bytes, TGZ).contains("extended header is broken"), "{line}");
    }
}

#[test]
fn zips_that_lead_out() {
    // A zip made well, then changed by hand; both places that hold the name have the same length.
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("xxxvictim"), "evil", 0o644);
    let mut zip = packed(&folder.path().join("xxxvictim"), Archive::Zip);
    let mut changed = 0;
    while let Some(at) = zip.windows(9).position(|window| window == b"xxxvictim") {
        zip[at..at + 9].copy_from_slice(b"../victim");
        changed += 1;
    }
    assert_eq!(changed, 2);
    assert_eq!(refused(&zip, Some(Archive::Zip)), "`../victim` leads out of the archive");

    fs::create_dir(folder.path().join("d")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("d/link")).unwrap();
    for how in [Archive::Zip, Archive::Tar { level: None }] {
        let bytes = packed(&folder.path().join("d"), how);
        assert_eq!(refused(&bytes, Some(how)), "`d/link` is a link to an absolute path", "{how:?}");
    }
}

#[test]
fn a_folder_without_bottom_is_not_packed_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let deep = (0..210).fold(folder.path().join("d"), |path, _| path.join("d"));
    fs::create_dir_all(&deep).unwrap();
    std::os::unix::fs::symlink("..", folder.path().join("d/loop")).unwrap();
    let error = archive::pack(&folder.path().join("d"), &Archive::default(), &mut Vec::new()).unwrap_err();
    assert!(matches!(error, ArtifactError::Limit { limit: 200, .. }), "{error}");
    assert!(Path::new(&deep).exists());
}
