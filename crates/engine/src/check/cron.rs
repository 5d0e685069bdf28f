//! Schedules: five fields or a descriptor, as Argo's cron library reads them (`VA-141`).

/// What is wrong with a schedule, in the words of the library.
pub(super) fn complaint(schedule: &str) -> Option<String> {
    if schedule.is_empty() {
        return Some("empty spec string".to_owned());
    }
    let mut rest = schedule;
    if rest.starts_with("TZ=") || rest.starts_with("CRON_TZ=") {
        let (zone, after) = rest.split_once(' ').unwrap_or((rest, ""));
        let name = zone.split_once('=').map_or("", |(_, name)| name);
        if tiphys_expr::time::Zone::load(name).is_err() {
            return Some(format!("provided bad location {name}: unknown time zone {name}"));
        }
        rest = after.trim();
    }
    if rest.starts_with('@') {
        return descriptor(rest);
    }
    let fields: Vec<&str> = rest.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Some(format!("expected exactly 5 fields, found {}: [{}]", fields.len(), fields.join(" ")));
    }
    fields
        .iter()
        .zip(&FIELDS)
        .find_map(|(text, field)| text.split(',').find_map(|part| field.complaint(part)))
}

fn descriptor(text: &str) -> Option<String> {
    let names = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];
    if names.contains(&text) {
        return None;
    }
    match text.strip_prefix("@every ") {
        Some(duration) => tiphys_expr::duration::go(duration)
            .err()
            .map(|error| format!("failed to parse duration {text}: {error}")),
        None => Some(format!("unrecognized descriptor: {text}")),
    }
}

struct CronField {
    min: u32,
    max: u32,
    names: &'static [&'static str],
}

const FIELDS: [CronField; 5] = [
    CronField { min: 0, max: 59, names: &[] },
    CronField { min: 0, max: 23, names: &[] },
    CronField { min: 1, max: 31, names: &[] },
    CronField {
        min: 1,
        max: 12,
        names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    },
    CronField { min: 0, max: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

impl CronField {
    fn complaint(&self, text: &str) -> Option<String> {
        if text.is_empty() {
            return None;
        }
        let range_and_step: Vec<&str> = text.split('/').collect();
        let bounds: Vec<&str> = range_and_step[0].split('-').collect();
        let single = bounds.len() == 1;
        let (start, mut end) = if bounds[0] == "*" || bounds[0] == "?" {
            (self.min, self.max)
        } else {
            let start = match self.value(bounds[0]) {
                Ok(value) => value,
                Err(complaint) => return Some(complaint),
            };
            match bounds.len() {
                1 => (start, start),
                2 => match self.value(bounds[1]) {
                    Ok(end) => (start, end),
                    Err(complaint) => return Some(complaint),
                },
                _ => return Some(format!("too many hyphens: {text}")),
            }
        };
        let step = match range_and_step.len() {
            1 => 1,
            2 => {
                if single {
                    end = self.max;
                }
                match number(range_and_step[1]) {
                    Ok(step) => step,
                    Err(complaint) => return Some(complaint),
                }
            }
            _ => return Some(format!("too many slashes: {text}")),
        };
        if start < self.min {
            Some(format!("beginning of range ({start}) below minimum ({}): {text}", self.min))
        } else if end > self.max {
            Some(format!("end of range ({end}) above maximum ({}): {text}", self.max))
        } else if start > end {
            Some(format!("beginning of range ({start}) beyond end of range ({end}): {text}"))
        } else if step == 0 {
            Some(format!("step of range should be a positive number: {text}"))
        } else {
            None
        }
    }

    fn value(&self, text: &str) -> Result<u32, String> {
        let lower = text.to_lowercase();
        match self.names.iter().position(|name| *name == lower) {
            Some(index) => Ok(index as u32 + self.min),
            None => number(text),
        }
    }
}

fn number(text: &str) -> Result<u32, String> {
    match text.parse::<i64>() {
        Ok(number) if number < 0 => Err(format!("negative number ({number}) not allowed: {text}")),
        Ok(number) => Ok(u32::try_from(number).unwrap_or(u32::MAX)),
        Err(_) => {
            Err(format!("failed to parse int from {text}: strconv.Atoi: parsing \"{text}\": invalid syntax"))
        }
    }
}
