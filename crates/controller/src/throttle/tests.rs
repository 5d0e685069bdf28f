use super::{Bucket, Limits, StartRate, Throttle};
use crate::dispatch::Dispatcher;
use tiphys_engine::workflow::{Attempt, NodeIx};

fn throttle(limits: Limits) -> Throttle {
    let mut throttle = Throttle::default();
    throttle.limit(limits);
    throttle
}

fn all(throttle: &mut Throttle) -> Vec<String> {
    std::iter::from_fn(|| throttle.next()).collect()
}

#[test]
fn without_limits_everybody_goes() {
    let mut throttle = throttle(Limits::default());
    for uid in ["a", "b", "c"] {
        throttle.wait(uid, "default", 0, 0);
    }
    assert_eq!(all(&mut throttle), ["a", "b", "c"]);
}

/// EX-080, EX-081, EX-082.
/// OB-410.
#[test]
fn who_waits_goes_by_priority_and_then_by_age() {
    let mut throttle = throttle(Limits { runs: Some(2), ..Limits::default() });
    for (uid, priority, created) in [("old", 0, 1), ("older", 0, 0), ("urgent", 5, 9), ("late", 0, 7)] {
        throttle.wait(uid, "default", priority, created);
    }
    assert_eq!(all(&mut throttle), ["urgent", "older"]);
    assert!(throttle.is_waiting("old") && !throttle.is_waiting("urgent"));
    throttle.forget("urgent");
    assert_eq!(all(&mut throttle), ["old"]);
    throttle.forget("late");
    throttle.forget("old");
    assert_eq!(all(&mut throttle), Vec::<String>::new());
}

/// EX-081.
#[test]
fn a_full_namespace_holds_up_no_other() {
    let limits =
        Limits { runs_each: Some(1), runs_of: [("big".to_owned(), Some(2))].into(), ..Limits::default() };
    let mut throttle = throttle(limits);
    for (uid, namespace) in
        [("a1", "a"), ("a2", "a"), ("b1", "b"), ("big1", "big"), ("big2", "big"), ("big3", "big")]
    {
        throttle.wait(uid, namespace, 0, 0);
    }
    assert_eq!(all(&mut throttle), ["a1", "b1", "big1", "big2"]);
    throttle.forget("b1");
    assert_eq!(all(&mut throttle), Vec::<String>::new());
    throttle.forget("a1");
    assert_eq!(all(&mut throttle), ["a2"]);
}

#[test]
fn lower_limits_put_nobody_back_and_higher_ones_let_in() {
    let mut throttle = throttle(Limits { runs: Some(1), ..Limits::default() });
    throttle.go("running", "default");
    throttle.go("running too", "default");
    throttle.wait("waiting", "default", 0, 0);
    throttle.forget("running");
    assert_eq!(all(&mut throttle), Vec::<String>::new());
    throttle.limit(Limits { runs: Some(2), ..Limits::default() });
    assert_eq!(all(&mut throttle), ["waiting"]);
}

/// OB-412, K8S-145.
#[test]
fn starts_fill_up_with_time_and_not_beyond_the_burst() {
    let rate = StartRate { per_second: 2.0, burst: 3 };
    let mut bucket = Bucket::default();
    assert_eq!(bucket.fill(rate, 0), 3);
    bucket.take(3);
    assert_eq!(bucket.fill(rate, 400_000), 0);
    assert_eq!(bucket.next_in_us(rate), Some(100_000));
    assert_eq!(bucket.fill(rate, 500_000), 1);
    assert_eq!(bucket.fill(rate, 60_000_000), 3);
    assert_eq!(Bucket::default().next_in_us(StartRate { per_second: 0.0, burst: 1 }), None);
}

/// OB-412: a free place is not enough when no more may be started now.
#[test]
fn the_dispatcher_starts_no_more_than_is_allowed() {
    let mut dispatcher = Dispatcher::new(8);
    let attempt = |node: u32| Attempt { node: NodeIx(node), generation: 0 };
    (0..3).for_each(|node| dispatcher.push("run", attempt(node)));
    assert_eq!(dispatcher.allow(Some(2)), None);
    let started: Vec<_> =
        std::iter::from_fn(|| dispatcher.next()).map(|(_, attempt)| attempt.node.0).collect();
    assert_eq!(started, [0, 1]);
    assert!(dispatcher.is_held_back());
    assert_eq!(dispatcher.allow(Some(1)), Some(0));
    assert_eq!(dispatcher.next().map(|(_, attempt)| attempt.node.0), Some(2));
    assert!(!dispatcher.is_held_back());
}
