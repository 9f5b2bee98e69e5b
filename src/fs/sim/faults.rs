//! Calls that fail: which one, how, and whether all behind it do, too.
//!
//! A fault looks as the traits of [`crate::fs`] let it through: interrupted and short writes are
//! mended by [`crate::fs::RealFs`], so that callers never see them; what a disk does not say, such
//! as a write that puts down other bytes than it was given, they do not see either.

use std::io;

/// How a call is made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SimFault {
    /// As a broken disk: EIO.
    Io,
    /// As a full disk: ENOSPC.
    NoSpace,
    /// By a signal: EINTR. Only renames, removals and listings tell it to the caller.
    Interrupted,
    /// A write puts down half of its bytes, and the rest does not fit any more.
    Short,
    /// A write puts down one wrong bit and says that all is well.
    Corrupt,
}

/// Which calls fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// One call.
    Once,
    /// That call, and every one behind it.
    Sticky,
}

/// What a call does, as far as faults go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// Reads names, sizes or content.
    Look,
    /// Writes content.
    Write,
    /// Makes something durable.
    Sync,
    /// Makes a name or takes space.
    Grow,
    /// Renames, or takes something away.
    Change,
}

/// What a call that does not fail does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// What it was asked for.
    Whole,
    /// One bit of it differently.
    Corrupt,
}

/// Counts calls, and knows which are to fail.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Faults {
    /// Calls so far that change something.
    pub(super) changing: u64,
    /// All calls so far.
    pub(super) all: u64,
    planned: Option<Planned>,
}

#[derive(Clone, Copy, Debug)]
struct Planned {
    at: u64,
    counts_all: bool,
    fault: SimFault,
    repeat: Repeat,
}

impl Faults {
    /// Lets every call fail that changes something and comes after `calls` others.
    pub(super) const fn fail_changing(&mut self, calls: u64, fault: SimFault) {
        self.planned = Some(Planned {
            at: self.changing + calls,
            counts_all: false,
            fault,
            repeat: Repeat::Sticky,
        });
    }

    /// Lets the call fail that comes after `calls` others of any kind.
    pub(super) const fn fail_any(&mut self, calls: u64, fault: SimFault, repeat: Repeat) {
        self.planned = Some(Planned {
            at: self.all + calls,
            counts_all: true,
            fault,
            repeat,
        });
    }

    /// Lets all calls succeed.
    pub(super) const fn heal(&mut self) {
        self.planned = None;
    }

    /// Counts a call; returns what it does, or how it fails.
    pub(super) fn count(&mut self, call: Call) -> io::Result<Effect> {
        let is_changing = call != Call::Look;
        self.all += 1;
        self.changing += u64::from(is_changing);
        let Some(planned) = self.planned else {
            return Ok(Effect::Whole);
        };
        let number = if planned.counts_all {
            self.all
        } else if is_changing {
            self.changing
        } else {
            return Ok(Effect::Whole);
        };
        let is_hit = match planned.repeat {
            Repeat::Once => number == planned.at + 1,
            Repeat::Sticky => number > planned.at,
        };
        if !is_hit {
            return Ok(Effect::Whole);
        }
        match (planned.fault, call) {
            (SimFault::Io, _) => Err(rustix::io::Errno::IO.into()),
            (SimFault::NoSpace, Call::Look) => Ok(Effect::Whole),
            (SimFault::NoSpace, _) | (SimFault::Short, Call::Write) => {
                Err(rustix::io::Errno::NOSPC.into())
            }
            (SimFault::Interrupted, Call::Change) => Err(io::ErrorKind::Interrupted.into()),
            (SimFault::Corrupt, Call::Write) => Ok(Effect::Corrupt),
            (SimFault::Interrupted | SimFault::Short | SimFault::Corrupt, _) => Ok(Effect::Whole),
        }
    }
}
