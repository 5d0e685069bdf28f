use super::{Token, Tokens};
use tiphys_store::State;

fn token(name: String) -> Token {
    Token {
        name,
        role: "viewer".to_owned(),
        namespaces: Vec::new(),
        hash: String::new(),
        created_us: 0,
        expires_us: None,
    }
}

/// Browsers log in all the time; whatever they do, a token that was revoked is not known again.
#[test]
fn a_token_that_was_revoked_stays_so() {
    const ROUNDS: usize = 40;
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(folder.path()).unwrap();
    let tokens = Tokens::default();
    std::thread::scope(|scope| {
        for browser in 0..3 {
            let (tokens, state) = (&tokens, &state);
            scope.spawn(move || {
                let mut store = state.store().unwrap();
                for round in 0..ROUNDS {
                    tokens.create(&mut store, token(format!("browser-{browser}-{round}"))).unwrap();
                }
            });
        }
        let mut store = state.store().unwrap();
        for round in 0..ROUNDS {
            let name = format!("script-{round}");
            let text = tokens.create(&mut store, token(name.clone())).unwrap();
            assert!(tokens.find(&text).is_some());
            assert!(tokens.revoke(&mut store, &name).unwrap());
            assert!(tokens.find(&text).is_none(), "round {round}");
        }
    });
    // What is known is what is kept.
    let known = tokens.list();
    assert_eq!(known.len(), 3 * ROUNDS);
    assert!(known.iter().all(|token| token.name.starts_with("browser-")));
    let read_again = Tokens::default();
    read_again.load(&mut state.store().unwrap()).unwrap();
    assert_eq!(read_again.list(), known);
}

/// A name belongs to one token: the one before is worth nothing.
#[test]
fn a_token_takes_the_place_of_one_of_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = State::open(folder.path()).unwrap().store().unwrap();
    let tokens = Tokens::default();
    let first = tokens.create(&mut store, token("it".to_owned())).unwrap();
    let second = tokens.create(&mut store, token("it".to_owned())).unwrap();
    assert!(tokens.find(&first).is_none() && tokens.find(&second).is_some());
    // Unless its maker means a new one.
    assert_eq!(tokens.create_new(&mut store, token("it".to_owned())).unwrap(), None);
    let other = tokens.create_new(&mut store, token("other".to_owned())).unwrap().unwrap();
    assert!(tokens.find(&second).is_some() && tokens.find(&other).is_some());
}
