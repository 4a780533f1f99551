//! TLS: whom the agent trusts, whom the collector trusts, and what is said when one of them does not.

use super::{
    PATIENCE, SPANS, agent,
    certificates::{Authority, Files},
    is_agent, one_step,
    real_parts::{Collector, Tls},
    support::bundles,
};
use rcgen::ExtendedKeyUsagePurpose::{ClientAuth, ServerAuth};
use std::path::Path;

/// The authority that everybody trusts, a stranger, and what both signed.
struct World {
    authority: Authority,
    stranger: Authority,
    collector: Files,
    agent: Files,
    impostor: Files,
}

impl World {
    fn new(folder: &Path) -> Self {
        let (authority, stranger) = (Authority::new(folder, "authority"), Authority::new(folder, "stranger"));
        let (collector, agent) = (authority.sign("collector", ServerAuth), authority.sign("agent", ClientAuth));
        let impostor = stranger.sign("agent", ClientAuth);
        Self { authority, stranger, collector, agent, impostor }
    }

    fn start(&self, asks_for_certificates: bool) -> Collector {
        let authority = self.authority.file();
        let client_authority = asks_for_certificates.then_some(authority.as_path());
        Collector::start_with_tls(&Tls {
            certificate: &self.collector.certificate,
            key: &self.collector.key,
            client_authority,
        })
    }
}

fn protocols(collector: &Collector) -> Vec<(&'static str, String)> {
    let secure = |endpoint: String| endpoint.replace("http://", "https://");
    let mut protocols = vec![("http/protobuf", secure(collector.http_endpoint()))];
    if cfg!(feature = "otlp-grpc") {
        protocols.push(("grpc", secure(collector.grpc_endpoint())));
    }
    protocols
}

fn settings<'a>(protocol: &'a str, endpoint: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "3000"),
        ("OTEL_LOGS_EXPORTER", "none"),
        ("AUGUR_VERBOSE", "1"),
    ]
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// How many spans an agent has sent: all, or none for a reason that it tells.
fn spans_sent(said: &str, case: &str, sent: bool, why: &str) -> usize {
    if sent {
        assert!(said.contains("OTLP: 2 of 2 spans sent"), "{case}: {said}");
        return SPANS;
    }
    let told = said.lines().find(|line| line.starts_with("report: ")).unwrap();
    assert!(told.contains("0 of 2 spans sent, 2 failed: 127.0.0.1:") && told.contains(why), "{case}: {told}");
    0
}

#[test]
fn spans_reach_a_collector_whose_authority_is_named_and_no_other() {
    if is_agent(one_step) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let collector = world.start(false);
    let root = bundles("otlp_tls");
    let (authority, stranger) = (world.authority.file(), world.stranger.file());
    let mut expected = 0;
    for (protocol, endpoint) in protocols(&collector) {
        for (name, variable, file, sent) in [
            ("trusted", "OTEL_EXPORTER_OTLP_CERTIFICATE", Some(&authority), true),
            ("by-signal", "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", Some(&authority), true),
            ("strange", "OTEL_EXPORTER_OTLP_CERTIFICATE", Some(&stranger), false),
            ("of-the-system", "", None, false),
        ] {
            let own = file.map(|file| (variable, text(file)));
            let settings: Vec<_> = settings(protocol, &endpoint).into_iter().chain(own).collect();
            let said = agent(&root.join(format!("{name}-{}", protocol.replace('/', "-"))), &settings);
            let why = "invalid peer certificate: UnknownIssuer";
            expected += spans_sent(&said, &format!("{protocol} {name}"), sent, why);
        }
    }
    assert_eq!(collector.wait_for_spans(expected, PATIENCE).len(), expected);
}

#[test]
fn a_collector_that_asks_for_a_certificate_takes_spans_from_its_owner_alone() {
    if is_agent(one_step) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let collector = world.start(true);
    let root = bundles("otlp_mutual_tls");
    let authority = world.authority.file();
    let mut expected = 0;
    for (protocol, endpoint) in protocols(&collector) {
        for (name, own, sent) in
            [("known", Some(&world.agent), true), ("impostor", Some(&world.impostor), false), ("nameless", None, false)]
        {
            let mut settings = settings(protocol, &endpoint);
            settings.push(("OTEL_EXPORTER_OTLP_CERTIFICATE", text(&authority)));
            if let Some(own) = own {
                settings.push(("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", text(&own.certificate)));
                settings.push(("OTEL_EXPORTER_OTLP_CLIENT_KEY", text(&own.key)));
            }
            let said = agent(&root.join(format!("{name}-{}", protocol.replace('/', "-"))), &settings);
            expected += spans_sent(&said, &format!("{protocol} {name}"), sent, "");
        }
    }
    assert_eq!(collector.wait_for_spans(expected, PATIENCE).len(), expected);
}

#[test]
fn a_certificate_that_cannot_be_used_stops_init_and_nothing_of_a_key_is_shown() {
    if is_agent(one_step) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let root = folder.path().join("bundles");
    let other = world.authority.sign("other", ClientAuth);
    let broken = folder.path().join("broken.pem");
    let key = std::fs::read_to_string(&world.agent.key).unwrap();
    let secret = key.lines().nth(1).unwrap();
    std::fs::write(&broken, format!("-----BEGIN PRIVATE KEY-----\n{secret}\n")).unwrap();
    let nowhere = folder.path().join("nowhere.pem");
    let authority = "OTEL_EXPORTER_OTLP_CERTIFICATE";
    let (certificate, own) = ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_KEY");
    let mine = text(&world.agent.certificate);
    for (files, expected) in [
        (vec![(authority, text(&nowhere))], format!("{authority}: the file cannot be read: No such file")),
        (vec![(authority, text(folder.path()))], format!("{authority}: the file cannot be read: it is no file")),
        (vec![(authority, text(&world.agent.key))], format!("{authority} names a file without a certificate in PEM")),
        (vec![(certificate, mine), (own, mine)], format!("{own} names a file without a private key in PEM")),
        (vec![(certificate, mine), (own, text(&broken))], format!("{own} names a file without a private key in PEM")),
        (vec![(certificate, mine), (own, text(&other.key))], format!("{certificate} and {own} do not fit together")),
        (vec![(own, text(&world.agent.key))], format!("{own} is set and {certificate} is not; ")),
    ] {
        let settings: Vec<_> = settings("http/protobuf", "https://127.0.0.1:1").into_iter().chain(files).collect();
        let said = agent(&root, &settings);
        assert!(said.contains(&format!("init: {expected}")), "{expected}: {said}");
        assert!(!said.contains(secret), "{said}");
    }
    assert!(!root.exists());
}
