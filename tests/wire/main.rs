//! The wire: skeletons against the crate, recorded messages, and hostile bytes to a broker.

mod fixtures;
mod samples;
mod skeleton;
