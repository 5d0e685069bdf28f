use super::*;

#[test]
fn frames_arrive_in_any_pieces() {
    let mut stream = Vec::new();
    write(&"one", &mut stream);
    write(&"two", &mut stream);
    let mut inbox = Inbox::default();
    let mut seen = Vec::new();
    for byte in stream {
        inbox.push(&[byte]);
        while let Some(text) = inbox.take::<String>().unwrap() {
            seen.push(text);
        }
    }
    assert_eq!(seen, ["one", "two"]);
}

#[test]
fn nonsense_is_an_error() {
    let mut inbox = Inbox::default();
    inbox.push(&u32::MAX.to_le_bytes());
    assert!(inbox.take::<String>().is_err());
}
