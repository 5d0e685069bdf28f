//! Metrics of templates (`VA-030`, `VA-058`).

use tiphys_spec as spec;

use super::Checker;
use super::site::Site;

impl Checker<'_> {
    pub(super) fn metrics(&mut self, site: &Site, template: &spec::Template) {
        let Some(metrics) = &template.metrics else { return };
        let name = &template.name;
        for (index, metric) in metrics.prometheus.iter().enumerate() {
            let at = site.field("metrics").field("prometheus").index(index);
            if !is_metric_name(&metric.name) {
                let message = format!(
                    "templates.{name} metric name '{}' is invalid. Metric names must contain alphanumeric characters \
                     or '_'",
                    metric.name
                );
                self.error(&at.field("name"), "bad-name", message);
            }
            for (place, label) in metric.labels.iter().enumerate() {
                if !is_metric_name(&label.key) {
                    let message = format!(
                        "metric label '{}' is invalid: keys may only contain alphanumeric characters or '_'",
                        label.key
                    );
                    self.error(&at.field("labels").index(place).field("key"), "bad-name", message);
                }
            }
            if metric.help.is_empty() {
                let message = format!(
                    "templates.{name} metric '{}' must contain a help string under 'help: ' field",
                    metric.name
                );
                self.error(&at, "missing-field", message);
            }
            for complaint in value_complaints(metric) {
                let message = format!("templates.{name} metric '{}' error: {complaint}", metric.name);
                self.error(&at, "bad-value", message);
            }
        }
    }
}

/// What is wrong with a metric, for those that no lint looks at before they are to be had (VA-203).
pub(crate) fn complaint(metric: &spec::Metric) -> Option<String> {
    let name = &metric.name;
    if !is_metric_name(name) {
        return Some(format!(
            "metric name '{name}' is invalid. Metric names must contain alphanumeric characters or '_'"
        ));
    }
    if let Some(label) = metric.labels.iter().find(|label| !is_metric_name(&label.key)) {
        let key = &label.key;
        return Some(format!(
            "metric label '{key}' is invalid: keys may only contain alphanumeric characters or '_'"
        ));
    }
    if metric.help.is_empty() {
        return Some(format!("metric '{name}' must contain a help string under 'help: ' field"));
    }
    value_complaints(metric).next().map(|complaint| format!("metric '{name}' error: {complaint}"))
}

pub(super) fn is_metric_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

pub(super) fn value_complaints(metric: &spec::Metric) -> impl Iterator<Item = &'static str> {
    let gauge = metric.gauge.as_ref();
    let realtime =
        gauge.is_some_and(|gauge| gauge.realtime == Some(true) && gauge.value.contains("resourcesDuration."));
    let histogram = metric.histogram.as_ref().map(|histogram| &histogram.value);
    let counter = metric.counter.as_ref().map(|counter| &counter.value);
    [
        (gauge.is_some_and(|gauge| gauge.value.is_empty()), "missing gauge.value"),
        (realtime, "'resourcesDuration.*' metrics cannot be used in real-time"),
        (histogram.is_some_and(String::is_empty), "missing histogram.value"),
        (counter.is_some_and(String::is_empty), "missing counter.value"),
    ]
    .into_iter()
    .filter_map(|(is_so, complaint)| is_so.then_some(complaint))
}
