use crate::guard::tests::House;
use crate::options::{AuthMode, Options};
use crate::serve::{ServeError, Server};

/// A server whose parts are gone is none: whoever looks after it is told, and starts another.
#[test]
fn a_server_ends_with_its_engine() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = Options::new(folder.path(), "127.0.0.1:0".parse().unwrap());
    options.auth = AuthMode::None;
    let server = Server::start(options).unwrap();
    server.world().controller.leave();
    // Without being told to.
    let ended = server.run().unwrap_err();
    assert!(matches!(ended, ServeError::Broken(_)));
    assert_eq!(ended.to_string(), "the server cannot go on: its engine ended");
}

#[test]
fn health_tells_of_a_part_that_is_gone() {
    let house = House::new(|_| {});
    assert_eq!(house.status("GET", "/healthz", &[], ""), 200);
    let beat = house.world.pulse.beat("keeper");
    let broken = std::thread::spawn(move || {
        let _beat = beat;
        panic!("on purpose");
    });
    assert!(broken.join().is_err());
    let told = house.send("GET", "/healthz", &[], "");
    assert_eq!(told.status(), 503);
    assert_eq!(house.text(told).trim_end(), "the server cannot go on: its thread `keeper` broke off");
    // Only the first reason counts.
    house.world.pulse.stop("something else".to_owned());
    assert!(house.world.pulse.reason().unwrap().contains("keeper"));
}
