//! Webhooks without a token.

use super::*;
use crate::argo::events::{Refused, sender};
use axum::http::HeaderMap;
use std::sync::Mutex;

/// Who is refused is not told why (AUTH-061); whoever keeps the server reads it in the log.
#[test]
fn the_log_says_why_a_webhook_was_refused() {
    let (_folder, house) = open();
    let line = |house: &House| {
        let lines = Lines::default();
        let subscriber = tracing_subscriber::fmt().with_writer(lines.clone()).with_ansi(false).finish();
        let judged = tracing::subscriber::with_default(subscriber, || {
            let by_token = || unreachable!("a webhook that cannot be judged is no matter of tokens");
            sender(&house.world, "default", &HeaderMap::new(), b"{}", by_token)
        });
        assert!(matches!(judged, Err(Refused::Webhook)));
        let told = lines.0.lock().unwrap();
        String::from_utf8(told.clone()).unwrap()
    };
    let told = line(&house);
    for part in [
        " WARN ",
        "a webhook without a token was refused: the namespace has no Secret `argo-workflows-webhook-clients`",
        "send a token",
        "namespace=\"default\"",
    ] {
        assert!(told.contains(part), "{told}");
    }
    house.apply("{apiVersion: v1, kind: Secret, metadata: {name: argo-workflows-webhook-clients}, stringData: {hub: 'type: github'}}");
    let told = line(&house);
    assert!(
        told.contains("refused: a key of `argo-workflows-webhook-clients` has no `type` and `secret`"),
        "{told}"
    );
}

/// What a sender writes is worked out as text of a manifest is: within the same limits, and nobody else waits for it.
#[test]
fn expressions_in_what_a_sender_says_meet_limits() {
    let (_folder, house) = open();
    house.apply(
        r#"
kind: WorkflowTemplate
metadata: {name: says}
spec:
  entrypoint: main
  arguments: {parameters: [{name: who}]}
  templates:
  - {name: main, steps: [[{name: say, template: ask, arguments: {parameters: [{name: who, value: "{{workflow.parameters.who}}"}]}}]]}
  - {name: ask, inputs: {parameters: [{name: who}]}, suspend: {}}
---
kind: WorkflowEventBinding
metadata: {name: say}
spec:
  event: {selector: 'true'}
  submit:
    metadata: {name: "'who-says'"}
    workflowTemplateRef: {name: says}
    arguments: {parameters: [{name: who, valueFrom: {event: payload.who}}]}
"#,
    );
    for (said, reason) in [
        ("{{=len(map(1..10000000, # * 2))}}", "memory budget exceeded"),
        ("{{=repeat('x', 100000000)}}", "memory budget exceeded"),
        ("{{=1/0}}", "unsupported value: +Inf"),
    ] {
        let run = "/api/v1/workflows/default/who-says";
        // Any token lets it in when nobody is asked for one (AUTH-061).
        let (status, answer) = house.ask(
            "POST",
            "/api/v1/events/default/x",
            &[("Authorization", "Bearer any")],
            &json!({ "who": said }),
        );
        assert_eq!(status, 200, "{answer}");
        let ended = house.until(run, |answer| answer["status"]["finishedAt"].is_string());
        assert_ne!(ended["status"]["phase"], "Succeeded", "{said}");
        assert!(ended["status"].to_string().contains(reason), "{said}: {}", ended["status"]);
        house.send("DELETE", run, &Value::Null);
    }
}

/// Keeps what is written to it.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl tracing_subscriber::fmt::MakeWriter<'_> for Lines {
    type Writer = Lines;

    fn make_writer(&self) -> Lines {
        self.clone()
    }
}
