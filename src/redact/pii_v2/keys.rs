//! What a name says about the value behind it: one judgement for members, attributes, headers, parameters and settings.

use super::{
    fold::Name,
    kind::{Kind, SHORTEST_MARK, marks},
    words::{
        BENIGN_BEFORE_KEY, BENIGN_BEFORE_TOKEN, CODE_OWNERS, KEY_OWNERS, PASSWORD_ENDS, PLURAL_TOKEN_OWNERS,
        QUALIFIERS, SHORT_PASSWORD_OWNERS,
    },
};
use crate::redact::Treatment;

/// What kind of value stands behind a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::redact) enum Class {
    /// Nothing is known; the text itself is looked at.
    Plain,
    Password,
    /// Secrets, private keys, credentials.
    Secret,
    ApiKey,
    /// A token whose name says for what.
    Token,
    /// `token` alone, which prose uses too.
    BareToken,
    Authorization,
    Cookie,
    SetCookie,
    /// A list or an object of cookies.
    Cookies,
    /// One-time codes, PINs and card verification codes.
    Code,
    /// Numbers of cards and persons.
    Person,
    /// A secret only if it looks like one.
    Suspect,
}

impl Class {
    /// What happens to a member or an attribute of this class, as far as its name alone can tell.
    pub(in crate::redact) const fn treatment(self) -> Treatment {
        match self {
            Self::Plain | Self::Suspect => Treatment::Scrub,
            Self::Password | Self::Secret | Self::Authorization | Self::Cookie | Self::SetCookie | Self::Code => {
                Treatment::Drop
            }
            Self::ApiKey | Self::Token | Self::BareToken | Self::Cookies | Self::Person => Treatment::Mask,
        }
    }

    /// What is written in place of such a value in a text.
    pub(super) const fn kind(self) -> Kind {
        match self {
            Self::Password => Kind::Password,
            Self::ApiKey => Kind::ApiKey,
            Self::Token | Self::BareToken => Kind::Token,
            Self::Authorization => Kind::Authorization,
            Self::Cookie | Self::Cookies => Kind::Cookie,
            Self::SetCookie => Kind::SetCookie,
            Self::Code | Self::Person => Kind::Code,
            Self::Plain | Self::Secret | Self::Suspect => Kind::Secret,
        }
    }

    /// Whether a value of this class may be remembered and looked for elsewhere.
    pub(in crate::redact) const fn teaches(self) -> bool {
        !matches!(self, Self::Plain | Self::Suspect | Self::Code | Self::Person | Self::Cookies)
    }

    /// Whether the name alone is enough to take the value out.
    pub(in crate::redact) const fn is_certain(self) -> bool {
        !matches!(self, Self::Plain | Self::Suspect)
    }
}

/// One of these is in every name of a secret.
const STEMS: &[&[u8; 3]] = &[
    b"pas", b"pwd", b"sec", b"tok", b"key", b"aut", b"coo", b"cre", b"pin", b"otp", b"cvv", b"cvc", b"csc", b"cod",
    b"ssn", b"car", b"jwt", b"csr", b"xsr", b"bea", b"ses", b"sid", b"sig", b"tic", b"ken", b"sen", b"mot", b"ccn",
];

/// A bit for each three letters, set for the stems.
const IS_STEM: [u64; 512] = {
    let mut bits = [0; 512];
    let mut index = 0;
    while index < STEMS.len() {
        #[allow(clippy::indexing_slicing)] // evaluated by the compiler
        {
            let [a, b, c] = *STEMS[index];
            let place = letters(a, b, c);
            bits[place >> 6] |= 1 << (place & 63);
        }
        index += 1;
    }
    bits
};

/// Three letters as a number, whatever their case.
const fn letters(a: u8, b: u8, c: u8) -> usize {
    ((a & 31) as usize) << 10 | ((b & 31) as usize) << 5 | (c & 31) as usize
}

/// Whether a name can be that of a secret: nearly all names are let go here, unfolded.
fn may_be_secret(name: &str) -> bool {
    let is_stem = |part: &[u8]| match part {
        [a, b, c] => {
            let place = letters(*a, *b, *c);
            IS_STEM.get(place >> 6).is_some_and(|bits| bits >> (place & 63) & 1 == 1)
        }
        _ => false,
    };
    name.as_bytes().windows(3).any(is_stem) || !name.is_ascii()
}

