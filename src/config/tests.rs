//! What goes before what, and what is refused.

use super::*;

fn env(pairs: &'static [(&'static str, &'static str)]) -> impl Fn(&str) -> Option<String> {
    move |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
}

#[test]
fn the_program_goes_before_the_environment_and_that_before_the_default() {
    let from_env = env(&[("AUGUR_CAPTURE_MODE", "Full"), ("AUGUR_DIR", "/b"), ("AUGUR_GIT_SHA", "abc")]);
    let config = Config::new("a").with_root("/r").resolve(&from_env).unwrap();
    assert_eq!((config.mode, config.root), (CaptureMode::Full, PathBuf::from("/r")));
    assert_eq!(Value::from(config.client).to_string(), r#"{"git_sha": "abc", "name": "a"}"#);
    let bare = Config::new("a").resolve(&env(&[])).unwrap();
    assert_eq!((bare.mode, bare.durability, bare.root), (CaptureMode::Off, Durability::Process, "augur".into()));
    let said = Config::new("a").with_capture_mode(CaptureMode::Trace).resolve(&from_env).unwrap();
    assert_eq!(said.mode, CaptureMode::Trace);
    let from_env = env(&[("AUGUR_FINGERPRINT", "cua_v2")]);
    assert_eq!(bare.fingerprint, Algorithm::CuaV1);
    assert_eq!(Config::new("a").resolve(&from_env).unwrap().fingerprint, Algorithm::CuaV2);
    let said = Config::new("a").with_fingerprint(Algorithm::CuaV1).resolve(&from_env).unwrap();
    assert_eq!(said.fingerprint, Algorithm::CuaV1);
}

#[test]
fn a_setting_that_cannot_be_followed_is_named_with_what_it_accepts() {
    for (pairs, said) in [
        (&[("AUGUR_CAPTURE_MODE", "all")][..], "AUGUR_CAPTURE_MODE: capture mode \"all\" is not one of off, metadata"),
        (
            &[("AUGUR_FINGERPRINT", "sha")],
            "AUGUR_FINGERPRINT: fingerprint algorithm \"sha\" is not one of cua_v1, cua_v2",
        ),
        (&[("AUGUR_DURABILITY", "never")], "AUGUR_DURABILITY: durability \"never\" is not one of process, power, lazy"),
        (&[("AUGUR_KEEP", "3 weeks")], "AUGUR_KEEP: \"3 weeks\" does not say what to keep; accepted: runs=<n>"),
        (&[("AUGUR_SAMPLE", "some")], "AUGUR_SAMPLE: \"some\" is no share of runs; accepted: a percentage from 0"),
        (&[("AUGUR_FILTER", "a=loud")], "AUGUR_FILTER: \"a=loud\" is no part of a filter; accepted: <target>=<level>"),
        (&[("AUGUR_DISABLED", "maybe")], "AUGUR_DISABLED is neither on nor off; accepted: 1, true"),
    ] {
        let error = Config::new("a").resolve(&env(pairs)).unwrap_err().to_string();
        assert!(error.starts_with(said), "{error}");
    }
}
