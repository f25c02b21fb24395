//! What a file says there is, gathered before anything is checked, so that one fault does not cause others.

use std::collections::BTreeSet;

use ticket::Line;

use crate::file::File;
use crate::place::At;

/// The ids and lines that a file names, each by its section.
#[derive(Debug)]
pub(crate) struct Known<'f> {
    pub(crate) lines: BTreeSet<Line>,
    pub(crate) groups: BTreeSet<&'f str>,
    pub(crate) zones: BTreeSet<&'f str>,
    pub(crate) categories: BTreeSet<&'f str>,
    pub(crate) calendars: BTreeSet<&'f str>,
    pub(crate) vendors: BTreeSet<&'f str>,
    /// The lines that some group works on.
    pub(crate) staffed: BTreeSet<Line>,
    /// Supervisors and members of groups.
    pub(crate) people: BTreeSet<&'f str>,
}

impl<'f> Known<'f> {
    pub(crate) fn of(file: &'f File) -> Self {
        let supervisors = file.organization.supervisors.iter();
        Self {
            lines: file.lines.iter().filter_map(|line| line.line.peek()).collect(),
            groups: texts(file.groups.iter().map(|group| &group.id)),
            zones: texts(file.zones.iter().map(|zone| &zone.id)),
            categories: texts(file.categories.iter().map(|category| &category.id)),
            calendars: texts(file.calendars.iter().map(|calendar| &calendar.id)),
            vendors: texts(file.vendors.iter().map(|vendor| &vendor.id)),
            staffed: file.groups.iter().filter_map(|group| group.line.peek()).collect(),
            people: texts(supervisors.chain(file.groups.iter().flat_map(|group| &group.members))),
        }
    }
}

fn texts<'f>(all: impl Iterator<Item = &'f At<String>>) -> BTreeSet<&'f str> {
    all.map(|at| at.value.as_str()).collect()
}
