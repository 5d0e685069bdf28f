use crate::guard::tests::House;
use crate::options::AuthMode;
use serde_json::json;

/// Every limit that was acknowledged is there, whoever else set one at the same moment (API-280, API-282).
#[test]
fn limits_that_are_set_at_once_are_all_kept() {
    const CALLERS: usize = 8;
    let house = House::new(|options| options.auth = AuthMode::None);
    let set = |method: &str, key: String, limit: usize| {
        let path = match method {
            "POST" => "/api/v1/sync/here".to_owned(),
            _ => format!("/api/v1/sync/here/{key}"),
        };
        let body = json!({ "cmName": "race", "key": key, "limit": limit });
        let answer = house.send(method, &path, &[], &body.to_string());
        assert_eq!(answer.status(), 200, "{method} {key}: {}", house.text(answer));
    };
    for (round, method) in ["POST", "PUT"].into_iter().enumerate() {
        std::thread::scope(|scope| {
            for caller in 0..CALLERS {
                let set = &set;
                scope.spawn(move || (0..4).for_each(|at| set(method, format!("k{caller}-{at}"), 1 + round)));
            }
        });
        let map = house.world.object("ConfigMap", "here", "race").unwrap().unwrap();
        let data = map["data"].as_object().unwrap();
        assert_eq!(data.len(), 4 * CALLERS);
        assert!(data.values().all(|limit| *limit == json!((1 + round).to_string())), "{data:?}");
    }
}
