//! Everything a stranger or a clumsy program may send, to every route: always an answer with a reason, soon, and never
//! a sign that something inside broke.

use super::tests::House;
use crate::options::AuthMode;
use crate::route::{Handler, ROUTES};
use serde_json::Value;
use std::time::{Duration, Instant};

/// How long one run takes at most; more by hand with `TIPHYS_HOSTILE_SECONDS`.
const SECONDS: u64 = 4;

/// Longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A generator without any claim but that the same seed gives the same numbers.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }

    fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.roll(of.len())]
    }
}

/// Parts of paths.
const SEGMENTS: [&str; 22] = [
    "default",
    "here",
    "@latest",
    "..",
    "%2e%2e",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "..%5c..%5cwindows",
    "%00",
    "%ff%fe",
    "a%0d%0aSet-Cookie:x",
    "%e2%80%ae",
    "%F0%9F%92%A9",
    "{{workflow.name}}",
    "'%20OR%201=1--",
    "%252e%252e",
    "a:b",
    ".",
    "-",
    "con",
    "%7B%7B=1+1%7D%7D",
    "x%2Fy",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
];

/// Keys of queries and values for them.
const KEYS: [&str; 14] = [
    "listOptions.labelSelector",
    "listOptions.fieldSelector",
    "listOptions.limit",
    "listOptions.continue",
    "fields",
    "nameFilter",
    "createdAfter",
    "logOptions.tailLines",
    "logOptions.container",
    "grep",
    "cursor",
    "search",
    "limit",
    "from",
];
const VALUES: [&str; 22] = [
    "",
    "-1",
    "99999999999999999999",
    "1e9",
    "true",
    "a in (b",
    "!,",
    "a=b,c!=d,,",
    "metadata.name=%00",
    "((((((((((",
    "spec.startedAt>now",
    "NaN",
    "%",
    "%zz",
    "a%3Db%26c",
    "(a+)+$",
    "[[[[[[",
    "2026-13-45T99:99:99Z",
    "%F0%9F%98%80",
    "x%27%3B%20DROP%20TABLE%20summary%3B--",
    "..%2f..%2f",
    "-9223372036854775808",
];

/// Bodies, whole and broken.
const BODIES: [&str; 20] = [
    "",
    "null",
    "[]",
    "7",
    "\"text\"",
    "{",
    "{}}",
    "{\"workflow\":null}",
    "{\"workflow\":[]}",
    "{\"workflow\":{\"spec\":7}}",
    "{\"workflow\":{\"metadata\":{\"name\":\"../../x\"},\"spec\":{\"entrypoint\":\"a\",\"templates\":[{\"name\":\"a\",\"suspend\":{}}]}}}",
    "{\"workflow\":{\"metadata\":{\"name\":\"\u{202e}\u{0}\"},\"spec\":{\"entrypoint\":\"a\"}}}",
    "{\"workflow\":{\"metadata\":{\"generateName\":\"x\",\"namespace\":\"kube-system\"},\"spec\":{}}}",
    "{\"resourceKind\":\"Secret\",\"resourceName\":\"../x\",\"submitOptions\":{\"parameters\":[\"=\",\"a\"]}}",
    "{\"name\":\"\",\"role\":\"root\",\"ttlSeconds\":-1}",
    "{\"text\":\"&a [*a, *a]\",\"namespace\":\"..\"}",
    "{\"text\":\"kind: Secret\\nmetadata: {name: [x]}\\n\"}",
    "{\"code\":\"x\",\"token\":{}}",
    "{\"message\":\"{{=sprig.env('PATH')}}\"}",
    "{\"nodeFieldSelector\":\"phase=~(a+)+\",\"parameters\":[1,2,3],\"memoized\":\"yes\"}",
];

/// Headers that mean something to somebody.
const HEADERS: [(&str, &str); 12] = [
    ("authorization", "Bearer "),
    ("authorization", "Basic %%%"),
    ("authorization", "Bearer v2:e30"),
    ("cookie", "authorization=%zz; authorization=\"\""),
    ("accept", "text/event-stream"),
    ("last-event-id", "-1"),
    ("last-event-id", "99999999999-99999999999"),
    ("content-type", "application/json"),
    ("range", "bytes=9-1,-,x"),
    ("x-github-event", "push"),
    ("x-http-method-override", "CONNECT"),
    ("accept-encoding", "gzip;q=2,*;q=-1,,"),
];

