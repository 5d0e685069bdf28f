use super::{Message, Teller, body, expanded, mail, post, ways};
use crate::config::{Config, Mail, MailEncryption, Notification, Occasion, Shape, Webhook};
use crate::options::{AuthMode, Options, Tls};
use crate::serve::Server;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

fn message(occasion: Occasion) -> Message {
    Message {
        occasion,
        namespace: "team".to_owned(),
        name: "build-1".to_owned(),
        phase: "Failed".to_owned(),
        message: "step \"a\" <b> failed".to_owned(),
    }
}

#[test]
fn messages_have_the_shape_that_each_chat_reads() {
    let failed = message(Occasion::Failed);
    let link = failed.link("https://flows.example.com/");
    assert_eq!(link, "https://flows.example.com/runs/team/build-1");
    let with = |format: Shape| body(&Webhook { format, ..Webhook::default() }, &failed, &link);
    assert_eq!(
        with(Shape::Slack),
        "{\"text\":\"Workflow team/build-1 failed: step \\\"a\\\" &lt;b&gt; failed\\n\
         https://flows.example.com/runs/team/build-1\"}"
    );
    assert!(
        with(Shape::Dingtalk).starts_with("{\"msgtype\":\"text\",\"text\":{\"content\":\"Workflow team/")
    );
    assert!(
        with(Shape::Json).starts_with("{\"event\":\"failed\",\"namespace\":\"team\",\"name\":\"build-1\"")
    );
    let own = Webhook { template: Some("{\"t\":\"{{message}} {{name}}\"}".to_owned()), ..Webhook::default() };
    assert_eq!(body(&own, &failed, &link), "{\"t\":\"step \\\"a\\\" <b> failed build-1\"}");
    let nasty = Message { message: "{{link}} {{nothing}}".to_owned(), ..failed.clone() };
    let shown = body(&own, &nasty, &link);
    assert_eq!(shown, "{\"t\":\"{{link}} {{nothing}} build-1\"}", "values are not looked into");
    assert_eq!(message(Occasion::Recovered).text(""), "Workflow team/build-1 works again");
    assert!(message(Occasion::Waiting).text("").contains("waits for a person at step"));
}

#[test]
fn each_way_is_tried_again_alone() {
    let both = Notification {
        webhook: Some(Webhook::default()),
        mail: Some(Mail::default()),
        ..Notification::default()
    };
    let shape = |way: Notification| (way.webhook.is_some(), way.mail.is_some());
    assert_eq!(ways(&both).map(shape).collect::<Vec<_>>(), [(true, false), (false, true)]);
    assert_eq!(ways(&Notification::default()).count(), 0);
}

#[test]
fn secrets_come_from_the_environment() {
    assert_eq!(expanded("a${PATH}").unwrap(), format!("a{}", std::env::var("PATH").unwrap()));
    assert_eq!(expanded("${TIPHYS_NO_SUCH}").unwrap_err(), "the environment has no `TIPHYS_NO_SUCH`");
    assert!(expanded("${x").is_err());
}

#[test]
fn a_mail_server_gets_a_whole_message() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mail = Mail {
        server: listener.local_addr().unwrap().to_string(),
        encryption: MailEncryption::None,
        from: "Tiphys <flows@example.com>".to_owned(),
        to: vec!["a@example.com".to_owned(), "b@example.com".to_owned()],
        ..Mail::default()
    };
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut heard = Vec::new();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        stream.write_all(b"220-welcome\r\n220 here\r\n").unwrap();
        let mut is_letter = false;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap() == 0 {
                return heard;
            }
            let line = line.trim_end().to_owned();
            let answer: &[u8] = match line.as_str() {
                "DATA" => b"354 go on\r\n",
                "." => b"250 taken\r\n",
                "QUIT" => b"221 bye\r\n",
                _ => b"250-many\r\n250 words\r\n",
            };
            if !is_letter || line == "." {
                stream.write_all(answer).unwrap();
            }
            is_letter = (is_letter || line == "DATA") && line != ".";
            heard.push(line);
        }
    });
    mail::send(&mail, "Übel\r\nBcc: x@evil.example", "first\n.\nlast").unwrap();
    let heard = server.join().unwrap();
    assert_eq!(
        heard[..4],
        [
            "EHLO tiphys",
            "MAIL FROM:<flows@example.com>",
            "RCPT TO:<a@example.com>",
            "RCPT TO:<b@example.com>"
        ]
    );
    assert!(heard.iter().all(|line| !line.starts_with("Bcc")), "{heard:?}");
    let text = STANDARD.encode("first\n.\nlast");
    assert!(heard.contains(&text), "{heard:?}");
    let no_password = Mail { user: Some("u".to_owned()), password: Some("p".to_owned()), ..mail };
    // Nothing is sent in the clear that must not be.
    assert!(mail::send(&no_password, "", "").unwrap_err().contains("not sent without encryption"));
}

