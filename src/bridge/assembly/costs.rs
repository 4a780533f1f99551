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

/// Adds to a sum what its owner now says of a part of it, in place of what was said of it before.
pub(super) fn replace_costs(sum: &mut Object, said: &mut Object, costs: &Object) {
    for (key, value) in costs {
        let before = said.insert(key.clone(), value.clone());
        let taken_back = before.as_ref().and_then(Value::as_number).and_then(|number| match number.as_i64() {
            Some(whole) => Some(Number::from(whole.saturating_neg())),
            None => Number::from_f64(-number.as_f64()),
        });
        if let Some(taken_back) = taken_back {
            add_costs(sum, &Object::from([(key.clone(), taken_back.into())]));
        }
        add_costs(sum, &Object::from([(key.clone(), value.clone())]));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_that_is_said_again_counts_once() {
        let (mut sum, mut said) = (Object::new(), Object::new());
        for (cost, tokens, told) in [
            (0.25, 10_u64, r#"{"tokens_in": 10, "total_usd": 0.25}"#),
            (0.5, 7, r#"{"tokens_in": 7, "total_usd": 0.5}"#),
        ] {
            let costs = Object::from([
                ("total_usd".to_owned(), Number::from_f64(cost).unwrap().into()),
                ("tokens_in".to_owned(), tokens.into()),
            ]);
            replace_costs(&mut sum, &mut said, &costs);
            assert_eq!(Value::from(sum.clone()).to_string(), told);
        }
    }
}