#[test]
fn whatever_is_sent_gets_an_answer_with_a_reason() {
    let house = House::new(|options| options.auth = AuthMode::None);
    let seed = std::env::var("TIPHYS_HOSTILE_SEED").ok().and_then(|text| text.parse().ok());
    let seed: u64 = seed.unwrap_or(0x5eed_2746_0bad_cafe);
    let seconds = std::env::var("TIPHYS_HOSTILE_SECONDS").ok().and_then(|text| text.parse().ok());
    let end = Instant::now() + Duration::from_secs(seconds.unwrap_or(SECONDS));
    let mut dice = Dice(seed);
    let mut sent = 0;
    while Instant::now() < end {
        let route = &ROUTES[dice.roll(ROUTES.len())];
        // One that follows has no end of its own.
        if matches!(route.handler, Handler::Stream(_) | Handler::Events(_)) {
            continue;
        }
        let path = match dice.roll(8) {
            0 => format!(
                "/artifact-files/default/workflows/{}/n/outputs/{}/",
                dice.pick(&SEGMENTS),
                dice.pick(&SEGMENTS)
            ),
            1 => format!(
                "/artifacts/{}/{}/n/{}",
                dice.pick(&SEGMENTS),
                dice.pick(&SEGMENTS),
                dice.pick(&SEGMENTS)
            ),
            _ => route
                .path
                .split('/')
                .map(|segment| if segment.starts_with('{') { dice.pick(&SEGMENTS) } else { segment })
                .collect::<Vec<_>>()
                .join("/"),
        };
        let pairs: Vec<String> =
            (0..dice.roll(4)).map(|_| format!("{}={}", dice.pick(&KEYS), dice.pick(&VALUES))).collect();
        let target = format!("{path}?{}", pairs.join("&"));
        let mut body = dice.pick(&BODIES).to_owned();
        if dice.roll(3) == 0 && !body.is_empty() {
            let mut bytes = body.into_bytes();
            let at = dice.roll(bytes.len());
            bytes[at] = b"{}[]\",:\\0n"[dice.roll(10)];
            body = String::from_utf8_lossy(&bytes).into_owned();
        }
        if dice.roll(40) == 0 {
            body = "[".repeat(100_000);
        }
        let headers: Vec<(&str, &str)> =
            (0..dice.roll(3)).map(|_| HEADERS[dice.roll(HEADERS.len())]).collect();
        let Ok(target) = target.parse::<axum::http::Uri>().map(|uri| uri.to_string()) else { continue };
        let begun = Instant::now();
        let answer = house.send(route.method.as_str(), &target, &headers, &body);
        let status = answer.status().as_u16();
        let told = format!("seed {seed}: {} {target} {headers:?} {body:.200}", route.method);
        assert!(begun.elapsed() < PATIENCE, "{told}: answered after {:?}", begun.elapsed());
        let is_document = answer.headers().get("content-type").is_some_and(|kind| kind == "application/json");
        let text = house.text(answer);
        assert!(!text.contains("a bug of the server"), "{told}: {status} {text}");
        if status >= 400 && is_document {
            let fault: Value = serde_json::from_str(&text).unwrap();
            let message = fault["message"].as_str().or_else(|| fault["error"]["message"].as_str());
            assert!(message.is_some_and(|message| !message.is_empty()), "{told}: {status} {text}");
        }
        assert!(!text.contains("root:x:0:0"), "{told}: a file of the machine was served");
        sent += 1;
    }
    println!("{sent} requests, seed {seed}");
    assert!(sent > 50, "only {sent} requests were answered");
}

/// What must not lead anywhere else, in every place of every path: §5 of what a server must bear.
#[test]
fn no_parameter_of_any_path_leads_out_of_its_place() {
    let house = House::new(|options| options.auth = AuthMode::None);
    // A file beside the state folder, which nobody may see.
    let state = house.world.state.dir().to_owned();
    std::fs::write(state.join("secret.txt"), "TOP-SECRET").unwrap();
    let ways = [
        "..%2f..%2fsecret.txt",
        "%2e%2e%2fsecret.txt",
        "..%5csecret.txt",
        "%252e%252e%252fsecret.txt",
        "%2e%2e",
        "..%00",
        "%2fetc%2fpasswd",
        "file:%2f%2f%2fetc%2fpasswd",
        "..;",
        "%c0%ae%c0%ae%c0%afetc%c0%afpasswd",
        "%ef%bc%8e%ef%bc%8e%ef%bc%8fsecret.txt",
        "%e2%80%ae",
        "e%cc%81",
    ];
    let others = [
        ("GET", "/artifacts/{namespace}/{name}/{node}/{artifact}"),
        ("GET", "/input-artifacts/{namespace}/{name}/{node}/{artifact}"),
        ("GET", "/artifacts-by-uid/{uid}/{node}/{artifact}"),
        ("GET", "/input-artifacts-by-uid/{uid}/{node}/{artifact}"),
        ("GET", "/artifact-files/{namespace}/workflows/{name}/{node}/outputs/{artifact}/{path}"),
        ("GET", "/artifact-files/{namespace}/archived-workflows/{name}/{node}/inputs/{artifact}/{path}"),
        ("POST", "/upload-artifacts/{namespace}/{template}/{artifact}"),
        ("GET", "/assets/{path}"),
        ("GET", "/{path}"),
    ];
    let table = ROUTES.iter().map(|route| (route.method.as_str(), route.path));
    let mut sent = 0;
    for (method, pattern) in table.chain(others) {
        let places = pattern.matches('{').count();
        for (place, way) in (0..places).flat_map(|place| ways.iter().map(move |way| (place, way))) {
            let mut at = 0;
            let path: Vec<&str> = pattern
                .split('/')
                .map(|segment| {
                    let is_place = segment.starts_with('{');
                    at += usize::from(is_place);
                    match is_place {
                        true if at == place + 1 => way,
                        true => "default",
                        false => segment,
                    }
                })
                .collect();
            let path = path.join("/");
            let answer = house.send(method, &path, &[("content-type", "application/json")], "{}");
            let status = answer.status().as_u16();
            // A stream that has begun may have no end; it tells nothing of files.
            let is_stream =
                answer.headers().get("content-type").is_some_and(|kind| kind == "text/event-stream")
                    || (status == 200 && (path.contains("stream/") || path.contains("-events/")));
            if !is_stream {
                let text = house.text(answer);
                assert!(
                    !text.contains("TOP-SECRET") && !text.contains("root:x:0:0"),
                    "{method} {path}: {text}"
                );
                assert!(!text.contains("a bug of the server"), "{method} {path}: {text}");
            }
            sent += 1;
        }
    }
    println!("{sent} requests");
    let kept = std::fs::read(state.join("secret.txt")).unwrap();
    assert_eq!(kept, b"TOP-SECRET", "it was written to");
}
