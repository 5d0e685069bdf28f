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
