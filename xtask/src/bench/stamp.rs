// The step of the latency benches: writes the times of its first and of its last instruction, in nanoseconds since
// 1970, as one line at the end of the file that its argument names. Compiled by the bench, statically, so that the
// dynamic linker does not count.
use std::io::Write;
use std::time::SystemTime;

fn now() -> u128 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock after 1970").as_nanos()
}

fn main() {
    let first = now();
    let path = std::env::args_os().nth(1).expect("the file to write to");
    let mut file =
        std::fs::OpenOptions::new().create(true).append(true).open(path).expect("a file to write to");
    file.write_all(format!("{first} {}\n", now()).as_bytes()).expect("a file to write to");
}
