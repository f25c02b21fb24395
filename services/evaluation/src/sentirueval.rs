//! x
use std::path::Path;
use crate::{Clock, EvaluationError, Row};
pub(crate) fn banks(_folder: &Path, _clock: Clock<'_>) -> Result<Vec<Row>, EvaluationError> { Ok(vec![]) }
pub(crate) fn telecom(_folder: &Path, _clock: Clock<'_>) -> Result<Vec<Row>, EvaluationError> { Ok(vec![]) }
