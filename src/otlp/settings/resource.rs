//! Who sends: the attributes of the resource.

use super::{SettingsError, vars::Vars};

/// Names and values.
pub(crate) type Attributes = Vec<(String, String)>;

/// The service name, and the other attributes of the resource. The variable for the name alone comes first.
pub(super) fn read_resource(vars: Vars<'_>) -> Result<(Option<String>, Attributes), SettingsError> {
    let mut attributes = Attributes::new();
    let mut service_name = None;
    let list = vars.get("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
    for (index, entry) in list.split(',').enumerate().filter(|(_, entry)| !entry.trim().is_empty()) {
        let wrong = || SettingsError::Resource(index + 1);
        let (key, value) = entry.split_once('=').ok_or_else(wrong)?;
        let key = percent_decoded(key.trim()).filter(|key| !key.is_empty()).ok_or_else(wrong)?;
        let value = percent_decoded(value.trim()).ok_or_else(wrong)?;
        if key == "service.name" {
            service_name = Some(value);
        } else {
            attributes.push((key, value));
        }
    }
    Ok((vars.get("OTEL_SERVICE_NAME").or(service_name), attributes))
}

/// `None` if an escape is broken, or if what comes out is not UTF-8.
pub(super) fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let high = char::from(bytes.next()?).to_digit(16)?;
                let low = char::from(bytes.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(decoded).ok()
}
