//! The log as its owners use it: appended to, read, cut, closed, opened again, crashed.

mod crash;
mod log;
mod model;
