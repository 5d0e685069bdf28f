//! Metrics that workflows define, kept until somebody reads them (EX-520 to EX-523).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use tiphys_engine::Time;
use tiphys_engine::workflow::{Measure, Sample};

/// Argo's prefix of every metric's name (OB-346).
const PREFIX: &str = "argo_workflows_";

/// Most series that are kept; labels with endless values must not fill the memory.
pub const SERIES_MAX: usize = 50_000;

/// Upper bounds of a histogram that names none, as Prometheus' clients have them.
const BUCKETS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// All metrics of one engine, shared with whoever exposes them.
#[derive(Clone, Default)]
pub struct Metrics {
    registry: Arc<Mutex<Registry>>,
}

impl Metrics {
    /// Takes in one value. The error says what it does not fit (EX-523).
    pub fn record(&self, run: &str, sample: &Sample, now: Time) -> Result<(), String> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner).record(run, sample, now)
    }

    /// A run is over: what shows its running time goes.
    pub fn ended(&self, run: &str) {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner).ended(run);
    }

    /// Forgets series that nothing was recorded in since an instant (`metricsTTL`).
    pub fn expire(&self, before: Time) {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner).expire(before);
    }

    /// All of them in Prometheus' text format.
    pub fn text(&self, now: Time) -> String {
        // Written from a copy: a long text must not keep the engine from recording.
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner).clone();
        registry.text(now)
    }
}

#[derive(Clone, Default)]
struct Registry {
    families: BTreeMap<String, Family>,
    series: usize,
    /// The series that a run made show its running time, by the run: name and labels. Some may show something else now.
    running: BTreeMap<String, BTreeSet<(String, Vec<String>)>>,
}

/// All series of one name.
#[derive(Clone)]
struct Family {
    help: String,
    kind: Kind,
    /// Label names in order.
    keys: Vec<String>,
    series: BTreeMap<Vec<String>, Series>,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Counter,
    Gauge,
    /// With its upper bounds, fixed by the first who asked.
    Histogram(Vec<f64>),
}

impl Kind {
    fn of(measure: &Measure) -> Kind {
        match measure {
            Measure::Count(_) => Kind::Counter,
            Measure::Set(_) | Measure::Change(_) | Measure::Since(_) => Kind::Gauge,
            Measure::Observe(_, bounds) if bounds.is_empty() => Kind::Histogram(BUCKETS.to_vec()),
            Measure::Observe(_, bounds) => {
                let mut bounds = bounds.clone();
                bounds.sort_by(f64::total_cmp);
                bounds.dedup();
                Kind::Histogram(bounds)
            }
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram(_) => "histogram",
        }
    }
}

#[derive(Clone)]
struct Series {
    value: f64,
    /// The value is the time since then, of this run.
    since: Option<(Time, String)>,
    /// Histograms: how many observations each bucket has, without those of smaller ones; the last is the rest.
    buckets: Vec<u64>,
    changed: Time,
}

impl Registry {
    fn record(&mut self, run: &str, sample: &Sample, now: Time) -> Result<(), String> {
        let mut labels = sample.labels.clone();
        labels.sort();
        let (keys, values): (Vec<String>, Vec<String>) = labels.into_iter().unzip();
        let kind = Kind::of(&sample.measure);
        let full = self.series >= SERIES_MAX;
        let name = &sample.name;
        let family = self.families.entry(name.clone()).or_insert_with(|| Family {
            help: sample.help.clone(),
            kind: kind.clone(),
            keys: keys.clone(),
            series: BTreeMap::new(),
        });
        if family.kind.name() != kind.name() {
            let (own, other) = (kind.name(), family.kind.name());
            return Err(format!("metric '{name}' is a {own} here and a {other} elsewhere"));
        }
        if family.help != sample.help {
            return Err(format!("metric '{name}' has the help '{}' elsewhere", family.help));
        }
        if family.keys != keys {
            return Err(format!("metric '{name}' has the labels [{}] elsewhere", family.keys.join(", ")));
        }
        if full && !family.series.contains_key(&values) {
            return Err(format!(
                "metric '{name}': there are {SERIES_MAX} series already, so no more are kept"
            ));
        }
        if let Measure::Since(_) = &sample.measure {
            self.running.entry(run.to_owned()).or_default().insert((name.clone(), values.clone()));
        }
        let mut fresh = false;
        let series = family.series.entry(values).or_insert_with(|| {
            fresh = true;
            Series { value: 0.0, since: None, buckets: Vec::new(), changed: now }
        });
        series.changed = now;
        match &sample.measure {
            Measure::Count(value) => series.value += value,
            Measure::Set(value) => (series.value, series.since) = (*value, None),
            Measure::Change(value) => (series.value, series.since) = (series.value + value, None),
            Measure::Since(since) => series.since = Some((*since, run.to_owned())),
            Measure::Observe(value, _) => {
                let Kind::Histogram(bounds) = &family.kind else { return Ok(()) };
                series.buckets.resize(bounds.len() + 1, 0);
                series.buckets[bounds.partition_point(|bound| bound < value)] += 1;
                series.value += value;
            }
        }
        self.series += usize::from(fresh);
        Ok(())
    }

