//! A table of tab-separated values, whole in memory.

use std::path::Path;

use crate::EvaluationError;

/// A file of rows, each as long as the header.
pub(crate) struct Sheet {
    file: String,
    header: Vec<String>,
    rows: Vec<csv::StringRecord>,
}

impl Sheet {
    /// Reads `file` in `folder`.
    pub(crate) fn read(folder: &Path, file: &str) -> Result<Self, EvaluationError> {
        let path = folder.join(file);
        if !path.exists() {
            return Err(EvaluationError::Missing(path.display().to_string()));
        }
        let unreadable = |why: csv::Error| EvaluationError::Unreadable { file: file.to_owned(), why: why.to_string() };
        let mut reader = csv::ReaderBuilder::new().delimiter(b'\t').from_path(&path).map_err(unreadable)?;
        let header = reader.headers().map_err(unreadable)?.iter().map(str::to_owned).collect();
        let rows = reader.records().collect::<Result<_, _>>().map_err(unreadable)?;
        Ok(Self { file: file.to_owned(), header, rows })
    }

    /// The values of some columns, row by row.
    pub(crate) fn columns<const N: usize>(&self, names: [&'static str; N]) -> Result<Vec<[&str; N]>, EvaluationError> {
        let mut places = [0; N];
        for (place, column) in places.iter_mut().zip(names) {
            let found = self.header.iter().position(|name| name == column);
            *place = found.ok_or_else(|| EvaluationError::Column { file: self.file.clone(), column })?;
        }
        Ok(self.rows.iter().map(|row| places.map(|place| row.get(place).unwrap_or_default())).collect())
    }
}
