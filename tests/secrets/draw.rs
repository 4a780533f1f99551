//! Secrets drawn at run time, and the search for what is left of them.

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use std::{
    collections::HashMap,
    hash::{BuildHasher, Hasher, RandomState},
};

const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const DIGITS: &str = "0123456789";

/// Letters that nobody chose.
pub struct Draw {
    state: u64,
}

impl Draw {
    pub fn new() -> Self {
        Self { state: RandomState::new().build_hasher().finish() | 1 }
    }

    fn of(&mut self, letters: &str, count: usize) -> String {
        let letters = letters.as_bytes();
        let mut letter = || {
            self.state ^= self.state << 13;
            self.state ^= self.state >> 7;
            self.state ^= self.state << 17;
            char::from(letters[usize::try_from(self.state >> 33).unwrap() % letters.len()])
        };
        (0..count).map(|_| letter()).collect()
    }

    /// Letters and digits, of the latter two at least: one text in fifteen has fewer and is told from a word by its name
    /// alone, which is what the tables of names are for.
    pub fn secret(&mut self, count: usize) -> String {
        loop {
            let drawn = self.of(&format!("{LETTERS}{DIGITS}"), count);
            if drawn.bytes().filter(u8::is_ascii_digit).count() >= 2 {
                return drawn;
            }
        }
    }

    /// What a placeholder stands for: `24` letters and digits, `hex32`, `d10` digits, `up16` as keys of AWS have them,
    /// `b64_40`, `pan16` a card, `iban`, `ssn`; `user32` the name of a user, which is no secret.
    fn placeholder(&mut self, name: &str) -> String {
        let number = |prefix: &str| name.strip_prefix(prefix).and_then(|count| count.parse().ok());
        if let Ok(count) = name.parse() {
            self.secret(count)
        } else if let Some(count) = number("hex").or_else(|| number("user")) {
            self.of("0123456789abcdef", count)
        } else if let Some(count) = number("pan") {
            self.card(count)
        } else if let Some(count) = number("d") {
            self.of("123456789", count)
        } else if let Some(count) = number("up") {
            self.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", count)
        } else if let Some(count) = number("b64_") {
            // Signs only inside, so that the text ends where the secret does.
            let inner = self.of(&format!("{LETTERS}{DIGITS}+/"), count - 8);
            format!("{}{inner}{}", self.secret(4), self.secret(4))
        } else if name == "ssn" {
            format!("{}-{}-{}", self.of("12345", 3), self.of("123456789", 2), self.of("123456789", 4))
        } else if name == "iban" {
            self.iban()
        } else {
            panic!("no such placeholder: {name}")
        }
    }

    /// The number of a card, with the digit that makes its sum right.
    fn card(&mut self, count: usize) -> String {
        let head = if count == 15 { "37" } else { "4" };
        let digits = if count == 19 {
            format!("6304{}", self.of(DIGITS, 14))
        } else {
            head.to_owned() + &self.of(DIGITS, count - 1 - head.len())
        };
        let sum = |digits: &str| -> u32 {
            let doubled = |(place, digit): (usize, char)| {
                let digit = digit.to_digit(10).unwrap();
                if place % 2 == 0 { digit } else { digit * 2 - if digit > 4 { 9 } else { 0 } }
            };
            digits.chars().rev().enumerate().map(doubled).sum()
        };
        let last = (0..10).find(|last| sum(&format!("{digits}{last}")) % 10 == 0).unwrap();
        format!("{digits}{last}")
    }

    fn iban(&mut self) -> String {
        let account = self.of(DIGITS, 18);
        // D and E are 13 and 14.
        let whole = format!("{account}131400");
        let remainder = whole.bytes().fold(0_u64, |rest, digit| (rest * 10 + u64::from(digit - b'0')) % 97);
        format!("DE{:02}{account}", 98 - remainder)
    }

