//! Metrics of templates and of the workflow: what they come to when a node or the run ends (EX-520 to EX-523).
//!
//! Samples are handed over and forgotten; what cannot be had is a condition of the workflow and disturbs nothing.

use super::command::Command;
use super::event::Event;
use super::handle::Turn;
use super::node::{NodeIx, NodeKind, Phase, Site};
use super::run::Run;
use super::scope::View;
use crate::time::Time;
use expr::{Mode, World};
use std::sync::Arc;
use tiphys_expr as expr;
use tiphys_spec as spec;

/// One value of a metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Its name in the document.
    pub name: String,
    /// What it means.
    pub help: String,
    /// Labels in the order of the document.
    pub labels: Vec<(String, String)>,
    /// What is done with it.
    pub measure: Measure,
}

/// What a sample does to its metric.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// A counter grows by it.
    Count(f64),
    /// A gauge has it from now on.
    Set(f64),
    /// A gauge changes by it.
    Change(f64),
    /// A gauge that shows the seconds since an instant, until it is set (EX-520).
    Since(Time),
    /// A histogram with these upper bounds observes it.
    Observe(f64, Vec<f64>),
}

/// When a metric is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// The node, or the run, begins.
    Start,
    /// It ended.
    End,
}

impl Turn<'_> {
    /// The metrics of a node that was just entered, as far as they show it while it runs.
    pub(crate) fn measure_start(&mut self, ix: NodeIx) {
        let realtime = |metric: &spec::Metric| is_realtime(metric);
        if self.run.metrics_of(ix).iter().any(realtime) && !self.run.node(ix).phase.is_ended() {
            self.measure_node(ix, Moment::Start);
        }
    }

    /// The metrics of a node that just ended.
    pub(crate) fn measure_end(&mut self, ix: NodeIx) {
        if !self.run.metrics_of(ix).is_empty() {
            self.measure_node(ix, Moment::End);
        }
    }

    fn measure_node(&mut self, ix: NodeIx, moment: Moment) {
        let (samples, complaints) = {
            let own = self.run.metric_names(ix, self.now);
            let extra: Vec<(&str, String)> =
                own.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
            let view = View { extra: &extra, ..self.run.view_of(ix, self.now) };
            let since = self.run.node(ix).started;
            evaluate(self.run.metrics_of(ix), moment, since, &view, &self.world(ix.0))
        };
        self.measured(samples, complaints);
    }

    /// The workflow's own metrics: the realtime ones when it begins, all when it ends.
    pub(crate) fn measure_workflow(&mut self, ended: Option<Phase>) {
        let plan = self.run.plan.clone();
        let Some(metrics) = &plan.workflow.spec.metrics else { return };
        let moment = if ended.is_some() { Moment::End } else { Moment::Start };
        let (samples, complaints) = {
            let mut own = Vec::new();
            if let Some(phase) = ended {
                own.push(("status".to_owned(), phase.name().to_owned()));
                own.push(("workflow.status".to_owned(), phase.name().to_owned()));
            }
            // They know what the entry node knows (EX-522, TP-131).
            let view = match self.run.nodes.is_empty() {
                true => View::global(self.run, self.now),
                false => self.run.view_of(NodeIx::ROOT, self.now),
            };
            match self.run.nodes.is_empty() {
                true => own.push(("duration".to_owned(), self.run.duration_text(self.now))),
                false => own.extend(self.run.metric_names(NodeIx::ROOT, self.now)),
            }
            let extra: Vec<(&str, String)> =
                own.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
            let view = View { extra: &extra, ..view };
            let since = self.run.started.unwrap_or(self.now);
            evaluate(&metrics.prometheus, moment, since, &view, &self.world(0))
        };
        self.measured(samples, complaints);
    }

    fn measured(&mut self, samples: Vec<Sample>, complaints: Vec<String>) {
        if !samples.is_empty() {
            self.out.commands.push(Command::EmitMetrics(samples));
        }
        for message in complaints {
            self.metric_refused(message);
        }
    }

    /// A metric could not be had; said once (EX-521).
    pub(crate) fn metric_refused(&mut self, message: String) {
        if !self.run.metric_errors.iter().any(|known| **known == *message) {
            self.record(Event::MetricFailed { message: message.into() });
        }
    }
}

impl Run {
    /// The metrics that a node's template asks for; those of tries that another one follows count only if they failed.
    fn metrics_of(&self, ix: NodeIx) -> &[spec::Metric] {
        let node = self.node(ix);
        let is_own = !matches!(node.kind, NodeKind::StepGroup | NodeKind::TaskGroup | NodeKind::Container);
        let is_tried = matches!(node.site, Site::Attempt(_)) && !node.phase.is_bad();
        match self.template(ix).and_then(|template| template.doc.metrics.as_ref()) {
            Some(metrics) if is_own && !is_tried && node.kind != NodeKind::Skipped => &metrics.prometheus,
            _ => &[],
        }
    }

    /// The names that only a template's metrics know (EX-522).
    fn metric_names(&self, ix: NodeIx, now: Time) -> Vec<(String, String)> {
        let node = self.node(ix);
        let us = node.finished.unwrap_or(now).since_us(node.started).max(0);
        let seconds = us / 1_000_000;
        let mut names = vec![
            ("status".to_owned(), node.phase.name().to_owned()),
            ("duration".to_owned(), format!("{seconds}.{:06}", us % 1_000_000)),
        ];
        // Indicative, like the status (EX-532).
        let used = self.template(ix).into_iter().flat_map(|template| template.used_in(seconds));
        names.extend(used.map(|(resource, of)| (format!("resourcesDuration.{resource}"), of.to_string())));
        if let Some(children) = self.children_count(ix) {
            names.push(("retries".to_owned(), (children - 1).to_string()));
        }
        names.extend(self.output_names(ix));
        names
    }

