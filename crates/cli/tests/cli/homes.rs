//! What an ordinary user's steps see of that user's home, wherever it lies.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// Reads what must not be there to read, and ends well if nothing was.
const MANIFEST: &str = r#"
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: nosy}
spec:
  entrypoint: main
  templates:
    - name: main
      container:
        image: busybox
        command: [sh, -c, "! cat BASE/me/key BASE/me/.ssh/id BASE/me/state/tiphys.db && ! ls BASE/me/state/supervisors"]
"#;

/// A home below a folder of the machine, with the state in it or elsewhere, and mounts in and beside it: what may split
/// up the folder.
const SCRIPT: &str = r#"
set -e
mount -t tmpfs none $5
mkdir -p $5/me/.ssh $5/me/cache $5/data
echo SECRET-KEY > $5/me/key; echo SECRET-ID > $5/me/.ssh/id
cp "$1" $5/tiphys; cp "$2" $5/nosy.yaml
chown -R 65534:65534 $5/me; chmod 700 $5/me
case $3 in
  inside) ;;
  below) mount -t tmpfs none $5/me/cache ;;
  beside) mount -t tmpfs none $5/data ;;
esac
exec setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=$5/me TIPHYS_STATE_DIR="$4" \
  $5/tiphys run $5/nosy.yaml --isolation sandbox --log
"#;

#[test]
fn homes_are_hidden_wherever_they_are() {
    let output = Command::new("unshare").args(["-m", "setpriv", "--version"]).output();
    if !output.is_ok_and(|output| output.status.success()) || !Path::new("/opt").is_dir() {
        println!("skipped: only root, with unshare, setpriv and /opt, can lay out another user's home");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let manifest = folder.path().join("nosy.yaml");
    let elsewhere = folder.path().join("state");
    for (base, mounts, is_with_it) in [
        ("/opt", "inside", true),
        ("/opt", "below", true),
        ("/opt", "beside", true),
        ("/opt", "below", false),
        // These begin empty.
        ("/mnt", "inside", true),
        ("/media", "below", true),
        ("/media", "beside", true),
    ] {
        std::fs::write(&manifest, MANIFEST.replace("BASE", base)).unwrap();
        let within = Path::new(base).join("me/state");
        let state = if is_with_it { within.as_path() } else { elsewhere.as_path() };
        let output = Command::new("unshare")
            .args(["-m", "sh", "-c", SCRIPT, "sh", env!("CARGO_BIN_EXE_tiphys")])
            .args([manifest.as_os_str(), mounts.as_ref(), state.as_os_str(), base.as_ref()])
            .env_remove("TIPHYS_SERVER")
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && !told.contains("SECRET-"),
            "{base}, {mounts}, {}: {told}",
            state.display()
        );
        drop(std::fs::remove_dir_all(&elsewhere));
    }
}

/// Root that may not mount, as in many containers, with a secret in a copy of `/etc`.
const CONTAINER: &str = r#"
set -e
cp -a /etc "$3" && mount --bind "$3" /etc
mkdir -p /etc/deep/er; for at in /etc/key /etc/deep/er/key; do echo SECRET-KEY > $at; chmod 600 $at; done
exec setpriv --bounding-set -sys_admin env TIPHYS_STATE_DIR="$4" "$1" run "$2" --isolation sandbox --log
"#;

#[test]
fn root_that_may_not_mount_keeps_its_secrets_of_etc() {
    let output = Command::new("unshare").args(["-m", "setpriv", "--version"]).output();
    if !output.is_ok_and(|output| output.status.success()) {
        println!("skipped: only root, with unshare and setpriv, can lay out a container");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("nosy.yaml");
    let nosy = "! cat /etc/key && ! cat /etc/deep/er/key && ! cat /etc/shadow && cat /etc/passwd > /dev/null";
    let (before, _) = MANIFEST.split_once("        command:").unwrap();
    std::fs::write(&manifest, format!("{before}        command: [sh, -c, \"{nosy}\"]\n")).unwrap();
    let output = Command::new("unshare")
        .args(["-m", "sh", "-c", CONTAINER, "sh", env!("CARGO_BIN_EXE_tiphys")])
        .args([&manifest, &folder.path().join("etc"), &folder.path().join("state")])
        .env_remove("TIPHYS_SERVER")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !told.contains("SECRET-KEY"), "{told}");
    assert!(told.contains("notice: that user is root, who may not mount here"), "{told}");
}
