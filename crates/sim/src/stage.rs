//! One run on a stage: its journal, what it asked of the world, and checks of the invariants at every step.

use crate::cast::{self, Act};
use crate::facts;
use crate::office::Office;
use engine::plan::Images;
use engine::workflow::{Attempt, Command, Event, Input, NodeIx, Report, Sample};
use engine::{Frozen, Machine, Outbox, Plan, Progress, Run, Time};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use tiphys_engine as engine;

/// When every test begins: 2030-01-01T00:00:00Z.
pub const DAWN: Time = Time(1_893_456_000_000_000);

/// Most calls that one input may ask for before something is wrong.
const CALLS_MAX: usize = 10_000;

/// A run, what it recorded, and what it wants.
pub struct Stage {
    /// The compiled documents.
    pub plan: Arc<Plan>,
    /// The run.
    pub run: Run,
    /// Everything recorded, as text, with the time of its decision.
    pub journal: Vec<(Time, String)>,
    /// The time.
    pub now: Time,
    /// Started and not ended, with the time of the start.
    pub open: BTreeMap<Attempt, Time>,
    /// Asked to stop and not ended.
    pub stopping: BTreeSet<Attempt>,
    /// The latest timer that was asked for and has not fired.
    pub timer: Option<Time>,
    /// Started since somebody last looked.
    pub started: Vec<Attempt>,
    /// Stopped since somebody last looked.
    pub stopped: Vec<Attempt>,
    /// Values of metrics since somebody last looked.
    pub samples: Vec<Sample>,
    /// The run asked to be filed.
    pub archived: bool,
    /// Who answers about locks and memos.
    pub office: Office,
    questions: VecDeque<Command>,
    /// Most nodes entered by one call, plus what follows from them; for I6.
    pub events_in_one_call_max: usize,
}

impl Stage {
    /// A stage on which nothing has happened.
    pub fn new(frozen: &Frozen) -> Result<Stage, String> {
        let images = Images::new(|image| image != cast::UNKNOWN_IMAGE);
        let plan = Arc::new(Plan { images, ..engine::compile(frozen)? });
        Ok(Stage {
            run: Run::new(plan.clone()),
            plan,
            journal: Vec::new(),
            now: DAWN,
            open: BTreeMap::new(),
            stopping: BTreeSet::new(),
            timer: None,
            started: Vec::new(),
            stopped: Vec::new(),
            samples: Vec::new(),
            archived: false,
            office: Office::default(),
            questions: VecDeque::new(),
            events_in_one_call_max: 0,
        })
    }

    /// Hands an input to the run and goes on until it has nothing left to decide. Returns how many events came.
    pub fn feed(&mut self, input: Input) -> Result<usize, String> {
        if let Input::Reported { attempt, report } = &input {
            self.answered(*attempt, report);
        }
        if matches!(input, Input::TimerFired) {
            self.timer = self.timer.filter(|timer| *timer > self.now);
        }
        let mut count = 0;
        let mut inputs = VecDeque::from([input]);
        for _ in 0..CALLS_MAX {
            if inputs.is_empty() {
                inputs.extend(self.answers().unwrap_or_default());
            }
            let Some(next) = inputs.pop_front() else {
                self.check_outstanding()?;
                facts::check(&self.run)?;
                return Ok(count);
            };
            let mut out = Outbox::default();
            let progress = self.run.handle(next, self.now, &mut out);
            count += out.events.len();
            self.events_in_one_call_max = self.events_in_one_call_max.max(out.events.len());
            self.record(&out.events)?;
            out.commands.into_iter().for_each(|command| self.obey(command));
            // A retry by hand brings a filed run back.
            self.archived &= self.run.is_ended();
            if progress == Progress::More {
                inputs.push_back(Input::Continue);
            }
        }
        Err(format!("the run wanted to go on {CALLS_MAX} times"))
    }

    /// What the office says to the next question.
    fn answers(&mut self) -> Option<Vec<Input>> {
        let question = self.questions.pop_front()?;
        self.office.answer(&self.run, &question, self.now)
    }

    fn answered(&mut self, attempt: Attempt, report: &Report) {
        let goes_on = matches!(
            report,
            Report::Observed { .. } | Report::Progress { .. } | Report::Told(_) | Report::Begun(_)
        );
        if !goes_on {
            self.open.remove(&attempt);
            self.stopping.remove(&attempt);
        }
    }

