//! The store that lives in memory: for tests, the simulator, and runs that need no tomorrow.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::error::{AppendError, StoreError};
use crate::model::{
    Append, Committed, Created, End, Filed, Filter, LabelTerm, Letter, Life, Loaded, LockRows, MachineId,
    MemoEntry, MemoKey, NameMatch, NewObject, NewRun, Object, ObjectKey, Order, Put, Record, Shelf, Summary,
};
use crate::store::{Catalog, Journal, Runs, Shared};

/// Everything in maps; a clone is a copy of the whole store, as a crash would find it.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    machines: BTreeMap<MachineId, Machine>,
    objects: BTreeMap<ObjectKey, Object>,
    locks: LockRows,
    memos: BTreeMap<MemoKey, MemoEntry>,
    versions: u64,
    letters: u64,
}

#[derive(Debug, Clone, Default)]
struct Machine {
    epoch: u64,
    /// The run as it was created, as long as it is here.
    document: Option<Vec<u8>>,
    archived: Option<End>,
    summary: Summary,
    records: Vec<Record>,
    inbox: Vec<Letter>,
}

impl Machine {
    fn is_here(&self) -> bool {
        self.document.is_some()
    }

    /// Replaces the row but for what never changes.
    fn set_row(&mut self, row: &Summary) {
        let fixed = std::mem::take(&mut self.summary);
        self.summary = Summary {
            namespace: fixed.namespace,
            name: fixed.name,
            uid: fixed.uid,
            created_us: fixed.created_us,
            engine: fixed.engine,
            ..row.clone()
        };
    }
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        MemoryStore::default()
    }

    fn run(&self, machine: &MachineId) -> Option<&Machine> {
        self.machines.get(machine).filter(|found| found.is_here())
    }

    fn run_mut(&mut self, machine: &MachineId) -> Option<&mut Machine> {
        self.machines.get_mut(machine).filter(|found| found.is_here())
    }

    /// Appends one record; `created` are the machines that the same transaction created.
    fn append_one(&mut self, append: &Append, created: &BTreeSet<&MachineId>) -> Result<(), AppendError> {
        let run = self.run_mut(&append.machine).ok_or(AppendError::Unknown)?;
        let is_new = append.epoch == Append::CREATING && created.contains(&append.machine);
        if append.epoch != run.epoch && !is_new {
            return Err(AppendError::Fenced { given: append.epoch, current: run.epoch });
        }
        let last = run.records.last().map_or(0, |record| record.seq);
        if append.seq != last + 1 {
            return Err(AppendError::Gap { given: append.seq, last });
        }
        run.records.push(Record {
            seq: append.seq,
            at_us: append.at_us,
            format: append.format,
            body: append.body.clone(),
        });
        if let Some(summary) = &append.summary {
            // What was filed tells of another end.
            run.archived.take_if(|_| run.summary.finished_us != summary.finished_us);
            run.set_row(summary);
        }
        if let Some(number) = append.inbox_done {
            run.inbox.retain(|letter| letter.number > number);
        }
        if let Some(end) = &append.end {
            run.archived = Some(end.clone());
        }
        Ok(())
    }
}

impl MemoryStore {
    /// The rows that a filter lets through, in no particular order.
    fn matching(&self, filter: &Filter) -> Vec<&Summary> {
        let on_shelf = self.machines.iter().filter(|(id, machine)| {
            id.kind == filter.kind()
                && match filter.shelf {
                    Shelf::Runs => machine.is_here(),
                    Shelf::Unfiled => machine.is_here() && machine.archived.is_none(),
                    Shelf::Archive => machine.archived.is_some(),
                }
        });
        on_shelf
            .map(|(_, machine)| &machine.summary)
            .filter(|row| {
                filter.after.as_ref().is_none_or(|after| row.cursor() < *after) && matches(filter, row)
            })
            .collect()
    }
}

