//! Values as Python shows them: reasons that are composed of what a check compared read the same from every recorder.

use crate::record::Value;

/// The text that Python's `repr` gives for a value.
pub(super) fn notation(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::String(text) => write_text(text, out),
        Value::Array(items) => {
            out.push('[');
            for (position, item) in items.iter().enumerate() {
                separate(position, out);
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (position, (key, item)) in members.iter().enumerate() {
                separate(position, out);
                write_text(key, out);
                out.push_str(": ");
                write(item, out);
            }
            out.push('}');
        }
    }
}

fn separate(position: usize, out: &mut String) {
    if position > 0 {
        out.push_str(", ");
    }
}

fn write_text(text: &str, out: &mut String) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if is_printable(c) => out.push(c),
            c => out.push_str(&match u32::from(c) {
                code @ ..0x100 => format!("\\x{code:02x}"),
                code @ ..0x1_0000 => format!("\\u{code:04x}"),
                code => format!("\\U{code:08x}"),
            }),
        }
    }
    out.push(quote);
}

/// Both languages take the same categories of Unicode for printable. Within a text, unlike on its own, Rust shows a
/// combining character as it is.
fn is_printable(c: char) -> bool {
    matches!(c, '\'' | '"') || !format!("a{c}").escape_debug().to_string().contains('\\')
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::record::parse;

    #[test]
    fn values_read_as_python_shows_them() {
        for (json, shown) in [
            ("null", "None"),
            ("true", "True"),
            ("[false, 1, 2.50, 1e16]", "[False, 1, 2.5, 1e+16]"),
            (r#"{"a": {"b": []}}"#, "{'a': {'b': []}}"),
            (r#""plain""#, "'plain'"),
            (r#""it's""#, r#""it's""#),
            (r#""both ' and \"""#, r#"'both \' and "'"#),
            (r#""\\ \n \r \t""#, r"'\\ \n \r \t'"),
            (r#""\u0007 \u007f \u00a0 \u00ad""#, r"'\x07 \x7f \xa0 \xad'"),
            (r#""\u200b \u2028 \ue000""#, r"'\u200b \u2028 \ue000'"),
            (r#""\ud83d\ude00 \udbc0\udc00""#, "'\u{1f600} \\U00100000'"),
            (r#""e\u0301 \u0301""#, "'e\u{301} \u{301}'"),
        ] {
            assert_eq!(notation(&parse(json.as_bytes()).unwrap()), shown, "{json}");
        }
    }
}
