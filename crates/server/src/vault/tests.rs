use super::Vault;
use serde_json::json;

#[test]
fn a_key_is_made_once_and_only_while_nothing_is_sealed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets.key");
    // What a release that was killed in between left behind.
    std::fs::write(&path, b"").unwrap();
    let vault = Vault::open(folder.path(), false).unwrap();
    let secret = json!({ "kind": "Secret", "stringData": { "token": "x" } });
    let sealed = vault.seal(secret.clone()).unwrap();
    assert!(
        Vault::is_sealed(sealed.to_string().as_bytes()) && !Vault::is_sealed(secret.to_string().as_bytes())
    );
    let again = Vault::open(folder.path(), true).unwrap();
    assert_eq!(again.unseal(sealed).unwrap()["stringData"], json!({ "token": "x" }));
    for lost in ["empty", "missing"] {
        match lost {
            "empty" => std::fs::write(&path, b"").unwrap(),
            _ => std::fs::remove_file(&path).unwrap(),
        }
        let error = Vault::open(folder.path(), true).err().unwrap().to_string();
        assert!(
            error.contains("the Secrets of this state folder are sealed with it: put it back"),
            "{error}"
        );
        assert_eq!(std::fs::read(&path).ok(), (lost == "empty").then(Vec::new), "no other key was made");
    }
}