impl Journal for MemoryStore {
    fn next_epochs(&mut self, machines: &[MachineId]) -> Result<Vec<u64>, StoreError> {
        let raised = machines.iter().map(|machine| {
            let found = self.machines.entry(machine.clone()).or_default();
            found.epoch += 1;
            found.epoch
        });
        Ok(raised.collect())
    }

    fn append(&mut self, batch: &[Append]) -> Result<Vec<Result<(), AppendError>>, StoreError> {
        Ok(batch.iter().map(|append| self.append_one(append, &BTreeSet::new())).collect())
    }

    fn load(&mut self, machine: &MachineId) -> Result<Option<Loaded>, StoreError> {
        Ok(self.run(machine).map(|run| Loaded { records: run.records.clone() }))
    }

    fn tail(&mut self, machine: &MachineId, after: u64, limit: usize) -> Result<Vec<Record>, StoreError> {
        let records = self.run(machine).map_or(&[][..], |run| &run.records);
        Ok(records.iter().filter(|record| record.seq > after).take(limit).cloned().collect())
    }

    fn put_inbox(&mut self, machine: &MachineId, body: &[u8]) -> Result<Option<u64>, StoreError> {
        let number = self.letters + 1;
        let Some(run) = self.run_mut(machine) else { return Ok(None) };
        run.inbox.push(Letter { number, body: body.to_vec() });
        self.letters = number;
        Ok(Some(number))
    }

    fn inbox(&mut self, machine: &MachineId) -> Result<Vec<Letter>, StoreError> {
        Ok(self.run(machine).map(|run| run.inbox.clone()).unwrap_or_default())
    }

    fn waiting(&mut self) -> Result<Vec<MachineId>, StoreError> {
        let oldest = |machine: &Machine| machine.inbox.first().map(|letter| letter.number);
        let mut found: Vec<_> =
            self.machines.iter().filter_map(|(id, machine)| Some((oldest(machine)?, id))).collect();
        found.sort();
        Ok(found.into_iter().map(|(_, id)| id.clone()).collect())
    }

    fn drop_inbox(&mut self, machine: &MachineId, number: u64) -> Result<(), StoreError> {
        if let Some(run) = self.run_mut(machine) {
            run.inbox.retain(|letter| letter.number > number);
        }
        Ok(())
    }
}

impl Runs for MemoryStore {
    fn create(&mut self, run: &NewRun) -> Result<Created, StoreError> {
        if self.machines.get(&run.machine).is_some_and(|found| found.is_here() || found.archived.is_some()) {
            return Ok(Created::Exists);
        }
        if let Some(other) = self.find(&run.machine.kind, &run.summary.namespace, &run.summary.name)? {
            return Ok(Created::NameTaken { uid: other.uid });
        }
        let machine = self.machines.entry(run.machine.clone()).or_default();
        machine.document = Some(run.document.clone());
        machine.summary = Summary { uid: run.machine.id.clone(), ..run.summary.clone() };
        Ok(Created::Yes)
    }

    fn commit(&mut self, runs: &[NewRun], batch: &[Append]) -> Result<Committed, StoreError> {
        let mut new = BTreeSet::new();
        let mut created = Vec::with_capacity(runs.len());
        for run in runs {
            created.push(match self.create(run)? {
                Created::Yes => {
                    new.insert(&run.machine);
                    (Created::Yes, self.next_epoch(&run.machine)?)
                }
                taken => (taken, 0),
            });
        }
        let appended = batch.iter().map(|append| self.append_one(append, &new)).collect();
        Ok(Committed { created, appended })
    }

    fn restart(&mut self, run: &NewRun, epoch: Option<u64>) -> Result<bool, StoreError> {
        let Some(found) = self.run_mut(&run.machine) else { return Ok(false) };
        if epoch.is_some_and(|epoch| epoch != found.epoch) {
            return Ok(false);
        }
        *found = Machine {
            epoch: found.epoch,
            document: Some(run.document.clone()),
            summary: Summary {
                namespace: found.summary.namespace.clone(),
                name: found.summary.name.clone(),
                uid: found.summary.uid.clone(),
                created_us: found.summary.created_us,
                started_us: None,
                finished_us: None,
                ..run.summary.clone()
            },
            ..Machine::default()
        };
        Ok(true)
    }

