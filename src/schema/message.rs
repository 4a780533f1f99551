//! What is told about a violation: what the schema asks for, never what the record holds.

use super::{MAX_VIOLATIONS, Violation};
use jsonschema::{
    ValidationError,
    error::{TypeKind, ValidationErrorKind as Kind},
};

/// How many names or words a message lists before it counts the rest.
const MAX_LISTED: usize = 12;
/// How much of one name a message shows, in characters.
const MAX_NAME: usize = 80;

/// Adds what an error says; of a choice between schemas, what the schema for the present kind of value says.
pub(super) fn tell(error: &ValidationError<'_>, violations: &mut Vec<Violation>) {
    if violations.len() >= MAX_VIOLATIONS {
        return;
    }
    if let Kind::AnyOf { context } | Kind::OneOfNotValid { context } = error.kind() {
        let of_other_type = |errors: &Vec<ValidationError<'static>>| {
            errors.iter().any(|inner| {
                matches!(inner.kind(), Kind::Type { .. })
                    && inner.instance_path().as_str() == error.instance_path().as_str()
            })
        };
        if let Some(branch) = context.iter().find(|errors| !errors.is_empty() && !of_other_type(errors)) {
            for inner in branch {
                tell(inner, violations);
            }
            return;
        }
    }
    violations.push(Violation { path: path(error.instance_path().as_str()), message: message(error) });
}

fn path(pointer: &str) -> String {
    let plain = pointer.strip_prefix('/').unwrap_or(pointer).replace("~1", "/").replace("~0", "~");
    visible(&plain, 4 * MAX_NAME)
}

fn message(error: &ValidationError<'_>) -> String {
    match error.kind() {
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            let names = unexpected.iter().map(|name| format!("\"{}\"", visible(name, MAX_NAME)));
            format!("unknown member {}", list(names))
        }
        Kind::Required { property } => format!("member {property} is missing"),
        Kind::Type { kind: TypeKind::Single(kind) } => format!("must be of type {kind}"),
        Kind::Type { kind: TypeKind::Multiple(kinds) } => {
            format!("must be of type {}", list(kinds.iter().map(|kind| kind.to_string())))
        }
        Kind::Enum { options } => match options.as_array() {
            Some(options) => format!("must be one of {}", list(options.iter().map(ToString::to_string))),
            None => "must be one of the listed values".to_owned(),
        },
        Kind::Constant { expected_value } => format!("must be {expected_value}"),
        Kind::Minimum { limit } => format!("must be at least {limit}"),
        Kind::Maximum { limit } => format!("must be at most {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("must be more than {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("must be less than {limit}"),
        Kind::MinLength { limit } => format!("must have a length of at least {limit}"),
        Kind::MaxLength { limit } => format!("must have a length of at most {limit}"),
        Kind::MinItems { limit } => format!("must have at least {limit} items"),
        Kind::MaxItems { limit } => format!("must have at most {limit} items"),
        Kind::Pattern { pattern } => format!("must match the pattern {pattern}"),
        Kind::Format { format } if format == "date-time" => {
            "must be a date and time by RFC 3339, such as 2026-01-31T12:00:00Z".to_owned()
        }
        Kind::Format { format } => format!("must have the format {format}"),
        Kind::AnyOf { .. } | Kind::OneOfNotValid { .. } => {
            "follows none of the schemas that are possible here".to_owned()
        }
        _ => format!("does not follow `{}`", error.kind().keyword()),
    }
}

fn list(words: impl ExactSizeIterator<Item = String>) -> String {
    let more = words.len().saturating_sub(MAX_LISTED);
    let shown = words.take(MAX_LISTED).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

/// Names come from whoever wrote the record: control characters are spelled out, and a name of any length fits a line.
fn visible(name: &str, most: usize) -> String {
    let mut shown: String = name.chars().take(most).flat_map(char::escape_debug).collect();
    if name.chars().nth(most).is_some() {
        shown.push('…');
    }
    shown
}
