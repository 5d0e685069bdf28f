//! What is made durable together: new runs, records, and the ends of runs.

use super::{Pump, Submitted};
use crate::handle::Update;
use crate::refused::Refused;
use crate::submit;
use std::sync::Arc;
use tiphys_engine::Time;
use tiphys_store::{Append, AppendError, Created, Filed, NewRun, StoreError};

impl Pump {
    /// Creates the new runs and appends the batch, in one transaction. Answers what became of each record.
    pub(super) fn commit(&mut self, batch: &[Append]) -> Result<Vec<Result<(), AppendError>>, StoreError> {
        let (runs, replies): (Vec<NewRun>, Vec<Submitted>) =
            std::mem::take(&mut self.creating).into_iter().unzip();
        if runs.is_empty() {
            return if batch.is_empty() { Ok(Vec::new()) } else { self.store.append(batch) };
        }
        match self.store.commit(&runs, batch) {
            Ok(done) => {
                for ((run, reply), (created, epoch)) in runs.into_iter().zip(replies).zip(done.created) {
                    if created == Created::Yes {
                        self.shard.created(&run.machine.id, epoch);
                        self.submitted(reply, Ok(run.summary));
                    } else {
                        self.disown(&run.machine.id);
                        self.submitted(reply, Err(Refused::Taken { name: run.summary.name }));
                    }
                }
                Ok(done.appended)
            }
            Err(error) => {
                // Who wanted a run hears of it; what happened to other runs may still find room.
                for (run, reply) in runs.into_iter().zip(replies) {
                    self.disown(&run.machine.id);
                    self.submitted(reply, Err(error.clone().into()));
                }
                let is_new = |append: &&Append| append.epoch == Append::CREATING;
                let others: Vec<Append> = batch.iter().filter(|append| !is_new(append)).cloned().collect();
                let results = if others.is_empty() { Vec::new() } else { self.store.append(&others)? };
                let mut results = results.into_iter();
                let result_of = |append: &Append| match is_new(&append) {
                    true => Err(AppendError::Unknown),
                    false => results.next().unwrap_or(Err(AppendError::Unknown)),
                };
                Ok(batch.iter().map(result_of).collect())
            }
        }
    }

    /// Writes the rows of runs of which nothing more happened for a while.
    pub(super) fn refresh_rows(&mut self, now: Time) -> Result<(), StoreError> {
        let rows = self.shard.late_rows(now);
        if rows.is_empty() {
            return Ok(());
        }
        match self.store.refresh(&rows) {
            // They are written with the next record.
            Err(StoreError::Full { .. } | StoreError::Busy { .. }) => return Ok(()),
            done => done?,
        }
        for (machine, _, _) in rows {
            self.tell(&machine.id, Update::Row(machine.id.clone()));
        }
        Ok(())
    }

    /// Files the end of a run in the transaction of its last record.
    pub(super) fn file_with(&mut self, append: &mut Append, now: Time) {
        let uid = &append.machine.id;
        let (Some(run), Some(home)) = (self.shard.run(uid), self.homes.get(uid)) else { return };
        let document = submit::document(&home.workflow, run, now);
        append.end = Some(submit::end(&document, submit::exact_times(run)));
        self.filed.insert(uid.clone(), document);
    }

    /// Lets go of a run that is over. One that was not filed yet is filed with all others that end now.
    pub(super) fn ended(&mut self, uid: &str, now: Time) -> Result<(), StoreError> {
        let Some(home) = self.homes.remove(uid) else { return Ok(()) };
        let Some(run) = self.shard.run(uid) else { return Ok(()) };
        let filed = self.filed.remove(uid);
        if filed.is_none() {
            let document = submit::document(&home.workflow, run, now);
            self.ends.push((home.machine.clone(), document, submit::exact_times(run)));
        }
        let drops_claims = submit::drop_claims(run, &home.place);
        let uses_locks = run.uses_locks();
        self.dismiss_plugins(&run.plan);
        self.metrics.ended(uid);
        if drops_claims {
            self.sweep_claims();
        }
        if uses_locks {
            self.forget_locks(uid)?;
        }
        self.let_go(uid);
        if let Some(document) = filed {
            self.tell(uid, Update::Ended(Arc::new(document)));
        }
        Ok(())
    }

    /// Files the runs that ended, all in one transaction, and tells of them.
    pub(super) fn file(&mut self) -> Result<(), StoreError> {
        if self.ends.is_empty() {
            return Ok(());
        }
        let ends = std::mem::take(&mut self.ends);
        let mut filed = Vec::with_capacity(ends.len());
        let mut told = Vec::with_capacity(ends.len());
        for (machine, document, times) in ends {
            filed.push(Filed { machine: machine.clone(), end: submit::end(&document, times) });
            told.push((machine, document));
        }
        self.store.archive(&filed)?;
        for (machine, document) in told {
            self.tell(&machine.id, Update::Ended(Arc::new(document)));
        }
        Ok(())
    }
}
