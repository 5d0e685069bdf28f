use super::*;

fn written(limit: u64, chunks: &[(Stream, &[u8])]) -> (Vec<u8>, Option<String>) {
    let folder = std::env::temp_dir().join(format!(
        "tiphys-logs-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    let path = folder.join("x.log");
    let mut writer = Writer::new(Some(path.clone()), limit, true);
    for (stream, bytes) in chunks {
        writer.feed(*stream, bytes, 1_700_000_000_123_456_789);
    }
    writer.finish(1_700_000_000_123_456_789);
    let text = std::fs::read(&path).unwrap_or_default();
    let _ = std::fs::remove_dir_all(folder);
    (text, writer.take_result())
}

#[test]
fn lines_have_times_and_streams() {
    let (text, result) =
        written(0, &[(Stream::Stdout, b"a\nb"), (Stream::Stderr, b"oops\n"), (Stream::Stdout, b"c\nend")]);
    let text = String::from_utf8(text).unwrap();
    let time = "2023-11-14T22:13:20.123456789Z";
    assert_eq!(
        text,
        format!("{time} stdout F a\n{time} stderr F oops\n{time} stdout F bc\n{time} stdout P end\n")
    );
    assert_eq!(result.as_deref(), Some("a\nbc\nend"));
}

#[test]
fn every_byte_survives() {
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let (text, _) = written(0, &[(Stream::Stdout, &bytes)]);
    let mut back = Vec::new();
    plain(&text, &mut back);
    assert_eq!(back, bytes);
}

/// API-176: only lines longer than a mebibyte are cut.
#[test]
fn a_long_line_is_one_entry_and_a_longer_one_is_cut() {
    let long = vec![b'x'; PIECE_BYTES_MAX];
    let entries_of = |line: &[u8]| {
        let (bytes, _) = written(0, &[(Stream::Stdout, line), (Stream::Stdout, b"\n")]);
        bytes
            .split(|byte| *byte == b'\n')
            .filter_map(parse)
            .map(|line| (line.text.len(), line.whole))
            .collect()
    };
    let (one, two): (Vec<_>, Vec<_>) = (entries_of(&long[1..]), entries_of(&[&long[..], b"y"].concat()));
    assert_eq!(one, [(PIECE_BYTES_MAX - 1, true)]);
    assert_eq!(two, [(PIECE_BYTES_MAX, false), (1, true)]);
}

/// An attempt that was never observed is made once more, and its log goes on.
#[test]
fn a_log_that_is_there_already_counts() {
    let folder = std::env::temp_dir().join(format!("tiphys-logs-again-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("x.log");
    let first =
        b"2023-11-14T22:13:20.123456789Z stdout F first\n2023-11-14T22:13:20.123456789Z stdout F half";
    std::fs::write(&path, first).unwrap();
    let mut writer = Writer::new(Some(path.clone()), 150, false);
    writer.feed(Stream::Stdout, b"second\n", 1_700_000_000_123_456_789);
    assert_eq!(writer.written_bytes(), std::fs::metadata(&path).unwrap().len());
    writer.feed(Stream::Stdout, &b"too much for this log\n".repeat(3), 1_700_000_000_123_456_789);
    let text = std::fs::read(&path).unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    let mut back = Vec::new();
    plain(&text, &mut back);
    let notice = "tiphys: the log has reached its limit of 150 bytes; the rest is not kept";
    assert_eq!(String::from_utf8(back).unwrap(), format!("first\nhalf\nsecond\n{notice}\n"));
}

#[test]
fn a_limit_is_said_once() {
    let line = [b'x'; 99].into_iter().chain([b'\n']).collect::<Vec<u8>>();
    let chunks: Vec<(Stream, &[u8])> = (0..100).map(|_| (Stream::Stdout, line.as_slice())).collect();
    let (text, _) = written(1_000, &chunks);
    assert!(text.len() < 1_300, "{}", text.len());
    let notices = String::from_utf8(text).unwrap().matches("limit of 1000 bytes").count();
    assert_eq!(notices, 1);
}

#[test]
fn a_result_is_the_last_256_kib() {
    let bytes = vec![b'a'; 700_000];
    let (_, result) = written(0, &[(Stream::Stdout, &bytes), (Stream::Stdout, b"z\n")]);
    let result = result.unwrap();
    assert_eq!(result.len(), 256 * 1024);
    assert!(result.ends_with("az"));
}

#[test]
fn a_tail_is_found_from_the_end() {
    let folder = std::env::temp_dir().join(format!("tiphys-tail-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("x.log");
    let mut text = String::new();
    for number in 0..20_000 {
        text += &format!("2026-01-01T00:00:{:02}.000000000Z stdout F line {number}\n", number % 60);
    }
    std::fs::write(&path, &text).unwrap();
    let page = read(&path, &Query { tail: Some(2), ..Query::default() }).unwrap();
    assert_eq!(page.entries.split(|byte| *byte == b'\n').count(), 3);
    assert!(page.entries.ends_with(b"line 19999\n"));
    let page = read(&path, &Query { offset: page.next_offset, ..Query::default() }).unwrap();
    assert!(page.entries.is_empty());
    let _ = std::fs::remove_dir_all(folder);
}

#[test]
fn where_lines_could_not_be_written_the_log_says_so_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.log");
    let mut writer = Writer::new(Some(path.clone()), 0, true);
    let now = 1_700_000_000_123_456_789;
    std::os::unix::fs::symlink("/dev/full", &path).unwrap();
    assert_eq!(writer.feed(Stream::Stdout, b"lost\n", now), b"", "what is not kept is not shown");
    std::fs::remove_file(&path).unwrap();
    writer.feed(Stream::Stdout, b"kept\nlast\n", now);
    writer.finish(now);
    let mut text = Vec::new();
    plain(&std::fs::read(&path).unwrap(), &mut text);
    assert_eq!(
        String::from_utf8(text).unwrap(),
        "tiphys: lines are missing here; they could not be written, perhaps because the disk was full\nkept\nlast\n"
    );
    assert_eq!(writer.take_result().as_deref(), Some("lost\nkept\nlast"));
}