    /// A text with its placeholders, `«…»`, filled and its encoded parts, `⟦b64:…⟧`, encoded.
    pub fn fill(&mut self, row: u8, template: &str) -> Shape {
        let (mut text, mut canaries, mut bare) = (String::new(), Vec::new(), Vec::new());
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('«') {
            let (name, after) = after.split_once('»').unwrap();
            // `«=»` says again what was drawn last.
            let drawn = if name == "=" { canaries.last().cloned().unwrap() } else { self.placeholder(name) };
            text.push_str(before);
            text.push_str(&drawn);
            // What is shorter would be met by accident.
            if name != "=" && name != "user32" && drawn.len() >= 9 {
                canaries.push(drawn);
            }
            rest = after;
        }
        text.push_str(rest);
        while let Some((start, end)) = text.rfind('⟦').and_then(|start| Some((start, start + text[start..].find('⟧')?)))
        {
            let (how, plain) = text[start + '⟦'.len_utf8()..end].split_once(':').unwrap();
            let encoded = encode(how, plain);
            match how {
                // What came in pieces would be left in pieces.
                "five" | "delta" | "token" => {
                    let secret = canaries.last().unwrap();
                    let pieces = plain.as_bytes().chunks(5).map(|piece| std::str::from_utf8(piece).unwrap());
                    let inside = pieces.filter(|piece| piece.len() == 5 && secret.contains(piece));
                    bare.extend(inside.flat_map(|piece| [format!("\"{piece}\""), format!("\"{piece}\\")]));
                }
                "bytes" => bare.push(encoded[1..encoded.len() - 1].replace(' ', "")),
                "four" | "dash" | "nul" => canaries.push(encoded.clone()),
                _ => {}
            }
            text.replace_range(start..end + '⟧'.len_utf8(), &encoded);
        }
        Shape { row, template: template.to_owned(), text, canaries, bare }
    }
}

fn encode(how: &str, plain: &str) -> String {
    let wide = || plain.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    match how {
        "b64" => BASE64.encode(plain.as_bytes()),
        "url" => BASE64URL_NOPAD.encode(plain.as_bytes()),
        "hex" => HEXLOWER.encode(plain.as_bytes()),
        "wide" => BASE64.encode(&wide()),
        "nul" => plain.chars().map(|letter| format!("{letter}\0")).collect(),
        "pct" => plain.bytes().map(|byte| format!("%{byte:02X}")).collect(),
        "esc" => plain.bytes().map(|byte| format!("\\u{byte:04x}")).collect(),
        "json" => serde_json::to_string(plain).unwrap(),
        "four" => {
            plain.as_bytes().chunks(4).map(|group| std::str::from_utf8(group).unwrap()).collect::<Vec<_>>().join(" ")
        }
        "dash" => {
            plain.as_bytes().chunks(4).map(|group| std::str::from_utf8(group).unwrap()).collect::<Vec<_>>().join("-")
        }
        "five" => in_pieces(plain, str::to_owned),
        "delta" => in_pieces(plain, |piece| format!("{{\"choices\":[{{\"delta\":{{\"content\":{piece}}}}}]}}")),
        "token" => in_pieces(plain, |piece| {
            format!(
                "{{\"token\":{piece},\"logprob\":-0.5,\"top_alternatives\":[{{\"token\":{piece},\"logprob\":-0.5}}]}}"
            )
        }),
        "bytes" => format!("{:?}", plain.as_bytes()),
        "pkcs8" => {
            BASE64.encode(&[&[0x30, 0x82, 0x04, 0xA4, 0x02, 0x01, 0x00, 0x30, 0x0D][..], plain.as_bytes()].concat())
        }
        "pkcs12" => BASE64.encode(&[&[0x30, 0x82, 0x09, 0xA4, 0x02, 0x01, 0x03, 0x30][..], plain.as_bytes()].concat()),
        other => panic!("no such encoding: {other}"),
    }
}

/// A list with a text in pieces of five letters.
fn in_pieces(plain: &str, item: impl Fn(&str) -> String) -> String {
    let pieces = plain.as_bytes().chunks(5).map(|piece| item(&format!("{:?}", std::str::from_utf8(piece).unwrap())));
    format!("[{}]", pieces.collect::<Vec<_>>().join(","))
}

/// A text with secrets in it, and the secrets.
pub struct Shape {
    pub row: u8,
    pub template: String,
    pub text: String,
    pub canaries: Vec<String>,
    /// Texts that are looked for only as they are, in what is left without blanks.
    bare: Vec<String>,
}

