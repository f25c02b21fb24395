//! x
use std::path::Path;
use crate::{Clock, EvaluationError, Row};
pub(crate) fn rows(_folder: &Path, _clock: Clock<'_>) -> Result<Vec<Row>, EvaluationError> { Ok(vec![]) }
