//! A sparse matrix in compressed rows: only the entries that are not zero are kept.
//!
//! It holds what a vectoriser makes, rows are texts and columns are features. No arithmetic beyond reading.

use ground::{Result, bail};

/// A matrix of shape (texts, features) in which most entries are zero.
#[derive(Clone, Debug, PartialEq)]
pub struct Sparse {
    columns: usize,
    /// Where each row begins in the two arrays below; one more entry than rows.
    starts: Vec<usize>,
    indices: Vec<u32>,
    values: Vec<f64>,
}

impl Sparse {
    /// A matrix from its rows, each a list of (column, value). Columns must rise within a row.
    ///
    /// # Errors
    /// A column that does not exist, or columns out of order.
    pub fn from_rows(columns: usize, rows: &[Vec<(usize, f64)>]) -> Result<Sparse> {
        let mut matrix = Sparse::with_columns(columns);
        for (number, row) in rows.iter().enumerate() {
            for (k, &(column, value)) in row.iter().enumerate() {
                if column >= columns {
                    bail!("row {number} has an entry in column {column}, but the matrix has {columns} columns");
                }
                if k > 0 && row[k - 1].0 >= column {
                    bail!("row {number}: column {column} does not come after column {}", row[k - 1].0);
                }
                matrix.push(column as u32, value);
            }
            matrix.end_row();
        }
        Ok(matrix)
    }

    pub(crate) fn with_columns(columns: usize) -> Sparse {
        Sparse { columns, starts: vec![0], indices: Vec::new(), values: Vec::new() }
    }

    pub(crate) fn push(&mut self, column: u32, value: f64) {
        self.indices.push(column);
        self.values.push(value);
    }

    pub(crate) fn end_row(&mut self) {
        self.starts.push(self.indices.len());
    }

    /// The rows of all parts, one part below the other.
    pub(crate) fn stack(columns: usize, parts: &[Sparse]) -> Sparse {
        let mut whole = Sparse::with_columns(columns);
        let entries = parts.iter().map(|part| part.values.len()).sum();
        whole.indices.reserve_exact(entries);
        whole.values.reserve_exact(entries);
        for part in parts {
            let before = whole.indices.len();
            whole.starts.extend(part.starts[1..].iter().map(|start| start + before));
            whole.indices.extend_from_slice(&part.indices);
            whole.values.extend_from_slice(&part.values);
        }
        whole
    }

    /// How many rows: one per text.
    pub fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// How many columns: one per feature.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// How many entries are kept: those that are not zero.
    pub fn entries(&self) -> usize {
        self.values.len()
    }

    /// The share of entries that are not zero.
    pub fn density(&self) -> f64 {
        self.entries() as f64 / (self.rows() * self.columns).max(1) as f64
    }

    /// The columns and the values of row `i`, columns rising.
    ///
    /// # Panics
    /// If there is no row `i`.
    pub fn row(&self, i: usize) -> (&[u32], &[f64]) {
        let range = self.starts[i]..self.starts[i + 1];
        (&self.indices[range.clone()], &self.values[range])
    }

    pub(crate) fn row_values_mut(&mut self, i: usize) -> (&[u32], &mut [f64]) {
        let range = self.starts[i]..self.starts[i + 1];
        (&self.indices[range.clone()], &mut self.values[range])
    }

    /// The entry at (row, column): 0 if it is not kept.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn get(&self, row: usize, column: usize) -> f64 {
        let (columns, values) = self.row(row);
        columns.binary_search(&(column as u32)).map_or(0.0, |k| values[k])
    }

    /// Row `i` with its zeros.
    ///
    /// # Panics
    /// If there is no row `i`.
    pub fn dense_row(&self, i: usize) -> Vec<f64> {
        let mut row = vec![0.0; self.columns];
        let (columns, values) = self.row(i);
        for (&column, &value) in columns.iter().zip(values) {
            row[column as usize] = value;
        }
        row
    }

    /// The sum of each column.
    pub fn column_sums(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.columns];
        for (&column, &value) in self.indices.iter().zip(&self.values) {
            sums[column as usize] += value;
        }
        sums
    }

    /// One line: shape and density.
    pub fn evcxr_display(&self) {
        println!(
            "sparse matrix: {} rows × {} columns, {} entries are not zero ({:.2} %)",
            self.rows(),
            self.columns,
            self.entries(),
            100.0 * self.density()
        );
    }
}
