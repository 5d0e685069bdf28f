//! Ctrl-C, a closed terminal, a polite request to end.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// What was asked of us from outside so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Nothing.
    Nothing,
    /// Ctrl-C, or SIGTERM: stop what runs and end.
    Interrupt,
    /// Ctrl-C for the second time, or the terminal is closed: go, and leave alone what runs.
    Leave,
}

/// Signals that whoever started us wants to be ignored: `nohup` does with SIGHUP, a script with SIGINT for what it puts
/// in the background.
fn ignored() -> Vec<i32> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    (1..=64).filter(|signal| mask >> (signal - 1) & 1 == 1).collect()
}

/// Counts the signals that arrive.
pub struct Signals {
    interrupts: Arc<AtomicU32>,
    hangups: Arc<AtomicU32>,
}

impl Signals {
    /// Takes the signals over from now on.
    pub fn listen() -> std::io::Result<Signals> {
        let signals = Signals { interrupts: Arc::default(), hangups: Arc::default() };
        let ignored = ignored();
        let ours = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| !ignored.contains(signal));
        let mut heard = signal_hook::iterator::Signals::new(ours)?;
        let (interrupts, hangups) = (signals.interrupts.clone(), signals.hangups.clone());
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for signal in &mut heard {
                let count = if signal == SIGHUP { &hangups } else { &interrupts };
                count.fetch_add(1, Ordering::SeqCst);
            }
        })?;
        Ok(signals)
    }

    /// What is wished now.
    pub fn wish(&self) -> Wish {
        match (self.hangups.load(Ordering::SeqCst), self.interrupts.load(Ordering::SeqCst)) {
            (0, 0) => Wish::Nothing,
            (0, 1) => Wish::Interrupt,
            _ => Wish::Leave,
        }
    }

    /// Whether the terminal is gone.
    pub fn is_hung_up(&self) -> bool {
        self.hangups.load(Ordering::SeqCst) > 0
    }
}
