//! Variables that nobody reads because they are misspelt: the agent runs on, and is told what was meant.

/// What this library reads of the environment.
const OURS: &[&str] = &[
    "AUGUR_CAPTURE_MODE",
    "AUGUR_CLIENT_VERSION",
    "AUGUR_DIR",
    "AUGUR_DISABLED",
    "AUGUR_DURABILITY",
    "AUGUR_FILTER",
    "AUGUR_FINGERPRINT",
    "AUGUR_GIT_SHA",
    "AUGUR_KEEP",
    "AUGUR_SAMPLE",
    "AUGUR_VERBOSE",
];

/// What it reads for OTLP.
#[cfg(feature = "otlp")]
const OF_OTLP: &[&str] = &[
    "OTEL_SDK_DISABLED",
    "OTEL_SERVICE_NAME",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_TRACES_EXPORTER",
    "OTEL_LOGS_EXPORTER",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_EXPORTER_OTLP_TIMEOUT",
    "OTEL_EXPORTER_OTLP_COMPRESSION",
    "OTEL_EXPORTER_OTLP_INSECURE",
    "OTEL_EXPORTER_OTLP_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_CLIENT_KEY",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
];
#[cfg(not(feature = "otlp"))]
const OF_OTLP: &[&str] = &[];

/// How many letters may be wrong.
const SLIPS: usize = 2;

/// Says of each of these names that is nearly one of ours which one that is.
pub(crate) fn misspelt(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut told: Vec<_> = names.filter_map(|name| Some((nearest(&name)?, name))).collect();
    told.sort();
    told.into_iter().map(|(meant, name)| format!("{name} is no setting and is ignored; is {meant} meant?")).collect()
}

/// The setting that a name nearly is; `None` for the setting itself, and for what is none of ours.
fn nearest(name: &str) -> Option<&'static str> {
    // Whatever a name holds, it is not looked at for long, and nothing strange is repeated.
    let is_plain = name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let begins = ["AUGUR", "OTEL"].into_iter().any(|family| name.to_ascii_uppercase().starts_with(family));
    let known = || OURS.iter().chain(OF_OTLP).copied();
    if !is_plain || !begins || known().any(|known| known == name) {
        return None;
    }
    let bare = |name: &str| name.to_ascii_uppercase().replace('_', "");
    let wanted = bare(name);
    let nearest = known().map(|known| (distance(&wanted, &bare(known)), known)).min()?;
    // Signals that we do not send have variables of their own, and so may others.
    (nearest.0 <= SLIPS && !name.contains("METRICS") && !is_anothers(name)).then_some(nearest.1)
}

/// Names of the specification that are near one of ours and mean something else.
fn is_anothers(name: &str) -> bool {
    ["TRACES", "LOGS"].iter().any(|signal| {
        let general = name.replace(&format!("{signal}_"), "");
        general != name && OF_OTLP.contains(&general.as_str())
    })
}

/// How many letters must be put in, taken out or changed.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, letter) in left.bytes().enumerate() {
        let mut before = index + 1;
        let mut corner = index;
        for (cell, other) in row.iter_mut().skip(1).zip(right.bytes()) {
            let changed = corner + usize::from(letter != other);
            corner = *cell;
            before = changed.min(corner + 1).min(before + 1);
            *cell = before;
        }
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_letters() {
        for (left, right, expected) in [
            ("", "", 0),
            ("", "ab", 2),
            ("abc", "abc", 0),
            ("abc", "abd", 1),
            ("abc", "ac", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(left, right), expected, "{left} {right}");
        }
    }

    #[test]
    fn a_slip_is_told_and_what_is_none_of_ours_is_not() {
        for (name, meant) in [
            ("AUGUR_CAPTURE_MOD", Some("AUGUR_CAPTURE_MODE")),
            ("AUGUR_CAPTUREMODE", Some("AUGUR_CAPTURE_MODE")),
            ("AUGUR_CAPTRUE_MODE", Some("AUGUR_CAPTURE_MODE")),
            ("augur_dir", Some("AUGUR_DIR")),
            ("AUGUR_DIRS", Some("AUGUR_DIR")),
            ("AUGUR_DURABILTY", Some("AUGUR_DURABILITY")),
            ("AUGUR_DIR", None),
            ("AUGUR_ORACLE", None),
            ("AUGUR_TEST_CHILD", None),
            ("AUGUR_PARTS_BIN", None),
            ("AUGUR\u{e9}_DIR", None),
            ("RUST_LOG", None),
            ("DIR", None),
        ] {
            assert_eq!(nearest(name), meant, "{name}");
        }
        let names = ["AUGUR_KEPT", "PATH", "AUGUR_GIT_SHAS"].map(str::to_owned);
        assert_eq!(
            misspelt(names.into_iter()),
            [
                "AUGUR_GIT_SHAS is no setting and is ignored; is AUGUR_GIT_SHA meant?",
                "AUGUR_KEPT is no setting and is ignored; is AUGUR_KEEP meant?",
            ]
        );
    }

    #[cfg(feature = "otlp")]
    #[test]
    fn the_variables_of_otlp_are_known_and_so_are_their_neighbours() {
        for (name, meant) in [
            ("OTEL_EXPORTER_OTLP_HEADER", Some("OTEL_EXPORTER_OTLP_HEADERS")),
            ("OTEL_EXPORTER_OLTP_ENDPOINT", Some("OTEL_EXPORTER_OTLP_ENDPOINT")),
            ("OTEL_SERVICENAME", Some("OTEL_SERVICE_NAME")),
            ("OTEL_TRACE_EXPORTER", Some("OTEL_TRACES_EXPORTER")),
            ("OTEL_METRICS_EXPORTER", None),
            ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", None),
            ("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", None),
            ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", None),
            ("OTEL_PROPAGATORS", None),
            ("OTEL_BSP_SCHEDULE_DELAY", None),
        ] {
            assert_eq!(nearest(name), meant, "{name}");
        }
    }

    #[test]
    fn every_variable_that_the_settings_read_is_known() {
        let settings = include_str!("../config.rs");
        let read: Vec<&str> = settings.split('"').filter(|part| part.starts_with("AUGUR_")).collect();
        let read: Vec<&str> = read
            .into_iter()
            .filter(|name| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'))
            .collect();
        assert!(read.len() >= OURS.len());
        for name in read {
            assert!(OURS.contains(&name), "{name}");
        }
    }
}
