// The step of the latency benches: writes the time of its first instruction, in nanoseconds since 1970,
// as one line at the end of the file that its argument names. Compiled by the bench, statically, so that
// the dynamic linker does not count.
use std::io::Write;
use std::time::SystemTime;

fn main() {
    let now = SystemTime::now();
    let stamp = now.duration_since(SystemTime::UNIX_EPOCH).expect("a clock after 1970").as_nanos();
    let path = std::env::args_os().nth(1).expect("the file to write to");
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(format!("{stamp}\n").as_bytes())).expect("a file to write to");
}