/// Judges a name.
pub(in crate::redact) fn classify(name: &str) -> Class {
    // A name with a mark held a secret itself, and its words spoke of that one: `Authorization: ***…***`.
    if name.len() >= SHORTEST_MARK && !marks(name.as_bytes()).is_empty() {
        return Class::Plain;
    }
    if name.len() < 3 || !may_be_secret(name) {
        return Class::Plain;
    }
    let class = by_words(Name::new(name).as_str());
    let has_hump = name.bytes().skip(1).any(|byte| byte.is_ascii_uppercase())
        && name.bytes().any(|byte| byte.is_ascii_lowercase());
    if class == Class::Plain && has_hump {
        // `PassWord` has a hump in the middle of a word.
        return Some(by_words(Name::new(&name.to_ascii_lowercase()).as_str()))
            .filter(|class| class.is_certain())
            .unwrap_or(class);
    }
    class
}

fn by_words(mut words: &str) -> Class {
    loop {
        words = words.trim_end_matches(|letter: char| letter.is_ascii_digit()).trim_end_matches('_');
        match words.rsplit_once('_') {
            Some((rest, last)) if QUALIFIERS.contains(&last) => words = rest,
            _ => break,
        }
    }
    let (owner, last) = match words.rsplit_once('_') {
        Some((rest, last)) => (rest.rsplit('_').next().unwrap_or_default(), last),
        None => ("", words),
    };
    by_last_word(words, owner, last)
}

fn by_last_word(words: &str, owner: &str, last: &str) -> Class {
    match last {
        "pwd" => return Class::Password,
        "pass" if SHORT_PASSWORD_OWNERS.contains(&owner) => return Class::Password,
        "authorization" => return Class::Authorization,
        "cookies" => return Class::Cookies,
        "cookie" if owner == "set" => return Class::SetCookie,
        "creds" | "secrets" | "passwords" => return Class::Secret,
        "credential" | "credentials" => return Class::Secret,
        "jwt" | "csrf" | "xsrf" | "csrftoken" | "xsrftoken" | "bearer" => return Class::Token,
        "sessionid" | "sessid" | "phpsessid" | "jsessionid" | "aspsessionid" => return Class::Token,
        "otp" | "totp" | "hotp" | "pin" | "cvv" | "cvc" | "csc" => return Class::Code,
        "code" if CODE_OWNERS.contains(&owner) || words.ends_with("one_time_code") => return Class::Code,
        "codes" if matches!(owner, "recovery" | "backup") => return Class::Secret,
        "ssn" | "creditcard" | "cardnumber" | "ccnumber" => return Class::Person,
        "card" if owner == "credit" => return Class::Person,
        "number" if words.ends_with("card_number") || words.ends_with("social_security_number") => {
            return Class::Person;
        }
        "tokens" if PLURAL_TOKEN_OWNERS.contains(&owner) => return Class::Token,
        "id" if words.ends_with("asp_net_session_id") => return Class::Token,
        "auth" | "sid" | "sig" | "signature" | "ticket" | "session" => return Class::Suspect,
        "code" if owner.is_empty() => return Class::Suspect,
        _ => {}
    }
    if PASSWORD_ENDS.iter().any(|end| last.ends_with(end)) {
        return Class::Password;
    }
    if last.ends_with("cookie") {
        return Class::Cookie;
    }
    if last.ends_with("secret") || last.ends_with("authorization") {
        return Class::Secret;
    }
    if let Some(stem) = last.strip_suffix("token") {
        return token(if stem.is_empty() { owner } else { stem });
    }
    if let Some(stem) = last.strip_suffix("keys").or_else(|| last.strip_suffix("key")) {
        return key(if stem.is_empty() { owner } else { stem }, words);
    }
    Class::Plain
}

fn token(owner: &str) -> Class {
    if owner.is_empty() {
        Class::BareToken
    } else if BENIGN_BEFORE_TOKEN.iter().any(|word| owner.ends_with(word)) {
        Class::Plain
    } else {
        Class::Token
    }
}

fn key(owner: &str, words: &str) -> Class {
    if owner.ends_with("api") || words == "x_api_key" {
        Class::ApiKey
    } else if owner.ends_with("private") || owner.ends_with("secret") || words.ends_with("secret_access_key") {
        Class::Secret
    } else if KEY_OWNERS.contains(&owner) {
        Class::Token
    } else if owner.len() < 2 || BENIGN_BEFORE_KEY.contains(&owner) || words.ends_with("_keys") {
        if words == "key" { Class::Suspect } else { Class::Plain }
    } else {
        Class::Suspect
    }
}

