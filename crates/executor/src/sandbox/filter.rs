//! What a step may not ask of the kernel.
//!
//! A deny list: everything that changes mounts or namespaces, that loads code into the kernel, or that has a long
//! record of holes and no use in a step. What only root of the machine may do is refused by the user namespace
//! anyway.

use libc::sock_filter;

const LOAD_WORD: u16 = 0x20;
const JUMP_IF_EQUAL: u16 = 0x15;
const JUMP_IF_GREATER_OR_EQUAL: u16 = 0x35;
const JUMP_IF_ANY_BIT: u16 = 0x45;
const RETURN: u16 = 0x06;

// Offsets in `struct seccomp_data`.
const NUMBER_AT: u32 = 0;
const ARCHITECTURE_AT: u32 = 4;
const FIRST_ARGUMENT_AT: u32 = 16;

const ALLOW: u32 = 0x7fff_0000;
const ERROR: u32 = 0x0005_0000;

#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: u32 = 0xc000_00b7;

/// Numbers from here on are another calling convention for the same processor.
const FOREIGN_FROM: u32 = 0x4000_0000;

const NEW_NAMESPACE: u32 = (libc::CLONE_NEWUSER
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWCGROUP) as u32;

const DENIED: &[libc::c_long] = &[
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsmount,
    libc::SYS_fsconfig,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_open_by_handle_at,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_kexec_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_syslog,
];

/// The filter, ready for the kernel.
pub(super) fn filter() -> Vec<sock_filter> {
    let error = |number: libc::c_int| ERROR | number as u32;
    let mut program = vec![
        load(ARCHITECTURE_AT),
        jump(JUMP_IF_EQUAL, ARCHITECTURE, 1, 0),
        give(error(libc::ENOSYS)),
        load(NUMBER_AT),
        jump(JUMP_IF_GREATER_OR_EQUAL, FOREIGN_FROM, 0, 1),
        give(error(libc::ENOSYS)),
        // Its flags are behind a pointer that a filter cannot follow; without it programs use `clone`.
        jump(JUMP_IF_EQUAL, libc::SYS_clone3 as u32, 0, 1),
        give(error(libc::ENOSYS)),
        jump(JUMP_IF_EQUAL, libc::SYS_clone as u32, 0, 4),
        load(FIRST_ARGUMENT_AT),
        jump(JUMP_IF_ANY_BIT, NEW_NAMESPACE, 0, 1),
        give(error(libc::EPERM)),
        give(ALLOW),
    ];
    let denied = DENIED.len();
    for (at, number) in DENIED.iter().enumerate() {
        // A hit jumps over the rest of the list and the final `ALLOW`.
        program.push(jump(JUMP_IF_EQUAL, *number as u32, (denied - at) as u8, 0));
    }
    program.push(give(ALLOW));
    program.push(give(error(libc::EPERM)));
    program
}

fn load(offset: u32) -> sock_filter {
    sock_filter { code: LOAD_WORD, jt: 0, jf: 0, k: offset }
}

fn jump(code: u16, value: u32, if_true: u8, if_false: u8) -> sock_filter {
    sock_filter { code, jt: if_true, jf: if_false, k: value }
}

fn give(value: u32) -> sock_filter {
    sock_filter { code: RETURN, jt: 0, jf: 0, k: value }
}
