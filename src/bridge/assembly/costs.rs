//! Sums of costs.

use crate::record::{Number, Object, Value};

/// Adds costs member by member: whole numbers stay whole.
pub(super) fn add_costs(into: &mut Object, costs: &Object) {
    for (key, value) in costs {
        let Some(more) = value.as_number() else { continue };
        let known = into.get(key).and_then(Value::as_number);
        let sum = match (known.and_then(Number::as_i64), more.as_i64()) {
            (Some(known), Some(more)) => Some(Number::from(known.saturating_add(more))),
            _ => match known {
                None => Some(more.clone()),
                // A ten-billionth of a dollar is finer than any price, and coarser than what adding floats leaves behind.
                Some(known) => Number::from_f64(((known.as_f64() + more.as_f64()) * 1e10).round() / 1e10),
            },
        };
        if let Some(sum) = sum {
            into.insert(key.clone(), sum.into());
        }
    }
}