/// A mail server of its own that puts what it gets into a folder; none where the machine has no aiosmtpd. It names its
/// port, since it is the one who chooses it.
///
/// With a certificate and its key it takes nothing but what is encrypted.
fn real_mail_server(folder: &Path, tls: Option<[&Path; 2]>) -> Option<(Child, u16)> {
    let program = "
import asyncio, ssl, sys
from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP
async def serve():
    handler = Mailbox(sys.argv[1])
    loop = asyncio.get_running_loop()
    context = None
    if sys.argv[2:]:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*sys.argv[2:])
    smtp = lambda: SMTP(handler, hostname='mail.test', tls_context=context, require_starttls=bool(context))
    server = await loop.create_server(smtp, '127.0.0.1', 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(serve())
";
    let mut server = Command::new(std::env::var_os("TIPHYS_TEST_PYTHON").unwrap_or_else(|| "python3".into()))
        .args(["-c", program, folder.to_str()?])
        .args(tls.iter().flatten())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut port = String::new();
    BufReader::new(server.stdout.take()?).read_line(&mut port).ok()?;
    match port.trim().parse() {
        Ok(port) => Some((server, port)),
        Err(_) => server.wait().ok().and(None),
    }
}

/// What a server that others wrote takes in, and how it reads it: the head, the encoded words and the body.
#[test]
fn a_mail_server_of_others_takes_the_message_and_reads_it_as_meant() {
    let folder = tempfile::tempdir().unwrap();
    let box_of = folder.path().join("mail");
    let Some((mut server, port)) = real_mail_server(&box_of, None) else {
        return println!("skipped: there is no mail server to try (python3 with aiosmtpd)");
    };
    // By name: it has an address at which nobody listens, too, where the machine knows both families.
    let mail = Mail {
        server: format!("localhost:{port}"),
        encryption: MailEncryption::None,
        from: "Tiphys <flows@example.com>".to_owned(),
        to: vec!["a@example.com".to_owned(), "Bé <b@example.com>".to_owned()],
        ..Mail::default()
    };
    let subject = "Workflow team/übersicht-with-a-long-name-that-needs-two-words failed";
    let text = format!(".\n.hidden\n{}\nlast ✓", "long ".repeat(400));
    let sent = mail::send(&mail, subject, &text);
    drop(server.kill().and_then(|()| server.wait()));
    sent.unwrap();
    let kept: Vec<_> = std::fs::read_dir(box_of.join("new")).unwrap().flatten().collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    let reader = "
import email, email.policy, json, sys
mail = email.message_from_binary_file(open(sys.argv[1], 'rb'), policy=email.policy.default)
print(json.dumps([mail['subject'], mail['from'], mail['to'], mail['x-rcptto'], mail.get_content(), len(mail.defects)]))
";
    let read = Command::new("python3").args(["-c", reader]).arg(kept[0].path()).output().unwrap();
    let read: serde_json::Value = serde_json::from_slice(&read.stdout).unwrap();
    let both = "a@example.com, b@example.com";
    let meant = json!([subject, "flows@example.com", both, both, text, 0]);
    assert_eq!(read, meant);
}

/// Makes an authority of one's own, and what it signed for `localhost`: the files of its certificate, and of the server's
/// certificate and key.
fn signed_for_localhost(folder: &Path) -> [PathBuf; 3] {
    let mut ours = rcgen::CertificateParams::default();
    ours.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let signing = rcgen::KeyPair::generate().unwrap();
    let authority = ours.self_signed(&signing).unwrap();
    let issuer = rcgen::Issuer::new(ours, signing);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = certificate.signed_by(&key, &issuer).unwrap();
    let texts = [authority.pem(), certificate.pem(), key.serialize_pem()];
    let files = ["authority.pem", "certificate.pem", "key.pem"].map(|name| folder.join(name));
    files.iter().zip(texts).for_each(|(file, text)| std::fs::write(file, text).unwrap());
    files
}

