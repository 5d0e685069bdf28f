//! Values that are known before anything runs: what the workflow is given, and what follows from it alone.

use super::room::Room;
use crate::plan::{Arguments, ConfigMapSource, Items, Plan, SequencePlan, Source, TemplatePlan};
use crate::time::Time;
use expr::items::{Item, SequenceSpec};
use expr::{Mode, Scope as _, Text, World};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use tiphys_expr as expr;

/// Most items of a loop that are read before it runs; longer lists are rare, and are counted when they run.
const ITEMS_READ_BYTES_MAX: usize = 1 << 20;

/// Most bytes of an input that is followed into templates: a template that doubles what it is given and calls the next
/// would come to a lot.
const INPUT_BYTES_MAX: usize = 64 << 10;

/// What calls whose answers change from look to look have in their names.
const FICKLE: [&str; 7] = ["now", "rand", "uuid", "shuffle", "ago", "bcrypt", "htpasswd"];

/// The names that have a value already.
#[derive(Clone)]
pub(super) struct Known<'r> {
    globals: Arc<BTreeMap<String, String>>,
    /// The inputs of the template around, by their full names.
    inputs: Arc<BTreeMap<String, String>>,
    room: &'r Room,
}

impl<'r> Known<'r> {
    /// What the document gives to the whole workflow.
    pub fn of(plan: &Plan, room: &'r Room) -> Known<'r> {
        let mut globals = BTreeMap::new();
        let (metadata, spec) = (&plan.workflow.metadata, &plan.workflow.spec);
        for (name, value) in [
            ("name", &*plan.name),
            ("namespace", &*plan.namespace),
            ("mainEntrypoint", spec.entrypoint.as_str()),
            ("serviceAccountName", spec.service_account_name.as_str()),
        ] {
            if !value.is_empty() {
                globals.insert(format!("workflow.{name}"), value.to_owned());
            }
        }
        let given = spec.workflow_metadata.clone().unwrap_or_default();
        let of_labels = given.labels_from.into_keys().map(|key| (key, String::new()));
        let replaced_labels = given.labels.into_iter().chain(of_labels).collect();
        for (field, list, replaced) in [
            ("labels", &metadata.labels, &replaced_labels),
            ("annotations", &metadata.annotations, &given.annotations),
        ] {
            for (key, value) in list.iter().filter(|(key, _)| !replaced.contains_key(*key)) {
                globals.insert(format!("workflow.{field}.{key}"), value.clone());
            }
        }
        let mut known = Known { globals: Arc::new(globals), inputs: Arc::default(), room };
        let values: Vec<(String, String)> = plan
            .parameters
            .iter()
            .filter_map(|parameter| {
                let given = parameter.value.clone();
                let value = given.or_else(|| match &parameter.config_map {
                    // Another ConfigMap may be there when it runs, and gives way to the default.
                    Some(source) => known.config_map(plan, source),
                    None => parameter.default.clone(),
                })?;
                Some((format!("workflow.parameters.{}", parameter.name), value))
            })
            .collect();
        Arc::make_mut(&mut known.globals).extend(values);
        known
    }

    /// The value of a global name.
    pub fn global(&self, name: &str) -> Option<&str> {
        self.globals.get(name).map(String::as_str)
    }

    /// What is known within a template that is called with these arguments; inputs that follow from an item, or from
    /// what another step gives, are not.
    pub fn within(&self, plan: &Plan, template: &TemplatePlan, arguments: Option<&Arguments>) -> Known<'r> {
        let own = Known { inputs: Arc::default(), ..self.clone() };
        let given = arguments.map(|arguments| &*arguments.parameters).unwrap_or_default();
        self.room.values(given.len() + template.parameters.len());
        // Of equal names the first counts.
        let given: BTreeMap<&str, &Source> =
            given.iter().rev().map(|(name, source)| (&**name, source)).collect();
        let inputs = template.parameters.iter().filter_map(|declared| {
            let value = match given.get(&*declared.name) {
                Some(Source::Text(text)) => self.text(text)?,
                Some(Source::ConfigMap(source)) => self.config_map(plan, source)?,
                Some(Source::Nothing) => return None,
                None => match (&declared.default, &declared.config_map) {
                    (Some(default), _) => own.text(default)?,
                    (None, Some(source)) => own.config_map(plan, source)?,
                    (None, None) => return None,
                },
            };
            self.room.bytes(value.len());
            let is_short = value.len() <= INPUT_BYTES_MAX;
            is_short.then(|| (format!("inputs.parameters.{}", declared.name), value))
        });
        Known { inputs: Arc::new(inputs.collect()), ..self.clone() }
    }

    /// What tells this from another call of the same template.
    pub fn mark(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.inputs.hash(&mut hasher);
        hasher.finish()
    }

