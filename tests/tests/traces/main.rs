//! What the suite tells about itself, as a collector and a scraper hear it.

mod collector;
mod figures;
mod journey;
mod tree;
