use super::{BackupError, backup, restore};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write as _;
use std::path::Path;
use tiphys_store::{Catalog as _, ObjectKey, State};

fn key() -> ObjectKey {
    ObjectKey {
        kind: "WorkflowTemplate".to_owned(),
        namespace: "default".to_owned(),
        name: "kept".to_owned(),
    }
}

#[test]
fn what_was_backed_up_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(&folder.path().join("state")).unwrap();
    state.store().unwrap().put_object(&key(), b"{}", None).unwrap();
    state.put_secrets("u1", b"{\"s\":1}").unwrap();
    std::fs::create_dir_all(state.artifacts_dir().join("a/b")).unwrap();
    std::fs::write(state.artifacts_dir().join("a/b/file"), b"content").unwrap();
    std::os::unix::fs::symlink("/etc/passwd", state.artifacts_dir().join("link")).unwrap();
    // In a volume links are part of what steps made.
    let volume = |dir: &Path| dir.join("claims/default/work");
    std::fs::create_dir_all(volume(state.dir())).unwrap();
    std::os::unix::fs::symlink("../lib/tool.js", volume(state.dir()).join("tool")).unwrap();
    // What is being removed is not taken along.
    std::fs::create_dir_all(state.dir().join("claims/.going/one")).unwrap();
    std::fs::write(state.dir().join("claims/.going/one/file"), b"x").unwrap();
    // A volume that was moved to another disk is not shared with what is restored here.
    let moved = folder.path().join("moved");
    std::fs::create_dir(&moved).unwrap();
    std::os::unix::fs::symlink(&moved, state.dir().join("claims/default/moved")).unwrap();
    std::os::unix::fs::symlink(&moved, state.dir().join("claims/team")).unwrap();
    let mut file = Vec::new();
    let copied = backup(&state, &mut file).unwrap();
    assert_eq!((copied.files, copied.left_out), (4, 3));
    // The first folder goes on unharmed.
    assert!(state.store().unwrap().object(&key()).unwrap().is_some());

    let back = folder.path().join("back");
    assert_eq!(restore(&*file, &back).unwrap().files, 4);
    let state = State::open(&back).unwrap();
    assert_eq!(state.store().unwrap().object(&key()).unwrap().unwrap().body, b"{}");
    assert_eq!(state.secrets("u1").unwrap().unwrap(), b"{\"s\":1}");
    assert_eq!(std::fs::read(state.artifacts_dir().join("a/b/file")).unwrap(), b"content");
    assert_eq!(std::fs::read_link(volume(&back).join("tool")).unwrap(), Path::new("../lib/tool.js"));
    assert!(["default/moved", "team"].iter().all(|name| !back.join("claims").join(name).is_symlink()));
    // Nothing is ever put over what is there.
    let error = restore(&*file, &back).unwrap_err();
    assert!(matches!(error, BackupError::Occupied(_)), "{error}");
}

#[test]
fn what_is_no_backup_is_refused_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("state");
    let packed = |files: &[(&str, &[u8])]| {
        let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (name, body) in files {
            let mut header = tar::Header::new_old();
            header.set_size(body.len() as u64);
            header.set_mode(0o600);
            // Written as it is: the library would refuse some of these names.
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_cksum();
            tar.append(&header, *body).unwrap();
        }
        let mut packer = tar.into_inner().unwrap();
        packer.flush().unwrap();
        packer.finish().unwrap()
    };
    let note: &[u8] = b"{\"release\":\"0\",\"at\":\"\"}";
    let strange = [
        (b"not packed at all".to_vec(), "no backup"),
        (packed(&[]), "it is empty"),
        (packed(&[("other", b"x")]), "it does not begin as one"),
        (packed(&[("tiphys-backup.json", note), ("../out", b"x")]), "`../out` leads out of the folder"),
        (packed(&[("tiphys-backup.json", note), ("/abs", b"x")]), "leads out of the folder"),
        (packed(&[("tiphys-backup.json", note), ("tiphys.db", b"not a database, but long")]), "tiphys.db"),
    ];
    let outside = tempfile::tempdir().unwrap();
    let linked = |links: &[(&str, &Path)], files: &[&str]| {
        let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        let header = |kind, size: usize| {
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(kind);
            header.set_mode(0o700);
            header.set_size(size as u64);
            header
        };
        let file = &mut header(tar::EntryType::Regular, note.len());
        tar.append_data(file, "tiphys-backup.json", note).unwrap();
        tar.append_data(&mut header(tar::EntryType::Directory, 0), "claims", &b""[..]).unwrap();
        for (name, target) in links {
            tar.append_link(&mut header(tar::EntryType::Symlink, 0), name, target).unwrap();
        }
        for name in files {
            tar.append_data(&mut header(tar::EntryType::Regular, 1), name, &b"x"[..]).unwrap();
        }
        tar.into_inner().unwrap().finish().unwrap()
    };
    let strange = strange.into_iter().chain([
        (linked(&[("claims/out", outside.path())], &["claims/out/file"]), "claims/out/file"),
        (
            linked(&[("claims/out", outside.path()), ("claims/out/in", "x".as_ref())], &[]),
            "lies behind a link",
        ),
        (linked(&[("runs", outside.path())], &[]), "is neither a file nor a folder"),
    ]);
    for (file, reason) in strange {
        let error = restore(&*file, &dir).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{reason}: something was left");
        assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0, "{reason}: it led out");
    }
}
