//! Several runs at once, which wait for each other's locks.

use crate::office::Office;
use crate::stage::Stage;
use engine::workflow::{Attempt, Input};
use engine::{Frozen, Time};
use tiphys_engine as engine;

/// Most things that may happen before something is wrong.
const HAPPENINGS_MAX: usize = 20_000;

/// Runs that share one table of locks.
pub struct Crowd {
    /// The runs, each on its own stage.
    pub stages: Vec<Stage>,
    office: Office,
}

impl Crowd {
    /// Stages on which nothing has happened.
    pub fn new(runs: &[Frozen]) -> Result<Crowd, String> {
        let office = Office::default();
        let mut stages = Vec::new();
        for run in runs {
            let mut stage = Stage::new(run)?;
            stage.office = office.beside();
            stages.push(stage);
        }
        Ok(Crowd { stages, office })
    }

    /// Begins all runs and lets them do what they do by themselves, until nothing more happens.
    pub fn play(&mut self) -> Result<(), String> {
        for at in 0..self.stages.len() {
            self.stages[at].feed(Input::Begin)?;
            self.serve()?;
        }
        for _ in 0..HAPPENINGS_MAX {
            let mut next: Option<(Time, usize, Option<Attempt>)> = None;
            for (at, stage) in self.stages.iter().enumerate().filter(|(_, stage)| !stage.run.is_ended()) {
                if let Some((due, attempt)) = stage.next_by_itself()?
                    && next.is_none_or(|(first, ..)| due < first)
                {
                    next = Some((due, at, attempt));
                }
            }
            let Some((due, at, attempt)) = next else { return Ok(()) };
            for stage in &mut self.stages {
                stage.now = stage.now.max(due);
            }
            self.stages[at].happen(attempt)?;
            self.serve()?;
        }
        Err(format!("the runs went on {HAPPENINGS_MAX} times"))
    }

    /// Tells everyone who waits what they may have now, until nobody is given anything more.
    fn serve(&mut self) -> Result<(), String> {
        loop {
            self.office.check()?;
            let mut open = self.stages.iter_mut().filter(|stage| !stage.run.is_ended());
            let answer = open.find_map(|stage| Some((stage.office.granted(&stage.run, stage.now)?, stage)));
            let Some((answer, stage)) = answer else { return Ok(()) };
            stage.feed(answer)?;
        }
    }
}