    fn ended(&mut self, run: &str) {
        for (name, values) in self.running.remove(run).unwrap_or_default() {
            let Some(family) = self.families.get_mut(&name) else { continue };
            let is_its = |series: &Series| series.since.as_ref().is_some_and(|(_, own)| own == run);
            if family.series.get(&values).is_some_and(is_its) {
                family.series.remove(&values);
                self.series -= 1;
            }
            if family.series.is_empty() {
                self.families.remove(&name);
            }
        }
    }

    fn expire(&mut self, before: Time) {
        self.keep(|series| series.since.is_some() || series.changed >= before);
    }

    fn keep(&mut self, keep: impl Fn(&Series) -> bool) {
        for family in self.families.values_mut() {
            family.series.retain(|_, series| keep(series));
        }
        self.families.retain(|_, family| !family.series.is_empty());
        self.series = self.families.values().map(|family| family.series.len()).sum();
    }

    fn text(&self, now: Time) -> String {
        let mut text = String::new();
        for (name, family) in &self.families {
            let help = family.help.replace('\\', "\\\\").replace('\n', "\\n");
            let kind = family.kind.name();
            // Writing to a text does not fail.
            let _ = write!(text, "# HELP {PREFIX}{name} {help}\n# TYPE {PREFIX}{name} {kind}\n");
            for (values, series) in &family.series {
                let labels: Vec<(&str, &str)> =
                    family.keys.iter().map(String::as_str).zip(values.iter().map(String::as_str)).collect();
                family.show(&mut text, name, &labels, series, now);
            }
        }
        text
    }
}

