//! Tokens that tell by their first letters whose they are.

use super::{bytes::at, entropy::is_random, kind::Kind};

/// What the rest of a token consists of.
#[derive(Clone, Copy)]
enum Letters {
    Alphanumeric,
    /// Capitals and digits.
    Capital,
    Hex,
    /// Letters, digits, `_` and `-`.
    Url,
    /// The same and dots.
    Dotted,
    /// Base64 with its signs.
    Base64,
}

impl Letters {
    const fn has(self, byte: u8) -> bool {
        match self {
            Self::Alphanumeric => byte.is_ascii_alphanumeric(),
            Self::Capital => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Hex => byte.is_ascii_hexdigit(),
            Self::Url => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'),
            Self::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'/' | b'='),
        }
    }
}

use Letters::{Alphanumeric, Base64, Capital, Dotted, Hex, Url};

/// Prefix, letters behind it, how many at least, kind. Longer prefixes come first.
const TOKENS: &[(&str, Letters, usize, Kind)] = &[
    ("1//0", Url, 30, Kind::Google),
    ("AKIA", Capital, 16, Kind::AwsKey),
    ("ASIA", Capital, 16, Kind::AwsKey),
    ("ABIA", Capital, 16, Kind::AwsKey),
    ("ACCA", Capital, 16, Kind::AwsKey),
    ("AIza", Url, 30, Kind::Google),
    ("AGE-SECRET-KEY-1", Alphanumeric, 40, Kind::Vendor),
    ("ATATT3", Base64, 30, Kind::Vendor),
    ("ATCTT3", Base64, 30, Kind::Vendor),
    ("CFPAT-", Url, 30, Kind::Vendor),
    ("EAACEdEose0cBA", Alphanumeric, 20, Kind::Vendor),
    ("GR1348941", Url, 16, Kind::GitLab),
    ("GOCSPX-", Url, 20, Kind::Google),
    ("NRAK-", Alphanumeric, 20, Kind::Vendor),
    ("PMAK-", Url, 40, Kind::Vendor),
    ("SG.", Dotted, 40, Kind::Vendor),
    ("SK", Hex, 32, Kind::Vendor),
    ("api_org_", Alphanumeric, 30, Kind::Vendor),
    ("dapi", Hex, 32, Kind::Vendor),
    ("dop_v1_", Hex, 40, Kind::Vendor),
    ("doo_v1_", Hex, 40, Kind::Vendor),
    ("dor_v1_", Hex, 40, Kind::Vendor),
    ("dckr_pat_", Url, 20, Kind::Vendor),
    ("figd_", Url, 30, Kind::Vendor),
    ("github_pat_", Url, 40, Kind::GitHub),
    ("ghp_", Alphanumeric, 30, Kind::GitHub),
    ("gho_", Alphanumeric, 30, Kind::GitHub),
    ("ghu_", Alphanumeric, 30, Kind::GitHub),
    ("ghs_", Alphanumeric, 30, Kind::GitHub),
    ("ghr_", Alphanumeric, 30, Kind::GitHub),
    ("glpat-", Dotted, 16, Kind::GitLab),
    ("glptt-", Dotted, 16, Kind::GitLab),
    ("gldt-", Dotted, 16, Kind::GitLab),
    ("glrt-", Dotted, 16, Kind::GitLab),
    ("glcbt-", Dotted, 16, Kind::GitLab),
    ("glsoat-", Dotted, 16, Kind::GitLab),
    ("glft-", Dotted, 16, Kind::GitLab),
    ("gloas-", Dotted, 16, Kind::GitLab),
    ("glagent-", Dotted, 16, Kind::GitLab),
    ("gsk_", Alphanumeric, 40, Kind::Vendor),
    ("glsa_", Url, 30, Kind::Vendor),
    ("glc_", Base64, 30, Kind::Vendor),
    ("hf_", Alphanumeric, 30, Kind::Vendor),
    ("hvs.", Url, 20, Kind::Vendor),
    ("hvb.", Url, 20, Kind::Vendor),
    ("lin_api_", Alphanumeric, 30, Kind::Vendor),
    ("lsv2_pt_", Url, 30, Kind::Vendor),
    ("lsv2_sk_", Url, 30, Kind::Vendor),
    ("npm_", Alphanumeric, 30, Kind::Vendor),
    ("ntn_", Alphanumeric, 30, Kind::Vendor),
    ("nvapi-", Url, 40, Kind::Vendor),
    ("pypi-", Url, 40, Kind::Vendor),
    ("pul-", Hex, 40, Kind::Vendor),
    ("pplx-", Alphanumeric, 40, Kind::Vendor),
    ("phx_", Alphanumeric, 30, Kind::Vendor),
    ("pscale_tkn_", Dotted, 30, Kind::Vendor),
    ("pscale_pw_", Dotted, 30, Kind::Vendor),
    ("rk_live_", Url, 16, Kind::Stripe),
    ("rk_test_", Url, 16, Kind::Stripe),
    ("rubygems_", Hex, 40, Kind::Vendor),
    ("r8_", Alphanumeric, 30, Kind::Vendor),
    ("sk_live_", Url, 16, Kind::Stripe),
    ("sk_test_", Url, 16, Kind::Stripe),
    ("sk-ant-", Url, 16, Kind::Anthropic),
    ("sk-proj-", Url, 20, Kind::OpenAi),
    ("sk-svcacct-", Url, 20, Kind::OpenAi),
    ("sk-admin-", Url, 20, Kind::OpenAi),
    ("sk-or-v1-", Url, 20, Kind::Vendor),
    ("sk-lf-", Url, 20, Kind::Vendor),
    ("sk-", Url, 20, Kind::OpenAi),
    ("shpat_", Hex, 30, Kind::Vendor),
    ("shpss_", Hex, 30, Kind::Vendor),
    ("shpca_", Hex, 30, Kind::Vendor),
    ("shppa_", Hex, 30, Kind::Vendor),
    ("sq0atp-", Url, 20, Kind::Vendor),
    ("sq0csp-", Url, 20, Kind::Vendor),
    ("secret_", Alphanumeric, 40, Kind::Vendor),
    ("sntrys_", Base64, 30, Kind::Vendor),
    ("sntryu_", Hex, 40, Kind::Vendor),
    ("sbp_", Hex, 40, Kind::Vendor),
    ("sb_secret_", Url, 20, Kind::Vendor),
    ("tskey-", Url, 20, Kind::Vendor),
    ("tvly-", Url, 24, Kind::Vendor),
    ("whsec_", Base64, 16, Kind::Stripe),
    ("xoxb-", Url, 16, Kind::Slack),
    ("xoxp-", Url, 16, Kind::Slack),
    ("xoxa-", Url, 16, Kind::Slack),
    ("xoxr-", Url, 16, Kind::Slack),
    ("xoxs-", Url, 16, Kind::Slack),
    ("xoxc-", Url, 16, Kind::Slack),
    ("xoxd-", Base64, 16, Kind::Slack),
    ("xoxe-", Url, 16, Kind::Slack),
    ("xoxe.", Dotted, 16, Kind::Slack),
    ("xapp-", Url, 16, Kind::Slack),
    ("xai-", Alphanumeric, 40, Kind::Vendor),
    ("ya29.", Dotted, 20, Kind::Google),
];