    fn document(&mut self, machine: &MachineId) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.run(machine).and_then(|run| run.document.clone()))
    }

    fn refresh(&mut self, rows: &[(MachineId, u64, Summary)]) -> Result<(), StoreError> {
        for (machine, epoch, row) in rows {
            if let Some(run) = self.run_mut(machine).filter(|run| run.epoch == *epoch) {
                run.set_row(row);
            }
        }
        Ok(())
    }

    fn summary(&mut self, machine: &MachineId) -> Result<Option<Summary>, StoreError> {
        let found = self.machines.get(machine).filter(|found| found.is_here() || found.archived.is_some());
        Ok(found.map(|found| found.summary.clone()))
    }

    fn list(&mut self, filter: &Filter) -> Result<Vec<Summary>, StoreError> {
        let mut rows = self.matching(filter);
        match filter.order {
            Order::Created => rows.sort_by_key(|row| Reverse(row.cursor())),
            Order::Started => rows.sort_by_key(|row| {
                (row.started_us.is_some(), Reverse(row.started_us), Reverse(row.uid.clone()))
            }),
        }
        Ok(rows.into_iter().skip(filter.offset).take(filter.rows_max()).cloned().collect())
    }

    fn oldest_archived(&mut self, until_us: i64, limit: usize) -> Result<Vec<Summary>, StoreError> {
        let archived = Filter { shelf: Shelf::Archive, ..Filter::default() };
        let ended = |row: &&Summary| row.finished_us.is_some_and(|ended| ended <= until_us);
        let mut found: Vec<Summary> = self.matching(&archived).into_iter().filter(ended).cloned().collect();
        found.sort_by_key(|row| row.started_us);
        found.truncate(limit);
        Ok(found)
    }

    fn count(&mut self, filter: &Filter) -> Result<u64, StoreError> {
        Ok(self.matching(&Filter { after: None, ..filter.clone() }).len() as u64)
    }

    fn count_phases(&mut self, filter: &Filter, phases: &[&str]) -> Result<Vec<u64>, StoreError> {
        let found = self.matching(&Filter { after: None, phases: Vec::new(), ..filter.clone() });
        let count = |phase: &&str| found.iter().filter(|row| row.phase == *phase).count() as u64;
        Ok(phases.iter().map(count).collect())
    }

    fn label_texts(&mut self, filter: &Filter, key: Option<&str>) -> Result<Vec<String>, StoreError> {
        let mut texts = BTreeSet::new();
        for row in self.matching(&Filter { after: None, ..filter.clone() }) {
            match key {
                None => texts.extend(row.labels.keys().cloned()),
                Some(key) => texts.extend(row.labels.get(key).cloned()),
            }
        }
        Ok(texts.into_iter().take(Filter::LIMIT_MAX).collect())
    }

    fn find(&mut self, kind: &str, namespace: &str, name: &str) -> Result<Option<Summary>, StoreError> {
        let found = self.machines.iter().find(|(id, machine)| {
            id.kind == kind
                && machine.is_here()
                && machine.summary.namespace == namespace
                && machine.summary.name == name
        });
        Ok(found.map(|(_, machine)| machine.summary.clone()))
    }

    fn delete_all(&mut self, machines: &[MachineId]) -> Result<Vec<bool>, StoreError> {
        let delete = |machine: &MachineId| {
            let Some(run) = self.run_mut(machine) else { return false };
            if run.archived.is_some() {
                *run = Machine {
                    epoch: run.epoch,
                    archived: run.archived.take(),
                    summary: run.summary.clone(),
                    ..Machine::default()
                };
            } else {
                self.machines.remove(machine);
            }
            true
        };
        Ok(machines.iter().map(delete).collect())
    }

    fn archive(&mut self, filed: &[Filed]) -> Result<Vec<bool>, StoreError> {
        let file = |filed: &Filed| {
            let Some(run) = self.run_mut(&filed.machine) else { return false };
            run.archived = Some(filed.end.clone());
            true
        };
        Ok(filed.iter().map(file).collect())
    }

    fn archived(&mut self, machine: &MachineId) -> Result<Option<Vec<u8>>, StoreError> {
        let archived = self.machines.get(machine).and_then(|found| found.archived.as_ref());
        Ok(archived.map(|end| end.document.clone()))
    }

    fn briefs(&mut self, machines: &[MachineId]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let brief = |machine: &MachineId| {
            let end = self.machines.get(machine)?.archived.as_ref()?;
            Some(if end.brief.is_empty() { end.document.clone() } else { end.brief.clone() })
        };
        Ok(machines.iter().map(brief).collect())
    }

    fn times(&mut self, machine: &MachineId) -> Result<Option<Vec<u8>>, StoreError> {
        let archived = self.machines.get(machine).and_then(|found| found.archived.as_ref());
        Ok(archived.map(|end| end.times.clone()).filter(|times| !times.is_empty()))
    }

    fn delete_archived(&mut self, machines: &[MachineId]) -> Result<Vec<bool>, StoreError> {
        let mut delete = |machine: &MachineId| {
            let Some(found) = self.machines.get_mut(machine) else { return false };
            let was_there = found.archived.take().is_some();
            if !found.is_here() && was_there {
                self.machines.remove(machine);
            }
            was_there
        };
        Ok(machines.iter().map(&mut delete).collect())
    }
}

