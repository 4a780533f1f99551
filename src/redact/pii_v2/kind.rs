//! What can be found, by the name that stands in its place.

/// Defines the kinds once: variant, name, and the mark with which it is replaced.
macro_rules! kinds {
    ($($variant:ident $name:literal)*) => {
        /// A kind of secret, or of personal data.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(in crate::redact) enum Kind { $($variant),* }

        impl Kind {
            /// Every kind, in the order of the counters.
            pub(in crate::redact) const ALL: &[Self] = &[$(Self::$variant),*];

            pub(in crate::redact) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// What stands in its place.
            pub(in crate::redact) const fn mark(self) -> &'static str {
                match self { $(Self::$variant => concat!("***REDACTED:", $name, "***")),* }
            }
        }
    };
}

kinds! {
    Dropped "drop"
    Masked "mask"
    Error "error"
    Text "text"
    Custom "custom"
    Bearer "bearer"
    ApiKey "api_key"
    AwsKey "aws_key"
    Cookie "cookie_header"
    SetCookie "set_cookie"
    Email "email"
    Password "password_kv"
    Jwt "jwt"
    Secret "secret_kv"
    Token "token_kv"
    Code "code_kv"
    Authorization "authorization"
    UrlPassword "url_password"
    Webhook "webhook"
    PrivateKey "private_key"
    GitHub "github_token"
    GitLab "gitlab_token"
    Slack "slack_token"
    Stripe "stripe_key"
    OpenAi "openai_key"
    Anthropic "anthropic_key"
    Google "google_key"
    Azure "azure_secret"
    Vendor "vendor_token"
    HighEntropy "high_entropy"
    Card "card"
    Iban "iban"
    Ssn "ssn"
    Phone "phone"
    Encoded "encoded"
    Learned "learned"
}

/// How every mark begins and ends.
const FENCE: &str = "***REDACTED:";
const END: &[u8] = b"***";

/// No mark has fewer bytes.
pub(super) const SHORTEST_MARK: usize = FENCE.len() + END.len();

/// The length of the mark that `bytes` begin with, if they do.
pub(super) fn mark_length(bytes: &[u8]) -> Option<usize> {
    let name = bytes.strip_prefix(FENCE.as_bytes())?;
    let length = name.iter().take(24).take_while(|byte| byte.is_ascii_lowercase() || **byte == b'_').count();
    name.get(length..)?.starts_with(END).then_some(FENCE.len() + length + END.len())
}

/// Every mark in a text.
pub(super) fn marks(bytes: &[u8]) -> Vec<std::ops::Range<usize>> {
    let found = memchr::memmem::find_iter(bytes, FENCE);
    found.filter_map(|start| Some(start..start + mark_length(bytes.get(start..)?)?)).collect()
}

/// Whether the place is inside a mark, whose words are ours and say nothing about what follows.
pub(super) fn is_in_mark(bytes: &[u8], at: usize) -> bool {
    let from = at.saturating_sub(FENCE.len() + 40);
    let before = bytes.get(from..at).unwrap_or_default();
    let fence = before.windows(FENCE.len()).rposition(|window| window == FENCE.as_bytes());
    fence.is_some_and(|fence| {
        mark_length(bytes.get(from + fence..).unwrap_or_default()).is_some_and(|n| from + fence + n > at)
    })
}