/// The forms in which a secret could lie in a file: as it is, encoded, wide, backwards, in pieces.
pub fn disguises(secret: &str) -> Vec<(&'static str, Vec<u8>)> {
    let bytes = secret.as_bytes();
    let percent = |byte: &u8| format!("%{byte:02X}");
    let mut forms = vec![
        ("as it is", bytes.to_vec()),
        ("as JSON escapes", bytes.iter().flat_map(|byte| format!("\\u{byte:04x}").into_bytes()).collect()),
        ("as percent signs", bytes.iter().map(percent).collect::<String>().into_bytes()),
        ("as small percent signs", bytes.iter().map(percent).collect::<String>().to_ascii_lowercase().into_bytes()),
        ("in hex", HEXLOWER.encode(bytes).into_bytes()),
        ("in large hex", HEXUPPER.encode(bytes).into_bytes()),
        ("in UTF-16", secret.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("backwards", bytes.iter().rev().copied().collect()),
    ];
    for (name, padding) in [("in base64", ""), ("in base64, by one", "x"), ("in base64, by two", "xy")] {
        let padded = format!("{padding}{secret}");
        for encoded in [BASE64.encode(padded.as_bytes()), BASE64URL_NOPAD.encode(padded.as_bytes())] {
            // Letters that also depend on what stands next to the secret say nothing.
            let inner = encoded.trim_end_matches('=').as_bytes();
            forms.push((name, inner[4..inner.len() - 2].to_vec()));
        }
    }
    // Of what is long enough not to be met by accident, nothing of eight letters may be left.
    let has_letters = bytes.iter().filter(|byte| byte.is_ascii_alphabetic()).count() >= 8;
    if has_letters && bytes.len() >= 16 {
        // Of hex there is much in a bundle that nobody drew here.
        let length = if bytes.iter().all(u8::is_ascii_hexdigit) { 16 } else { 8 };
        forms.extend(bytes.windows(length).map(|part| ("in part", part.to_vec())));
    }
    forms
}

/// How many bytes every needle has at least; it is looked up by them.
const HEAD: usize = 6;

/// Looks for very many needles at once.
struct Search<'n> {
    by_head: HashMap<u64, Vec<(usize, &'n [u8])>>,
    /// A bit for the hash of each head, for nearly every place has none.
    filter: Vec<u64>,
}

impl<'n> Search<'n> {
    fn new(needles: impl Iterator<Item = &'n [u8]>) -> Self {
        let mut search = Self { by_head: HashMap::new(), filter: vec![0; 1 << 16] };
        for (which, needle) in needles.enumerate() {
            let head = head(needle).expect("a needle of six bytes");
            let (word, bit) = slot(head);
            search.filter[word] |= bit;
            search.by_head.entry(head).or_default().push((which, needle));
        }
        search
    }

    /// Where something begins, and which needle it is.
    fn find(&self, bytes: &[u8]) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        for start in 0..bytes.len() {
            let Some(head) = head(&bytes[start..]) else { break };
            let (word, bit) = slot(head);
            if self.filter[word] & bit != 0 {
                let here = self.by_head.get(&head).into_iter().flatten();
                let here = here.filter(|(_, needle)| bytes[start..].starts_with(needle));
                found.extend(here.map(|(which, _)| (start, *which)));
            }
        }
        found
    }
}

fn head(bytes: &[u8]) -> Option<u64> {
    let [a, b, c, d, e, f] = *bytes.first_chunk::<HEAD>()?;
    Some(u64::from_le_bytes([a, b, c, d, e, f, 0, 0]))
}

fn slot(head: u64) -> (usize, u64) {
    let hash = head.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 42;
    (usize::try_from(hash >> 6).unwrap(), 1 << (hash & 63))
}

/// Every secret that is left, in whatever disguise.
pub fn found(what: &str, bytes: &[u8], shapes: &[&Shape]) -> Vec<String> {
    let mut needles = Vec::new();
    let mut left = Vec::new();
    let without_blanks: Vec<u8> = bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    for shape in shapes {
        for bare in &shape.bare {
            if memchr::memmem::find(&without_blanks, bare.as_bytes()).is_some() {
                left.push(format!("{what}, row {}, {}: {bare}", shape.row, shape.template));
            }
        }
        for canary in &shape.canaries {
            needles.extend(disguises(canary).into_iter().map(|(form, needle)| (shape, form, needle)));
        }
    }
    let search = Search::new(needles.iter().map(|(_, _, needle)| needle.as_slice()));
    left.extend(search.find(bytes).into_iter().map(|(start, which)| {
        let (shape, form, needle) = &needles[which];
        let around = &bytes[start.saturating_sub(160)..(start + needle.len() + 40).min(bytes.len())];
        format!("{what}, row {}, {}, {form}: …{}…", shape.row, shape.template, String::from_utf8_lossy(around))
    }));
    left.sort();
    left.dedup_by(|one, other| one.split('…').next() == other.split('…').next());
    left
}

/// Looks for every secret in every disguise.
pub fn assert_nothing_left(what: &str, bytes: &[u8], shapes: &[&Shape]) {
    let left = found(what, bytes, shapes);
    assert!(left.is_empty(), "{} secrets are there\n{}", left.len(), left[..left.len().min(12)].join("\n"));
}
