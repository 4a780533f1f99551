//! Names as they sound: case, camel humps, separators, full-width letters, look-alikes of other scripts and characters
//! without width are folded away.

/// Longer names are judged by their end, where what a name means is said.
const LONGEST: usize = 80;

/// A name in lower-case ASCII, its words joined by `_`.
pub(super) struct Name {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Name {
    pub(super) fn new(name: &str) -> Self {
        let mut folded = Self { bytes: [0; LONGEST], length: 0 };
        let mut start = name.len().saturating_sub(LONGEST);
        while !name.is_char_boundary(start) {
            start += 1;
        }
        let name = name.get(start..).unwrap_or_default();
        if name.is_ascii() {
            folded.push_ascii(name.as_bytes())
        } else {
            folded.push_folded(name)
        }
        folded
    }

    /// The words, joined by `_`.
    pub(super) fn as_str(&self) -> &str {
        self.bytes.get(..self.length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    fn push_folded(&mut self, name: &str) {
        let mut plain = [0; LONGEST];
        let mut length = 0;
        for letter in name.chars().filter_map(plain_letter) {
            if let Some(place) = plain.get_mut(length) {
                *place = letter;
                length += 1;
            }
        }
        self.push_ascii(plain.get(..length).unwrap_or_default());
    }

    fn push_ascii(&mut self, name: &[u8]) {
        let mut before = b'_';
        for (index, byte) in name.iter().enumerate() {
            let after = name.get(index + 1).copied().unwrap_or(b'_');
            let hump = byte.is_ascii_uppercase()
                && (before.is_ascii_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_ascii_uppercase() && after.is_ascii_lowercase()));
            if hump {
                self.push(b'_');
            }
            self.push(if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b'_' });
            before = *byte;
        }
        if self.length > 0 && self.bytes.get(self.length - 1) == Some(&b'_') {
            self.length -= 1;
        }
    }

    fn push(&mut self, byte: u8) {
        let follows_gap = self.length == 0 || self.bytes.get(self.length - 1) == Some(&b'_');
        if byte == b'_' && follows_gap {
            return;
        }
        if self.length == LONGEST {
            // Humps make a name longer; its end counts.
            self.bytes.rotate_left(1);
            self.length -= 1;
        }
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
    }
}

/// The ASCII letter that a character stands for; `None` for characters without width.
fn plain_letter(letter: char) -> Option<u8> {
    if let Ok(byte) = u8::try_from(letter)
        && byte.is_ascii()
    {
        return Some(byte);
    }
    let code = u32::from(letter);
    let nth = |first: char, offset: u32| u8::try_from(u32::from(first) + offset).unwrap_or(b'_');
    Some(match code {
        0xFF01..=0xFF5E => nth('!', code - 0xFF01),
        0x1D400..=0x1D6A3 => nth('a', (code - 0x1D400) % 26),
        0x24B6..=0x24E9 => nth('a', (code - 0x24B6) % 26),
        0xAD | 0x34F | 0x61C | 0x180E | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x2064 | 0xFEFF => return None,
        0x300..=0x36F | 0xFE00..=0xFE0F => return None,
        _ => look_alike(letter).unwrap_or(b'_'),
    })
}

/// Letters of other scripts that look like Latin ones.
fn look_alike(letter: char) -> Option<u8> {
    Some(match letter {
        'а' | 'А' | 'α' | 'Α' | 'ɑ' | 'á' | 'à' | 'ä' => b'a',
        'В' | 'Β' | 'ь' => b'b',
        'с' | 'С' | 'ϲ' | 'ç' => b'c',
        'ԁ' => b'd',
        'е' | 'Е' | 'Ε' | 'ε' | 'é' | 'è' | 'ё' => b'e',
        'ɡ' => b'g',
        'һ' | 'Н' | 'Η' => b'h',
        'і' | 'І' | 'ι' | 'Ι' | 'ı' | 'İ' | 'í' => b'i',
        'ј' | 'Ј' => b'j',
        'к' | 'К' | 'κ' | 'Κ' | '\u{212a}' => b'k',
        'ӏ' | 'Ӏ' => b'l',
        'м' | 'М' | 'Μ' => b'm',
        'ո' | 'Ν' | 'ñ' => b'n',
        'о' | 'О' | 'ο' | 'Ο' | 'ó' | 'ö' | 'օ' => b'o',
        'р' | 'Р' | 'ρ' | 'Ρ' => b'p',
        'ԛ' => b'q',
        'г' => b'r',
        'ѕ' | 'Ѕ' | 'ſ' => b's',
        'т' | 'Т' | 'τ' | 'Τ' => b't',
        'υ' | 'ս' | 'ü' | 'ú' => b'u',
        'ν' | 'ѵ' => b'v',
        'ԝ' | 'Ԝ' | 'ω' => b'w',
        'х' | 'Х' | 'χ' | 'Χ' => b'x',
        'у' | 'У' | 'Υ' | 'γ' => b'y',
        'Ζ' => b'z',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fold_to_their_words() {
        for (name, expected) in [
            ("password", "password"),
            ("DB_PASSWORD", "db_password"),
            ("accessToken", "access_token"),
            ("X-Auth-Token", "x_auth_token"),
            ("APIKey", "api_key"),
            ("openaiAPIKey2", "openai_api_key2"),
            ("http.request.header.X-Api-Key", "http_request_header_x_api_key"),
            ("ｐａｓｓｗｏｒｄ", "password"),
            ("pass\u{200b}word", "password"),
            ("pаssword", "password"),
            ("to\u{212a}en", "token"),
            ("__x__", "x"),
            ("", ""),
            ("日本", ""),
        ] {
            assert_eq!(Name::new(name).as_str(), expected, "{name}");
        }
    }

    #[test]
    fn a_long_name_is_judged_by_its_end() {
        let name = format!("{}_db_password", "aB".repeat(500));
        assert!(Name::new(&name).as_str().ends_with("_db_password"));
        let name = format!("{}_db_password", "é\u{200b}".repeat(500));
        assert!(Name::new(&name).as_str().ends_with("_db_password"));
    }
}
