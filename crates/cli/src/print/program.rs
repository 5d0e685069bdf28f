//! What a failed step's message means where steps are processes: whoever comes from images is told what to do.

/// What to do about a program that the machine of a step lacks; none if that is not why it failed.
pub fn advice(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("exec: \"")?;
    let (program, rest) = rest.split_once('"')?;
    rest.starts_with(": executable file not found").then(|| {
        format!(
            "`{program}` is not on the machine that ran this step: steps run there as processes, without the files of \
             their image; install it, or name in an image map what brings it (`--image-map`)"
        )
    })
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
}