/// A mail server inside a company, whose certificate nobody outside has signed.
#[test]
fn a_mail_server_with_an_authority_of_its_own_is_believed_if_that_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let box_of = folder.path().join("mail");
    let [authority, certificate, key] = signed_for_localhost(folder.path());
    let Some((mut server, port)) = real_mail_server(&box_of, Some([&certificate, &key])) else {
        return println!("skipped: there is no mail server to try (python3 with aiosmtpd)");
    };
    let stranger = Mail {
        server: format!("localhost:{port}"),
        from: "flows@example.com".to_owned(),
        to: vec!["a@example.com".to_owned()],
        ..Mail::default()
    };
    let with = |authority: &Path| Mail { authority: Some(authority.to_owned()), ..stranger.clone() };
    let refused = mail::send(&stranger, "s", "t");
    let broken = mail::send(&with(&key), "s", "t");
    let sent = mail::send(&with(&authority), "s", "t");
    drop(server.kill().and_then(|()| server.wait()));
    let refused = refused.unwrap_err();
    assert!(
        refused.contains("UnknownIssuer") && refused.contains("`authority` of these settings"),
        "{refused}"
    );
    assert!(broken.unwrap_err().contains("there is no certificate of the PEM form in it"));
    sent.unwrap();
    assert_eq!(std::fs::read_dir(box_of.join("new")).unwrap().count(), 1);
}

/// A chat that never answers keeps nobody else from being told.
#[test]
fn whoever_does_not_answer_keeps_nobody_waiting() {
    // At an address of its own: it is tried again when this test is over, and another test may have its port by then.
    let (dead, good) = (TcpListener::bind("127.0.0.2:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let to = |listener: &TcpListener| Notification {
        webhook: Some(Webhook {
            url: format!("http://{}/", listener.local_addr().unwrap()),
            ..Webhook::default()
        }),
        ..Notification::default()
    };
    let settings = Config { notifications: vec![to(&dead), to(&good)], ..Config::default() };
    let mut teller = Teller::default();
    teller.tell(&settings, &message(Occasion::Failed));
    teller.tell(&settings, &message(Occasion::Recovered));
    let (waiting, _) = dead.accept().unwrap();
    for _ in 0..2 {
        let (mut stream, _) = good.accept().unwrap();
        let mut heard = [0; 64];
        assert!(stream.read(&mut heard).unwrap() > 0);
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
    }
    // The first message to the other is still on its way.
    waiting.set_nonblocking(true).unwrap();
    let mut rest = [0; 4096];
    loop {
        match (&waiting).read(&mut rest) {
            Ok(0) => panic!("the connection was given up before the others were told"),
            Ok(_) => {}
            Err(error) => break assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
    }
    // Who is not in the settings any more is let go of.
    teller.tell(&Config::default(), &message(Occasion::Failed));
    assert!(teller.0.is_empty());
}

/// The address of a server that only whom the test trusts vouches for.
const TRUSTED: &str = "TIPHYS_TEST_TRUSTED_SERVER";

/// Not a test of its own: speaks to a server in a process that trusts its authority.
#[test]
fn child_speaks_to_whom_the_machine_trusts() {
    let Ok(url) = std::env::var(TRUSTED) else { return };
    let told = post(&Webhook { url, ..Webhook::default() }, &message(Occasion::Failed), "any").unwrap_err();
    // It has no such page, which only a server that is believed can say.
    assert_eq!(told, "http status: 501");
    println!("it was believed");
}

#[test]
fn a_chat_may_show_a_certificate_of_an_authority_of_ones_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = Options::new(folder.path(), "127.0.0.1:0".parse().unwrap());
    (options.auth, options.tls) = (AuthMode::None, Some(Tls::SelfSigned));
    let server = Server::start(options).unwrap();
    let (address, stop) = (server.address(), server.stop());
    let served = std::thread::spawn(move || server.run().unwrap());
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["child_speaks_to_whom_the_machine_trusts", "--nocapture"])
        .env(TRUSTED, format!("https://{address}/api/v1/no-such-page"))
        .env("SSL_CERT_FILE", folder.path().join("tls/certificate.pem"))
        .output()
        .unwrap();
    stop.now();
    served.join().unwrap();
    let told = String::from_utf8_lossy(&child.stdout) + String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success() && told.contains("it was believed"), "{told}");
}