impl Catalog for MemoryStore {
    fn put_object(&mut self, key: &ObjectKey, body: &[u8], expected: Option<u64>) -> Result<Put, StoreError> {
        let current = self.objects.get(key).map_or(0, |object| object.version);
        if expected.is_some_and(|expected| expected != current) {
            return Ok(Put::Conflict { current });
        }
        self.versions += 1;
        let version = self.versions;
        self.objects.insert(key.clone(), Object { key: key.clone(), version, body: body.to_vec() });
        Ok(Put::Done { version })
    }

    fn put_objects(&mut self, objects: &[NewObject]) -> Result<bool, StoreError> {
        let version = |key: &ObjectKey| self.objects.get(key).map_or(0, |object| object.version);
        if objects.iter().any(|one| one.expected.is_some_and(|expected| expected != version(&one.key))) {
            return Ok(false);
        }
        for one in objects {
            self.put_object(&one.key, &one.body, None)?;
        }
        Ok(true)
    }

    fn object(&mut self, key: &ObjectKey) -> Result<Option<Object>, StoreError> {
        Ok(self.objects.get(key).cloned())
    }

    fn objects(&mut self, kind: &str, namespace: Option<&str>) -> Result<Vec<Object>, StoreError> {
        let wanted = |key: &ObjectKey| {
            key.kind == kind && namespace.is_none_or(|namespace| key.namespace == namespace)
        };
        Ok(self.objects.values().filter(|object| wanted(&object.key)).cloned().collect())
    }

    fn delete_object(&mut self, key: &ObjectKey, expected: Option<u64>) -> Result<bool, StoreError> {
        let is_meant = |object: &Object| expected.is_none_or(|expected| object.version == expected);
        let was_there = self.objects.get(key).is_some_and(is_meant);
        if was_there {
            self.objects.remove(key);
        }
        self.versions += u64::from(was_there);
        Ok(was_there)
    }
}

impl Shared for MemoryStore {
    fn update_locks(
        &mut self,
        names: &[String],
        decide: &mut dyn FnMut(&mut LockRows),
    ) -> Result<(), StoreError> {
        let mut rows: LockRows =
            names.iter().filter_map(|name| Some((name.clone(), self.locks.get(name)?.clone()))).collect();
        decide(&mut rows);
        for name in names {
            self.locks.remove(name);
        }
        self.locks.append(&mut rows);
        Ok(())
    }