/// Where in the table the prefixes are that begin with a byte; they stand together.
const FIRST: [(u8, u8); 256] = {
    let mut first = [(0, 0); 256];
    let mut index = 0;
    while index < TOKENS.len() {
        #[allow(clippy::indexing_slicing)] // evaluated by the compiler
        {
            let byte = TOKENS[index].0.as_bytes()[0] as usize;
            let begin = if first[byte].1 == 0 { index as u8 } else { first[byte].0 };
            first[byte] = (begin, index as u8 + 1);
        }
        index += 1;
    }
    first
};

/// How long the longest tokens are, session tokens of AWS aside.
const LONGEST: usize = 4096;

/// Fewer letters than this are left of a token that is cut, unless it is taken out.
const LEAST_OF_CUT: usize = 8;

/// What was found at a place.
pub(super) enum Found {
    /// No prefix.
    Nothing,
    /// A prefix with something else behind it.
    Other,
    /// A token: where it ends and whose it is.
    Token(usize, Kind),
}

/// The token that begins at `from`. `run_end` is the end of what can belong to it; `whole` says that a part is none.
pub(super) fn token(bytes: &[u8], from: usize, run_end: usize, whole: bool) -> Found {
    let (first, last) = FIRST.get(usize::from(at(bytes, from))).copied().unwrap_or_default();
    let rows = TOKENS.get(usize::from(first)..usize::from(last)).unwrap_or_default();
    let here = bytes.get(from..run_end.min(from + LONGEST)).unwrap_or_default();
    let mut found = Found::Nothing;
    for (prefix, letters, least, kind) in rows {
        let Some(body) = here.strip_prefix(prefix.as_bytes()) else { continue };
        let length = body.iter().take_while(|byte| letters.has(**byte)).count();
        let end = from + prefix.len() + length;
        let body = body.get(..length).unwrap_or_default();
        // A digest or a longer word that happens to begin like this.
        let goes_on = matches!(letters, Hex) && (at(bytes, end).is_ascii_alphanumeric() || at(bytes, end) == b'_');
        let is_whole = length >= *least && !goes_on && !(*prefix == "SK" && length != 32);
        let is_cut = !whole && length >= LEAST_OF_CUT && prefix.len() >= 3 && is_cut_at(bytes, end) && !is_word(body);
        let is_drawn = *prefix != "sk-" || is_drawn(body);
        if (is_whole || is_cut) && is_drawn {
            return Found::Token(end, *kind);
        }
        found = Found::Other;
    }
    found
}

/// What the `sk-` of unnamed vendors is followed by: a long part without dashes that is no word. Prose has neither.
fn is_drawn(body: &[u8]) -> bool {
    body.split(|byte| matches!(byte, b'-' | b'_')).any(|part| part.len() >= 12 && is_random(part))
}

/// Whether a text is cut here: it ends, or says that it goes on elsewhere.
fn is_cut_at(bytes: &[u8], end: usize) -> bool {
    let rest = bytes.get(end..).unwrap_or_default();
    rest.is_empty() || rest.starts_with(b"...") || rest.starts_with("…".as_bytes()) || rest.starts_with(b"[")
}

fn is_word(body: &[u8]) -> bool {
    !(body.iter().any(u8::is_ascii_digit) && body.iter().any(u8::is_ascii_alphabetic))
}
