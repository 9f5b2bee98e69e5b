//! x
pub struct Admin;
