//! The invariants over random workflows, the engine alone.

use crate::seeds::check;
use tiphys_engine::workflow::{Attempt, Command, Input, NodeIx, Report, Request};
use tiphys_engine::{Machine, limits};
use tiphys_sim::cast;
use tiphys_sim::generate::{Taste, workflow};
use tiphys_sim::outcome::Outcome;
use tiphys_sim::random::Random;
use tiphys_sim::stage::Stage;

/// How often each step of a story is looked at from all sides; folding the journal costs its length.
const LOOKS: usize = 4;

fn end(stage: &Stage, attempt: Attempt) -> Report {
    match stage.act(attempt) {
        Ok(act) => Report::Ended(Box::new(act.outcome)),
        Err(reason) => Report::Unmade(reason),
    }
}

/// Plays a workflow to its end, in an order of chance; `look` sees every input after it was handled.
fn play(
    seed: u64,
    mut random: Random,
    look: &mut dyn FnMut(&mut Stage, &Input, &mut Random) -> Result<(), String>,
) -> Result<Stage, String> {
    let mut stage = Stage::new(&workflow(seed, Taste { daemons: true, ..Taste::ALL })?)?;
    stage.feed(Input::Begin)?;
    look(&mut stage, &Input::Begin, &mut random)?;
    while !stage.run.is_ended() {
        // A daemon that serves goes on until it is stopped.
        let serves =
            |attempt: &Attempt| stage.run.node(attempt.node).daemoned && !stage.stopping.contains(attempt);
        let open: Vec<Attempt> = stage.open.keys().copied().filter(|attempt| !serves(attempt)).collect();
        let timer = stage.timer.filter(|_| open.is_empty() || random.percent(20));
        let input = match (timer, open.as_slice()) {
            (Some(due), _) => {
                stage.now = stage.now.max(due);
                Input::TimerFired
            }
            (None, []) => return Err("the run stands still".to_owned()),
            (None, open) => {
                let attempt = *random.pick(open);
                stage.now.0 += 1_000_000;
                let is_daemon = stage.run.is_daemon(attempt.node) && !stage.stopping.contains(&attempt);
                let report = match is_daemon {
                    true => Report::Observed { address: Some("127.0.0.2".to_owned()) },
                    false => end(&stage, attempt),
                };
                Input::Reported { attempt, report }
            }
        };
        stage.feed(input.clone())?;
        look(&mut stage, &input, &mut random)?;
    }
    Ok(stage)
}

#[test]
fn the_journal_tells_the_whole_state() {
    check("the_journal_tells_the_whole_state", |seed| {
        let stage = play(seed, Random::new(seed), &mut |stage, _, random| {
            if random.below(LOOKS) == 0 { stage.check_replay() } else { Ok(()) }
        })?;
        stage.check_replay()?;
        Ok((stage.run.nodes.len(), 0))
    });
}

#[test]
fn what_is_heard_again_changes_nothing() {
    check("what_is_heard_again_changes_nothing", |seed| {
        let mut heard: Vec<Input> = Vec::new();
        let stage = play(seed, Random::new(seed), &mut |stage, input, random| {
            heard.push(input.clone());
            for input in [input.clone(), heard[random.below(heard.len())].clone()] {
                if matches!(input, Input::TimerFired) && stage.timer.is_some_and(|due| due <= stage.now) {
                    continue;
                }
                let before = stage.run.nodes.len();
                let events = stage.feed(input.clone())?;
                if events > 0 || stage.run.nodes.len() != before {
                    let news = &stage.journal[stage.journal.len() - events..];
                    return Err(format!("I5: heard again, {input:?} caused {news:?}"));
                }
            }
            Ok(())
        })?;
        Ok((stage.run.nodes.len(), 0))
    });
}

#[test]
fn work_is_bounded_by_what_it_brings() {
    check("work_is_bounded_by_what_it_brings", |seed| {
        let stage = play(seed, Random::new(seed), &mut |_, _, _| Ok(()))?;
        // A node that is entered brings at most its own group, loop, message, timer, ending and settling.
        let most = limits::ENTER_PER_CALL * 8;
        if stage.events_in_one_call_max > most {
            return Err(format!("I6: {} events in one call", stage.events_in_one_call_max));
        }
        Ok((stage.run.nodes.len(), 0))
    });
}

/// Forty expressions, each of more than 100,000 steps, are no reason to let all other runs wait for the last of them.
#[test]
fn what_computes_a_lot_lets_others_go_first() {
    let mut text = "templates:\n- name: main\n  dag:\n    tasks:\n".to_owned();
    for number in 0..40 {
        text += &format!(
            "    - {{name: t{number}, template: echo, arguments: {{parameters: [{{name: m, \
             value: '{{{{=sum(map(1..300, {{sum(map(1..100, {{# % 7}}))}}))}}}}'}}]}}}}\n"
        );
    }
    let mut stage = Stage::new(&tiphys_sim::manifest::read(&text).unwrap()).unwrap();
    stage.feed(Input::Begin).unwrap();
    assert!(stage.run.nodes.len() > 40, "{} nodes", stage.run.nodes.len());
    // Each of them brings an event or two.
    assert!(stage.events_in_one_call_max < 20, "{} events in one call", stage.events_in_one_call_max);
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    check("the_same_inputs_give_the_same_bytes", |seed| {
        let journal = || play(seed, Random::new(seed), &mut |_, _, _| Ok(())).map(|stage| stage.journal);
        let (first, second) = (journal()?, journal()?);
        if first != second {
            return Err("I7: the journals of two plays differ".to_owned());
        }
        Ok((first.len(), 0))
    });
}

