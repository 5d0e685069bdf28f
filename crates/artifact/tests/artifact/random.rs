//! Random keys, trees and archives.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Component, Path};

use proptest::prelude::*;
use tiphys_artifact::limits::Limits;
use tiphys_artifact::{Archive, Key, LocalStore, archive};

use crate::support::{gzip, packed, tar_entry, tree, unpack, write};

/// A name such as tests of escapes like.
fn part() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("..".to_owned()),
        Just(".".to_owned()),
        Just(String::new()),
        Just("a".to_owned()),
        Just("b".to_owned()),
        "[a-z. \0\\\\ü]{1,6}",
    ]
}

fn path() -> impl Strategy<Value = String> {
    proptest::collection::vec(part(), 1..6).prop_map(|parts| parts.join("/"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_key_never_leaves_its_store(text in prop_oneof![path(), any::<String>()]) {
        if let Ok(key) = Key::parse(&text) {
            let path = LocalStore::new("/store").path(&key);
            let below = path.strip_prefix("/store").unwrap();
            prop_assert!(below.components().count() > 0);
            prop_assert!(below.components().all(|part| matches!(part, Component::Normal(_))), "{:?}", path);
            prop_assert_eq!(Key::parse(key.as_str()).unwrap(), key);
        }
    }

    #[test]
    fn any_bytes_are_refused_or_unpacked(
        bytes in proptest::collection::vec(any::<u8>(), 0..2_000),
        zipped in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let limits = Limits { entries: 100, bytes: 1 << 20 };
        for how in [None, Some(Archive::default()), Some(Archive::Zip)] {
            let source = if zipped { gzip(&bytes) } else { bytes.clone() };
            let dest = folder.path().join("in");
            let _ = archive::unpack_within(&mut Cursor::new(source), &dest, how, None, &limits);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    /// Whatever the names and targets, nothing appears beside the target, and no link in it leads out.
    #[test]
    fn a_tar_never_leaves_its_target(
        entries in proptest::collection::vec(
            (prop_oneof![Just(b'0'), Just(b'1'), Just(b'2'), Just(b'5')], path(), path()), 1..8),
    ) {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("victim"), "untouched", 0o644);
        let dest = folder.path().join("box/in");
        let mut bytes: Vec<u8> = Vec::new();
        for (kind, name, target) in &entries {
            let content: &[u8] = if *kind == b'0' { b"evil" } else { b"" };
            bytes.extend(tar_entry(*kind, name.as_bytes(), target.as_bytes(), content));
        }
        bytes.extend([0; 1024]);
        let result = unpack(&gzip(&bytes), &dest, Some(Archive::default()), None);
        let found = tree(folder.path());
        prop_assert_eq!(&found["victim"], "644 untouched");
        for (name, what) in &found {
            prop_assert!(["", "victim", "box"].contains(&name.as_str()) || name.starts_with("box/in"), "{}", name);
            if let Some(target) = what.strip_prefix("-> ") {
                prop_assert!(!Path::new(target).is_absolute());
                // Whoever follows it, as far as there is something, stays inside.
                if let Ok(leads_to) = folder.path().join(name).canonicalize() {
                    let inside = folder.path().join("box/in").canonicalize().unwrap();
                    prop_assert!(leads_to.starts_with(inside), "{} -> {}", name, leads_to.display());
                }
            }
        }
        if result.is_err() {
            prop_assert!(!dest.exists());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, ..ProptestConfig::default() })]

    #[test]
    fn any_tree_makes_the_round_trip(
        files in proptest::collection::btree_map(
            proptest::collection::vec("[a-cü]{1,3}", 1..4).prop_map(|parts| parts.join("/")),
            (".{0,40}", 0..8_u32), 1..12),
        level in 0..10_i32,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("d");
        let mut made: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, (content, bits)) in &files {
            let path = root.join(name);
            // A name that another file needs as a folder.
            if path.exists() || path.ancestors().skip(1).any(Path::is_file) {
                continue;
            }
            write(&path, content, 0o600 | bits);
            made.insert(name, content);
        }
        for how in [Archive::Tar { level: Some(level) }, Archive::Zip] {
            let dest = folder.path().join("in");
            unpack(&packed(&root, how), &dest, Some(how), None).unwrap();
            prop_assert_eq!(tree(&dest), tree(&root));
            std::fs::remove_dir_all(&dest).unwrap();
        }
        let store = LocalStore::new(folder.path().join("store"));
        let key = Key::parse("wf/pod/d").unwrap();
        store.save_packed(&root, &Archive::None, &key).unwrap();
        store.load_packed(&key, &folder.path().join("in"), None, None).unwrap();
        for (name, content) in made {
            prop_assert_eq!(std::fs::read(folder.path().join("in").join(name)).unwrap(), content.as_bytes());
        }
    }
}
