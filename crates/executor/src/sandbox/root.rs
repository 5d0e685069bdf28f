//! A step's own root: from the template to a place where its hull can work.

use std::ffi::CString;
use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

use rustix::fs::CWD;
use rustix::mount::{
    MountFlags, MoveMountFlags, OpenTreeFlags, UnmountFlags, mount, mount_bind, mount_bind_recursive,
    move_mount, open_tree, unmount,
};
use rustix::process::pivot_root;

use super::declared;
use super::skeleton::LAST_WORDS;
use super::template::Template;
use super::{Attachment, What, inside, mount_of, named, open_below};
use crate::contract::{StepRequest, VolumeSource};
use crate::hull;
use crate::sys;

/// Read-only, for `set_mount_attributes`.
pub(crate) const READ_ONLY: u64 = 0x1;

/// Enters the step's root. Called by process 1 of its namespaces, at the template's root.
pub(super) fn enter(
    template: &Template,
    request: &StepRequest,
    attachments: &[Attachment],
    mounts: &[OwnedFd],
) -> io::Result<()> {
    let quiet = MountFlags::NOSUID | MountFlags::NODEV;
    named(mount("tmpfs", "step", "tmpfs", quiet, c"mode=755"), || "mounting a file system in memory".into())?;
    fs::create_dir("step/root")?;
    for number in 0..template.layers.len() {
        fs::create_dir(format!("step/upper{number}"))?;
        fs::create_dir(format!("step/work{number}"))?;
    }
    declared::make(template, request, attachments);
    for (number, layer) in template.layers.iter().enumerate() {
        let options = format!(
            "lowerdir={},upperdir=step/upper{number},workdir=step/work{number},userxattr",
            layer.lower
        );
        let options = CString::new(options).map_err(io::Error::other)?;
        let target = Path::new("step/root").join(&layer.target);
        let mounted = mount("overlay", &target, "overlay", quiet, options.as_c_str());
        named(mounted, || format!("laying an overlay over `/{}`", layer.target.display()))?;
    }
    for window in &template.windows {
        let target = Path::new("step/root").join(&window.target);
        // What cannot be shown is missing; a step that needs it says so better than we could.
        if mount_bind_recursive(&window.source, &target).is_ok() {
            let tree = open_tree(CWD, &target, OpenTreeFlags::OPEN_TREE_CLOEXEC)?;
            let _ = sys::set_mount_attributes(tree.as_fd(), READ_ONLY, None);
        }
    }
    let no_programs = quiet | MountFlags::NOEXEC;
    named(mount("proc", "step/root/proc", "proc", no_programs, None), || "mounting /proc".into())?;
    named(show_devices(), || "showing /dev".into())?;
    let options = c"newinstance,ptmxmode=0666,mode=0620";
    named(
        mount("devpts", "step/root/dev/pts", "devpts", MountFlags::NOSUID | MountFlags::NOEXEC, options),
        || "mounting /dev/pts".into(),
    )?;
    let sources = open_sources(template, request, attachments, mounts)?;
    std::env::set_current_dir("step/root")?;
    named(pivot_root(".", "."), || "changing the root".into())?;
    unmount(".", UnmountFlags::DETACH)?;
    std::env::set_current_dir("/")?;
    for (attachment, source) in attachments.iter().zip(&sources) {
        named(attach(attachment, source), || format!("mounting `{}`", attachment.target))?;
    }
    let name = request.pod_name.as_bytes();
    rustix::system::sethostname(&name[..name.len().min(HOST_NAME_BYTES_MAX)])?;
    Ok(())
}

/// The mounts that a step's root consists of: what a container with a read-only one may not write to.
pub(super) fn mounts(template: &Template, attachments: &[Attachment]) -> Vec<CString> {
    let layers = template.layers.iter().map(|layer| Path::new("/").join(&layer.target));
    // What lies under a volume is not to be seen.
    let open = layers.filter(|path| attachments.iter().all(|other| Path::new(&other.target) != path));
    open.filter_map(|path| CString::new(path.into_os_string().into_encoded_bytes()).ok()).collect()
}

