use super::*;

#[test]
fn a_plain_request_is_small_and_comes_back_equal() {
    let request = StepRequest {
        attempt: AttemptId("uid/wf-1.0.0".into()),
        isolation: Isolation::None,
        containers: vec![ContainerRequest {
            name: "main".into(),
            command: vec!["true".into()],
            ..ContainerRequest::default()
        }],
        ..StepRequest::default()
    };
    let text = serde_json::to_string(&request).unwrap();
    assert!(text.len() < 250, "{} bytes: {text}", text.len());
    assert_eq!(serde_json::from_str::<StepRequest>(&text).unwrap(), request);
}

#[test]
fn bytes_survive() {
    let file = VolumeFile { path: "a".into(), mode: 0o644, content: (0..=255).collect() };
    let text = serde_json::to_string(&file).unwrap();
    assert_eq!(serde_json::from_str::<VolumeFile>(&text).unwrap(), file);
}

#[test]
fn an_exit_has_the_number_that_kubernetes_shows() {
    assert_eq!(Exit::Code(3).code(), 3);
    assert_eq!(Exit::Signal(15).code(), 143);
    assert_eq!(Exit::OomKilled.code(), 137);
}
