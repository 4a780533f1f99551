//! Where in a text something was found, and the text without it.

use super::kind::Kind;
use std::ops::Range;

/// What the rules found in one text.
#[derive(Default)]
pub(in crate::redact) struct Spans {
    found: Vec<(Range<usize>, Kind)>,
    /// Values that stood behind a name that says they are secret.
    pub(super) lessons: Vec<Range<usize>>,
    /// How far encoded lines were already read as one text.
    pub(super) unfolded: usize,
}

impl Spans {
    pub(super) fn add(&mut self, range: Range<usize>, kind: Kind) {
        if !range.is_empty() {
            self.found.push((range, kind));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Whether something was found that ends here.
    pub(super) fn ends_at(&self, at: usize) -> bool {
        self.found.iter().rev().take(8).any(|(range, _)| range.end == at)
    }

    /// Leaves alone what lies within a mark of an earlier look, and takes marks whole that are touched.
    pub(super) fn around(mut self, marks: &[Range<usize>]) -> Self {
        if marks.is_empty() {
            return self;
        }
        for (range, _) in &mut self.found {
            // The first mark that ends behind the beginning, and the last that begins before the end.
            let first = marks.partition_point(|mark| mark.end <= range.start);
            let last = marks.partition_point(|mark| mark.start < range.end);
            let Some(touched) = marks.get(first..last).filter(|touched| !touched.is_empty()) else { continue };
            let (Some(start), Some(end)) = (touched.first(), touched.last()) else { continue };
            if start.start <= range.start && range.end <= start.end {
                range.end = range.start;
            } else {
                *range = range.start.min(start.start)..range.end.max(end.end);
            }
        }
        self.found.retain(|(range, _)| !range.is_empty());
        self
    }

    /// What was found, in order and without overlaps; what overlaps becomes one, under the name of the first.
    pub(super) fn merged(mut self) -> Vec<(Range<usize>, Kind)> {
        self.found.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
        let mut merged: Vec<(Range<usize>, Kind)> = Vec::with_capacity(self.found.len());
        for (range, kind) in self.found {
            match merged.last_mut() {
                Some((last, _)) if range.start < last.end => last.end = last.end.max(range.end),
                _ => merged.push((range, kind)),
            }
        }
        merged
    }
}

/// The text with marks in place of what was found; `None` if a range does not fit it.
pub(super) fn apply(text: &str, found: &[(Range<usize>, Kind)]) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (range, kind) in found {
        out.push_str(text.get(from..range.start)?);
        text.get(range.clone())?;
        out.push_str(kind.mark());
        from = range.end;
    }
    out.push_str(text.get(from..)?);
    Some(out)
}
