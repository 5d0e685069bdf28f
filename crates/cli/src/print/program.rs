//! What a failed step's message means on this machine: whoever comes from images, or from a cluster where others made the
//! limits of semaphores, is told what to do.

/// What to do about a failure, if its message tells.
pub fn advice(message: &str) -> Option<String> {
    lacking_program(message).or_else(|| lacking_limit(message))
}

fn lacking_program(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("exec: \"")?;
    let (program, rest) = rest.split_once('"')?;
    rest.starts_with(": executable file not found").then(|| {
        format!(
            "`{program}` is not on the machine that ran this step: steps run there as processes, without the files of \
             their image; install it, or name in an image map what brings it (`--image-map`)"
        )
    })
}

fn lacking_limit(message: &str) -> Option<String> {
    let (_, limit) = message.split_once("there is no database limit ")?;
    let (namespace, key) = limit.split_once('/')?;
    let home = if namespace == "default" { String::new() } else { format!(" -n {namespace}") };
    Some(format!("`tiphys sync create {key} --type database --limit N{home}` sets how many may hold it"))
}

#[cfg(test)]
mod tests {
    use super::advice;

    #[test]
    fn a_program_that_the_machine_lacks_is_named() {
        let message = "main: Error (exit code 64): failed to find name in PATH: exec: \"cowsay\": executable file not \
                       found in $PATH";
        assert!(advice(message).unwrap().starts_with("`cowsay` is not on the machine"));
        assert_eq!(advice("main: Error (exit code 64): exec: \"/x\": permission denied"), None);
        assert_eq!(advice("main: Error (exit code 1)"), None);
    }

    #[test]
    fn a_limit_that_nobody_set_can_be_set() {
        let told = |home: &str| {
            let message = format!(
                "failed to initialize semaphore {home}/Database/gpu with limit 0: there is no database limit {home}/gpu"
            );
            advice(&message).unwrap()
        };
        assert!(told("default").starts_with("`tiphys sync create gpu --type database --limit N` sets"));
        assert!(told("red").contains(" --limit N -n red` sets"));
    }
}