/// Whether a value that a text gives to a secret name is none: nothing, a placeholder, or what is already gone.
pub(in crate::redact) fn is_placeholder(value: &str) -> bool {
    let value = value.trim_matches(|letter: char| letter == '"' || letter == '\'' || letter.is_whitespace());
    let lower = |word: &str| value.eq_ignore_ascii_case(word);
    value.is_empty()
        || super::kind::mark_length(value.as_bytes()).is_some_and(|length| length == value.len())
        || ["null", "none", "nil", "undefined", "true", "false"].into_iter().any(lower)
        || is_template(value)
        || value.bytes().all(|byte| matches!(byte, b'*' | b'.' | b'x' | b'X' | b'-' | b'_'))
        || value.chars().all(|letter| matches!(letter, '•' | '●' | '…'))
}

/// `${NAME}`, `{{ name }}`, `<name>`, `%(name)s`, `{name}`, `$NAME`, `os.environ[…]`.
fn is_template(value: &str) -> bool {
    let is_name = |name: &str| {
        let name = name.trim();
        !name.is_empty()
            && name.len() <= 64
            && name.chars().all(|letter| letter.is_alphanumeric() || "_-. ".contains(letter))
            && !super::entropy::is_random(name.as_bytes())
    };
    let between = |open: &str, close: &str| value.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
    [("${{", "}}"), ("${", "}"), ("{{", "}}"), ("{", "}"), ("<", ">"), ("%(", ")s"), ("$(", ")"), ("%", "%")]
        .into_iter()
        .any(|(open, close)| between(open, close).is_some_and(is_name))
        || value
            .strip_prefix('$')
            .is_some_and(|name| name.len() >= 3 && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'))
        || value.strip_prefix("os.environ").is_some_and(|rest| rest.len() < 64 && rest.starts_with(['[', '.']))
        || value.strip_prefix("process.env.").is_some_and(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_judged_by_what_they_end_with() {
        use Class::{
            ApiKey, Authorization, BareToken, Code, Cookie, Cookies, Password, Person, Plain, Secret, SetCookie,
            Suspect, Token,
        };
        for (class, names) in [
            (
                Password,
                "password PassWord db_password oldPassword PGPASSWORD userPasswd passphrase pwd smtp_pass password2 \
                        password_confirmation new_password_value PASSWORT",
            ),
            (
                Secret,
                "secret client_secret clientSecret private_key privateKey credentials aws_secret_access_key \
                      X-Amz-Credential client.secret private-key secretKey SECRET_KEY hmac_secret",
            ),
            (ApiKey, "api_key apikey api-key X-Api-Key OPENAI_API_KEY x-api-key azureApiKey api_keys apiKey2"),
            (
                Token,
                "access_token accessToken refreshtoken id_token X-Auth-Token csrf_token sessionid PHPSESSID jwt \
                     encryption_key AccountKey SharedAccessKey auth_tokens http.header.X-Security-Token signing-key",
            ),
            (BareToken, "token TOKEN to\u{212a}en"),
            (Authorization, "authorization Proxy-Authorization http.request.header.authorization"),
            (Cookie, "cookie session_cookie"),
            (SetCookie, "set-cookie Set-Cookie"),
            (Cookies, "cookies"),
            (Code, "otp pin cvv card_pin verification_code mfaCode cvc2"),
            (Person, "ssn credit_card card_number creditCardNumber cardNumber user_ssn"),
            (Suspect, "key auth code sig signature openai_key stripe_key"),
            (
                Plain,
                "max_tokens input_tokens tokens token_count tokenizer next_page_token nextPageToken author secretary \
                     eos_token pad_token token_type password_reset_url password_field idempotency_key primary_key cache_key \
                     public_key monkey keyboard session_id debug_session_id tokens_in author_id name value spin pinned \
                     opinion passed pass passing secretly cookie_policy key_id hockey turkey shipping zip_code status_code \
                     code.file.path tokenize user_id x y keys hotkey sort_key PublicKey continuation-token sync_token",
            ),
        ] {
            for name in names.split_whitespace() {
                assert_eq!(classify(name), class, "{name}");
            }
        }
    }

    #[test]
    fn placeholders_are_no_secrets() {
        for value in [
            "",
            " ",
            "\"\"",
            "null",
            "None",
            "${SECRET}",
            "{{ secret }}",
            "<password>",
            "%(password)s",
            "$DB_PASSWORD",
            "****",
            "***REDACTED:mask***",
            "os.environ[\"KEY\"]",
            "••••••••",
            "${{ secrets.TOKEN }}",
        ] {
            assert!(is_placeholder(value), "{value}");
        }
        for value in ["hunter2", "$ecret", "<a8Kd02mXq7Lp3Zt9>", "***REDACTED:mask***x1", "${a8Kd02mXq7Lp3Zt9}"] {
            assert!(!is_placeholder(value), "{value}");
        }
    }
}