    /// The text with the values of its tags; none if one of them is not known yet.
    pub fn text(&self, text: &Text) -> Option<String> {
        if text.is_literal() {
            return Some(text.as_str().to_owned());
        }
        let source = text.as_str();
        let is_fickle = source.contains("{{=") && FICKLE.iter().any(|name| source.contains(name));
        if is_fickle || self.room.is_exhausted() || text.names().any(|name| self.get(name).is_none()) {
            return None;
        }
        let world = World { now: Time(0).timestamp(), seed: 0 };
        let rendered = text.render(self, Mode::FullStrict, &world).ok()?;
        (!rendered.has_tags).then_some(rendered.text)
    }

    /// The same of a text as it is written.
    pub fn written(&self, text: &str) -> Option<String> {
        match text.contains("{{") {
            true => self.text(&Text::parse(text).ok()?),
            false => Some(text.to_owned()),
        }
    }

    /// The text as far as it is known: the other tags stay.
    pub fn filled(&self, text: &str) -> String {
        if let Some(known) = self.written(text) {
            return known;
        }
        // What an expression makes of names that are not there is no value of theirs.
        if text.contains("{{=") || self.room.is_exhausted() {
            return text.to_owned();
        }
        let world = World { now: Time(0).timestamp(), seed: 0 };
        let rendered = Text::parse_open(text).render(self, Mode::Lenient, &world);
        rendered.map_or_else(|_| text.to_owned(), |rendered| rendered.text)
    }

    /// Why a condition does not hold, if that is known already.
    pub fn refutes(&self, when: &Text) -> Option<String> {
        let text = self.text(when)?;
        let is_false = expr::when::evaluate(&text) == Ok(false);
        is_false.then(|| format!("never runs: when '{text}' evaluated false"))
    }

    /// The items of a loop, or how many there are where that is all there is to say. The error is why there are none.
    pub fn items(&self, items: &Items) -> Option<Result<Counted, String>> {
        match items {
            Items::List(list) => {
                self.room.bytes(list.iter().map(|item| item.json().len()).sum());
                let texts: Option<Vec<String>> = list
                    .iter()
                    .map(|item| self.written(item.json()).map(|_| self.filled(&item.text())))
                    .collect();
                texts.map(|texts| Ok(Counted::of(texts.into_iter())))
            }
            Items::Param(text) => {
                let text = self.text(text).filter(|text| text.len() <= ITEMS_READ_BYTES_MAX)?;
                self.room.bytes(text.len());
                let items = expr::items::with_param(&text);
                let items = items.map_err(|error| expr::items::with_param_message(&text, &error));
                Some(items.map(|items| Counted::of(items.iter().map(Item::text))))
            }
            Items::Sequence(sequence) => self.sequence(sequence),
        }
    }

    fn sequence(&self, sequence: &SequencePlan) -> Option<Result<Counted, String>> {
        let bound = |text: &Option<Text>| match text {
            Some(text) => self.text(text).map(Some),
            None => Some(None),
        };
        let spec = SequenceSpec {
            count: bound(&sequence.count)?,
            start: bound(&sequence.start)?,
            end: bound(&sequence.end)?,
            format: None,
        };
        let first = spec.start.clone().unwrap_or_else(|| "0".to_owned());
        let over = match (&spec.count, &spec.end) {
            (_, Some(end)) => format!("{first} to {end}"),
            (Some(count), None) => format!("{count} numbers from {first}"),
            (None, None) => "nothing".to_owned(),
        };
        Some(expr::items::length(&spec).map(|count| Counted { count, over }))
    }

    /// A value of a ConfigMap at hand that parameters may read (PA-045).
    fn config_map(&self, plan: &Plan, source: &ConfigMapSource) -> Option<String> {
        let (name, key) = (self.text(&source.name)?, self.text(&source.key)?);
        crate::workflow::bind::config_map_value(plan, &name, &key).ok()
    }
}

/// A loop whose items are known.
pub(super) struct Counted {
    pub count: u64,
    /// The first of them, in words.
    pub over: String,
}

/// Items of a loop that are shown.
const ITEMS_SHOWN: usize = 3;

impl Counted {
    fn of(items: impl Iterator<Item = String>) -> Counted {
        let mut shown = Vec::new();
        let mut count = 0;
        for item in items {
            count += 1;
            if shown.len() < ITEMS_SHOWN {
                shown.push(item);
            }
        }
        let more = if count > shown.len() as u64 { ", …" } else { "" };
        Counted { count, over: format!("{}{more}", shown.join(", ")) }
    }
}

impl expr::Scope for Known<'_> {
    fn get(&self, name: &str) -> Option<expr::Bound<'_>> {
        let value = self.globals.get(name).or_else(|| self.inputs.get(name))?;
        Some(expr::Bound::Text(Cow::Borrowed(value)))
    }

    fn visit<'s>(&'s self, root: &str, visit: &mut dyn FnMut(&str, expr::Bound<'s>)) {
        let is_below = |name: &str| {
            root.is_empty()
                || name.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        // In the order of their bytes: inputs come before the workflow.
        for (name, value) in self.inputs.iter().chain(&*self.globals).filter(|(name, _)| is_below(name)) {
            visit(name, expr::Bound::Text(Cow::Borrowed(value)));
        }
    }
}