/// Shows `/dev`, which all steps share, so that none can change it; only the file for last words is the step's own.
fn show_devices() -> io::Result<()> {
    mount_bind_recursive("dev", "step/root/dev")?;
    let devices = open_tree(CWD, "step/root/dev", OpenTreeFlags::OPEN_TREE_CLOEXEC)?;
    sys::set_mount_attributes(devices.as_fd(), READ_ONLY, None)?;
    let own = Path::new("step").join(LAST_WORDS);
    fs::write(&own, "")?;
    fs::set_permissions(&own, std::os::unix::fs::PermissionsExt::from_mode(0o666))?;
    Ok(mount_bind(&own, Path::new("step/root/dev").join(LAST_WORDS))?)
}

/// Longest host name.
const HOST_NAME_BYTES_MAX: usize = 63;

/// A mount, not yet attached, for each attachment.
fn open_sources(
    template: &Template,
    request: &StepRequest,
    attachments: &[Attachment],
    mounts: &[OwnedFd],
) -> io::Result<Vec<OwnedFd>> {
    let mut made = Vec::new();
    let mut sources = Vec::with_capacity(attachments.len());
    for attachment in attachments {
        sources.push(match &attachment.what {
            What::Mount(number) => match mounts.get(*number) {
                Some(mount) => mount.try_clone()?,
                None => return Err(io::Error::other("a mount was not handed over")),
            },
            What::Path { root, sub_path } if template.has_host => {
                let root = Path::new("host").join(inside(root));
                let place =
                    named(open_below(&root, sub_path), || format!("opening `{}`", attachment.target))?;
                mount_of(place.as_fd())?
            }
            What::Path { root, .. } => {
                return Err(io::Error::other(format!("`{}` is out of reach", root.display())));
            }
            What::Own { volume, sub_path } => {
                let root = Path::new("step").join(format!("volume{volume}"));
                if !made.contains(volume) {
                    made.push(*volume);
                    fill(&root, &request.volumes[*volume].source)?;
                }
                mount_of(open_below(&root, sub_path)?.as_fd())?
            }
        });
    }
    Ok(sources)
}

/// Lays out a volume of the step's own.
fn fill(root: &Path, source: &VolumeSource) -> io::Result<()> {
    fs::create_dir(root)?;
    match source {
        VolumeSource::Memory { size_bytes } if *size_bytes > 0 => {
            let options = CString::new(format!("mode=777,size={size_bytes}")).map_err(io::Error::other)?;
            mount("tmpfs", root, "tmpfs", MountFlags::NOSUID | MountFlags::NODEV, options.as_c_str())?;
        }
        VolumeSource::Files { files } => {
            for file in files {
                hull::write_file(&root.join(no_way_up(&file.path)?), &file.content, file.mode)?;
            }
        }
        _ => fs::set_permissions(root, std::os::unix::fs::PermissionsExt::from_mode(0o777))?,
    }
    Ok(())
}

/// A relative path that stays below where it begins.
fn no_way_up(path: &str) -> io::Result<PathBuf> {
    let path = Path::new(path);
    if path.components().any(|part| matches!(part, Component::ParentDir)) {
        return Err(io::Error::other(format!("`{}` leads out of its volume", path.display())));
    }
    Ok(inside(path).to_owned())
}

/// Attaches a mount at its path. Folders on the way, and the place itself, are made.
fn attach(attachment: &Attachment, source: &OwnedFd) -> io::Result<()> {
    if attachment.read_only {
        sys::set_mount_attributes(source.as_fd(), READ_ONLY, None)?;
    }
    let target = Path::new(&attachment.target);
    if attachment.replaces_link && fs::symlink_metadata(target).is_ok_and(|found| found.is_symlink()) {
        // If it must stay, what it leads to is covered.
        let _ = fs::remove_file(target);
    }
    let is_folder = rustix::fs::FileType::from_raw_mode(rustix::fs::fstat(source)?.st_mode).is_dir();
    if is_folder {
        fs::create_dir_all(target)?;
    } else if !target.exists() {
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(target, "")?;
    }
    Ok(move_mount(
        source,
        "",
        CWD,
        target,
        MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_SYMLINKS,
    )?)
}
