use super::FieldSelector;

fn read(text: &str) -> String {
    match FieldSelector::parse(text) {
        Err(reason) => reason,
        Ok(selector) => {
            let shown = selector
                .terms()
                .iter()
                .map(|term| format!("[{}{}{}]", term.field, if term.equal { "=" } else { "!=" }, term.value));
            shown.collect()
        }
    }
}

/// API-167: Kubernetes' grammar, escapes and words.
#[test]
fn terms_operators_and_escapes() {
    for (text, expected) in [
        ("", ""),
        ("name=a", "[name=a]"),
        ("name==a,phase!=Failed", "[name=a][phase!=Failed]"),
        (",name=a,,", "[name=a]"),
        ("displayName=g(0:a:1\\,b:2)", "[displayName=g(0:a:1,b:2)]"),
        ("inputs.parameters.x.value=3\\=4", "[inputs.parameters.x.value=3=4]"),
        ("name=back\\\\slash", "[name=back\\slash]"),
        ("name=", "[name=]"),
        ("name= a ", "[name= a ]"),
        ("name", "invalid selector: 'name'; can't understand 'name'"),
        ("a=1,b 2", "invalid selector: 'a=1,b 2'; can't understand 'b 2'"),
        ("name=a=b", "invalid field selector: unescaped character in value: ="),
        ("name=a\\b", "invalid field selector: invalid escape sequence: \\b"),
        ("name=a\\", "invalid field selector: invalid escape sequence: \\"),
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
}

/// API-161, API-167: a field that is not there is empty.
#[test]
fn absent_fields_are_empty() {
    let matches = |text: &str| {
        FieldSelector::parse(text).unwrap().matches(|field| (field == "name").then(|| "a".to_owned()))
    };
    assert!(matches("name=a"));
    assert!(matches(""));
    assert!(matches("templateRef.name="));
    assert!(matches("templateRef.name!=b"));
    assert!(!matches("templateRef.name=b"));
    assert!(!matches("name=a,name!=a"));
}
