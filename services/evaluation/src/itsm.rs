//! x
use crate::{Clock, EvaluationError, Row};
use std::path::Path;
pub(crate) fn rows(_folder: &Path, _clock: Clock<'_>) -> Result<Vec<Row>, EvaluationError> {
    Ok(vec![])
}
