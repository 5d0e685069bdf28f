//! Tells a story to the engine and listens.

use super::read::{Follows, Line, Occurrence, Story};
use super::show::Shown;
use crate::stage::{DAWN, Stage};
use engine::status;
use engine::workflow::{Attempt, Input, Measure, Request, Sample};
use tiphys_engine as engine;

/// How a story is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// As it stands.
    Plain,
    /// Everything that is heard is heard twice (I5).
    Doubled,
    /// Before every line the engine dies and another takes over (I2).
    Restarted,
}

/// Tells a story. The error says which line came out differently, and shows the whole status.
pub fn tell(story: &Story, telling: Telling) -> Result<(), String> {
    let mut stage = Stage::new(&story.frozen)?;
    for line in &story.script {
        if telling == Telling::Restarted && !stage.run.nodes.is_empty() && !stage.run.is_ended() {
            stage.restart()?;
        }
        let told = tell_line(&mut stage, line, telling);
        told.map_err(|error| {
            format!("`{}`: {error}\nthe status is now:\n{}", line.text, Shown::of(&stage).text())
        })?;
    }
    if let Some((lines, open)) = &story.status {
        let shown = Shown::of(&stage);
        let complain = |error: String| format!("at the end, {error}\nthe status is:\n{}", shown.text());
        for line in lines {
            line.check(&shown).map_err(complain)?;
        }
        if !open {
            let names: Vec<&str> =
                lines.iter().map(|line| line.name.as_str()).filter(|name| *name != "workflow").collect();
            if names != shown.order {
                return Err(complain(format!("the nodes are {:?}, not {names:?}", shown.order)));
            }
        }
    }
    Ok(())
}

fn tell_line(stage: &mut Stage, line: &Line, telling: Telling) -> Result<(), String> {
    let at = DAWN.plus(line.at);
    if at < stage.now {
        return Err("time goes back".to_owned());
    }
    stage.started.clear();
    stage.stopped.clear();
    stage.samples.clear();
    match &line.occurrence {
        Occurrence::Begin => hear(stage, at, Input::Begin, telling)?,
        Occurrence::Timer => match stage.timer {
            Some(due) if due <= at => hear(stage, at, Input::TimerFired, telling)?,
            other => {
                let due = other.map(|due| due.since_us(DAWN) / 1_000);
                return Err(format!("no timer is due; the next is at {due:?} ms"));
            }
        },
        Occurrence::Restart => {
            stage.now = at;
            stage.restart()?;
        }
        Occurrence::Play => {
            stage.now = at;
            stage.play(None)?;
        }
        Occurrence::Asked(request) => hear(stage, at, Input::Asked(request.clone()), telling)?,
        Occurrence::Reported(name, report) => {
            let node = stage.find(name).ok_or_else(|| format!("there is no node {name}"))?;
            if !stage.run.node(node).kind.is_started() {
                return Err(format!("{name} is run by no runner"));
            }
            let attempt = Attempt { node, generation: stage.run.node(node).generation };
            hear(stage, at, Input::Reported { attempt, report: report.clone() }, telling)?;
        }
    }
    stage.check_replay()?;
    check_follows(stage, line)
}

fn hear(stage: &mut Stage, at: engine::Time, input: Input, telling: Telling) -> Result<(), String> {
    stage.now = at;
    stage.feed(input.clone())?;
    // Supplying a value twice is supplying it twice.
    if telling == Telling::Doubled && !matches!(input, Input::Asked(Request::SetNode { .. })) {
        let again = stage.feed(input)?;
        if again > 0 {
            return Err(format!("I5: heard a second time, it caused {again} more events"));
        }
    }
    Ok(())
}

fn check_follows(stage: &Stage, line: &Line) -> Result<(), String> {
    let names = |attempts: &[Attempt]| -> Vec<String> {
        attempts.iter().map(|attempt| stage.run.name(attempt.node)).collect()
    };
    let (mut starts, mut stops) = (Vec::new(), Vec::new());
    for follows in &line.follows {
        match follows {
            Follows::Start(name) => starts.push(name.clone()),
            Follows::Stop(name) => stops.push(name.clone()),
            Follows::Absent(name) => {
                if stage.find(name).is_some() {
                    return Err(format!("{name} is there"));
                }
            }
            Follows::Measures(expected) => {
                let found: Vec<String> = stage.samples.iter().map(measured).collect();
                if !found.contains(expected) {
                    return Err(format!("the metrics are {found:?}"));
                }
            }
            Follows::Waits(name, wait) => {
                let node = stage.find(name).ok_or_else(|| format!("there is no node {name}"))?;
                let due = stage.run.due_of(node);
                if due != Some(stage.now.plus(*wait)) {
                    let left = due.map(|due| due.since_us(stage.now) / 1_000);
                    return Err(format!("{name} waits {left:?} ms"));
                }
            }
            Follows::Is(None, phase, message) => {
                let found = status::phase_name(&stage.run);
                let text = stage.run.message.as_deref().unwrap_or_default();
                is("the workflow", phase, message.as_deref(), found, text)?;
            }
            Follows::Is(Some(name), phase, message) => {
                let node = stage.find(name).ok_or_else(|| format!("there is no node {name}"))?;
                let node = stage.run.node(node);
                let text = node.message.as_deref().unwrap_or_default();
                is(name, phase, message.as_deref(), node.phase.name(), text)?;
            }
        }
    }
    for (what, expected, found) in
        [("starts", &starts, names(&stage.started)), ("stops", &stops, names(&stage.stopped))]
    {
        let as_told =
            if line.open { expected.iter().all(|name| found.contains(name)) } else { *expected == found };
        if !as_told {
            return Err(format!("the {what} are {found:?}"));
        }
    }
    Ok(())
}

/// `name{label=value} does 1`.
fn measured(sample: &Sample) -> String {
    let labels: Vec<String> = sample.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(";")) };
    let does = match &sample.measure {
        Measure::Count(value) => format!("counts {value}"),
        Measure::Set(value) => format!("is {value}"),
        Measure::Change(value) => format!("changes by {value}"),
        Measure::Since(at) => format!("runs since {}s", at.since_us(DAWN) / 1_000_000),
        Measure::Observe(value, _) => format!("observes {value}"),
    };
    format!("{}{labels} {does}", sample.name)
}

fn is(
    name: &str,
    phase: &str,
    message: Option<&str>,
    found: &str,
    found_message: &str,
) -> Result<(), String> {
    if phase != found {
        return Err(format!("{name} is {found} (`{found_message}`)"));
    }
    match message {
        Some(message) if message != found_message => {
            Err(format!("the message of {name} is `{found_message}`"))
        }
        _ => Ok(()),
    }
}
