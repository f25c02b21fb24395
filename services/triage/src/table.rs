//! Rows of weights in a quarter of the memory: each is a byte, times a scale of its row.

/// Rows of the same width.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Table {
    width: usize,
    cells: Vec<i8>,
    scales: Vec<f32>,
}

impl Table {
    /// Rounds `rows`, each `width` long, to 1/127 of the row's largest value.
    pub(crate) fn rounded(rows: &[f32], width: usize) -> Self {
        let mut table = Self { width, cells: Vec::with_capacity(rows.len()), scales: Vec::new() };
        for row in rows.chunks_exact(width.max(1)) {
            let largest = row.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
            let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
            table.cells.extend(row.iter().map(|value| (value / scale).round() as i8));
            table.scales.push(scale);
        }
        table
    }

    /// Adds `value` times the row to `sums`; nothing where there is no such row.
    pub(crate) fn add(&self, row: u32, value: f32, sums: &mut [f32]) {
        let (cells, scale) = self.row(row);
        let value = value * scale;
        for (sum, cell) in sums.iter_mut().zip(cells) {
            *sum += value * f32::from(*cell);
        }
    }

    /// The cells of a row and their scale; no cells where there is no such row.
    pub(crate) fn row(&self, row: u32) -> (&[i8], f32) {
        let begin = (row as usize).saturating_mul(self.width);
        let cells = self.cells.get(begin..begin.saturating_add(self.width)).unwrap_or_default();
        (cells, self.scales.get(row as usize).copied().unwrap_or_default())
    }

    /// How much memory it takes, bytes.
    pub(crate) fn size(&self) -> usize {
        self.cells.len() + size_of_val(self.scales.as_slice())
    }

    /// Its width, cells and scales.
    pub(crate) fn parts(&self) -> (usize, &[i8], &[f32]) {
        (self.width, &self.cells, &self.scales)
    }

    /// What [`Table::parts`] took apart; `None` where the parts do not fit each other.
    pub(crate) fn from_parts(width: usize, cells: Vec<i8>, scales: Vec<f32>) -> Option<Self> {
        (scales.len().checked_mul(width) == Some(cells.len())).then_some(Self { width, cells, scales })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Table;

    proptest! {
        #[test]
        fn a_rounded_row_is_off_by_no_more_than_half_a_step(row in proptest::collection::vec(-9.0_f32..9.0, 1..40)) {
            let mut sums = vec![0.0; row.len()];
            Table::rounded(&row, row.len()).add(0, 1.0, &mut sums);
            let step = row.iter().fold(0.0_f32, |largest, value| largest.max(value.abs())) / 127.0;
            for (value, rounded) in row.iter().zip(sums) {
                prop_assert!((value - rounded).abs() <= step * 0.51 + 1e-6);
            }
        }
    }
}