    fn locks(&mut self) -> Result<LockRows, StoreError> {
        Ok(self.locks.clone())
    }

    fn put_memo(&mut self, key: &MemoKey, body: &[u8], now_us: i64) -> Result<(), StoreError> {
        let entry = MemoEntry { body: body.to_vec(), created_us: now_us, hit_us: now_us };
        self.memos.insert(key.clone(), entry);
        Ok(())
    }

    fn memo(&mut self, key: &MemoKey) -> Result<Option<MemoEntry>, StoreError> {
        Ok(self.memos.get(key).cloned())
    }

    fn note_hits(&mut self, keys: &[MemoKey], now_us: i64) -> Result<(), StoreError> {
        for key in keys {
            self.memos.entry(key.clone()).and_modify(|entry| entry.hit_us = now_us);
        }
        Ok(())
    }

    fn count_unused_memos(&mut self, since_us: i64) -> Result<u64, StoreError> {
        Ok(self.memos.values().filter(|entry| entry.hit_us < since_us).count() as u64)
    }

    fn forget_unused_memos(&mut self, since_us: i64, limit: usize) -> Result<u64, StoreError> {
        let unused = self.memos.iter().filter(|(_, entry)| entry.hit_us < since_us);
        let mut unused: Vec<(i64, MemoKey)> =
            unused.map(|(key, entry)| (entry.hit_us, key.clone())).collect();
        unused.sort();
        unused.truncate(limit);
        unused.iter().for_each(|(_, key)| drop(self.memos.remove(key)));
        Ok(unused.len() as u64)
    }
}

fn matches(filter: &Filter, summary: &Summary) -> bool {
    let life = match filter.life {
        Life::Any => true,
        Life::Live => summary.finished_us.is_none(),
        Life::Finished => summary.finished_us.is_some(),
    };
    let name = match &filter.name {
        None => true,
        Some(NameMatch::Contains(part)) => summary.name.contains(part.as_str()),
        Some(NameMatch::Prefix(part)) => summary.name.starts_with(part.as_str()),
        Some(NameMatch::Exact(name)) => summary.name == *name,
    };
    let times = &filter.times;
    let within = |time: Option<i64>, limit: Option<i64>, holds: fn(&i64, &i64) -> bool| match (time, limit) {
        (Some(time), Some(limit)) => holds(&time, &limit),
        _ => true,
    };
    let in_time = within(Some(summary.created_us), times.created_from, i64::ge)
        && within(summary.started_us, times.started_after, i64::gt)
        && within(summary.started_us, times.started_before, i64::lt)
        && within(summary.finished_us, times.finished_until, i64::le);
    life && name
        && in_time
        && filter.message.as_ref().is_none_or(|part| summary.message.contains(part.as_str()))
        && filter.engine.as_ref().is_none_or(|engine| !engine.is_empty() && summary.engine == *engine)
        && filter.not_namespace.as_ref().is_none_or(|namespace| summary.namespace != *namespace)
        && filter.not_name.as_ref().is_none_or(|name| summary.name != *name)
        && filter.namespace.as_ref().is_none_or(|namespace| summary.namespace == *namespace)
        && (filter.phases.is_empty() || filter.phases.contains(&summary.phase))
        && filter.labels.iter().all(|term| holds(term, &summary.labels))
}

fn holds(term: &LabelTerm, labels: &BTreeMap<String, String>) -> bool {
    match term {
        LabelTerm::In(key, values) => labels.get(key).is_some_and(|value| values.contains(value)),
        LabelTerm::NotIn(key, values) => !labels.get(key).is_some_and(|value| values.contains(value)),
        LabelTerm::Exists(key) => labels.contains_key(key),
        LabelTerm::Absent(key) => !labels.contains_key(key),
    }
}
