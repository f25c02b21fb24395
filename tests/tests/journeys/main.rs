//! The whole suite in one process, called as anybody could call it.

mod articles;
mod ask;
mod attachments;
mod clarifications;
mod clocks;
mod deadlines;
mod desk;
mod expert;
mod gaps;
mod mass;
mod mass_survives;
mod notices;
mod offers;
mod problems;
mod progress;
mod queues;
mod record;
mod relay;
mod sorting;
mod swarm;
mod technical;
mod timers;
mod told;
mod unseen;
mod views;
mod visits;
