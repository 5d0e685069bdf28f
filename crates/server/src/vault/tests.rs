use super::Vault;
use serde_json::json;
use tiphys_store::{Catalog as _, ObjectKey, State};

#[test]
fn a_key_is_made_once_and_only_while_nothing_is_sealed() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(folder.path()).unwrap();
    let path = folder.path().join("secrets.key");
    // What a release that was killed in between left behind.
    std::fs::write(&path, b"").unwrap();
    let vault = Vault::open(&state).unwrap();
    let secret = json!({ "kind": "Secret", "stringData": { "token": "x" } });
    let sealed = vault.seal(secret.clone()).unwrap();
    let key = ObjectKey { kind: "Secret".into(), namespace: "default".into(), name: "s".into() };
    state.store().unwrap().put_object(&key, sealed.to_string().as_bytes(), None).unwrap();
    let again = Vault::open(&state).unwrap();
    assert_eq!(again.unseal(sealed).unwrap()["stringData"], json!({ "token": "x" }));
    for lost in ["empty", "missing"] {
        match lost {
            "empty" => std::fs::write(&path, b"").unwrap(),
            _ => std::fs::remove_file(&path).unwrap(),
        }
        let error = Vault::open(&state).err().unwrap().to_string();
        assert!(
            error.contains("the Secrets of this state folder are sealed with it: put it back"),
            "{error}"
        );
        assert_eq!(std::fs::read(&path).ok(), (lost == "empty").then(Vec::new), "no other key was made");
    }
}
