//! The parts of a picture that have one colour: what a page is made of, to an eye that knows nothing of pages.

/// Red, green, blue.
pub(crate) type Rgb = [u8; 3];

/// A rectangle of a picture, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rect {
    pub(crate) left: usize,
    pub(crate) top: usize,
    /// Just outside.
    pub(crate) right: usize,
    /// Just outside.
    pub(crate) bottom: usize,
}

impl Rect {
    pub(crate) fn width(&self) -> usize {
        self.right - self.left
    }

    pub(crate) fn height(&self) -> usize {
        self.bottom - self.top
    }

    pub(crate) fn center(&self) -> (usize, usize) {
        ((self.left + self.right) / 2, (self.top + self.bottom) / 2)
    }

    fn around(&self, other: &Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }
}

/// Pixels of one colour that hang together.
#[derive(Debug, Clone)]
pub(crate) struct Region {
    pub(crate) color: Rgb,
    /// What encloses them.
    pub(crate) area: Rect,
    pub(crate) pixels: usize,
}

impl Region {
    /// How much of its rectangle the region fills, from 0 to 1. What is missing is what is written on it.
    pub(crate) fn fill(&self) -> f64 {
        self.pixels as f64 / (self.area.width() * self.area.height()) as f64
    }
}

/// Pixels of one colour beside each other in a line, and the region that they belong to.
struct Run {
    color: Rgb,
    left: usize,
    right: usize,
    region: usize,
}

/// Finds the regions of a picture, given line by line. Regions that are narrower and lower than `smallest` are left out.
pub(crate) fn regions<'a>(lines: impl Iterator<Item = &'a [Rgb]>, smallest: usize) -> Vec<Region> {
    let mut found: Vec<Region> = Vec::new();
    // A region that turned out to be part of another names that other.
    let mut part_of: Vec<usize> = Vec::new();
    let mut above: Vec<Run> = Vec::new();
    for (y, line) in lines.enumerate() {
        let mut runs = runs(line);
        for run in &mut runs {
            let touching = above
                .iter()
                .filter(|other| other.color == run.color && other.left < run.right && run.left < other.right);
            let mut joined: Vec<usize> = touching.map(|other| root(&part_of, other.region)).collect();
            joined.sort_unstable();
            joined.dedup();
            let area = Rect { left: run.left, top: y, right: run.right, bottom: y + 1 };
            let own = Region { color: run.color, area, pixels: run.right - run.left };
            run.region = part_of.len();
            part_of.push(run.region);
            found.push(own);
            if let Some((&first, rest)) = joined.split_first() {
                for &other in rest.iter().chain([&run.region]) {
                    merge(&mut found, &mut part_of, first, other);
                }
            }
        }
        above = runs;
    }
    let whole = found.into_iter().zip(part_of).enumerate().filter(|(index, (_, part_of))| index == part_of);
    whole
        .map(|(_, (region, _))| region)
        .filter(|region| region.area.width() >= smallest || region.area.height() >= smallest)
        .collect()
}

fn runs(line: &[Rgb]) -> Vec<Run> {
    let mut left = 0;
    line.chunk_by(|one, next| one == next)
        .filter_map(|pixels| {
            let run = Run { color: *pixels.first()?, left, right: left + pixels.len(), region: 0 };
            left = run.right;
            Some(run)
        })
        .collect()
}

fn root(part_of: &[usize], mut region: usize) -> usize {
    while let Some(&whole) = part_of.get(region).filter(|whole| **whole != region) {
        region = whole;
    }
    region
}

fn merge(found: &mut [Region], part_of: &mut [usize], whole: usize, part: usize) {
    let Some((area, pixels)) = found.get(part).map(|part| (part.area, part.pixels)) else { return };
    if let (Some(region), Some(slot)) = (found.get_mut(whole), part_of.get_mut(part)) {
        region.area = region.area.around(&area);
        region.pixels += pixels;
        *slot = whole;
    }
}
