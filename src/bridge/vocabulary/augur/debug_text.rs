//! Texts that came through `Debug`, recorded with `?`: in quotes, and escaped.

use std::borrow::Cow;

/// The text that `Debug` put in quotes, or the text as it is if it was not.
pub(crate) fn unquoted(text: &str) -> Cow<'_, str> {
    match text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => unescaped(inner).unwrap_or(Cow::Borrowed(text)),
        None => Cow::Borrowed(text),
    }
}

/// Undoes the escapes of `Debug`; `None` for what it would not have written.
fn unescaped(inner: &str) -> Option<Cow<'_, str>> {
    if !inner.contains(['\\', '"']) {
        return Some(Cow::Borrowed(inner));
    }
    let mut plain = String::with_capacity(inner.len());
    let mut rest = inner.chars();
    while let Some(sign) = rest.next() {
        plain.push(match sign {
            '"' => return None,
            '\\' => match rest.next()? {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                '0' => '\0',
                same @ ('"' | '\'' | '\\') => same,
                'u' => {
                    let hex = rest.as_str().strip_prefix('{')?.split_once('}')?.0;
                    rest.nth(hex.len() + 1)?;
                    char::from_u32(u32::from_str_radix(hex, 16).ok()?)?
                }
                _ => return None,
            },
            other => other,
        });
    }
    Some(Cow::Owned(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_debug_wrote_is_read_back_and_anything_else_stays() {
        let whole = "a \"b\" \\ c\n\t\r\0 \u{1} \u{200b} ' é";
        assert_eq!(unquoted(&format!("{whole:?}")), whole);
        for text in
            ["plain", "\"", "", "\"a\" and \"b\"", "\"bad \\x\"", "\"cut \\\"", "\"\\u{110000}\"", "\"\\u{zz}\""]
        {
            assert_eq!(unquoted(text), text);
        }
        assert_eq!(unquoted("\"\""), "");
    }
}