    /// How many children a construct has, hooks aside, if it has any: for Argo all of them are tries (EX-522).
    fn children_count(&self, ix: NodeIx) -> Option<usize> {
        let count = match self.frame_of(ix) {
            None => self.attempts(ix).len(),
            Some(frame) if !self.tasks(frame).is_dag => usize::from(frame.group.is_some()),
            Some(frame) => {
                frame.order.roots.iter().filter(|task| frame.slots[task.at()].node.is_some()).count()
            }
        };
        (count > 0).then_some(count)
    }

    /// `outputs.parameters.*`, `outputs.result` and `exitCode` of a node.
    fn output_names(&self, ix: NodeIx) -> Vec<(String, String)> {
        let Some(outputs) = &self.node(ix).outputs else { return Vec::new() };
        let value = |parameter: &spec::Parameter| {
            Some((format!("outputs.parameters.{}", parameter.name), parameter.value.clone()?))
        };
        let mut names: Vec<(String, String)> = outputs.parameters.iter().filter_map(value).collect();
        names.extend(outputs.result.clone().map(|result| ("outputs.result".to_owned(), result)));
        names.extend(outputs.exit_code.clone().map(|code| ("exitCode".to_owned(), code)));
        names
    }

    /// Metrics that show the time of what runs; whoever takes the run up tells them again.
    pub(crate) fn measured_nodes(&self) -> Vec<NodeIx> {
        self.indices()
            .filter(|ix| !self.node(*ix).phase.is_ended() && self.metrics_of(*ix).iter().any(is_realtime))
            .collect()
    }
}

fn is_realtime(metric: &spec::Metric) -> bool {
    metric.gauge.as_ref().is_some_and(|gauge| gauge.realtime == Some(true))
}

/// Samples of metrics, and why others could not be had.
fn evaluate(
    metrics: &[spec::Metric],
    moment: Moment,
    since: Time,
    view: &View<'_>,
    world: &World,
) -> (Vec<Sample>, Vec<String>) {
    let (mut samples, mut complaints) = (Vec::new(), Vec::new());
    for metric in metrics.iter().filter(|metric| moment == Moment::End || is_realtime(metric)) {
        match sample(metric, moment, since, view, world) {
            Ok(Some(sample)) => samples.push(sample),
            Ok(None) => {}
            Err(reason) => complaints.push(reason),
        }
    }
    (samples, complaints)
}

fn sample(
    metric: &spec::Metric,
    moment: Moment,
    since: Time,
    view: &View<'_>,
    world: &World,
) -> Result<Option<Sample>, String> {
    let name = &metric.name;
    if let Some(complaint) = crate::check::metric_complaint(metric) {
        return Err(complaint);
    }
    let render = |text: &str, place: &str| {
        expr::render(text, view, Mode::FullStrict, world)
            .map_err(|error| format!("unable to substitute parameters for metric '{name}'{place}: {error}"))
    };
    if !metric.when.is_empty() {
        let when = render(&metric.when, " (when)")?;
        let holds = expr::when::evaluate(&when).map_err(|error| {
            format!("unable to compute 'when' clause for metric '{}': {error}", view.run.plan.name)
        })?;
        if !holds {
            return Ok(None);
        }
    }
    let number = |text: &str| {
        let text = render(text, "")?;
        text.parse::<f64>().map_err(|_| {
            let text = expr::go_quote(&text);
            format!("could not construct metric '{name}': strconv.ParseFloat: parsing {text}: invalid syntax")
        })
    };
    let measure = if let Some(gauge) = &metric.gauge {
        if is_realtime(metric) {
            let variable = gauge.value.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
            let variable = variable.ok_or("real time metrics can only be used with metric variables")?;
            if !matches!(variable, "duration" | "workflow.duration") {
                return Err(format!("'{variable}' is not available as a real time metric"));
            }
        }
        match (gauge.operation.as_str(), moment) {
            (_, Moment::Start) => Measure::Since(since),
            ("" | "Set", Moment::End) => Measure::Set(number(&gauge.value)?),
            ("Add", Moment::End) => Measure::Change(number(&gauge.value)?),
            ("Sub", Moment::End) => Measure::Change(-number(&gauge.value)?),
            (other, _) => {
                return Err(format!(
                    "metric '{name}': operation `{other}` is none of `Set`, `Add` and `Sub`"
                ));
            }
        }
    } else if let Some(histogram) = &metric.histogram {
        let bound = |bound: &serde_json::Value| {
            bound.as_f64().ok_or_else(|| format!("metric '{name}': bucket `{bound}` is not a number"))
        };
        let buckets = histogram.buckets.iter().map(bound).collect::<Result<_, _>>()?;
        Measure::Observe(number(&histogram.value)?, buckets)
    } else if let Some(counter) = &metric.counter {
        let value = number(&counter.value)?;
        if value < 0.0 {
            return Err(format!("metric '{name}': a counter cannot grow by `{value}`"));
        }
        Measure::Count(value)
    } else {
        return Err(format!("could not construct metric '{name}': invalid metric spec"));
    };
    let labels = metric
        .labels
        .iter()
        .map(|label| Ok((label.key.clone(), render(&label.value, "")?)))
        .collect::<Result<_, String>>()?;
    Ok(Some(Sample { name: name.clone(), help: metric.help.clone(), labels, measure }))
}

/// All that could not be had, as one message.
pub(crate) fn condition(errors: &[Arc<str>]) -> String {
    errors.iter().map(|error| &**error).collect::<Vec<_>>().join(", ")
}
