use super::*;
use serde_json::json;

fn key(name: &str) -> ObjectKey {
    ObjectKey { kind: "ConfigMap".to_owned(), namespace: "default".to_owned(), name: name.to_owned() }
}

#[test]
fn what_was_read_before_a_change_is_not_kept_after_it() {
    let shelf = Shelf::default();
    let Err(read) = shelf.find(&key("a")) else { panic!("nothing is known yet") };
    shelf.wrote(&key("a"));
    shelf.put(key("a"), 2, Some(Arc::new(json!("old"))), &read);
    let Err(read) = shelf.find(&key("a")) else { panic!("what was read is old") };
    shelf.put(key("a"), 2, Some(Arc::new(json!("new"))), &read);
    shelf.put(key("nobody"), 0, None, &read);
    assert_eq!(shelf.find(&key("a")).ok(), Some(Some(Arc::new(json!("new")))));
    assert_eq!(shelf.find(&key("nobody")).ok(), Some(None));
    shelf.wrote(&key("nobody"));
    assert!(shelf.find(&key("nobody")).is_err());
}

#[test]
fn what_is_kept_is_bounded() {
    let shelf = Shelf::default();
    let Err(read) = shelf.find(&key("a")) else { panic!("nothing is known yet") };
    for number in 0..10 * DOCUMENTS_MAX {
        shelf.put(key(&number.to_string()), 2, None, &read);
    }
    assert!(shelf.lock().documents.len() <= DOCUMENTS_MAX);
    shelf.put(key("large"), DOCUMENT_BYTES_MAX + 1, None, &read);
    assert!(shelf.find(&key("large")).is_err());
    // The schedules of the engine are written elsewhere, too.
    let cron = ObjectKey { kind: "CronWorkflow".to_owned(), ..key("tick") };
    shelf.put(cron.clone(), 2, None, &read);
    assert!(shelf.find(&cron).is_err());
}
