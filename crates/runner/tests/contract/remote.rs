//! Artifacts that lie on other machines, in both kinds of places.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use tiphys_runner::Runner;
use tiphys_runner::step::{
    Archive, ArtifactInput, ArtifactSource, ArtifactWanted, Exit, Git, Isolation, Stage, Web,
};

use crate::common::{Case, World};

pub const CASES: &[Case] = &[
    ("remote::artifacts_come_from_servers_and_go_there", artifacts_come_from_servers_and_go_there),
    ("remote::what_is_fetched_ends_with_the_step", what_is_fetched_ends_with_the_step),
];

const PLACES: [Isolation; 2] = [Isolation::Sandbox, Isolation::None];

/// A server of the files below a folder; what is put to it is kept there.
fn serve(root: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        listener.incoming().flatten().for_each(|connection| answer(&root, &connection))
    });
    url
}

fn answer(root: &Path, mut connection: &TcpStream) {
    let mut reader = BufReader::new(connection);
    let mut line = String::new();
    let (mut first, mut length) = (String::new(), 0);
    while reader.read_line(&mut line).is_ok_and(|size| size > 2) {
        if first.is_empty() {
            first = line.clone();
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut words = first.split_whitespace();
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return };
    let path = root.join(target.split('?').next().unwrap().trim_start_matches('/'));
    let (status, body) = if method == "PUT" {
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        fs::write(path, body).unwrap();
        ("201 Created", Vec::new())
    } else {
        fs::read(path).map_or(("404 Not Found", Vec::new()), |body| ("200 OK", body))
    };
    let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    let _ = connection.write_all(head.as_bytes());
    let _ = connection.write_all(&body);
}

fn input(name: &str, path: String, source: ArtifactSource) -> ArtifactInput {
    ArtifactInput {
        name: name.into(),
        path,
        mode: None,
        recurse_mode: false,
        optional: false,
        archive: None,
        source,
    }
}

/// A bare repository in `root`, as any web server can serve it.
fn make_repository(root: &Path) {
    let script = "git init -q work && cd work && echo from git > file && git add file && \
        git -c user.name=t -c user.email=t@example.org commit -q -m first && \
        git clone -q --bare . ../code.git && git -C ../code.git update-server-info";
    let made = Command::new("sh")
        .args(["-ec", script])
        .current_dir(root)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .status();
    assert!(made.unwrap().success());
}

/// PA-162, PA-164, PA-165.
fn artifacts_come_from_servers_and_go_there() {
    let mut world = World::new();
    let root = world.state.join("served");
    fs::create_dir(&root).unwrap();
    fs::write(root.join("plain"), "from the web\n").unwrap();
    make_repository(&root);
    let url = serve(root.clone());
    for isolation in PLACES {
        let place = world.state.join(format!("place-{isolation:?}"));
        let path = |below: &str| place.join(below).display().to_string();
        let text = format!(
            "cat {} {}; mkdir -p {}; echo made > {}",
            path("plain"),
            path("code/file"),
            path("out"),
            path("out/x")
        );
        let mut step = world.shell(&format!("a{isolation:?}"), isolation, &text);
        step.artifact_store = world.state.join("artifacts");
        let web = |name: &str| Web::at(format!("{url}/{name}"));
        let git = Git { repo: format!("{url}/code.git"), ..Git::default() };
        let gone = input("gone", path("gone"), ArtifactSource::Web(Box::new(web("gone"))));
        step.inputs = vec![
            input("plain", path("plain"), ArtifactSource::Web(Box::new(web("plain")))),
            input("code", path("code"), ArtifactSource::Git(Box::new(git))),
            ArtifactInput { optional: true, ..gone.clone() },
        ];
        let wanted = ArtifactWanted {
            name: "out".into(),
            path: path("out"),
            optional: false,
            archive: Archive::Tar { level: None },
            key: "unused".into(),
            to: Some(web(&format!("result-{isolation:?}.tgz"))),
            refused: None,
        };
        step.outputs.artifacts = vec![wanted.clone()];
        let ended = world.run(&step);
        assert_eq!(
            (ended.containers[0].exit, &ended.failure),
            (Exit::Code(0), &None),
            "{}",
            world.log(&step)
        );
        assert_eq!(world.log(&step), "from the web\nfrom git\n");
        let put = fs::read(root.join(format!("result-{isolation:?}.tgz"))).unwrap();
        assert_eq!((ended.artifacts[0].size_bytes, &put[..2]), (put.len() as u64, &[0x1f, 0x8b][..]));
        assert!(!world.state.join("artifacts").join("unused").exists());

        let mut missing = world.shell(&format!("b{isolation:?}"), isolation, "true");
        missing.inputs = vec![gone];
        let failure = world.run(&missing).failure.unwrap();
        let expected = "artifact gone failed to load: 404 Not Found".to_owned();
        assert_eq!((failure.stage, failure.message), (Stage::Init, expected));

        let mut folder =
            world.shell(&format!("c{isolation:?}"), isolation, &format!("mkdir -p {}", path("out")));
        let unpacked = ArtifactWanted { archive: Archive::None, ..wanted.clone() };
        let told = "Raw output artifacts unsupported";
        let nowhere = ArtifactWanted { refused: Some(told.into()), to: None, ..wanted };
        folder.outputs.artifacts = vec![nowhere, unpacked];
        let ended = world.run(&folder);
        let failure = ended.failure.unwrap();
        assert_eq!((ended.containers[0].exit, failure.stage), (Exit::Code(0), Stage::Wait));
        assert!(failure.message.starts_with(&format!("{told}; ")), "{failure:?}");
        assert!(failure.message.ends_with("give it an archive (`tar` or `zip`); "), "{failure:?}");
    }
    world.end();
}

/// A server that never answers holds a step for no longer than the step itself may last.
fn what_is_fetched_ends_with_the_step() {
    let mut world = World::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    let (sender, asked) = mpsc::channel();
    std::thread::spawn(move || listener.incoming().flatten().try_for_each(|one| sender.send(one)));
    for isolation in PLACES {
        let place = world.state.join("never");
        let mut step = world.shell(&format!("a{isolation:?}"), isolation, "true");
        let path = place.join("x").display().to_string();
        step.inputs = vec![input("x", path, ArtifactSource::Web(Box::new(Web::at(url.clone()))))];
        world.start(&step);
        let connection = asked.recv().unwrap();
        world.runner().stop(std::slice::from_ref(&step.attempt), Duration::from_secs(60));
        let ended = world.ended(&step.attempt);
        assert!(ended.stopped && ended.containers[0].exit == Exit::NotStarted, "{ended:?}");
        assert_eq!(ended.failure.unwrap().message, "artifact x failed to load: the step was stopped");
        assert!(!place.exists(), "nothing is left");
        drop(connection);
    }
    world.end();
}