impl Family {
    fn show(&self, text: &mut String, name: &str, labels: &[(&str, &str)], series: &Series, now: Time) {
        let mut line = |suffix: &str, more: Option<&str>, value: f64| {
            let own = labels.iter().copied().chain(more.map(|bound| ("le", bound)));
            let pairs: Vec<String> =
                own.map(|(key, value)| format!("{key}=\"{}\"", escaped(value))).collect();
            let pairs = if pairs.is_empty() { String::new() } else { format!("{{{}}}", pairs.join(",")) };
            let _ = writeln!(text, "{PREFIX}{name}{suffix}{pairs} {}", number(value));
        };
        let Kind::Histogram(bounds) = &self.kind else {
            let value = match &series.since {
                Some((since, _)) => now.since_us(*since).max(0) as f64 / 1e6,
                None => series.value,
            };
            return line("", None, value);
        };
        let mut total = 0;
        for (bound, count) in bounds.iter().zip(&series.buckets) {
            total += count;
            line("_bucket", Some(&number(*bound)), total as f64);
        }
        total += series.buckets.last().copied().unwrap_or_default();
        line("_bucket", Some("+Inf"), total as f64);
        line("_sum", None, series.value);
        line("_count", None, total as f64);
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// A number as Prometheus reads it.
fn number(value: f64) -> String {
    match value {
        value if value == f64::INFINITY => "+Inf".to_owned(),
        value if value == f64::NEG_INFINITY => "-Inf".to_owned(),
        value if value.is_nan() => "NaN".to_owned(),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(name: &str, labels: &[(&str, &str)], measure: Measure) -> Sample {
        let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Sample { name: name.to_owned(), help: "Helps.".to_owned(), labels, measure }
    }

    /// EX-523
    #[test]
    fn each_kind_of_metric_is_shown_as_prometheus_reads_it() {
        let metrics = Metrics::default();
        let record = |sample: Sample| metrics.record("run", &sample, Time(0)).unwrap();
        record(sample("done", &[("step", "a\"b")], Measure::Count(1.0)));
        record(sample("done", &[("step", "a\"b")], Measure::Count(2.5)));
        record(sample("level", &[], Measure::Set(4.0)));
        record(sample("level", &[], Measure::Change(-1.0)));
        record(sample("took", &[], Measure::Observe(2.0, vec![5.0, 1.0])));
        record(sample("took", &[], Measure::Observe(7.0, vec![])));
        record(sample("alive", &[], Measure::Since(Time(0))));
        assert_eq!(
            metrics.text(Time(1_500_000)),
            "# HELP argo_workflows_alive Helps.\n# TYPE argo_workflows_alive gauge\nargo_workflows_alive 1.5\n\
             # HELP argo_workflows_done Helps.\n# TYPE argo_workflows_done counter\nargo_workflows_done{step=\"a\\\"b\"} 3.5\n\
             # HELP argo_workflows_level Helps.\n# TYPE argo_workflows_level gauge\nargo_workflows_level 3\n\
             # HELP argo_workflows_took Helps.\n# TYPE argo_workflows_took histogram\n\
             argo_workflows_took_bucket{le=\"1\"} 0\nargo_workflows_took_bucket{le=\"5\"} 1\n\
             argo_workflows_took_bucket{le=\"+Inf\"} 2\nargo_workflows_took_sum 9\nargo_workflows_took_count 2\n"
        );
        metrics.ended("run");
        assert!(!metrics.text(Time(0)).contains("alive"));
        metrics.expire(Time(1));
        assert_eq!(metrics.text(Time(0)), "");
    }

    /// The end of a run takes what shows its own running time, and nothing that another run or value took over since.
    #[test]
    fn the_end_of_a_run_takes_its_running_times_only() {
        let metrics = Metrics::default();
        let record = |run: &str, step: &str, measure: Measure| {
            metrics.record(run, &sample("alive", &[("step", step)], measure), Time(0)).unwrap();
        };
        for step in ["own", "set", "shared"] {
            record("one", step, Measure::Since(Time(0)));
        }
        record("one", "set", Measure::Set(7.0));
        record("two", "shared", Measure::Since(Time(0)));
        let shown = || {
            let text = metrics.text(Time(0));
            let steps = text
                .lines()
                .filter_map(|line| Some(line.split_once("step=\"")?.1.split_once('"')?.0.to_owned()));
            steps.collect::<Vec<_>>()
        };
        assert_eq!(shown(), ["own", "set", "shared"]);
        metrics.ended("one");
        assert_eq!(shown(), ["set", "shared"]);
        metrics.ended("two");
        assert_eq!(shown(), ["set"]);
        let registry = metrics.registry.lock().unwrap();
        assert_eq!((registry.series, registry.running.len()), (1, 0));
    }

    /// EX-523
    #[test]
    fn metrics_of_one_name_are_of_one_kind() {
        let metrics = Metrics::default();
        metrics.record("run", &sample("m", &[("a", "1")], Measure::Count(1.0)), Time(0)).unwrap();
        let record = |sample: Sample| metrics.record("run", &sample, Time(0)).unwrap_err();
        assert_eq!(
            record(sample("m", &[("a", "1")], Measure::Set(1.0))),
            "metric 'm' is a gauge here and a counter elsewhere"
        );
        assert_eq!(
            record(sample("m", &[("b", "1")], Measure::Count(1.0))),
            "metric 'm' has the labels [a] elsewhere"
        );
        let other = Sample { help: "Else.".to_owned(), ..sample("m", &[("a", "1")], Measure::Count(1.0)) };
        assert_eq!(record(other), "metric 'm' has the help 'Helps.' elsewhere");
    }
}