    fn record(&mut self, events: &[Event]) -> Result<(), String> {
        for event in events {
            let text = serde_json::to_string(event).map_err(|error| error.to_string())?;
            self.journal.push((self.now, text));
        }
        Ok(())
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Start(attempt) => {
                self.open.insert(attempt, self.now);
                self.started.push(attempt);
            }
            Command::Stop(attempt) => {
                if self.stopping.insert(attempt) {
                    self.stopped.push(attempt);
                }
            }
            Command::Dismiss(attempt) => {
                self.open.remove(&attempt);
                self.stopping.remove(&attempt);
                self.stopped.push(attempt);
            }
            Command::SetTimer(due) => self.timer = Some(due),
            Command::EmitMetrics(samples) => self.samples.extend(samples),
            Command::Archive => {
                self.archived = true;
                self.office.leave(&self.run);
            }
            question => self.questions.push_back(question),
        }
    }

    /// Commands issued minus commands answered are what is outstanding (I4).
    fn check_outstanding(&self) -> Result<(), String> {
        let (mut starts, mut stops, mut locks) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let (mut timer, mut archive) = (None, false);
        for command in self.run.outstanding() {
            match command {
                Command::Start(attempt) => drop(starts.insert(attempt)),
                Command::Stop(attempt) => drop(stops.insert(attempt)),
                Command::SetTimer(due) => timer = Some(due),
                Command::Archive => archive = true,
                Command::AcquireLocks(node) => drop(locks.insert(node)),
                // Of the last results nobody hears any more that they are kept.
                Command::SaveMemo(_) if self.run.is_ended() => {}
                question => return Err(format!("I4: {question:?} is outstanding and was answered")),
            }
        }
        if archive != self.archived {
            return Err(format!("I4: archive asked {}, outstanding {archive}", self.archived));
        }
        if archive {
            return Ok(());
        }
        let open: BTreeSet<Attempt> = self.open.keys().copied().collect();
        if starts != open {
            return Err(format!("I4: {open:?} were started and not answered, outstanding are {starts:?}"));
        }
        if stops != self.stopping {
            return Err(format!("I4: {:?} were stopped, outstanding are {stops:?}", self.stopping));
        }
        if locks != self.office.waiting {
            return Err(format!("I4: {:?} wait for locks, outstanding are {locks:?}", self.office.waiting));
        }
        // A timer that nobody needs any more may still stand; one that is needed must.
        match (timer, self.timer) {
            (Some(due), Some(set)) if set <= due => Ok(()),
            (Some(due), set) => Err(format!("I4: a timer for {due:?} is due, {set:?} is set")),
            (None, _) => Ok(()),
        }
    }

    /// Folds the journal from its first line.
    pub fn replay(&self) -> Result<Run, String> {
        let mut run = Run::new(self.plan.clone());
        for (at, line) in &self.journal {
            let event: Event = serde_json::from_str(line).map_err(|error| format!("{line}: {error}"))?;
            run.apply(*at, &event);
        }
        Ok(run)
    }

    /// Folding the journal gives the state that `handle` left behind (I2).
    pub fn check_replay(&self) -> Result<(), String> {
        match self.replay()?.difference(&self.run) {
            None => Ok(()),
            Some(difference) => Err(format!("I2: the journal and the state differ in {difference}")),
        }
    }

    /// As if the engine had died and another had taken over.
    pub fn restart(&mut self) -> Result<(), String> {
        self.run = self.replay()?;
        let (open, stopping) = (self.open.clone(), self.stopping.clone());
        // A timer whose time has come meanwhile fires with the recovery, and then anything may follow.
        let overdue = self.run.next_due().is_some_and(|due| due <= self.now);
        self.feed(Input::Recovered)?;
        if overdue {
            return Ok(());
        }
        let news: Vec<&Attempt> = self.open.keys().filter(|attempt| !open.contains_key(attempt)).collect();
        if !news.is_empty() || self.stopping != stopping {
            let names: Vec<String> = news.iter().map(|attempt| self.run.name(attempt.node)).collect();
            return Err(format!("a recovery after a finished input started or stopped something: {names:?}"));
        }
        Ok(())
    }

    /// What an open attempt would do by itself.
    pub fn act(&self, attempt: Attempt) -> Result<Act, String> {
        match self.run.pod(attempt, self.now) {
            Ok(pod) => cast::act(&pod),
            Err(reason) => Err(reason),
        }
    }

    /// The node of a full name.
    pub fn find(&self, name: &str) -> Option<NodeIx> {
        self.run.indices().find(|ix| self.run.name(*ix) == name)
    }

    /// The next thing that happens by itself: an attempt's ending, or a timer. None if nothing will.
    pub(crate) fn next_by_itself(&self) -> Result<Option<(Time, Option<Attempt>)>, String> {
        let mut next: Option<(Time, Option<Attempt>)> = self.timer.map(|due| (due, None));
        for (attempt, since) in &self.open {
            let end = match self.act(*attempt) {
                Ok(act) if !self.stopping.contains(attempt) => since.plus(act.takes),
                _ => self.now,
            };
            if next.is_none_or(|(first, _)| end < first) {
                next = Some((end, Some(*attempt)));
            }
        }
        Ok(next)
    }

    /// Lets the steps do what they do by themselves until nothing more happens, or a time is reached.
    pub fn play(&mut self, until: Option<Time>) -> Result<(), String> {
        for _ in 0..CALLS_MAX {
            let Some((due, attempt)) = self.next_by_itself()? else { break };
            if self.run.is_ended() || until.is_some_and(|until| due > until) {
                break;
            }
            self.now = self.now.max(due);
            self.happen(attempt)?;
        }
        if let Some(until) = until {
            self.now = self.now.max(until);
        }
        Ok(())
    }

    /// What [`Stage::next_by_itself`] foretold happens: an attempt's ending, or the timer.
    pub(crate) fn happen(&mut self, attempt: Option<Attempt>) -> Result<(), String> {
        let Some(attempt) = attempt else { return self.feed(Input::TimerFired).map(drop) };
        let report = match self.act(attempt) {
            Ok(_) if self.stopping.contains(&attempt) => Report::Ended(Box::new(cast::exited(143))),
            Ok(act) => Report::Ended(Box::new(act.outcome)),
            Err(reason) => Report::Unmade(reason),
        };
        self.feed(Input::Reported { attempt, report }).map(drop)
    }
}