/// Whatever goes on in it, a run that is stopped or terminated ends with what runs; nothing else has to happen.
#[test]
fn what_is_stopped_ends() {
    check("what_is_stopped_ends", |seed| {
        let stop = Request::Stop { selector: String::new(), message: None };
        let mut asked = false;
        let stage = play(seed, Random::new(seed), &mut |stage, _, random| {
            if !asked && random.percent(15) && !stage.run.is_ended() {
                asked = true;
                let request = if random.percent(50) { stop.clone() } else { Request::Terminate };
                stage.feed(Input::Asked(request))?;
            }
            Ok(())
        })?;
        stage.check_replay()?;
        Ok((stage.run.nodes.len(), 0))
    });
}

#[test]
fn what_has_ended_stays_ended() {
    check("what_has_ended_stays_ended", |seed| {
        let mut ended: Vec<(usize, String)> = Vec::new();
        let shown = |stage: &Stage, at: usize| {
            let node = &stage.run.nodes[at];
            format!("{:?} {:?} {:?} {:?}", node.phase, node.message, node.finished, node.outputs)
        };
        let mut stage = play(seed, Random::new(seed), &mut |stage, _, _| {
            for (at, before) in &ended {
                if shown(stage, *at) != *before {
                    return Err(format!("I8: node {at} was {before} and is {}", shown(stage, *at)));
                }
            }
            ended = (0..stage.run.nodes.len())
                .filter(|at| stage.run.nodes[*at].phase.is_ended())
                .map(|at| (at, shown(stage, at)))
                .collect();
            Ok(())
        })?;
        // After the end nothing is heard at all.
        let late = Attempt { node: tiphys_engine::workflow::NodeIx::ROOT, generation: 0 };
        let report = Report::Ended(Box::new(cast::exited(1)));
        match stage.feed(Input::Reported { attempt: late, report })? {
            0 => Ok((stage.run.nodes.len(), 0)),
            events => Err(format!("I8: after the end came {events} events")),
        }
    });
}

#[test]
fn the_order_of_endings_does_not_matter() {
    check("the_order_of_endings_does_not_matter", |seed| {
        let outcome = |chance: u64| -> Result<Outcome, String> {
            let stage = play(seed, Random::new(chance), &mut |_, _, _| Ok(()))?;
            Ok(Outcome::of(&stage.run))
        };
        let first = outcome(seed)?;
        match first.difference(&outcome(seed.wrapping_add(77))?) {
            None => Ok((first.0.len(), 0)),
            Some(difference) => Err(format!("two orders differ at {difference}")),
        }
    });
}

#[test]
fn a_restart_changes_nothing() {
    check("a_restart_changes_nothing", |seed| {
        let undisturbed = play(seed, Random::new(seed), &mut |_, _, _| Ok(()))?;
        let restarted = play(seed, Random::new(seed), &mut |stage, _, _| {
            if stage.run.is_ended() { Ok(()) } else { stage.restart() }
        })?;
        match Outcome::of(&undisturbed.run).difference(&Outcome::of(&restarted.run)) {
            None => Ok((restarted.run.nodes.len(), 0)),
            Some(difference) => Err(format!("with restarts it differs at {difference}")),
        }
    });
}

/// The engine may die after the last ending was recorded and before its result was kept (EX-335).
#[test]
fn what_ends_a_run_is_remembered_all_the_same() {
    let manifest = "
  templates:
  - name: main
    memoize: {key: one, maxAge: '', cache: {configMap: {name: c}}}
    container: {image: cast}
";
    let mut stage = Stage::new(&tiphys_sim::manifest::read(manifest).unwrap()).unwrap();
    stage.feed(Input::Begin).unwrap();
    stage.play(None).unwrap();
    assert!(stage.run.is_ended());
    let left = stage.replay().unwrap().outstanding();
    assert_eq!(left, [Command::SaveMemo(NodeIx::ROOT), Command::Archive]);
}

/// A step that was given up before anything was heard of it may run: whoever takes the run up dismisses it, also if a
/// hook that cannot be run has the last word about the node.
#[test]
fn what_was_given_up_unheard_is_dismissed_again() {
    let manifest = r#"
        templates:
        - name: main
          dag:
            tasks:
            - {name: a, template: late, hooks: {odd: {template: ok, expression: '"odd"'}}}
            - {name: b, template: ok}
        - {name: late, pendingTimeout: 5s, container: {image: any}}
    "#;
    let mut stage = Stage::new(&tiphys_sim::manifest::read(manifest).unwrap()).unwrap();
    stage.feed(Input::Begin).unwrap();
    let started = stage.started.clone();
    let heard = stage.find("demo.b").unwrap();
    for attempt in &started {
        if attempt.node == heard {
            let report = end(&stage, *attempt);
            stage.feed(Input::Reported { attempt: *attempt, report }).unwrap();
        }
    }
    assert_eq!(stage.run.dismissed(), []);
    stage.now.0 += 5_000_000;
    stage.feed(Input::TimerFired).unwrap();
    assert!(stage.run.is_ended());
    let given_up: Vec<Attempt> = started.into_iter().filter(|attempt| attempt.node != heard).collect();
    assert_eq!(stage.run.dismissed(), given_up);
}
